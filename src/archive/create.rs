//! Writing of an archive of many files.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use super::group::solid_size;
use super::names::check_paths;
use super::plan::Plan;
use crate::block::Base;
use crate::budget::Budget;
use crate::container::format::incompatible;
use crate::container::hash::{Hasher, narrow};
use crate::container::writer::{CodedBlock, MemberWriter};
use crate::container::{Entry, EntryKind};
use crate::error::{Error, Result};
use crate::input::deep;
use crate::input::holes::data_extents;
use crate::input::shown::{reason, show_path};
use crate::input::walk::WalkOptions;
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
    /// Bytes of files to put into a base, which other blocks of text go on from: by default as many as keep extraction
    /// of one file quick, and none where the size of blocks is given. 0 makes all blocks stand alone.
    pub base: Option<u64>,
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

impl Plan {
    /// Writes the archive to `out`.
    ///
    /// # Errors
    /// A file changes or cannot be read, writing fails, or memory is short. What was written by then
    /// has no footer.
    pub fn write(self, out: impl Write, options: &CreateOptions) -> Result<CreateSummary> {
        // An append goes on in the budget that the archive's own index was charged to.
        let budget = Budget::current().unwrap_or_else(|| Budget::new(options.encode.memory));
        budget.run(|| self.write_all(out, options))
    }

    fn write_all(mut self, out: impl Write, options: &CreateOptions) -> Result<CreateSummary> {
        check_paths(self.entries())?;
        let level = options.encode.level;
        let limit = options.solid.unwrap_or_else(|| solid_size(self.total(), level)).clamp(1, level.block_size as u64);
        let base = if level.for_small_files().has_bases() { self.choose_base(limit, options) } else { None };
        let features = incompatible::NAMED | if base.is_some() { incompatible::BASED } else { 0 };
        let mut content = Content {
            options: &options.encode,
            writer: MemberWriter::begin(out, features, level, options.parity)?,
            queue: Ordered::new(options.encode.threads),
            block: Vec::new(),
            limit: limit as usize,
            part: if base.is_some() { level.block_size } else { limit as usize },
            base: None,
            warnings: self.warnings,
        };
        let first_file = self.text.start;
        let mut entries: Vec<Entry> = Vec::with_capacity(self.found.len());
        let mut raw = 0;
        for (place, found) in self.found.into_iter().enumerate() {
            if let Some((files, part)) = base {
                if place == first_file + files {
                    content.begin_text(part)?;
                }
                if place == self.text.end {
                    content.end_text()?;
                }
            }
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

/// The contents of files on their way into blocks.
struct Content<'a, W: Write> {
    options: &'a EncodeOptions,
    writer: MemberWriter<W>,
    queue: Ordered<CodedBlock>,
    block: Vec<u8>,
    /// Largest file that shares a block with others.
    limit: usize,
    /// Where a block of such files ends; at most `limit`.
    part: usize,
    /// What blocks of text go on from.
    base: Option<Arc<Base>>,
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
            Error::Io(error) => Error::Io(std::io::Error::new(error.kind(), format!("{}: {}", show_path(path), reason(&error)))),
            error => error,
        })
    }

    fn add_content(&mut self, path: &Path, entry: &mut Entry) -> Result<()> {
        let file = deep::open(path)?;
        entry.extents = data_extents(&file)?;
        if file.metadata()?.len() != entry.size {
            return Err(std::io::Error::other("the file changed while it was being read; try again when it rests").into());
        }
        let mut source = match &entry.extents {
            Some(extents) => FileSource::with_extents(file, extents)?,
            None => FileSource::new(file)?,
        };
        let length = entry.stored_len();
        if !self.block.is_empty() && self.block.len() as u64 + length > self.part as u64 {
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
            if self.block.len() >= self.part {
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
        let small = block.len() <= self.limit;
        let level = if small { options.level.for_small_files() } else { options.level };
        let base = self.base.clone().filter(|_| small);
        let done = self.queue.submit(move || {
            let work = block.len() as u64 * options.passes();
            progress::part(options.progress.as_ref(), work, || match base {
                Some(base) => CodedBlock::encode_behind(&block, &base, options.verify),
                None => CodedBlock::encode(&block, level, options.verify),
            })
        })?;
        done.iter().try_for_each(|block| self.write(block))
    }

    /// Makes what was collected the base of the text to come, which is cut into blocks of about `part` bytes.
    fn begin_text(&mut self, part: u64) -> Result<()> {
        let block = std::mem::take(&mut self.block);
        let (options, level) = (self.options.clone(), self.options.level.for_small_files());
        let base = Ordered::new(1).submit(move || {
            let work = block.len() as u64 * options.passes();
            // About two letters to a code.
            let encode = || CodedBlock::encode_base(&block, level, part as usize / 2, options.verify);
            progress::part(options.progress.as_ref(), work, encode)
        })?;
        if let Some((block, base)) = base {
            self.write(&block)?;
            self.base = base.map(Arc::new);
        }
        self.part = self.limit.min(part as usize);
        Ok(())
    }

    /// What comes now is no text.
    fn end_text(&mut self) -> Result<()> {
        self.flush()?;
        self.base = None;
        self.part = self.limit;
        Ok(())
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
