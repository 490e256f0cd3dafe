//! Extraction of the files of one member. Each content is decoded once and written to every file
//! that has it.

use std::collections::{HashMap, HashSet};
use std::io;
use std::ops::Range;

use super::chunks::{Chunk, Chunks};
use super::content::{is_about_one_block, needed_blocks, read_each_block};
use super::extract::check_hash;
use super::extraction::Extraction;
use super::member::Member;
use super::parity_repair::parity_may_repair;
use super::select::Wanted;
use super::sparse;
use crate::container::hash::Hasher;
use crate::container::{Entry, EntryKind};
use crate::error::{Error, Result};
use crate::input::shown::reason;
use crate::output::tree::TreeFile;

/// Indices in `wanted` of the files whose content is to be decoded; and for each other file its
/// index together with that of the decoded file with the same content.
pub(super) fn contents(wanted: &[Wanted]) -> (Vec<usize>, Vec<(usize, usize)>) {
    let mut first_of: HashMap<usize, usize> = HashMap::new();
    let (mut firsts, mut copies) = (Vec::new(), Vec::new());
    for (number, one) in
        wanted.iter().enumerate().filter(|(_, one)| one.entry.kind == EntryKind::File)
    {
        match first_of.get(&one.content) {
            Some(&first) => copies.push((number, first)),
            None => {
                first_of.insert(one.content, number);
                firsts.push(number);
            }
        }
    }
    (firsts, copies)
}

/// A file that is being written.
struct OpenFile {
    file: TreeFile,
    /// Index of its entry among the wanted ones.
    number: usize,
    hasher: Hasher,
    placement: sparse::Placement,
}

impl OpenFile {
    fn write(&mut self, wanted: &[Wanted], chunk: &Chunk<'_>) -> io::Result<()> {
        self.hasher.update(chunk.bytes);
        self.placement.write_at(self.file.file(), &wanted[self.number].entry, chunk.at, chunk.bytes)
    }

    /// Compares the hash of the written bytes with the hash of the entry.
    fn check(&self, wanted: &[Wanted]) -> Result<()> {
        check_hash(&wanted[self.number].entry, self.hasher.finish())
    }
}

/// Writes the files of one member. Files are identified by their indices in `wanted`. Files with
/// the same content share it: the first of them identifies the content.
pub(super) struct FilesOut<'e, 'a> {
    extraction: &'e mut Extraction<'a>,
    member: &'e Member,
    wanted: &'e [Wanted],
    firsts: Vec<usize>,
    /// For each content that several files have: all these files, by the first of them.
    same: HashMap<usize, Vec<usize>>,
    open: Option<OpenFile>,
    /// Files that the system refused.
    refused: HashSet<usize>,
    /// Contents in which something is damaged.
    damaged: HashSet<usize>,
}

impl<'e, 'a> FilesOut<'e, 'a> {
    /// Prepares the files among the `wanted` entries of `member`.
    pub fn new(
        extraction: &'e mut Extraction<'a>,
        member: &'e Member,
        wanted: &'e [Wanted],
    ) -> Self {
        let (firsts, copies) = contents(wanted);
        let mut same: HashMap<usize, Vec<usize>> = HashMap::new();
        copies
            .iter()
            .for_each(|&(copy, first)| same.entry(first).or_insert_with(|| vec![first]).push(copy));
        FilesOut {
            extraction,
            member,
            wanted,
            firsts,
            same,
            open: None,
            refused: HashSet::new(),
            damaged: HashSet::new(),
        }
    }

    /// Decodes and writes the files.
    ///
    /// # Errors
    /// Errors that end the job.
    pub fn run(mut self) -> Result<()> {
        let mut chunks = Chunks::new(self.member, self.wanted, &self.firsts);
        let ranges: Vec<Range<u64>> = chunks.ranges().collect();
        chunks.empty_entries(&mut |chunk| self.take(&chunk))?;
        let (archive, member) = (self.extraction.archive, self.member);
        let blocks = needed_blocks(member, &ranges);
        let take = |block: usize, content: Result<Vec<u8>>| {
            let at = member.content_at[block];
            match content {
                Ok(content) => chunks.split(at, &content, &mut |chunk| self.take(&chunk)),
                Err(error) if is_about_one_block(&error) => {
                    chunks
                        .skip(at, member.content_at[block + 1] - at)
                        .for_each(|first| self.lose(first));
                    self.note_damage(error);
                    Ok(())
                }
                Err(error) => Err(error),
            }
        };
        archive
            .budget
            .run(|| read_each_block(&archive.file, member, &blocks, &archive.options, take))
    }

