//! Extraction of selected entries: into a folder, or their contents into a writer.

use std::io::Write;
use std::ops::Range;
use std::path::Path;

use super::chunks::{Chunk, Chunks};
use super::content::{needed_blocks, read_blocks};
use super::extraction::Extraction;
use super::files::contents;
use super::member::Member;
use super::names::{check_paths, show_name};
use super::select::{Selection, Wanted, wanted};
use super::spool::Spool;
use super::{Archive, sparse};
use crate::container::Entry;
use crate::container::hash::{Hasher, narrow};
use crate::error::{Error, Limit, LimitKind, Result};
use crate::input::attributes::Xattrs;
use crate::output::tree::Tree;

/// Options for an extraction.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct ExtractOptions {
    /// Set by [`overwrite`](Self::overwrite()).
    pub overwrite: bool,
    /// Set by [`skip_existing`](Self::skip_existing()).
    pub skip_existing: bool,
    /// Set by [`owner`](Self::owner()).
    pub owner: bool,
    /// Set by [`xattrs`](Self::xattrs()).
    pub xattrs: Xattrs,
}

impl ExtractOptions {
    /// The default: see each option.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Replace existing files. `false` by default.
    #[must_use]
    pub fn overwrite(mut self, overwrite: bool) -> Self {
        self.overwrite = overwrite;
        self
    }

    /// Silently keep existing files. With this, an interrupted extraction can be continued.
    /// `false` by default.
    #[must_use]
    pub fn skip_existing(mut self, skip_existing: bool) -> Self {
        self.skip_existing = skip_existing;
        self
    }

    /// Restore the users and groups that the archive stores. `false` by default.
    #[must_use]
    pub fn owner(mut self, owner: bool) -> Self {
        self.owner = owner;
        self
    }

    /// Which extended attributes to restore. None by default.
    #[must_use]
    pub fn xattrs(mut self, xattrs: Xattrs) -> Self {
        self.xattrs = xattrs;
        self
    }
}

/// Numbers and paths of a finished extraction or test.
#[derive(Debug, Default)]
pub struct ExtractSummary {
    /// Number of extracted entries.
    pub entries: u64,
    /// Total length in bytes of the extracted files.
    pub raw: u64,
    /// One line for each problem that did no harm to contents.
    pub warnings: Vec<String>,
    /// Paths of entries that were not extracted because a file with that path exists.
    pub existing: Vec<Vec<u8>>,
    /// Other entries that were not extracted, since something of another kind has their path, or
    /// since the system refused.
    pub left_out: Vec<LeftOut>,
    /// Paths of files whose content cannot be decoded.
    pub damaged: Vec<Vec<u8>>,
    /// The first error about a file in `damaged`.
    pub damage: Option<Error>,
    /// Could [`repair`](super::repair()) save more of the files in `damaged`, by parity or
    /// in part?
    pub repair_may_save_more: bool,
}

/// An entry that was not extracted, together with all entries below its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The path of the entry. Or the path of a folder above entries, if that folder has no entry of
    /// its own.
    pub path: Vec<u8>,
    /// The reason, as text for people.
    pub reason: String,
    /// Does an entry have this path?
    pub is_entry: bool,
    /// Number of entries below the path; they were not extracted either.
    pub below: u64,
}

impl LeftOut {
    pub(super) fn entry(path: &[u8], reason: String) -> Self {
        LeftOut { path: path.to_vec(), reason, is_entry: true, below: 0 }
    }

    /// Number of entries that were not extracted.
    #[must_use]
    pub fn entries(&self) -> u64 {
        u64::from(self.is_entry) + self.below
    }
}

impl Archive {
    /// Indices of the selected entries, one list for each member.
    fn selected(&self, selection: &Selection) -> Result<Vec<Vec<usize>>> {
        if let Some(pattern) = selection.unused(self.entries().map(|entry| &entry.path)) {
            let text = format!("nothing in the archive matches {:?}", show_name(pattern));
            return Err(std::io::Error::new(std::io::ErrorKind::NotFound, text).into());
        }
        let mut by_member = vec![Vec::new(); self.members.len()];
        for &(member, entry_index) in &self.current {
            if selection.selects(&self.members[member].index.entries[entry_index].path) {
                by_member[member].push(entry_index);
            }
        }
        Ok(by_member)
    }

    /// The entries with these indices, ready to be extracted, one list for each member.
    pub(super) fn wanted(&self, by_member: &[Vec<usize>]) -> Vec<Vec<Wanted>> {
        by_member
            .iter()
            .zip(&self.members)
            .map(|(entry_indices, member)| wanted(&member.index.entries, entry_indices))
            .collect()
    }

    /// Tells the progress listener that `entry` is done.
    pub(super) fn tell(&self, entry: &Entry) {
        if let Some(progress) = &self.options.progress {
            progress.entry_done(&entry.path, entry.size);
        }
    }

    pub(super) fn check_output(&self, by_member: &[Vec<Wanted>]) -> Result<u64> {
        let total = by_member
            .iter()
            .flatten()
            .fold(0u64, |sum, wanted| sum.saturating_add(wanted.entry.size));
        if total > self.options.max_output {
            let text =
                format!("the files take {total} bytes, more than {}", self.options.max_output);
            return Err(Error::Limit(Limit::new(LimitKind::Output, text)));
        }
        Ok(total)
    }

