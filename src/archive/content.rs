//! Decoding of the blocks that hold wanted contents, several in parallel.

use std::fs::File;
use std::ops::Range;

use super::member::{Member, fields_at, read_record};
use super::shared_reference::{SharedReference, reference_record};
use crate::block::{self, is_dependent, is_reference};
use crate::container::compact::Compact;
use crate::container::header::Header;
use crate::container::record::{Record, RecordKind};
use crate::error::{Error, Limit, Result};
use crate::options::DecodeOptions;
use crate::progress;
use crate::stream::{decode_compact, decode_record, decode_reference_block};
use crate::threads::{Ordered, Work, catch_panic};

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
    let mut reader = BlockReader {
        file,
        member,
        options,
        queue: Ordered::new(options.threads),
        reference: None,
    };
    let mut sink = |done: Option<Done>| {
        let Some((block, content)) = done.flatten() else { return Ok(()) };
        if let (Some(progress), Ok(raw)) = (&options.progress, &content) {
            progress.finished(0, raw.len() as u64);
        }
        take(block, content)
    };
    for (index, &block) in blocks.iter().enumerate() {
        match reader.read(block) {
            Ok(Read::Compact(compact)) => {
                let memory =
                    block::memory(&compact.coded, compact.coded.len(), compact.raw_len as usize);
                let work = Work { memory, ..Work::default() };
                sink(reader.submit(block, work, Box::new(move || decode_compact(&compact)))?)?;
            }
            Ok(Read::Reference(record, coded)) => {
                sink(reader.begin_reference(Some(block), record, coded)?)?;
            }
            Ok(Read::Block(record, coded)) => {
                let is_dependent = member.header.has_reference() && is_dependent(&coded);
                if is_dependent && reader.reference.is_none() {
                    sink(reader.read_reference()?)?;
                }
                let mut reference = reader.reference.clone().filter(|_| is_dependent);
                let work = Work {
                    memory: block::memory(&coded, coded.len(), record.raw_len as usize)
                        + reference.as_ref().map_or(0, |reference| reference.copied_memory),
                    // What does not shrink is mixed, or stored in no time.
                    time: coded.len() as u64,
                    after: reference.as_ref().map(|reference| reference.number),
                };
                // Where this job is the last user of the reference block, it takes the tables
                // without a copy.
                if index + 1 == blocks.len() {
                    reader.reference = None;
                }
                let mut limit = None;
                let job = move || match &mut reference {
                    None => decode_record(&record, &coded, None),
                    Some(_) => decode_after(&record, &coded, &mut reference, &mut limit),
                };
                sink(reader.submit(block, work, Box::new(job))?)?;
            }
            Err(error) => {
                let mut error = Some(error);
                let job = move || {
                    Err(error.take().unwrap_or_else(|| Error::Bug("a block is read twice".into())))
                };
                sink(reader.submit(block, Work::default(), Box::new(job))?)?;
            }
        }
    }
    while let Some(done) = reader.queue.next()? {
        sink(Some(done))?;
    }
    Ok(())
}

/// The result of a job: the index of a block, and its bytes or what is wrong with it. `None` of a
/// reference block that nobody asked for.
type Done = Option<(usize, Result<Vec<u8>>)>;

/// What decodes a block.
type Job = Box<dyn FnMut() -> Result<Vec<u8>> + Send>;

/// A block as it is read.
enum Read {
    Compact(Compact),
    Reference(Record, Vec<u8>),
    Block(Record, Vec<u8>),
}

/// Reads blocks of a member and has them decoded.
struct BlockReader<'a> {
    file: &'a File,
    member: &'a Member,
    options: &'a DecodeOptions,
    queue: Ordered<Done>,
    reference: Option<SharedReference>,
}

