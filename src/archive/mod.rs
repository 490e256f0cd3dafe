//! Archives of many files: created, listed, extracted, appended to, repaired.
//!
//! The front page of the crate shows each of these with a program.

mod append;
mod broken_links;
mod chunks;
mod complete;
mod content;
mod create;
mod current;
mod cut;
mod extract;
mod extraction;
mod file_scan;
mod files;
mod finder;
mod group;
mod identical;
mod member;
mod named_stream;
mod names;
mod parity_repair;
mod plan;
mod rebuild_index;
mod rebuild_stream;
mod recovered_member;
mod repair;
mod representatives;
mod scan;
mod scan_items;
mod scrub;
mod select;
mod shared_reference;
mod sparse;
mod spool;
mod stored;

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

pub use create::{CreateOptions, CreateSummary};
pub use extract::{ExtractOptions, ExtractSummary, LeftOut};
pub use names::show_name;
pub use plan::Plan;
pub use repair::{RepairSummary, repair};
pub use select::Selection;

pub use crate::container::{Entry, EntryKind, Extent};
pub use crate::input::attributes::Xattrs;
pub use crate::input::walk::WalkOptions;

use crate::budget::Budget;
use crate::container::format::MAGIC;
use crate::error::{Error, Result};
use crate::options::DecodeOptions;
use current::{current, entries_of};
use member::{FileAt, Member};
use recovered_member::stream_path;
use select::{linked_file, linked_files};

/// An archive opened for reading. Memory holds the indices of its members and no content.
#[derive(Debug)]
pub struct Archive {
    file: File,
    members: Vec<Member>,
    /// Index of the member, and index of the entry in that member, of every current entry: an entry
    /// that a newer member has replaced is not current.
    current: Vec<(usize, usize)>,
    /// Length in bytes of all whole members together. Bytes after them belong to an unfinished or
    /// damaged append.
    end: u64,
    /// Was the append after the last whole member finished, and damaged later?
    end_is_damaged: bool,
    options: DecodeOptions,
    /// The memory budget that every operation on the archive is charged to.
    budget: Budget,
    warnings: Vec<String>,
}

impl Archive {
    /// Opens the archive at `path`.
    ///
    /// # Errors
    /// The archive is damaged, needs a newer version, passes a limit, or cannot be read.
    pub fn open(path: impl AsRef<Path>, options: &DecodeOptions) -> Result<Self> {
        Self::from_file(File::open(path)?, options)
    }

    /// Opens the archive in `file`, which must allow seeking.
    ///
    /// # Errors
    /// As [`Archive::open`].
    pub fn from_file(file: File, options: &DecodeOptions) -> Result<Self> {
        let damaged = match Self::read(file.try_clone()?, options) {
            Ok(archive) if !archive.is_damaged()? => return Ok(archive),
            other => other,
        };
        if let Err(error) = &damaged
            && !error.is_damage()
            && !matches!(error, Error::NotAnArchive(_))
        {
            return damaged;
        }
        // The budget of the first attempt is free again by now: the repaired copy is read under the
        // same limit.
        let error = damaged.err();
        let unrepaired = |file| error.map_or_else(|| Self::read(file, options), Err);
        let Some((copy, notes)) =
            parity_repair::repair_by_parity(&file, &std::env::temp_dir(), options.memory)?
        else {
            return unrepaired(file);
        };
        match Self::read(copy, options) {
            Ok(mut repaired) => {
                repaired.warnings.splice(0..0, notes);
                Ok(repaired)
            }
            Err(_) => unrepaired(file),
        }
    }

    /// Are bytes damaged that all files need, although the indices are whole?
    fn is_damaged(&self) -> Result<bool> {
        self.members.iter().try_fold(false, |found, member| {
            Ok(found || parity_repair::is_damaged(&self.file, member)?)
        })
    }

    fn read(file: File, options: &DecodeOptions) -> Result<Self> {
        let length = file.metadata()?.len();
        let mut archive = Archive {
            file,
            members: Vec::new(),
            current: Vec::new(),
            end: length,
            end_is_damaged: false,
            options: options.clone(),
            budget: options.budget(),
            warnings: Vec::new(),
        };
        archive.budget.clone().run(|| {
            if !archive.read_members_from_end(length)? {
                archive.members.clear();
                archive.read_members_from_start(length)?;
            }
            Ok::<(), Error>(())
        })?;
        archive.name_streams();
        archive.find_current();
        Ok(archive)
    }

    /// Reads the members from the last to the first: each footer tells where its member begins.
    /// Returns whether these members fill the whole file.
    fn read_members_from_end(&mut self, mut end: u64) -> Result<bool> {
        while end > 0 {
            let Some(member) = Member::before(&self.file, end, &self.options)? else {
                return Ok(false);
            };
            end = member.start;
            self.members.push(member);
        }
        self.members.reverse();
        Ok(!self.members.is_empty())
    }

