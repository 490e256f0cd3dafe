//! Extraction: selected entries out of an archive, into a folder that nothing can leave, or into a
//! writer.

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::ops::Range;
use std::path::Path;

use rustix::fs::FileType;

use super::content::{needed_blocks, read_blocks};
use super::member::Member;
use super::names::{check_paths, show_name};
use super::pieces::{Piece, Pieces};
use super::select::{Selection, Wanted, wanted};
use super::spool::Spool;
use super::{Archive, sparse};
use crate::container::hash::{Hasher, narrow};
use crate::container::{Entry, EntryKind};
use crate::error::{Error, Limit, LimitKind, Result};
use crate::input::attributes::Xattrs;
use crate::input::shown::reason;
use crate::output::restored::Restored;
use crate::output::tree::{Tree, TreeFile};

/// How to extract.
#[derive(Debug, Clone, Copy, Default)]
pub struct ExtractOptions {
    /// Overwrite files that are there.
    pub overwrite: bool,
    /// Pass over files that are there without a word, so that an extraction which was interrupted can go on.
    pub skip_existing: bool,
    /// Give files to the users and groups that the archive names.
    pub owner: bool,
    /// Extended attributes to restore.
    pub xattrs: Xattrs,
}

/// What an extraction came to.
#[derive(Debug, Clone, Default)]
pub struct ExtractSummary {
    /// Entries extracted.
    pub entries: u64,
    /// Bytes of all files among them.
    pub raw: u64,
    /// What went wrong without harm to the data.
    pub warnings: Vec<String>,
    /// Paths that were taken already, whose entries were therefore left out.
    pub existing: Vec<Vec<u8>>,
}

impl Archive {
    /// Places of the selected entries in the index, by member.
    fn selected(&self, selection: &mut Selection) -> Result<Vec<Vec<usize>>> {
        let mut by_member = vec![Vec::new(); self.members.len()];
        for &(member, place) in &self.current {
            if selection.selects(&self.members[member].index.entries[place].path) {
                by_member[member].push(place);
            }
        }
        if let Some(pattern) = selection.unused() {
            let text = format!("nothing in the archive matches {:?}", show_name(pattern));
            return Err(std::io::Error::new(std::io::ErrorKind::NotFound, text).into());
        }
        Ok(by_member)
    }

    /// The entries at these places, ready to be extracted.
    fn wanted(&self, by_member: &[Vec<usize>]) -> Vec<Vec<Wanted>> {
        by_member.iter().zip(&self.members).map(|(places, member)| wanted(&member.index.entries, places)).collect()
    }

    /// Tells who watches the job that `entry` is done.
    fn tell(&self, entry: &Entry) {
        if let Some(progress) = &self.options.progress {
            progress.entry_done(&entry.path, entry.size);
        }
    }

    fn check_output(&self, by_member: &[Vec<Wanted>]) -> Result<u64> {
        let total = by_member.iter().flatten().fold(0u64, |sum, wanted| sum.saturating_add(wanted.entry.size));
        if total > self.options.max_output {
            let text = format!("the files take {total} bytes, more than {}", self.options.max_output);
            return Err(Error::Limit(Limit::new(LimitKind::Output, text)));
        }
        Ok(total)
    }

    /// Extracts what `selection` selects into the folder `target`.
    ///
    /// Nothing is ever written outside of `target`, or through a link in it. Every file appears whole
    /// and checked, or not at all. A file that is there already stays, unless `options` say otherwise, and the rest is
    /// extracted: [`ExtractSummary::existing`] names such files.
    ///
    /// # Errors
    /// A path is unsafe, something else is where a folder should be, a block is damaged, a limit is passed, or the system
    /// refuses.
    pub fn extract(&self, selection: &mut Selection, target: &Path, options: &ExtractOptions) -> Result<ExtractSummary> {
        let mut places = self.selected(selection)?;
        let all = self.wanted(&places);
        self.check_output(&all)?;
        check_paths(all.iter().flatten().map(|wanted| &wanted.entry))?;
        let mut extraction = Extraction {
            archive: self,
            tree: Tree::open(target)?,
            options: *options,
            written: HashSet::new(),
            summary: ExtractSummary::default(),
        };
        for (places, member) in places.iter_mut().zip(&self.members) {
            extraction.leave_out_existing(places, &member.index.entries)?;
        }
        // A link to a file that stays out becomes that file.
        let by_member = self.wanted(&places);
        extraction.summary.raw = self.check_output(&by_member)?;
        for (wanted, member) in by_member.iter().zip(&self.members) {
            extraction.folders(wanted)?;
            self.extract_files(member, wanted, &mut extraction)?;
        }
        // Links come last: nothing can then be written through one.
        by_member.iter().try_for_each(|wanted| extraction.links(wanted))?;
        extraction.finish_folders(by_member.iter().flatten())?;
        extraction.tree.sync()?;
        extraction.summary.entries = by_member.iter().map(|wanted| wanted.len() as u64).sum();
        Ok(extraction.summary)
    }

