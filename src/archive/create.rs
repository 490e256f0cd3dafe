//! Writing of an archive of many files: contents are collected into blocks, and blocks are coded on
//! several threads.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::group::solid_size;
use super::names::check_paths;
use super::plan::Plan;
use super::stored::{Outcome, Stored};
use crate::block::{self, Reference};
use crate::budget::Budget;
use crate::container::format::incompatible;
use crate::container::hash::{Hasher, narrow};
use crate::container::writer::{CodedBlock, MemberWriter};
use crate::container::{Entry, Extent, Metadata};
use crate::error::{Error, Result};
use crate::input::deep;
use crate::input::holes::data_extents;
use crate::input::shown::{reason, show_path};
use crate::input::walk::WalkOptions;
use crate::input::{BlockSource, FileSource, Original};
use crate::kind::Kind;
use crate::method::choice;
use crate::options::EncodeOptions;
use crate::progress;
use crate::threads::{Ordered, Work};

/// Options for creating an archive.
///
/// ```
/// use cmx::archive::CreateOptions;
/// use cmx::{EncodeOptions, Level};
///
/// let encode = EncodeOptions::new().level(Level::new(7)?).threads(2);
/// let options = CreateOptions::new().encode(encode).parity(200);
/// # Ok::<(), cmx::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct CreateOptions {
    /// Set by [`encode`](Self::encode()).
    pub encode: EncodeOptions,
    /// Set by [`walk`](Self::walk()).
    pub walk: WalkOptions,
    /// Set by [`solid`](Self::solid()).
    pub solid: Option<u64>,
    /// Set by [`reference`](Self::reference()).
    pub reference: Option<u64>,
    /// Set by [`parity`](Self::parity()).
    pub parity: u32,
}

impl CreateOptions {
    /// The default: see each option.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Level, threads, verification, memory.
    #[must_use]
    pub fn encode(mut self, encode: EncodeOptions) -> Self {
        self.encode = encode;
        self
    }

    /// Which metadata of each file to store. None but mode and time by default.
    #[must_use]
    pub fn walk(mut self, walk: WalkOptions) -> Self {
        self.walk = walk;
        self
    }

    /// Target length in bytes of a block of small files. By default an eighth of all files and at
    /// least 768 KiB at -1 to -4, a twelfth and at least 512 KiB from -5 on, and at most the block
    /// size of the level, so that one file is extracted quickly.
    #[must_use]
    pub fn solid(mut self, solid: impl Into<Option<u64>>) -> Self {
        self.solid = solid.into();
        self
    }

    /// Bytes of text to put into the reference block, from which other blocks of text continue. By
    /// default as many as let one file be extracted quickly, and none where `solid` is given. With
    /// 0 every block is decoded alone.
    #[must_use]
    pub fn reference(mut self, reference: impl Into<Option<u64>>) -> Self {
        self.reference = reference.into();
        self
    }

    /// Length of the parity to add, in hundredths of a percent of the archive: 200 is 2 %. None by
    /// default.
    #[must_use]
    pub fn parity(mut self, parity: u32) -> Self {
        self.parity = parity;
        self
    }
}

/// Numbers and warnings of a finished creation or append.
#[derive(Debug, Clone, Default)]
pub struct CreateSummary {
    /// Number of entries of all kinds.
    pub entries: u64,
    /// Total length of all files in bytes.
    pub raw: u64,
    /// Bytes that were written to the archive.
    pub coded: u64,
    /// One line for each file that was left out, and for each problem that did no harm to the
    /// contents.
    pub warnings: Vec<String>,
    /// After an append: the [warnings](super::Archive::warnings) about the archive as it was
    /// before.
    pub of_archive: Vec<String>,
}

impl Plan {
    /// Writes the archive to `out`.
    ///
    /// # Errors
    /// Writing fails, or memory is short. The bytes written by then have no footer. A file that
    /// changes or cannot be read is no error: the summary has a warning.
    pub fn write(self, out: impl Write, options: &CreateOptions) -> Result<CreateSummary> {
        // An append runs in the budget that the index of the archive is charged to.
        let budget = Budget::current().unwrap_or_else(|| Budget::new(options.encode.memory));
        let encode = &options.encode;
        let budget = budget.verified(encode.verify).coding_with(encode.prior.as_ref());
        budget.run(|| self.write_all(out, options))
    }