    /// Reads the members from the first to the last, record by record. This is needed where the
    /// last member has no footer, because it has the compact form or was never finished.
    fn read_members_from_start(&mut self, length: u64) -> Result<()> {
        self.end = 0;
        while self.end < length || self.members.is_empty() {
            match Member::after(&self.file, self.end, &self.options) {
                Ok(Some(member)) => {
                    self.end += member.length;
                    self.members.push(member);
                }
                Ok(None) if self.members.is_empty() => {
                    return Err(Error::NotAnArchive("it is empty".into()));
                }
                Ok(None) => break,
                Err(error) if error.is_damage() && !self.members.is_empty() => {
                    if !self.options.ignore_trailing && !self.begins_member(self.end) {
                        return Err(error);
                    }
                    // The members up to here are whole. An append that was interrupted is
                    // truncated, a finished one is not.
                    self.end_is_damaged = !matches!(error, Error::Truncated(_))
                        && length - self.end >= MAGIC.len() as u64;
                    if !self.options.ignore_trailing {
                        let what = if self.end_is_damaged {
                            "is damaged"
                        } else {
                            "was never finished and is ignored"
                        };
                        self.warnings
                            .push(format!("the append at byte {} {what} ({error})", self.end));
                    }
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Do the bytes from `at` on equal the start of a member, as far as the file goes?
    fn begins_member(&self, at: u64) -> bool {
        let mut magic = Vec::new();
        let read = FileAt::new(&self.file, at).take(MAGIC.len() as u64).read_to_end(&mut magic);
        read.is_ok() && MAGIC.starts_with(&magic)
    }

    /// Gives a path to each unnamed stream in an archive that also has named files, since
    /// extraction needs one.
    fn name_streams(&mut self) {
        if !self.is_named() {
            return;
        }
        for (number, member) in
            self.members.iter_mut().enumerate().filter(|(_, member)| !member.header.is_named())
        {
            member
                .index
                .entries
                .iter_mut()
                .for_each(|entry| entry.path = stream_path(number as u32 + 1));
        }
    }

    fn find_current(&mut self) {
        self.current = if self.is_named() {
            current(&entries_of(&self.members))
        } else {
            let entry_indices = |(number, member): (usize, &Member)| {
                (0..member.index.entries.len()).map(move |entry_index| (number, entry_index))
            };
            self.members.iter().enumerate().flat_map(entry_indices).collect()
        };
    }

    /// The current entries, in the order of their contents. An entry that a newer member has
    /// replaced is left out.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.current
            .iter()
            .map(|&(member, entry_index)| &self.members[member].index.entries[entry_index])
    }

    /// The entries as an extraction of all of them would create them, each with the coded bytes of
    /// its content: its share, by length, of the blocks that hold the content. A hard link whose
    /// first name a newer member has replaced is returned as a file.
    pub fn entries_with_packed(&self) -> impl Iterator<Item = (Cow<'_, Entry>, u64)> {
        let offsets: Vec<Vec<u64>> =
            self.members.iter().map(|member| member.index.content_offsets()).collect();
        let mut by_member = vec![Vec::new(); self.members.len()];
        self.current.iter().for_each(|&(member, entry_index)| by_member[member].push(entry_index));
        let files = by_member
            .iter()
            .zip(&self.members)
            .map(|(entry_indices, member)| linked_files(&member.index.entries, entry_indices));
        let files: Vec<HashMap<usize, usize>> = files.collect();
        self.current.iter().map(move |&(number, entry_index)| {
            let member = &self.members[number];
            let entry = &member.index.entries[entry_index];
            if let Some(&first) = files[number].get(&entry_index) {
                let file = linked_file(entry, &member.index.entries[first]);
                let packed = member.packed(offsets[number][first], file.stored_len());
                return (Cow::Owned(file), packed);
            }
            let packed = if entry.same_as.is_some() {
                0
            } else {
                member.packed(offsets[number][entry_index], entry.stored_len())
            };
            (Cow::Borrowed(entry), packed)
        })
    }

    /// Does the archive hold named files? An archive without them holds unnamed streams.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.members.iter().any(|member| member.header.is_named())
    }

    /// The members of the archive, in the order of the file.
    #[must_use]
    #[doc(hidden)]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Length in bytes of all whole members together. Bytes after them belong to an unfinished or
    /// damaged append.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.end
    }

    /// One line for each defect that does no harm to the contents. [`repair`](repair::repair())
    /// would remove it.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The path of `entry`. For an unnamed stream: the name of the archive file `archive` without
    /// `.cmx`.
    #[must_use]
    pub fn path_of(entry: &Entry, archive: &Path) -> Vec<u8> {
        use std::os::unix::ffi::OsStrExt;
        if !entry.path.is_empty() {
            return entry.path.clone();
        }
        let name = archive.file_stem().map_or_else(Vec::new, |stem| stem.as_bytes().to_vec());
        if name.is_empty() { b"-".to_vec() } else { name }
    }

    /// Creates an archive of everything under `roots` at `path`. The archive replaces a file at
    /// that path.
    ///
    /// # Errors
    /// A root does not exist, writing fails, or memory is short. A file that changes or cannot be
    /// read is no error: the summary has a warning.
    pub fn create(
        path: impl AsRef<Path>,
        roots: &[PathBuf],
        options: &CreateOptions,
    ) -> Result<CreateSummary> {
        // The list of files and the coding share one budget.
        options.encode.budget().run(|| Self::create_in_job(path.as_ref(), roots, options))
    }

    fn create_in_job(
        path: &Path,
        roots: &[PathBuf],
        options: &CreateOptions,
    ) -> Result<CreateSummary> {
        let plan = Plan::of(roots, options.walk)?;
        let mut file = crate::output::AtomicFile::create(path, true)?;
        let summary = plan.write(&mut file, options)?;
        file.commit()?;
        Ok(summary)
    }
}

/// One letter for the kind of an entry: those of `ls -l`, and `h` for a hard link.
#[must_use]
pub fn kind_letter(kind: EntryKind) -> char {
    match kind {
        EntryKind::File => '-',
        EntryKind::Directory => 'd',
        EntryKind::Symlink => 'l',
        EntryKind::Hardlink => 'h',
    }
}