    fn extract_files(&self, member: &Member, wanted: &[Wanted], extraction: &mut Extraction<'_>) -> Result<()> {
        let (firsts, copies) = contents(wanted);
        let mut pieces = Pieces::new(member, wanted, &firsts);
        let ranges: Vec<Range<u64>> = pieces.ranges().collect();
        let mut open: Option<(TreeFile, Hasher, sparse::Placement)> = None;
        let mut take = |piece: Piece<'_>| {
            let entry = &wanted[piece.entry].entry;
            let mut write = || {
                if piece.first {
                    open = Some((extraction.tree.create(&entry.path)?, Hasher::default(), sparse::Placement::default()));
                }
                if let Some((file, hasher, placement)) = &mut open {
                    hasher.update(piece.bytes);
                    placement.write_at(file.file(), entry, piece.at, piece.bytes)?;
                }
                if let Some((file, hasher, _)) = open.take_if(|_| piece.last) {
                    check_hash(entry, hasher.finish())?;
                    sparse::finish(file.file(), entry)?;
                    extraction.commit(file, entry)?;
                }
                Ok(())
            };
            named(&entry.path, write())
        };
        pieces.empty_entries(&mut take)?;
        let blocks = needed_blocks(member, &ranges);
        let take = |at: u64, block: &[u8]| pieces.split(at, block, &mut take);
        self.budget.run(|| read_blocks(&self.file, member, &blocks, &self.options, take))?;
        copies.into_iter().try_for_each(|(copy, first)| {
            let (entry, first) = (&wanted[copy].entry, &wanted[first].entry);
            named(&entry.path, extraction.copy(entry, first))
        })
    }

    /// Writes the contents of the selected files to `out`, one after the other.
    ///
    /// # Errors
    /// A block is damaged, a limit is passed, or writing fails.
    pub fn extract_to(&self, selection: &mut Selection, out: &mut dyn Write) -> Result<ExtractSummary> {
        let by_member = self.wanted(&self.selected(selection)?);
        let raw = self.check_output(&by_member)?;
        let mut summary = ExtractSummary { raw, ..ExtractSummary::default() };
        for (wanted, member) in by_member.iter().zip(&self.members) {
            let (firsts, copies) = contents(wanted);
            summary.entries += (firsts.len() + copies.len()) as u64;
            let mut spool = Spool::of(&copies)?;
            self.decode_files(member, wanted, &firsts, |piece, placement, entry| {
                spool.keep(&piece)?;
                placement.write_through(out, entry, piece.bytes, piece.last)
            })?;
            for &(copy, first) in &copies {
                spool.write(first, &wanted[copy].entry, out)?;
                self.tell(&wanted[copy].entry);
            }
        }
        Ok(summary)
    }

    /// Decodes the contents of the selected files, each once, compares them with their hashes, and keeps nothing. Then checks
    /// that the paths can be extracted.
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

    /// Decodes the contents of the `chosen` ones of `wanted` and gives each piece to `write`, with its entry and the offset
    /// in its file that the piece goes to.
    fn decode_files(
        &self,
        member: &Member,
        wanted: &[Wanted],
        chosen: &[usize],
        mut write: impl FnMut(Piece<'_>, &mut sparse::Placement, &Entry) -> Result<()>,
    ) -> Result<()> {
        let mut pieces = Pieces::new(member, wanted, chosen);
        let ranges: Vec<Range<u64>> = pieces.ranges().collect();
        let (mut hasher, mut placement) = (Hasher::default(), sparse::Placement::default());
        let mut take = |piece: Piece<'_>| {
            let entry = &wanted[piece.entry].entry;
            if piece.first {
                (hasher, placement) = (Hasher::default(), sparse::Placement::default());
            }
            hasher.update(piece.bytes);
            let is_last = piece.last;
            write(piece, &mut placement, entry)?;
            if is_last {
                check_hash(entry, hasher.finish())?;
                self.tell(entry);
            }
            Ok(())
        };
        pieces.empty_entries(&mut take)?;
        let blocks = needed_blocks(member, &ranges);
        let take = |at: u64, block: &[u8]| pieces.split(at, block, &mut take);
        self.budget.run(|| read_blocks(&self.file, member, &blocks, &self.options, take))
    }
}

/// Names the path that an error of the system is about.
fn named<T>(path: &[u8], result: Result<T>) -> Result<T> {
    result.map_err(|error| match error {
        Error::Io(error) => Error::Io(std::io::Error::new(error.kind(), format!("{}: {}", show_name(path), reason(&error)))),
        error => error,
    })
}

fn check_hash(entry: &Entry, hash: u64) -> Result<()> {
    if narrow(hash, entry.stored_len()) == entry.hash {
        return Ok(());
    }
    Err(Error::Corrupt(format!("the content of {:?} does not fit the index", show_name(&entry.path))))
}