    fn entry(&self, number: usize) -> &'e Entry {
        &self.wanted[number].entry
    }

    /// The files with the content `first` that the system has not refused.
    fn same(&self, first: usize) -> Vec<usize> {
        let mut same = self.same.get(&first).cloned().unwrap_or_else(|| vec![first]);
        same.retain(|number| !self.refused.contains(number));
        same
    }

    fn take(&mut self, chunk: &Chunk<'_>) -> Result<()> {
        if self.damaged.contains(&chunk.entry) {
            self.extraction.summary.repair_may_save_more = true;
            return Ok(());
        }
        if chunk.first {
            self.open = self.open_one(chunk.entry)?;
        }
        let Some(open) = &mut self.open else { return Ok(()) };
        if let Err(error) = open.write(self.wanted, chunk) {
            self.open = None;
            return self.refuse_all(chunk.entry, &error);
        }
        let Some(open) = self.open.take_if(|_| chunk.last) else { return Ok(()) };
        match open.check(self.wanted) {
            Ok(()) => self.give_names(open, chunk.entry),
            Err(error) => {
                self.lose(chunk.entry);
                self.note_damage(error);
                Ok(())
            }
        }
    }

    /// Opens the first file with the content `first` that the system allows.
    fn open_one(&mut self, first: usize) -> Result<Option<OpenFile>> {
        for number in self.same(first) {
            match self.extraction.tree.create(&self.entry(number).path) {
                Ok(file) => {
                    return Ok(Some(OpenFile {
                        file,
                        number,
                        hasher: Hasher::default(),
                        placement: sparse::Placement::default(),
                    }));
                }
                Err(error) => self.refuse(number, error)?,
            }
        }
        Ok(None)
    }

    /// Gives the finished file its path, and copies its content to the other files with the content
    /// `first`. The source of the copies is the open file, since its mode may forbid reading, or
    /// its path may be refused.
    fn give_names(&mut self, open: OpenFile, first: usize) -> Result<()> {
        let OpenFile { file, number, .. } = open;
        let others: Vec<usize> =
            self.same(first).into_iter().filter(|&other| other != number).collect();
        let source = if others.is_empty() { None } else { Some(file.file().try_clone()?) };
        let finished = sparse::finish(file.file(), self.entry(number))
            .and_then(|()| self.extraction.commit(file, self.entry(number)));
        if let Err(error) = finished {
            self.refuse(number, error)?;
        }
        for other in others {
            let copied = source
                .as_ref()
                .map_or(Ok(()), |source| self.extraction.copy(source, self.entry(other)));
            if let Err(error) = copied {
                self.refuse(other, error)?;
            }
        }
        Ok(())
    }

    fn refuse(&mut self, number: usize, error: Error) -> Result<()> {
        self.refused.insert(number);
        self.extraction.refuse(&self.entry(number).path, error)
    }

    /// Notes that the system refused all files with the content `first`.
    fn refuse_all(&mut self, first: usize, error: &io::Error) -> Result<()> {
        let again = || io::Error::new(error.kind(), reason(error));
        self.same(first).into_iter().try_for_each(|number| self.refuse(number, again().into()))
    }

    /// Gives up the files with the content `first`, in which something is damaged.
    fn lose(&mut self, first: usize) {
        if !self.damaged.insert(first) {
            return;
        }
        let of_this =
            |open: &mut OpenFile| self.wanted[open.number].content == self.wanted[first].content;
        if self.open.take_if(of_this).is_some() {
            self.extraction.summary.repair_may_save_more = true;
        }
        self.same(first)
            .into_iter()
            .for_each(|number| self.extraction.lose(&self.wanted[number].entry.path));
    }

    fn note_damage(&mut self, error: Error) {
        let may_be_repaired =
            error.is_damage() && parity_may_repair(&self.extraction.archive.file, self.member);
        let summary = &mut self.extraction.summary;
        summary.repair_may_save_more |= may_be_repaired;
        summary.damage.get_or_insert(error);
    }
}
