//! Writing of an archive of many files.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::group::{Look, compare, solid_size};
use super::identical;
use crate::container::fields::read_full;
use crate::container::hash::{Hasher, narrow};
use crate::container::writer::{CodedBlock, MemberWriter};
use crate::container::{Entry, EntryKind};
use crate::error::{Error, Result};
use crate::input::holes::data_extents;
use crate::input::walk::{Found, Walk, WalkOptions, walk};
use crate::input::{BlockSource, FileSource};
use crate::options::EncodeOptions;
use crate::ordered::Ordered;
use crate::progress;

/// How to make an archive.
#[derive(Debug, Clone, Default)]
pub struct CreateOptions {
    /// Level, threads, verification.
    pub encode: EncodeOptions,
    /// What to store of each file beside its content.
    pub walk: WalkOptions,
    /// Bytes of small files to put into one block; by default as much as keeps extraction of one file
    /// quick (see [`solid_size`]).
    pub solid: Option<u64>,
    /// Redundant bytes to add, in hundredths of a percent of the archive: 200 is 2 %.
    pub parity: u32,
}

/// What an archive came to.
#[derive(Debug, Clone, Default)]
pub struct CreateSummary {
    /// Entries of every kind.
    pub entries: u64,
    /// Bytes of all files.
    pub raw: u64,
    /// Bytes of the archive.
    pub coded: u64,
    /// What was left out, and what went wrong without harm to the data.
    pub warnings: Vec<String>,
}

/// What will be stored, in order.
pub struct Plan {
    found: Vec<Found>,
    warnings: Vec<String>,
}

impl Plan {
    /// Walks over `roots`, finds identical files, and puts like by like.
    ///
    /// # Errors
    /// A root does not exist or cannot be read.
    pub fn of(roots: &[PathBuf], options: WalkOptions) -> Result<Plan> {
        let Walk { found, mut warnings } = walk(roots, options)?;
        let (files, mut others): (Vec<_>, Vec<_>) = found.into_iter().partition(|found| found.entry.kind == EntryKind::File);
        others.sort_by(|one, other| one.entry.path.cmp(&other.entry.path));
        let mut looked = Vec::new();
        for found in files {
            match look(&found.source) {
                Ok(look) => looked.push((look, found)),
                Err(error) => warnings.push(format!("left out: {}: {error}", found.source.display())),
            }
        }
        looked.sort_by(|one, other| compare((one.0, &one.1.entry.path), (other.0, &other.1.entry.path)));
        let mut files: Vec<Found> = looked.into_iter().map(|(_, found)| found).collect();
        mark_identical(&mut files, others.len());
        others.append(&mut files);
        Ok(Plan { found: others, warnings })
    }

    /// Bytes of content that will be stored.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.found.iter().filter(|found| found.entry.same_as.is_none()).map(|found| found.entry.size).sum()
    }

    /// Writes the archive to `out`.
    ///
    /// # Errors
    /// A file changes or cannot be read, writing fails, or memory is short. What was written by then
    /// has no footer.
    pub fn write(self, out: impl Write, options: &CreateOptions) -> Result<CreateSummary> {
        let level = options.encode.level;
        let limit = options.solid.unwrap_or_else(|| solid_size(self.total(), level)).clamp(1, level.block_size as u64);
        let mut content = Content {
            options: &options.encode,
            writer: MemberWriter::begin(out, true, level, options.parity)?,
            queue: Ordered::new(options.encode.threads),
            block: Vec::new(),
            limit: limit as usize,
            warnings: self.warnings,
        };
        let mut entries: Vec<Entry> = Vec::with_capacity(self.found.len());
        let mut raw = 0;
        for found in self.found {
            let mut entry = found.entry;
            if let Some(first) = entry.same_as {
                let first = &entries[first as usize];
                entry.hash = first.hash;
                entry.extents.clone_from(&first.extents);
            } else if entry.kind == EntryKind::File {
                content.add(&found.source, &mut entry)?;
            }
            raw += entry.size;
            entries.push(entry);
        }
        content.flush()?;
        content.drain()?;
        let (count, warnings) = (entries.len() as u64, content.warnings);
        let (_, coded) = content.writer.finish(entries, level, options.encode.verify)?;
        Ok(CreateSummary { entries: count, raw, coded, warnings })
    }
}

