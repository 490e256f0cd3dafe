//! Extraction: selected entries out of an archive, into a folder that nothing can leave, or into a
//! writer.

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

/// How to extract.
#[derive(Debug, Clone, Copy, Default)]
pub struct ExtractOptions {
    /// Overwrite files that are there.
    pub overwrite: bool,
    /// Pass over files that are there without a word, so that an extraction which was interrupted
    /// can go on.
    pub skip_existing: bool,
    /// Give files to the users and groups that the archive names.
    pub owner: bool,
    /// Extended attributes to restore.
    pub xattrs: Xattrs,
}

/// What an extraction came to.
#[derive(Debug, Default)]
pub struct ExtractSummary {
    /// Entries extracted.
    pub entries: u64,
    /// Bytes of all files among them.
    pub raw: u64,
    /// What went wrong without harm to the data.
    pub warnings: Vec<String>,
    /// Paths that were taken already, whose entries were therefore left out.
    pub existing: Vec<Vec<u8>>,
    /// What else was left out: something of another kind is in the way, or the system refused.
    pub left_out: Vec<LeftOut>,
    /// Paths of files whose content cannot be decoded.
    pub damaged: Vec<Vec<u8>>,
    /// The first error about those.
    pub damage: Option<Error>,
    /// May [`repair`](super::repair::repair()) save more of those, by parity or in pieces?
    pub repair_may_save_more: bool,
}

/// An entry that was left out, with all entries below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its path, or that of a folder which leads to entries and is none itself.
    pub path: Vec<u8>,
    /// Why it was left out, in words.
    pub reason: String,
    /// Is the path that of an entry?
    pub is_entry: bool,
    /// How many entries below it were left out with it.
    pub below: u64,
}

impl LeftOut {
    pub(super) fn entry(path: &[u8], reason: String) -> Self {
        LeftOut { path: path.to_vec(), reason, is_entry: true, below: 0 }
    }

    /// How many entries were left out.
    #[must_use]
    pub fn entries(&self) -> u64 {
        u64::from(self.is_entry) + self.below
    }
}

impl Archive {
    /// Places of the selected entries in the index, by member.
    fn selected(&self, selection: &mut Selection) -> Result<Vec<Vec<usize>>> {
        let mut by_member = vec![Vec::new(); self.members.len()];
        for &(member, entry_index) in &self.current {
            if selection.selects(&self.members[member].index.entries[entry_index].path) {
                by_member[member].push(entry_index);
            }
        }
        if let Some(pattern) = selection.unused() {
            let text = format!("nothing in the archive matches {:?}", show_name(pattern));
            return Err(std::io::Error::new(std::io::ErrorKind::NotFound, text).into());
        }
        Ok(by_member)
    }

    /// The entries at these places, ready to be extracted.
    pub(super) fn wanted(&self, by_member: &[Vec<usize>]) -> Vec<Vec<Wanted>> {
        by_member
            .iter()
            .zip(&self.members)
            .map(|(entry_indices, member)| wanted(&member.index.entries, entry_indices))
            .collect()
    }

    /// Tells who watches the job that `entry` is done.
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

    /// Extracts what `selection` selects into the folder `target`.
    ///
    /// Nothing is ever written outside of `target`, or through a link in it. Every file appears
    /// whole and checked, or not at all. A file that is there already stays, unless `options` say
    /// otherwise, and the rest is extracted: [`ExtractSummary::existing`] names such files.
    ///
    /// # Errors
    /// As [`Archive::extract_into`]; and an entry stayed out, since it is damaged, something of
    /// another kind is in its way, or the system refused. The rest is extracted then.
    pub fn extract(
        &self,
        selection: &mut Selection,
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

    /// As [`Archive::extract`], and says in `summary` what came out and what did not, also where an
    /// error ends the job. Of entries that are damaged or refused the summary tells: they are no
    /// error. Folders get their modes and times in any case.
    ///
    /// # Errors
    /// A path is unsafe, a limit is passed, the disk is full, or the file system cannot be written.
    pub fn extract_into(
        &self,
        selection: &mut Selection,
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
    pub fn extract_to(
        &self,
        selection: &mut Selection,
        out: &mut dyn Write,
    ) -> Result<ExtractSummary> {
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

    /// Decodes the contents of the selected files, each once, compares them with their hashes, and
    /// keeps nothing. Then checks that the paths can be extracted.
    ///
    /// # Errors
    /// A block is damaged, a path is unsafe, a hard link leads to no file, or a limit is passed.
    pub fn test(&self, selection: &mut Selection) -> Result<ExtractSummary> {
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

    /// Decodes the contents of the `chosen` ones of `wanted` and gives each piece to `write`, with
    /// its entry and the offset in its file that the piece goes to.
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

/// Compares the hash of an entry's whole content with that of the index.
pub(super) fn check_hash(entry: &Entry, hash: u64) -> Result<()> {
    if narrow(hash, entry.stored_len()) == entry.hash {
        return Ok(());
    }
    Err(Error::Corrupt(format!(
        "the content of {:?} does not fit the index",
        show_name(&entry.path)
    )))
}
