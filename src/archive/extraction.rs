//! An extraction into a folder under way: what stays out, what is written, and how the folders end.

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

/// An extraction under way.
pub(super) struct Extraction<'a> {
    /// The archive.
    pub archive: &'a Archive,
    /// The folder that is extracted into.
    pub tree: Tree,
    options: ExtractOptions,
    /// Device and inode of every file written, to notice a file system that takes two names for
    /// one.
    written: HashSet<(u64, u64)>,
    /// Folders that were made, or were there.
    folders: Vec<&'a Entry>,
    /// Paths of files that the system refused.
    refused: HashSet<Vec<u8>>,
    /// Paths of files whose content is damaged.
    damaged: HashSet<Vec<u8>>,
    /// What the extraction comes to.
    pub summary: &'a mut ExtractSummary,
}

impl<'a> Extraction<'a> {
    /// An extraction from `archive` into `tree`.
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

    /// Extracts the entries at `places` of each member's index.
    ///
    /// # Errors
    /// What ends the job: a full disk, a limit. What is about single entries stands in the summary.
    pub fn run(&mut self, entry_indices: &[Vec<usize>]) -> Result<()> {
        let kept = self.make_folders_and_keep(entry_indices)?;
        // A link to a file that stays out becomes that file, which can take more bytes.
        self.archive.check_output(&self.archive.wanted(&kept))?;
        let mut links = Vec::new();
        for (member, entry_indices) in self.archive.members.iter().zip(kept) {
            links.extend(self.files(member, &entry_indices)?);
        }
        // Links come last: nothing can then be written through one.
        links.iter().try_for_each(|link| self.finish_link(link))
    }

    /// Makes the folders among the entries at `places`. Returns the places of the other entries
    /// that nothing is in the way of.
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
        // What lies below a path follows it at once.
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
        // In the order of the index, in which contents lie.
        kept.iter_mut().for_each(|entry_indices| entry_indices.sort_unstable());
        Ok(kept)
    }

    /// Makes the folder `entry`, unless it is there. Returns why it cannot be, if it cannot.
    fn make_folder(&mut self, entry: &'a Entry) -> Result<Option<LeftOut>> {
        let made = self.tree.make_folder(&entry.path);
        if let Err(error) = made {
            return self.blocked(entry, error).map(Some);
        }
        self.folders.push(entry);
        self.done(entry);
        Ok(None)
    }

    /// What is where `entry`, which is no folder, is to be.
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

    /// What keeps `entry` out, where the way to it failed with `error`.
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
    /// `error`, if it is about more than this entry.
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

    /// Extracts the files at `places` of the index of `member`. Returns the links.
    fn files(&mut self, member: &'a Member, entry_indices: &[usize]) -> Result<Vec<Wanted>> {
        let all = wanted(&member.index.entries, entry_indices);
        FilesOut::new(self, member, &all).run()?;
        // Links to files that the system refused are files.
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

    /// Notes that `entry` is done.
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

    /// Is the name of `entry` free, or may what has it be replaced? It was when the extraction
    /// began.
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

    /// Gives a finished file its name, unless that name leads to a file of this extraction or
    /// another process.
    pub fn commit(&mut self, file: TreeFile, entry: &Entry) -> Result<()> {
        self.check_free(entry)?;
        let (id, refused) = file.commit(&self.restored(entry), self.options.overwrite)?;
        self.warn(&entry.path, refused);
        self.written.insert(id);
        self.done(entry);
        Ok(())
    }

    /// Copies the content of the open file `from` to `entry`.
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

    /// Gives every folder its mode, owner and time, however the extraction ended. Those come last:
    /// every file in a folder changes the time, and the mode may forbid to write. What the system
    /// refuses is a warning.
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

/// What is where an entry is to be.
enum Target {
    /// Nothing, or what may be replaced.
    Free,
    /// A file, which stays.
    Taken,
    /// Something of another kind, here or above.
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

/// The text of an error, without its class and number.
fn plain(error: &Error) -> String {
    match error {
        Error::Io(error) => reason(error),
        Error::UnsafePath(text) => text.clone(),
        error => error.to_string(),
    }
}

/// Did another process take a name since the extraction began?
fn is_there_already(error: &Error) -> bool {
    matches!(error, Error::Io(error) if error.kind() == io::ErrorKind::AlreadyExists)
}

/// Why the entry at `path` stays out, where `error` is about this entry alone.
///
/// # Errors
/// `error` with the path, if it would meet the other entries too.
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
        error if is_there_already(&error) => Ok("another process made it meanwhile".into()),
        Error::Io(_) | Error::UnsafePath(_) => Ok(plain(&error)),
        error => Err(error),
    }
}