    fn write_all(mut self, out: impl Write, options: &CreateOptions) -> Result<CreateSummary> {
        check_paths(self.entries())?;
        // Charged until the archive is written: a reader also holds the whole index while it
        // decodes a block.
        let charge = std::mem::take(&mut self.charge).moved_to_job("the list of files")?;
        let level = &options.encode.level;
        let limit = options
            .solid
            .unwrap_or_else(|| solid_size(self.total(), level))
            .clamp(1, level.block_size as u64);
        let mut queue = Ordered::new(options.encode.threads);
        let reference = if level.for_small_files().has_references() {
            queue.run(0, || self.choose_reference(limit, options))?
        } else {
            None
        };
        let features =
            incompatible::NAMED | if reference.is_some() { incompatible::REFERENCE } else { 0 };
        // Names before the blocks save files when the index is lost. With one block, damage to the
        // block loses all files anyway, so that the index can hold the names.
        let has_names = reference.is_some() || self.total() > limit;
        let features = features | if has_names { incompatible::NAMES } else { 0 };
        let mut content = ContentWriter {
            options: &options.encode,
            writer: MemberWriter::begin(out, features, options.parity)?,
            queue,
            block: Vec::new(),
            max_shared_file: limit as usize,
            block_limit: if reference.is_some() { level.block_size } else { limit as usize },
            reference: None,
            is_text: false,
            plan_index: 0,
            first_wrong_name: None,
            warnings: self.warnings,
        };
        if has_names {
            content.writer.names(
                self.found.iter().map(|found| &found.entry),
                level,
                options.encode.verify,
            )?;
        }
        let first_file = self.text.start;
        let mut stored = Stored::new(self.found);
        for index in 0..stored.found.len() {
            if let Some((files, dependent_len)) = reference {
                if index == first_file + files {
                    content.begin_text(dependent_len)?;
                }
                if index == self.text.end {
                    content.end_text()?;
                }
            }
            content.is_text = self.text.contains(&index);
            stored.store(index, &mut content)?;
        }
        content.flush()?;
        content.drain()?;
        let entries = stored.into_entries();
        let raw = entries.iter().map(|entry| entry.size).sum();
        let (count, warnings) = (entries.len() as u64, content.warnings);
        let (_, coded) =
            content.writer.finish_charged(entries, charge, level, options.encode.verify)?;
        Ok(CreateSummary { entries: count, raw, coded, warnings, of_archive: Vec::new() })
    }
}

/// Bytes that could be read. `Err` adds the error that ended the reading.
type ReadUpTo = std::result::Result<u64, (u64, std::io::Error)>;

/// A reference block that is being coded.
#[derive(Clone)]
struct Pending {
    /// Number of its job.
    number: u64,
    /// Bytes of memory that each dependent block takes for its copy of the tables, at most.
    copied_memory: u64,
    /// The reference block; `None` in it if what stands for the block is none.
    made: Arc<OnceLock<Option<Reference>>>,
}

fn missing_reference() -> Error {
    Error::Bug("no reference block was made".into())
}

/// Collects the contents of files into blocks, and has the blocks coded.
pub(super) struct ContentWriter<'a, W: Write> {
    options: &'a EncodeOptions,
    writer: MemberWriter<W>,
    /// Blocks that are being coded. A number before a block is the index of the first entry that
    /// the names before the blocks describe wrongly; it is written before this block.
    queue: Ordered<(Option<u64>, CodedBlock)>,
    block: Vec<u8>,
    /// Bytes. A larger file gets blocks of its own.
    max_shared_file: usize,
    /// Bytes at which a block of small files is full; at most `max_shared_file`, except for the
    /// reference block.
    block_limit: usize,
    /// The reference block that blocks of text continue from.
    reference: Option<Pending>,
    /// Whether the files that are added are text.
    is_text: bool,
    /// Index in the plan of the entry that is being added.
    pub(super) plan_index: u64,
    /// Index of the first entry that the names before the blocks describe wrongly, until that is
    /// written to the archive.
    first_wrong_name: Option<u64>,
    warnings: Vec<String>,
}

