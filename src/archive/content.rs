//! Decoding of the blocks that hold wanted contents, several in parallel.

use std::fs::File;
use std::ops::Range;
use std::sync::Arc;

use super::member::{Member, fields_at, read_record};
use crate::block::{self, Reference, is_dependent, is_reference};
use crate::container::compact::Compact;
use crate::container::header::Header;
use crate::container::record::RecordKind;
use crate::error::{Error, Result};
use crate::options::DecodeOptions;
use crate::progress;
use crate::stream::{decode_compact, decode_record, decode_reference_block};
use crate::threads::{Ordered, catch_panic};

/// Indices of the blocks of `member` that hold bytes of `ranges`, ascending. `ranges` are ranges of
/// the member's content, sorted by start.
#[must_use]
pub fn needed_blocks(member: &Member, ranges: &[Range<u64>]) -> Vec<usize> {
    let mut needed = Vec::new();
    let mut next = 0;
    for range in ranges.iter().filter(|range| !range.is_empty()) {
        let first = member.content_at.partition_point(|&at| at <= range.start).saturating_sub(1);
        let end =
            member.content_at.partition_point(|&at| at < range.end).min(member.index.blocks.len());
        needed.extend(first.max(next)..end);
        next = next.max(end);
    }
    needed
}

/// Decodes `blocks` of `member`. Calls `take` for each block, in the order of `blocks`, with the
/// offset of the block in the member's content and the decoded bytes.
///
/// # Errors
/// A block is damaged or passes the limits, reading fails, or `take` fails.
pub fn read_blocks(
    file: &File,
    member: &Member,
    blocks: &[usize],
    options: &DecodeOptions,
    mut take: impl FnMut(u64, &[u8]) -> Result<()>,
) -> Result<()> {
    read_each_block(file, member, blocks, options, |block, content| {
        take(member.content_at[block], &content?)
    })
}

/// Does this error concern one block only, so that other blocks may be whole? A passed limit ends
/// the whole job.
#[must_use]
pub fn is_about_one_block(error: &Error) -> bool {
    error.is_damage()
        || matches!(
            error,
            Error::Io(_) | Error::Divergence(_) | Error::Bug(_) | Error::Unsupported(_)
        )
}

/// Decodes `blocks` of `member`. Calls `take` for each block, in the order of `blocks`, with the
/// index of the block and the decoded bytes or the error of that block.
///
/// # Errors
/// `take` fails, or the system starts no thread.
pub fn read_each_block(
    file: &File,
    member: &Member,
    blocks: &[usize],
    options: &DecodeOptions,
    mut take: impl FnMut(usize, Result<Vec<u8>>) -> Result<()>,
) -> Result<()> {
    let mut queue = Ordered::new(options.threads);
    let mut reference = LazyReference::default();
    let mut next = blocks.iter().peekable();
    let mut sink = |(block, content): (usize, Result<Vec<u8>>)| {
        if let (Some(progress), Ok(raw)) = (&options.progress, &content) {
            progress.finished(0, raw.len() as u64);
        }
        take(block, content)
    };
    while let Some(&block) = next.next() {
        let job = job(file, member, block, &mut reference, next.peek().is_none());
        let progress = options.progress.clone();
        let work = member.index.blocks[block].raw_len;
        let (memory, job) = job.map_or_else(|error| (0, Err(error)), |(m, job)| (m, Ok(job)));
        let mut job = job.map_err(Some);
        let decode = move || {
            let decode = || match &mut job {
                Ok(job) => progress::count_as(progress.as_ref(), work, job),
                Err(error) => Err(error.take().unwrap_or_else(|| Error::Bug("read twice".into()))),
            };
            // The error of a block is returned as a result of the job, so that the queue goes on
            // with the other blocks.
            match catch_panic(decode) {
                Err(error) if error.is_short_of_memory() => Err(error),
                other => Ok((block, other)),
            }
        };
        let done = queue.submit(memory, work, decode)?;
        done.map_or(Ok(()), &mut sink)?;
    }
    while let Some(done) = queue.next()? {
        sink(done)?;
    }
    Ok(())
}

