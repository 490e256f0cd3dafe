//! One extraction into a folder: which entries are left out, which files are written, and which
//! metadata folders get at the end.

use std::collections::HashSet;
use std::fs::File;
use std::io;

use rustix::fs::FileType;

use super::current::{compare, is_below};
use super::extract::{ExtractOptions, ExtractSummary, LeftOut};
use super::files::FilesOut;
use super::member::Member;
use super::names::show_name;
use super::select::{Wanted, wanted};
use super::{Archive, sparse};
use crate::container::{Entry, EntryKind};
use crate::error::{Error, Result};
use crate::input::shown::reason;
use crate::output::restored::Restored;
use crate::output::tree::{Tree, TreeFile};

/// A running extraction.
pub(super) struct Extraction<'a> {
    /// The archive.
    pub archive: &'a Archive,
    /// The folder to extract into.
    pub tree: Tree,
    options: ExtractOptions,
    /// Device and inode of every file written so far. They reveal a file system that takes the
    /// names of two entries for one.
    written: HashSet<(u64, u64)>,
    /// Entries of folders that exist by now.
    folders: Vec<&'a Entry>,
    /// Paths of files that the system refused.
    refused: HashSet<Vec<u8>>,
    /// Paths of files whose content is damaged.
    damaged: HashSet<Vec<u8>>,
    /// The results so far.
    pub summary: &'a mut ExtractSummary,
}

impl<'a> Extraction<'a> {
    /// A new extraction from `archive` into `tree`.
    pub fn new(
        archive: &'a Archive,
        tree: Tree,
        options: ExtractOptions,
        summary: &'a mut ExtractSummary,
    ) -> Self {
        let (written, folders, refused, damaged) =
            (HashSet::new(), Vec::new(), HashSet::new(), HashSet::new());
        Extraction { archive, tree, options, written, folders, refused, damaged, summary }
    }

    /// Extracts the entries with these indices, one list for each member.
    ///
    /// # Errors
    /// Errors that end the job, as a full disk or a limit. Errors about single entries are in the
    /// summary.
    pub fn run(&mut self, entry_indices: &[Vec<usize>]) -> Result<()> {
        let kept = self.make_folders_and_keep(entry_indices)?;
        // A hard link to a file that was left out is extracted as a file of its own, which can take
        // more bytes than the link.
        self.archive.check_output(&self.archive.wanted(&kept))?;
        let mut links = Vec::new();
        for (member, entry_indices) in self.archive.members.iter().zip(kept) {
            links.extend(self.files(member, &entry_indices)?);
        }
        // Links are created last, so that no file is written through one.
        links.iter().try_for_each(|link| self.finish_link(link))
    }

    /// Creates the folders among the entries. Returns the indices of all other entries whose path
    /// is free.
    fn make_folders_and_keep(&mut self, entry_indices: &[Vec<usize>]) -> Result<Vec<Vec<usize>>> {
        let archive = self.archive;
        let all = (0..).zip(entry_indices).flat_map(|(member, entry_indices): (usize, _)| {
            entry_indices.iter().map(move |&entry_index| (member, entry_index))
        });
        let entry_at =
            |member: usize, entry_index: usize| &archive.members[member].index.entries[entry_index];
        let mut all: Vec<(&Entry, usize, usize)> = all
            .map(|(member, entry_index)| (entry_at(member, entry_index), member, entry_index))
            .collect();
        // This order puts all entries below a path directly after the path.
        all.sort_by(|one, other| compare(&one.0.path, &other.0.path));
        let mut kept = vec![Vec::new(); entry_indices.len()];
        let mut blocked: Option<LeftOut> = None;
        for (entry, member, entry_index) in all {
            if let Some(above) = blocked.as_mut().filter(|above| is_below(&entry.path, &above.path))
            {
                above.below += 1;
                continue;
            }
            self.summary.left_out.extend(blocked.take());
            if entry.kind == EntryKind::Directory {
                blocked = self.make_folder(entry)?;
                continue;
            }
            match self.target_of(entry)? {
                Target::Free => kept[member].push(entry_index),
                Target::Taken => self.summary.existing.push(entry.path.clone()),
                Target::Blocked(left_out) => blocked = Some(left_out),
            }
        }
        self.summary.left_out.extend(blocked);
        // Ascending indices follow the order of the contents.
        kept.iter_mut().for_each(|entry_indices| entry_indices.sort_unstable());
        Ok(kept)
    }