impl<W: Write> ContentWriter<'_, W> {
    /// Adds the content of the file at `path`, and completes `entry`: length, time, extents, hash.
    /// A file that fits into a block is never split, so that one block is enough to extract it.
    ///
    /// If the file changes meanwhile, `entry` describes the bytes that were stored: those of the
    /// length that the file had when it was opened, as far as they could be read. A file of which
    /// no byte can be read is left out. Both cases give a warning.
    pub(super) fn add(&mut self, path: &Path, entry: &mut Entry) -> Result<Outcome> {
        let planned = (entry.size, entry.metadata.mtime, entry.extents.take());
        let (file, original) = match open_regular(path) {
            Ok(opened) => opened,
            Err(error) => {
                self.is_other_than_planned();
                self.warnings.push(format!("left out: {}: {}", show_path(path), reason(&error)));
                return Ok(Outcome::LeftOut);
            }
        };
        let found = file.metadata()?;
        (entry.size, entry.metadata) = (found.len(), Metadata::of(&found));
        entry.extents = data_extents(&file, entry.size)?;
        if planned != (entry.size, entry.metadata.mtime, entry.extents.clone()) {
            self.is_other_than_planned();
        }
        let length = entry.stored_len();
        let (hash, read) =
            if length == 0 { (Hasher::default().finish(), Ok(0)) } else { self.read(file, entry)? };
        let (read, failed) =
            read.map_or_else(|(read, error)| (read, Some(error)), |read| (read, None));
        if read == 0
            && let Some(error) = &failed
        {
            self.is_other_than_planned();
            self.warnings.push(format!("left out: {}: {}", show_path(path), reason(error)));
            return Ok(Outcome::LeftOut);
        }
        entry.hash = narrow(hash, read);
        if read < length {
            cut(entry, read);
        }
        let change = original.change()?;
        let why = match (&failed, change) {
            (Some(error), _) => Some(format!("cannot be read any further: {}", reason(error))),
            (None, Some(change)) => Some(format!("{change} while it was read")),
            (None, None) if read < length => Some("is shorter than the system said".to_string()),
            (None, None) => None,
        };
        if let Some(why) = &why {
            self.is_other_than_planned();
            self.warnings.push(format!(
                "{}: {why}; {} bytes are stored",
                show_path(path),
                entry.size
            ));
        }
        let is_as_planned =
            why.is_none() && (planned.0, planned.1) == (entry.size, entry.metadata.mtime);
        Ok(if is_as_planned { Outcome::AsPlanned } else { Outcome::Changed })
    }

    /// Reads the stored content of `entry` from `file` into blocks, as far as it can be read.
    /// Returns the hash and the number of the bytes, and the error if one ended the reading.
    fn read(&mut self, file: File, entry: &Entry) -> Result<(u64, ReadUpTo)> {
        // The file may have grown since `entry` was filled in.
        let whole = [Extent { offset: 0, length: entry.size }];
        let mut source =
            FileSource::with_extents(file, entry.extents.as_deref().unwrap_or(&whole))?;
        let length = entry.stored_len();
        if !self.block.is_empty() && self.block.len() as u64 + length > self.block_limit as u64 {
            self.flush()?;
        }
        let mut hasher = Hasher::default();
        let mut read = 0;
        loop {
            let mut bytes =
                match source.next_block(self.options.level.block_size.min(self.read_len(length))) {
                    Ok(Some(bytes)) => bytes,
                    Ok(None) => return Ok((hasher.finish(), Ok(read))),
                    Err(Error::Io(error)) => return Ok((hasher.finish(), Err((read, error)))),
                    Err(error) => return Err(error),
                };
            hasher.update(&bytes);
            read += bytes.len() as u64;
            if self.block.is_empty() {
                self.block = bytes;
            } else {
                self.block.append(&mut bytes);
            }
            if self.block.len() >= self.block_limit {
                self.flush()?;
            }
        }
    }

    /// Tells the progress listener that `entry` is stored.
    pub(super) fn tell(&self, entry: &Entry) {
        if let Some(progress) = &self.options.progress {
            progress.entry_done(&entry.path, entry.size);
        }
    }

    /// Notes that the names before the blocks are wrong from the current entry on. A record that
    /// says so is written before the block in which this entry begins: no content is ever stored
    /// under the name of another file.
    pub(super) fn is_other_than_planned(&mut self) {
        self.first_wrong_name.get_or_insert(self.plan_index);
    }

    /// Bytes to read at once of a file of `length` bytes. A file larger than `max_shared_file` gets
    /// blocks of the level's block size.
    fn read_len(&self, length: u64) -> usize {
        if length > self.max_shared_file as u64 {
            self.options.level.block_size
        } else {
            self.max_shared_file
        }
    }

    /// Queues the collected block for coding.
    fn flush(&mut self) -> Result<()> {
        if self.block.is_empty() {
            return Ok(());
        }
        let block = std::mem::take(&mut self.block);
        let options = self.options.clone();
        let small = block.len() <= self.max_shared_file;
        let level = if small { options.level.for_small_files() } else { options.level };
        let reference = self.reference.clone().filter(|_| small);
        let wrong_from = self.first_wrong_name.take();
        let held = block.len() as u64;
        let copied = reference.as_ref().map_or(0, |pending| pending.copied_memory);
        let work = Work {
            memory: level.memory_for(block.len()).saturating_add(copied),
            time: choice::relative_time(&level, &self.main_kind(), block.len()) as u64,
            after: reference.as_ref().map(|pending| pending.number),
        };
        let done = self.queue.submit(work, held, move || {
            let work = block.len() as u64 * options.passes();
            let reference = match &reference {
                Some(pending) => pending.made.get().ok_or_else(missing_reference)?.as_ref(),
                None => None,
            };
            let coded = progress::count_as(options.progress.as_ref(), work, || match reference {
                Some(reference) => {
                    CodedBlock::encode_dependent(&block, &level, reference, options.verify)
                }
                None => CodedBlock::encode(&block, &level, options.verify),
            })?;
            Ok((wrong_from, coded))
        })?;
        self.write_done(done)
    }

    /// What most of the files that are added are.
    fn main_kind(&self) -> Kind {
        if self.is_text { Kind::Words } else { Kind::Generic }
    }

    /// Codes the collected bytes as the reference block of the text that follows. That text is cut
    /// into dependent blocks of about `dependent_len` bytes.
    fn begin_text(&mut self, dependent_len: u64) -> Result<()> {
        let dependent_len = usize::try_from(dependent_len).unwrap_or(usize::MAX);
        self.block_limit = self.max_shared_file.min(dependent_len);
        if self.block.is_empty() {
            // No file of the reference block could be read. The text is coded without one.
            return Ok(());
        }
        let block = std::mem::take(&mut self.block);
        let (options, level) = (self.options.clone(), self.options.level.for_small_files());
        // The reference block and the copy of its tables that verifies it take what one block does.
        let work = Work {
            memory: level.memory_for(block.len().saturating_add(dependent_len)),
            // Others wait for it.
            time: u64::MAX,
            after: None,
        };
        let held = block.len() as u64;
        let wrong_from = self.first_wrong_name.take();
        let (number, made) = (self.queue.next_number(), Arc::new(OnceLock::new()));
        let copied_memory =
            block::reference_memory(&level, block.len().saturating_add(dependent_len));
        self.reference = Some(Pending { number, copied_memory, made: made.clone() });
        let done = self.queue.submit(work, held, move || {
            let work = block.len() as u64 * options.passes();
            // The length of a dependent block in codes of the word model: about one code for two
            // bytes of text.
            let encode =
                || CodedBlock::encode_reference(&block, &level, dependent_len / 2, options.verify);
            let (coded, reference) = progress::count_as(options.progress.as_ref(), work, encode)?;
            made.get_or_init(|| reference);
            Ok((wrong_from, coded))
        })?;
        self.write_done(done)
    }

    /// Ends the text: the blocks that follow do not continue from the reference block.
    fn end_text(&mut self) -> Result<()> {
        self.flush()?;
        self.reference = None;
        self.block_limit = self.max_shared_file;
        Ok(())
    }

    fn write_done(&mut self, done: Option<(Option<u64>, CodedBlock)>) -> Result<()> {
        done.iter().try_for_each(|(wrong_from, block)| self.write(*wrong_from, block))
    }

    fn drain(&mut self) -> Result<()> {
        while let Some((wrong_from, block)) = self.queue.next()? {
            self.write(wrong_from, &block)?;
        }
        Ok(())
    }

    fn write(&mut self, wrong_from: Option<u64>, block: &CodedBlock) -> Result<()> {
        if let Some(first) = wrong_from {
            self.writer.void_names(first, &self.options.level)?;
        }
        self.writer.block(block)?;
        self.warnings.extend(block.fallback.clone());
        if let Some(progress) = &self.options.progress {
            progress.finished(block.raw_len, block.coded.len() as u64);
        }
        Ok(())
    }
}

/// Opens the file at `path` for reading. Anything but a regular file is an error.
fn open_regular(path: &Path) -> std::io::Result<(File, Original)> {
    let file = deep::open_at_once(path)?;
    let original = Original::of(path, &file)?
        .ok_or_else(|| std::io::Error::other("it is no longer a regular file"))?;
    Ok((file, original))
}

/// Shortens `entry` to its first `read` stored bytes.
fn cut(entry: &mut Entry, read: u64) {
    let Some(extents) = &mut entry.extents else {
        entry.size = read;
        return;
    };
    let mut left = read;
    for extent in extents.iter_mut() {
        extent.length = extent.length.min(left);
        left -= extent.length;
    }
    extents.retain(|extent| extent.length > 0);
    entry.size = extents.last().map_or(0, |last| last.offset + last.length);
}