/// What decodes a block.
type Job = Box<dyn FnMut() -> Result<Vec<u8>> + Send>;

/// Reads the coded bytes of a block, and returns the bytes of memory and the work that decode them.
/// `last` says that no
/// other block will be read.
fn job(
    file: &File,
    member: &Member,
    block: usize,
    lazy: &mut LazyReference,
    last: bool,
) -> Result<(u64, Job)> {
    let at = member.block_at[block];
    let mut fields = fields_at(file, at);
    if member.header.is_compact() {
        Header::read_from(&mut fields)?;
        let compact = Compact::read_rest(&mut fields)?;
        let length = compact.raw_len as usize;
        let memory = block::memory(&compact.coded, compact.coded.len(), length);
        return Ok((memory, Box::new(move || decode_compact(&compact))));
    }
    let (record, coded) = read_record(&mut fields, RecordKind::Block).map_err(|error| {
        if let Error::Corrupt(text) = error {
            Error::Corrupt(format!("block at byte {at}: {text}"))
        } else {
            error
        }
    })?;
    let row = member.index.blocks[block];
    if record.number != block as u64
        || record.raw_len != row.raw_len
        || fields.offset() - at != row.record_len
    {
        return Err(Error::Corrupt(format!("the index describes another block at byte {at}")));
    }
    if member.header.has_reference() && block == 0 && is_reference(&coded) {
        let reference = lazy.get(file, at)?;
        return Ok((0, Box::new(move || Ok(reference.text.clone()))));
    }
    let reference = if member.header.has_reference() && is_dependent(&coded) {
        Some(lazy.get(file, member.block_at[0])?)
    } else {
        None
    };
    let memory = block::memory(&coded, coded.len(), record.raw_len as usize)
        + reference.as_ref().map_or(0, |reference| reference.memory());
    if last {
        lazy.reference = None;
    }
    let (mut reference, mut limit) = (reference, None);
    let decode = move || {
        if let Some(limit) = limit.clone() {
            return Err(Error::Limit(limit));
        }
        let last;
        (reference, last) = match reference.take().map(Arc::try_unwrap) {
            Some(Err(shared)) => (Some(shared), None),
            // Where this job is the last user of the reference block, it takes the tables without a
            // copy.
            Some(Ok(own)) => (None, Some(own.for_last_dependent())),
            None => (None, None),
        };
        let is_last = last.is_some();
        let decoded = decode_record(&record, &coded, last.as_ref().or(reference.as_deref()));
        if let (true, Err(Error::Limit(passed))) = (is_last, &decoded) {
            // The tables are gone.
            limit = Some(passed.clone());
        }
        decoded
    };
    Ok((memory, Box::new(decode)))
}

/// The reference block of a member, decoded when the first dependent block needs it.
#[derive(Default)]
pub(super) struct LazyReference {
    reference: Option<Arc<Reference>>,
    /// Why the reference block cannot be decoded. Many blocks may ask; the record is read once.
    damage: Option<String>,
}

impl LazyReference {
    /// Returns the reference block, whose record begins at byte `at` of `file`.
    ///
    /// # Errors
    /// The block is damaged or no reference block, memory is short, or reading fails.
    pub fn get(&mut self, file: &File, at: u64) -> Result<Arc<Reference>> {
        if let Some(damage) = &self.damage {
            return Err(Error::Corrupt(damage.clone()));
        }
        if let Some(reference) = &self.reference {
            return Ok(reference.clone());
        }
        let reference = read_reference(file, at);
        if let Err(Error::Corrupt(text)) = &reference {
            self.damage = Some(text.clone());
        }
        let reference = reference?;
        self.reference = Some(reference.clone());
        Ok(reference)
    }
}