impl BlockReader<'_> {
    /// Reads a block, and checks all but its content.
    fn read(&self, block: usize) -> Result<Read> {
        let at = self.member.block_at[block];
        let mut fields = fields_at(self.file, at);
        if self.member.header.is_compact() {
            Header::read_from(&mut fields)?;
            return Ok(Read::Compact(Compact::read_rest(&mut fields)?));
        }
        let (record, coded) =
            read_record(&mut fields, RecordKind::Block).map_err(|error| match error {
                Error::Corrupt(text) => Error::Corrupt(format!("block at byte {at}: {text}")),
                error => error,
            })?;
        let row = self.member.index.blocks[block];
        if record.number != block as u64
            || record.raw_len != row.raw_len
            || fields.offset() - at != row.record_len
        {
            return Err(Error::Corrupt(format!("the index describes another block at byte {at}")));
        }
        let is_first = self.member.header.has_reference() && block == 0;
        Ok(if is_first && is_reference(&coded) {
            Read::Reference(record, coded)
        } else {
            Read::Block(record, coded)
        })
    }

    /// Lets the queue decode `block` by `job`.
    fn submit(&mut self, block: usize, work: Work, mut job: Job) -> Result<Option<Done>> {
        let progress = self.options.progress.clone();
        let length = self.member.index.blocks[block].raw_len;
        // The error of a block is returned as a result of the job, so that the queue goes on with
        // the other blocks.
        let decode =
            move || match catch_panic(|| progress::count_as(progress.as_ref(), length, &mut job)) {
                Err(error) if error.is_short_of_memory() => Err(error),
                other => Ok(Some((block, other))),
            };
        self.queue.submit(work, length, decode)
    }

    /// Reads the reference block for blocks that depend on it.
    fn read_reference(&mut self) -> Result<Option<Done>> {
        match reference_record(self.file, self.member.block_at[0]) {
            Ok((record, coded)) => self.begin_reference(None, record, coded),
            Err(error) => {
                self.reference = Some(SharedReference::damaged(error));
                Ok(None)
            }
        }
    }

    /// Lets the queue decode the reference block, which all dependent blocks wait for. `block` is
    /// its index if it was asked for.
    fn begin_reference(
        &mut self,
        block: Option<usize>,
        record: Record,
        coded: Vec<u8>,
    ) -> Result<Option<Done>> {
        let length = record.raw_len;
        // A copy of the tables takes what they do.
        let memory = block::memory(&coded, coded.len(), length as usize);
        let shared = SharedReference::new(self.queue.next_number(), memory);
        let mut own = Some(shared.clone());
        self.reference = Some(shared);
        let work = Work { memory, time: u64::MAX, after: None };
        let progress = self.options.progress.clone().filter(|_| block.is_some());
        let decode = move || {
            let decode = || decode_reference_block(&record, &coded);
            let decoded = catch_panic(|| progress::count_as(progress.as_ref(), length, decode));
            if decoded.as_ref().is_err_and(Error::is_short_of_memory) {
                return decoded.map(|_| None);
            }
            let shared = own.take().ok_or_else(|| Error::Bug("a block is read twice".into()))?;
            let text = shared.set(decoded);
            Ok(block.map(|block| (block, text)))
        };
        self.queue.submit(work, length, decode)
    }
}

/// Decodes a dependent block, and takes the tables of the reference block if nothing else needs
/// them.
fn decode_after(
    record: &Record,
    coded: &[u8],
    shared: &mut Option<SharedReference>,
    limit: &mut Option<Limit>,
) -> Result<Vec<u8>> {
    if let Some(limit) = limit.clone() {
        return Err(Error::Limit(limit));
    }
    let own = match shared.take().map(SharedReference::into_own) {
        Some(Ok(own)) => own,
        Some(Err(others)) => {
            let others = shared.insert(others);
            return decode_record(record, coded, Some(others.get()?));
        }
        None => return Err(Error::Bug("a reference block is used twice".into())),
    };
    let decoded = decode_record(record, coded, Some(&own?.for_last_dependent()));
    if let Err(Error::Limit(passed)) = &decoded {
        // The tables are gone.
        *limit = Some(passed.clone());
    }
    decoded
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