    /// Extracts the entries that `selection` selects into the folder `target`.
    ///
    /// Nothing is ever written outside of `target`, or through a symbolic link below it. Each file
    /// appears whole and checked, or not at all. An existing file stays, unless `options` say
    /// otherwise; [`ExtractSummary::existing`] has its path, and the other entries are extracted.
    ///
    /// # Errors
    /// The errors of [`Archive::extract_into`]. Also an error if an entry was not extracted because
    /// it is damaged, something of another kind has its path, or the system refused it; all other
    /// entries are extracted by then.
    pub fn extract(
        &self,
        selection: &Selection,
        target: &Path,
        options: &ExtractOptions,
    ) -> Result<ExtractSummary> {
        let mut summary = ExtractSummary::default();
        self.extract_into(selection, target, options, &mut summary)?;
        if let Some(damage) = summary.damage {
            return Err(damage);
        }
        match summary.left_out.first() {
            Some(first) => {
                Err(std::io::Error::other(format!("{}: {}", show_name(&first.path), first.reason))
                    .into())
            }
            None => Ok(summary),
        }
    }

    /// Extracts like [`Archive::extract`], but returns the results in `summary`, which is filled in
    /// also when an error ends the job. Damaged and refused entries are listed there and are no
    /// error. Folders get their modes and times in any case.
    ///
    /// # Errors
    /// A path is unsafe, a limit is passed, the disk is full, or the file system cannot be written.
    pub fn extract_into(
        &self,
        selection: &Selection,
        target: &Path,
        options: &ExtractOptions,
        summary: &mut ExtractSummary,
    ) -> Result<()> {
        let entry_indices = self.selected(selection)?;
        let all = self.wanted(&entry_indices);
        self.check_output(&all)?;
        check_paths(all.iter().flatten().map(|wanted| &wanted.entry))?;
        drop(all);
        let mut extraction = Extraction::new(self, Tree::open(target)?, *options, summary);
        let end = extraction.run(&entry_indices);
        extraction.finish_folders();
        end.and(extraction.tree.sync())
    }

    /// Writes the contents of the selected files to `out`, one after the other.
    ///
    /// # Errors
    /// A block is damaged, a limit is passed, or writing fails.
    pub fn extract_to(&self, selection: &Selection, out: &mut dyn Write) -> Result<ExtractSummary> {
        let by_member = self.wanted(&self.selected(selection)?);
        let raw = self.check_output(&by_member)?;
        let mut summary = ExtractSummary { raw, ..ExtractSummary::default() };
        for (wanted, member) in by_member.iter().zip(&self.members) {
            let (firsts, copies) = contents(wanted);
            summary.entries += (firsts.len() + copies.len()) as u64;
            let mut spool = Spool::of(&copies)?;
            self.decode_files(member, wanted, &firsts, |chunk, placement, entry| {
                spool.keep(&chunk)?;
                placement.write_through(out, entry, chunk.bytes, chunk.last)
            })?;
            for &(copy, first) in &copies {
                spool.write(first, &wanted[copy].entry, out)?;
                self.tell(&wanted[copy].entry);
            }
        }
        Ok(summary)
    }

    /// Decodes the contents of the selected files, each once, and compares them with their hashes.
    /// Then checks that all paths can be extracted.
    ///
    /// # Errors
    /// A block is damaged, a path is unsafe, a hard link leads to no file, or a limit is passed.
    pub fn test(&self, selection: &Selection) -> Result<ExtractSummary> {
        let by_member = self.wanted(&self.selected(selection)?);
        let raw = self.check_output(&by_member)?;
        let mut summary = ExtractSummary { raw, ..ExtractSummary::default() };
        for (wanted, member) in by_member.iter().zip(&self.members) {
            let (firsts, copies) = contents(wanted);
            summary.entries += (firsts.len() + copies.len()) as u64;
            self.decode_files(member, wanted, &firsts, |_, _, _| Ok(()))?;
            copies.iter().for_each(|&(copy, _)| self.tell(&wanted[copy].entry));
        }
        if self.is_named() {
            check_paths(by_member.iter().flatten().map(|wanted| &wanted.entry))?;
        }
        Ok(summary)
    }

    /// Decodes the contents of the entries whose indices in `wanted` are `chosen`. Calls `write`
    /// for each chunk, with the entry and the position in its file.
    fn decode_files(
        &self,
        member: &Member,
        wanted: &[Wanted],
        chosen: &[usize],
        mut write: impl FnMut(Chunk<'_>, &mut sparse::Placement, &Entry) -> Result<()>,
    ) -> Result<()> {
        let mut chunks = Chunks::new(member, wanted, chosen);
        let ranges: Vec<Range<u64>> = chunks.ranges().collect();
        let (mut hasher, mut placement) = (Hasher::default(), sparse::Placement::default());
        let mut take = |chunk: Chunk<'_>| {
            let entry = &wanted[chunk.entry].entry;
            if chunk.first {
                (hasher, placement) = (Hasher::default(), sparse::Placement::default());
            }
            hasher.update(chunk.bytes);
            let is_last = chunk.last;
            write(chunk, &mut placement, entry)?;
            if is_last {
                check_hash(entry, hasher.finish())?;
                self.tell(entry);
            }
            Ok(())
        };
        chunks.empty_entries(&mut take)?;
        let blocks = needed_blocks(member, &ranges);
        let take = |at: u64, block: &[u8]| chunks.split(at, block, &mut take);
        self.budget.run(|| read_blocks(&self.file, member, &blocks, &self.options, take))
    }
}

/// Compares `hash`, that of the whole stored content of `entry`, with the hash in the index.
pub(super) fn check_hash(entry: &Entry, hash: u64) -> Result<()> {
    if narrow(hash, entry.stored_len()) == entry.hash {
        return Ok(());
    }
    Err(Error::Corrupt(format!(
        "the content of {:?} does not fit the index",
        show_name(&entry.path)
    )))
}