fn read_reference(file: &File, at: u64) -> Result<Arc<Reference>> {
    let (record, coded) =
        read_record(&mut fields_at(file, at), RecordKind::Block).map_err(|error| {
            if let Error::Corrupt(text) = error {
                Error::Corrupt(format!("reference block at byte {at}: {text}"))
            } else {
                error
            }
        })?;
    if record.number != 0 {
        return Err(Error::Corrupt(format!("the block at byte {at} is not the member's first")));
    }
    catch_panic(|| Ok(Arc::new(decode_reference_block(&record, &coded)?)))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::archive::{Archive, CreateOptions, Plan, Selection, WalkOptions};
    use crate::container::Entry;
    use crate::container::index::{BlockRow, Index};
    use crate::stream::DECODED;
    use crate::{EncodeOptions, Level};

    /// A folder in which files of one block have copies in the folder of the last block, and of
    /// which every block of text continues from a reference block.
    fn folder_with_copies(place: &std::path::Path) {
        let folder = place.join("d");
        fs::create_dir(&folder).unwrap();
        for number in 0..12u64 {
            let words = (0..300).map(|at| (at * at * 7 + number * 31) % 97);
            let text: String = words.map(|word| format!("the word {word} of many\n")).collect();
            fs::write(folder.join(format!("{number:02}.txt")), &text).unwrap();
            if number % 4 == 0 {
                fs::write(folder.join(format!("z{number:02}.txt")), &text).unwrap();
            }
        }
    }

    /// Copies are in other blocks than their originals, by their paths, and one file needs two
    /// blocks.
    #[test]
    fn each_block_is_decoded_once() {
        let place = tempfile::tempdir().unwrap();
        folder_with_copies(place.path());
        let path = place.path().join("x.cmx");
        let encode = EncodeOptions::new().level(Level::new(5).unwrap()).threads(1).verify(false);
        let options = CreateOptions::new().encode(encode).solid(10_000).reference(20_000);
        let roots = [place.path().join("d")];
        Archive::create(&path, &roots, &options).unwrap();
        let plan = Plan::of(&roots, WalkOptions::new()).unwrap();
        let decode = DecodeOptions::new().threads(1);
        Archive::append(&path, plan, &options, &decode).unwrap();
        let archive = Archive::open(&path, &decode).unwrap();
        let blocks = archive.members()[1].index.blocks.len() as u64;
        assert!(archive.members()[1].header.has_reference() && blocks > 5);
        let decoded_by = |job: &dyn Fn()| {
            DECODED.take();
            job();
            DECODED.take()
        };
        // The second member replaces all files of the first one.
        let each_once: Vec<u64> = (0..blocks).collect();
        let all = Selection::all();
        assert_eq!(decoded_by(&|| drop(archive.test(&all).unwrap())), each_once);
        let to_pipe = || drop(archive.extract_to(&all, &mut std::io::sink()).unwrap());
        assert_eq!(decoded_by(&to_pipe), each_once);
        let entries = &archive.members()[1].index.entries;
        let has_bytes = |entry: &&Entry| entry.size > 0 && entry.same_as.is_none();
        let last = entries.iter().rfind(has_bytes).unwrap();
        let one = Selection::new(std::slice::from_ref(&last.path)).unwrap();
        let of_one = decoded_by(&|| drop(archive.test(&one).unwrap()));
        assert_eq!(of_one, [0, blocks - 1]);
    }

    #[test]
    fn only_the_blocks_that_are_needed() {
        let blocks = vec![BlockRow { record_len: 50, raw_len: 100 }; 4];
        let member = Member {
            start: 0,
            length: 300,
            header: Header::new(0),
            index: Index::new(blocks, Vec::new()),
            names_at: Vec::new(),
            block_at: vec![0; 4],
            content_at: vec![0, 100, 200, 300, 400],
            parity_at: None,
        };
        let needed = |ranges: &[(u64, u64)]| {
            let ranges: Vec<Range<u64>> = ranges.iter().map(|&(start, end)| start..end).collect();
            needed_blocks(&member, &ranges)
        };
        assert_eq!(needed(&[(0, 100)]), [0]);
        assert_eq!(needed(&[(99, 101)]), [0, 1]);
        assert_eq!(needed(&[(0, 1), (50, 60), (350, 400)]), [0, 3]);
        assert_eq!(needed(&[(0, 250), (10, 20), (240, 400)]), [0, 1, 2, 3]);
        assert_eq!(needed(&[(100, 100)]), [0usize; 0]);
    }
}