/// Notes which of `files` equal an earlier one; `offset` entries stand before them.
fn mark_identical(files: &mut [Found], offset: usize) {
    let sizes: Vec<(&Path, u64)> = files.iter().map(|found| (found.source.as_path(), found.entry.size)).collect();
    for (place, first) in identical::find(&sizes).into_iter().enumerate() {
        files[place].entry.same_as = first.map(|first| (first + offset) as u64);
    }
}

fn look(path: &Path) -> std::io::Result<Look> {
    let mut start = [0; 4096];
    let length = read_full(&mut File::open(path)?, &mut start)?;
    Ok(Look::of(&start[..length]))
}

/// The contents of files on their way into blocks.
struct Content<'a, W: Write> {
    options: &'a EncodeOptions,
    writer: MemberWriter<W>,
    queue: Ordered<CodedBlock>,
    block: Vec<u8>,
    limit: usize,
    warnings: Vec<String>,
}

impl<W: Write> Content<'_, W> {
    /// Adds the content of the file at `path`, and fills in what `entry` says about it. A file that
    /// fits into a block is never cut: extracting it needs one block only.
    fn add(&mut self, path: &Path, entry: &mut Entry) -> Result<()> {
        if entry.size == 0 {
            entry.hash = narrow(Hasher::default().finish(), 0);
            return Ok(());
        }
        self.add_content(path, entry).map_err(|error| match error {
            Error::Io(error) => Error::Io(std::io::Error::new(error.kind(), format!("{}: {error}", path.display()))),
            error => error,
        })
    }

    fn add_content(&mut self, path: &Path, entry: &mut Entry) -> Result<()> {
        let file = File::open(path)?;
        entry.extents = data_extents(&file)?;
        if file.metadata()?.len() != entry.size {
            return Err(std::io::Error::other("the file changed while it was being read; try again when it rests").into());
        }
        let mut source = match &entry.extents {
            Some(extents) => FileSource::with_extents(file, extents)?,
            None => FileSource::new(file)?,
        };
        let length = entry.stored_len();
        if !self.block.is_empty() && self.block.len() as u64 + length > self.limit as u64 {
            self.flush()?;
        }
        let mut hasher = Hasher::default();
        while let Some(mut piece) = source.next_block(self.options.level.block_size.min(self.piece_size(length)))? {
            hasher.update(&piece);
            if self.block.is_empty() {
                self.block = piece;
            } else {
                self.block.append(&mut piece);
            }
            if self.block.len() >= self.limit {
                self.flush()?;
            }
        }
        entry.hash = narrow(hasher.finish(), length);
        Ok(())
    }

    /// A file larger than a solid block gets blocks as large as the level has them.
    fn piece_size(&self, length: u64) -> usize {
        if length > self.limit as u64 { self.options.level.block_size } else { self.limit }
    }

    /// Sends the block that was collected to be coded.
    fn flush(&mut self) -> Result<()> {
        if self.block.is_empty() {
            return Ok(());
        }
        let block = std::mem::take(&mut self.block);
        let options = self.options.clone();
        let level = if block.len() <= self.limit { options.level.for_small_files() } else { options.level };
        let done = self.queue.submit(move || {
            let work = block.len() as u64 * options.passes();
            progress::part(options.progress.as_ref(), work, || CodedBlock::encode(&block, level, options.verify))
        })?;
        done.iter().try_for_each(|block| self.write(block))
    }

    fn drain(&mut self) -> Result<()> {
        while let Some(block) = self.queue.next()? {
            self.write(&block)?;
        }
        Ok(())
    }

    fn write(&mut self, block: &CodedBlock) -> Result<()> {
        self.writer.block(block)?;
        self.warnings.extend(block.fallback.clone());
        if let Some(progress) = &self.options.progress {
            progress.finished(block.raw_len, block.coded.len() as u64);
        }
        Ok(())
    }
}