    /// Creates the folder of `entry`, if it does not exist. Returns a [`LeftOut`] if that is
    /// impossible.
    fn make_folder(&mut self, entry: &'a Entry) -> Result<Option<LeftOut>> {
        let made = self.tree.make_folder(&entry.path);
        if let Err(error) = made {
            return self.blocked(entry, error).map(Some);
        }
        self.folders.push(entry);
        self.done(entry);
        Ok(None)
    }

    /// Finds out whether the path of `entry`, a file or link, is free.
    fn target_of(&self, entry: &Entry) -> Result<Target> {
        match self.tree.find(&entry.path) {
            Ok(None) => Ok(Target::Free),
            Ok(Some(found)) if found.kind == FileType::Directory => {
                let what = if entry.kind == EntryKind::Symlink { "link" } else { "file" };
                Ok(Target::Blocked(LeftOut::entry(
                    &entry.path,
                    format!("a folder is there, where a {what} belongs"),
                )))
            }
            Ok(Some(_)) if self.options.overwrite => Ok(Target::Free),
            Ok(Some(_)) => Ok(Target::Taken),
            Err(error) => self.blocked(entry, error).map(Target::Blocked),
        }
    }

    /// Describes why `entry` is left out, after `error` at its path.
    fn blocked(&self, entry: &Entry, error: Error) -> Result<LeftOut> {
        if let Some((path, kind)) =
            self.tree.obstacle(&entry.path, entry.kind == EntryKind::Directory)
        {
            let is_entry = path == entry.path;
            let reason = format!("{} is there, where a folder belongs", kind_name(kind));
            return Ok(LeftOut { path, reason, is_entry, below: u64::from(!is_entry) });
        }
        Ok(LeftOut::entry(&entry.path, about_one_entry(&entry.path, error)?))
    }

    /// Notes that the system refused the entry at `path`.
    ///
    /// # Errors
    /// `error` itself, if it concerns more than this entry.
    pub fn refuse(&mut self, path: &[u8], error: Error) -> Result<()> {
        if self.options.skip_existing && is_there_already(&error) {
            self.summary.existing.push(path.to_vec());
        } else {
            self.summary.left_out.push(LeftOut::entry(path, about_one_entry(path, error)?));
        }
        self.refused.insert(path.to_vec());
        Ok(())
    }

    /// Notes that the content of the file at `path` is damaged.
    pub fn lose(&mut self, path: &[u8]) {
        self.summary.damaged.push(path.to_vec());
        self.damaged.insert(path.to_vec());
    }

    /// Extracts the files among the entries of `member` with these indices. Returns the links.
    fn files(&mut self, member: &'a Member, entry_indices: &[usize]) -> Result<Vec<Wanted>> {
        let all = wanted(&member.index.entries, entry_indices);
        FilesOut::new(self, member, &all).run()?;
        // A hard link to a file that the system refused is extracted as a file.
        let is_left = |wanted: &Wanted| {
            wanted.entry.kind == EntryKind::Hardlink && self.refused.contains(&wanted.entry.link)
        };
        let left: Vec<usize> = entry_indices
            .iter()
            .zip(&all)
            .filter(|(_, wanted)| is_left(wanted))
            .map(|(&entry_index, _)| entry_index)
            .collect();
        let links = all
            .into_iter()
            .filter(|wanted| wanted.entry.kind != EntryKind::File && !is_left(wanted))
            .collect();
        if !left.is_empty() {
            FilesOut::new(self, member, &wanted(&member.index.entries, &left)).run()?;
        }
        Ok(links)
    }

    /// Counts `entry` as extracted.
    fn done(&mut self, entry: &Entry) {
        self.summary.entries += 1;
        self.summary.raw = self.summary.raw.saturating_add(entry.size);
        self.archive.tell(entry);
    }