/// The wanted files whose content is to be decoded, and the pairs of a file and the one among them that
/// it equals.
fn contents(wanted: &[Wanted]) -> (Vec<usize>, Vec<(usize, usize)>) {
    let mut first_of: HashMap<usize, usize> = HashMap::new();
    let (mut firsts, mut copies) = (Vec::new(), Vec::new());
    for (number, one) in wanted.iter().enumerate().filter(|(_, one)| one.entry.kind == EntryKind::File) {
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

/// An extraction under way.
struct Extraction<'a> {
    archive: &'a Archive,
    tree: Tree,
    options: ExtractOptions,
    /// Device and inode of every file written, to notice a file system that takes two names for one.
    written: HashSet<(u64, u64)>,
    summary: ExtractSummary,
}

impl Extraction<'_> {
    /// Takes the places of files that are there already out of `places`, and notes their paths.
    fn leave_out_existing(&mut self, places: &mut Vec<usize>, entries: &[Entry]) -> Result<()> {
        let mut kept = Vec::with_capacity(places.len());
        for &place in places.iter() {
            let entry = &entries[place];
            let found = self.tree.find(&entry.path)?;
            let is_folder = found.map(|found| found.kind == FileType::Directory);
            if is_folder.is_some_and(|is_folder| is_folder != (entry.kind == EntryKind::Directory)) {
                return Err(Error::UnsafePath(format!("{:?} is there already, as something else", show_name(&entry.path))));
            }
            if is_folder == Some(false) && !self.options.overwrite {
                self.summary.existing.push(entry.path.clone());
            } else {
                kept.push(place);
            }
        }
        *places = kept;
        Ok(())
    }

    fn folders(&mut self, wanted: &[Wanted]) -> Result<()> {
        let mut folders = wanted.iter().filter(|wanted| wanted.entry.kind == EntryKind::Directory);
        folders.try_for_each(|folder| {
            named(&folder.entry.path, self.tree.make_folder(&folder.entry.path))?;
            self.archive.tell(&folder.entry);
            Ok(())
        })
    }

    fn restored<'a>(&self, entry: &'a Entry) -> Restored<'a> {
        Restored::of(entry, self.options.owner, self.options.xattrs)
    }

    fn warn(&mut self, path: &[u8], refused: Vec<String>) {
        self.summary.warnings.extend(refused.into_iter().map(|line| format!("{}: {line}", show_name(path))));
    }

    /// Gives a finished file its name, unless that name already leads to a file of this extraction.
    fn commit(&mut self, file: TreeFile, entry: &Entry) -> Result<()> {
        if self.tree.find(&entry.path)?.is_some_and(|found| self.written.contains(&found.id)) {
            return Err(Error::UnsafePath(format!("this file system takes {:?} for another entry's name", show_name(&entry.path))));
        }
        let (id, refused) = file.commit(&self.restored(entry), self.options.overwrite)?;
        self.warn(&entry.path, refused);
        self.written.insert(id);
        self.archive.tell(entry);
        Ok(())
    }

    /// Copies the content of `first`, extracted before, to `entry`.
    fn copy(&mut self, entry: &Entry, first: &Entry) -> Result<()> {
        let from = self.tree.open_file(&first.path)?;
        let file = self.tree.create(&entry.path)?;
        sparse::copy(from, file.file(), entry)?;
        self.commit(file, entry)
    }

    fn links(&mut self, wanted: &[Wanted]) -> Result<()> {
        for entry in wanted.iter().map(|wanted| &wanted.entry) {
            if !matches!(entry.kind, EntryKind::Symlink | EntryKind::Hardlink) {
                continue;
            }
            if let Some(found) = self.tree.find(&entry.path)? {
                if self.written.contains(&found.id) || !self.options.overwrite {
                    return Err(Error::UnsafePath(format!("this file system takes {:?} for another entry's name", show_name(&entry.path))));
                }
                self.tree.remove(&entry.path)?;
            }
            match entry.kind {
                EntryKind::Symlink => {
                    let refused = named(&entry.path, self.tree.symlink(&entry.link, &entry.path, &self.restored(entry)))?;
                    self.warn(&entry.path, refused);
                }
                _ => named(&entry.path, self.tree.hard_link(&entry.link, &entry.path))?,
            }
            self.archive.tell(entry);
        }
        Ok(())
    }

    /// Times and modes of folders come last: every file in them changes the first, and the second may
    /// forbid to write.
    fn finish_folders<'a>(&mut self, wanted: impl Iterator<Item = &'a Wanted>) -> Result<()> {
        let mut folders: Vec<&Entry> = wanted.map(|wanted| &wanted.entry).filter(|entry| entry.kind == EntryKind::Directory).collect();
        folders.sort_by(|one, other| other.path.cmp(&one.path));
        let with_mode = folders.iter().filter(|folder| folder.metadata.mode.is_some());
        self.tree.open_made_folders(with_mode.map(|folder| &folder.path[..]))?;
        for folder in folders {
            let refused = named(&folder.path, self.tree.finish_folder(&folder.path, &self.restored(folder)))?;
            self.warn(&folder.path, refused);
        }
        Ok(())
    }
}