    fn restored<'b>(&self, entry: &'b Entry) -> Restored<'b> {
        Restored::of(entry, self.options.owner, self.options.xattrs)
    }

    fn warn(&mut self, path: &[u8], refused: Vec<String>) {
        self.summary
            .warnings
            .extend(refused.into_iter().map(|line| format!("{}: {line}", show_name(path))));
    }

    /// Is the path of `entry` still free? `false` if something has the path and may be replaced.
    /// The path was checked before the extraction began; another process may have used it since.
    ///
    /// # Errors
    /// The path is taken, or the file system takes it for that of an extracted file.
    fn check_free(&self, entry: &Entry) -> Result<bool> {
        let Some(found) = self.tree.find(&entry.path)? else { return Ok(true) };
        if self.written.contains(&found.id) {
            return Err(Error::UnsafePath(
                "this file system takes the name for that of another entry".into(),
            ));
        }
        if found.kind == FileType::Directory {
            return Err(io::Error::from(io::ErrorKind::IsADirectory).into());
        }
        if self.options.overwrite {
            Ok(false)
        } else {
            Err(io::Error::from(io::ErrorKind::AlreadyExists).into())
        }
    }

    /// Gives the finished `file` the path of `entry`. The path must not be that of a file of this
    /// extraction, or a new one of another process.
    pub fn commit(&mut self, file: TreeFile, entry: &Entry) -> Result<()> {
        self.check_free(entry)?;
        let (id, refused) = file.commit(&self.restored(entry), self.options.overwrite)?;
        self.warn(&entry.path, refused);
        self.written.insert(id);
        self.done(entry);
        Ok(())
    }

    /// Creates the file of `entry` with the content of the open file `from`.
    pub fn copy(&mut self, from: &File, entry: &Entry) -> Result<()> {
        let file = self.tree.create(&entry.path)?;
        sparse::copy(from, file.file(), entry)?;
        self.commit(file, entry)
    }

    fn finish_link(&mut self, link: &Wanted) -> Result<()> {
        let entry = &link.entry;
        if entry.kind == EntryKind::Hardlink && self.damaged.contains(&entry.link) {
            self.lose(&entry.path);
            return Ok(());
        }
        self.link(entry).or_else(|error| self.refuse(&entry.path, error))
    }

    fn link(&mut self, entry: &Entry) -> Result<()> {
        if !self.check_free(entry)? {
            self.tree.remove(&entry.path)?;
        }
        match entry.kind {
            EntryKind::Symlink => {
                let refused = self.tree.symlink(&entry.link, &entry.path, &self.restored(entry))?;
                self.warn(&entry.path, refused);
            }
            _ => self.tree.hard_link(&entry.link, &entry.path)?,
        }
        self.done(entry);
        Ok(())
    }

    /// Gives every folder its mode, owner and time, also after an error. This comes last, because
    /// each new file in a folder changes the time of the folder, and the mode may forbid to create
    /// files. A refusal of the system gives a warning.
    pub fn finish_folders(&mut self) {
        let mut folders = std::mem::take(&mut self.folders);
        folders.sort_by(|one, other| other.path.cmp(&one.path));
        let with_mode = folders.iter().filter(|folder| folder.metadata.mode.is_some());
        if let Err(error) = self.tree.open_made_folders(with_mode.map(|folder| &folder.path[..])) {
            self.summary.warnings.push(format!("the modes of new folders: {}", plain(&error)));
        }
        for folder in folders {
            let refused = self.tree.finish_folder(&folder.path, &self.restored(folder));
            self.warn(
                &folder.path,
                refused.unwrap_or_else(|error| vec![format!("mode and time: {}", plain(&error))]),
            );
        }
    }
}

/// What has the path at which an entry is to be extracted.
enum Target {
    /// Nothing, or a file that may be replaced.
    Free,
    /// A file that stays.
    Taken,
    /// Something of another kind, at the path or above.
    Blocked(LeftOut),
}

fn kind_name(kind: FileType) -> &'static str {
    match kind {
        FileType::RegularFile => "a file",
        FileType::Symlink => "a symbolic link",
        FileType::Fifo => "a pipe",
        FileType::Socket => "a socket",
        _ => "a device",
    }
}

/// The text of `error` without its kind and number.
fn plain(error: &Error) -> String {
    match error {
        Error::Io(error) => reason(error),
        Error::UnsafePath(text) => text.clone(),
        error => error.to_string(),
    }
}

/// Did another process create a file at the path since the extraction began?
fn is_there_already(error: &Error) -> bool {
    matches!(error, Error::Io(error) if error.kind() == io::ErrorKind::AlreadyExists)
}

/// The reason to leave out the entry at `path`, if `error` concerns this entry alone.
///
/// # Errors
/// `error` with the path, if the error would also meet the other entries.
fn about_one_entry(path: &[u8], error: Error) -> Result<String> {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    match error {
        Error::Io(error)
            if matches!(
                error.kind(),
                StorageFull | QuotaExceeded | ReadOnlyFilesystem | FileTooLarge
            ) =>
        {
            Err(Error::Io(io::Error::new(
                error.kind(),
                format!("{}: {}", show_name(path), reason(&error)),
            )))
        }
        error if is_there_already(&error) => Ok("another process has created it meanwhile".into()),
        Error::Io(_) | Error::UnsafePath(_) => Ok(plain(&error)),
        error => Err(error),
    }
}
