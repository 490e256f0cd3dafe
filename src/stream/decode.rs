//! Decompression of a stream, forward only: pushed into a writer, or pulled through [`Read`].

use std::io::{self, Read, Write};

use super::Summary;
use super::encode::io_error;
use crate::block::{self, Base};
use crate::budget::{self, Budget, Charge};
use crate::container::Entry;
use crate::container::compact::Compact;
use crate::container::fields::Fields;
use crate::container::footer::Footer;
use crate::container::hash::{Hasher, narrow};
use crate::container::header::Header;
use crate::container::index::{BlockRow, Index};
use crate::container::names::Names;
use crate::container::record::{Kind, Record, read_kind};
use crate::error::{Error, Limit, LimitKind, Result};
use crate::method::work;
use crate::options::DecodeOptions;
use crate::ordered::Ordered;
use crate::progress;

/// Decompresses the archive that `input` gives and writes its content to `out`.
///
/// Members one after the other give their contents one after the other.
///
/// # Errors
/// The archive is damaged, needs a newer version, passes a limit or holds named entries; reading or
/// writing fails. What was written by then is not to be trusted.
pub fn decode_stream(
    input: impl Read,
    out: &mut dyn Write,
    options: &DecodeOptions,
) -> Result<Summary> {
    let mut members = Members::new(input, options);
    while let Some(block) = members.next_block()? {
        out.write_all(&block)?;
    }
    members.summary.coded = members.fields.offset();
    Ok(members.summary)
}

/// A reader that decompresses.
///
/// ```
/// use std::io::Read;
///
/// let archive = cmx::compress(b"some text")?;
/// let mut text = String::new();
/// cmx::Decoder::new(&archive[..], &cmx::DecodeOptions::default()).read_to_string(&mut text)?;
/// assert_eq!(text, "some text");
/// # Ok::<(), cmx::Error>(())
/// ```
pub struct Decoder<R: Read> {
    members: Members<R>,
    block: Vec<u8>,
    place: usize,
}

impl<R: Read> Decoder<R> {
    /// Decompresses `input`, which need not be buffered.
    pub fn new(input: R, options: &DecodeOptions) -> Self {
        Decoder { members: Members::new(input, options), block: Vec::new(), place: 0 }
    }
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.place == self.block.len() && !buffer.is_empty() {
            let Some(block) = self.members.next_block().map_err(io_error)? else { return Ok(0) };
            self.block = block;
            self.place = 0;
        }
        let length = buffer.len().min(self.block.len() - self.place);
        buffer[..length].copy_from_slice(&self.block[self.place..self.place + length]);
        self.place += length;
        Ok(length)
    }
}

/// Where in the archive the reader stands.
enum State {
    /// Before a member, or at the end of the input.
    Between,
    /// Among the blocks of a member.
    Blocks,
    /// Behind the index, while blocks are still being decoded.
    Draining(Index),
    /// Behind the index, all blocks out.
    Tail,
    /// At the end of the input, or after an error.
    Ended,
}

/// The members of an archive, read forward.
struct Members<R: Read> {
    fields: Fields<io::BufReader<R>>,
    options: DecodeOptions,
    budget: Budget,
    state: State,
    queue: Ordered<Vec<u8>>,
    member_at: u64,
    index_at: u64,
    /// What the member's header says that a block may need.
    memory: u64,
    records: u64,
    blocks: Vec<BlockRow>,
    raw: u64,
    /// Bytes of all blocks whose headers were read.
    declared: u64,
    hasher: Hasher,
    summary: Summary,
}

impl<R: Read> Members<R> {
    fn new(input: R, options: &DecodeOptions) -> Self {
        Members {
            fields: Fields::new(io::BufReader::with_capacity(1 << 16, input), 0),
            options: options.clone(),
            budget: Budget::new(options.memory),
            state: State::Between,
            queue: Ordered::new(1),
            member_at: 0,
            index_at: 0,
            memory: 0,
            records: 0,
            blocks: Vec::new(),
            raw: 0,
            declared: 0,
            hasher: Hasher::default(),
            summary: Summary::default(),
        }
    }

    /// The next block of content, `None` at the end of the archive. After an error too: what
    /// follows damage in a stream cannot be placed.
    fn next_block(&mut self) -> Result<Option<Vec<u8>>> {
        self.budget.clone().run(|| self.read_on())
    }

    fn read_on(&mut self) -> Result<Option<Vec<u8>>> {
        loop {
            let state = std::mem::replace(&mut self.state, State::Ended);
            let block = match state {
                State::Ended => return Ok(None),
                State::Between => self.begin_member()?,
                State::Blocks => self.next_record()?,
                State::Draining(index) => self.drain(index)?,
                State::Tail => self.next_tail_record()?,
            };
            if let Some(block) = block {
                self.account(&block);
                return Ok(Some(block));
            }
        }
    }

    /// Takes in that a block of `raw_len` bytes comes: what the archive declares is limited before
    /// any of it is decoded.
    fn declare(&mut self, raw_len: u64) -> Result<()> {
        self.declared = self.declared.saturating_add(raw_len);
        if self.declared > self.options.max_output {
            let text = format!("the output passes {} bytes", self.options.max_output);
            return Err(Error::Limit(Limit::new(LimitKind::Output, text)));
        }
        Ok(())
    }

    fn account(&mut self, block: &[u8]) {
        self.hasher.update(block);
        self.raw += block.len() as u64;
        self.summary.raw += block.len() as u64;
        self.summary.blocks += 1;
        if let Some(progress) = &self.options.progress {
            progress.finished(0, block.len() as u64);
        }
    }

    fn begin_member(&mut self) -> Result<Option<Vec<u8>>> {
        self.member_at = self.fields.offset();
        let header = match Header::read_from(&mut self.fields) {
            Ok(Some(header)) => header,
            Ok(None) if self.member_at == 0 => {
                return Err(Error::NotAnArchive("it is empty".into()));
            }
            Ok(None) => return Ok(None),
            Err(error)
                if error.is_damage() && self.member_at > 0 && self.options.ignore_trailing =>
            {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        if header.is_compact() {
            return self.compact();
        }
        if header.is_named() {
            return Err(Error::NamedFiles(self.member_at));
        }
        let threads = threads_within(self.options.threads, &header);
        self.queue = Ordered::new(threads);
        self.memory = header.memory();
        self.records = 0;
        self.blocks.clear();
        self.raw = 0;
        self.hasher = Hasher::default();
        self.state = State::Blocks;
        Ok(None)
    }

    fn compact(&mut self) -> Result<Option<Vec<u8>>> {
        let before = self.fields.offset();
        let member = Compact::read_rest(&mut self.fields)?;
        self.declare(member.raw_len)?;
        self.note_read(self.fields.offset() - before);
        self.summary.metadata = member.metadata;
        self.state = State::Between;
        if member.raw_len == 0 {
            member.check_raw(&[])?;
            return Ok(None);
        }
        let progress = self.options.progress.clone();
        Ordered::new(1).submit(move || {
            progress::count_as(progress.as_ref(), member.raw_len, || decode_compact(&member))
        })
    }

    fn note_read(&self, bytes: u64) {
        if let Some(progress) = &self.options.progress {
            progress.finished(bytes, 0);
        }
    }

    /// Reads the header and the coded bytes of the record that comes now, and checks both.
    fn read_record(&mut self, kind: Kind) -> Result<(Record, Vec<u8>)> {
        let record = Record::read_rest(kind, &mut self.fields)?;
        if record.number != self.records {
            return Err(Error::Corrupt(format!(
                "record {} stands where record {} should",
                record.number, self.records
            )));
        }
        self.records += 1;
        if kind == Kind::Block {
            self.declare(record.raw_len)?;
        }
        let coded = self.fields.payload(record.coded_len)?;
        record.check_coded(&coded)?;
        Ok((record, coded))
    }

    fn next_record(&mut self) -> Result<Option<Vec<u8>>> {
        let before = self.fields.offset();
        match read_kind(&mut self.fields)? {
            Kind::Block => {
                let (record, coded) = self.read_record(Kind::Block)?;
                let record_len = self.fields.offset() - before;
                self.note_read(record_len);
                self.blocks.push(BlockRow { record_len, raw_len: record.raw_len });
                self.state = State::Blocks;
                let (progress, memory) = (self.options.progress.clone(), self.memory);
                self.queue.submit(move || {
                    let raw = progress::count_as(progress.as_ref(), record.raw_len, || {
                        decode_record(&record, &coded, memory, None)
                    })?;
                    Ok(raw)
                })
            }
            Kind::Index => {
                self.index_at = before - self.member_at;
                let (record, coded) = self.read_record(Kind::Index)?;
                let no_names = |_: &Index, _: &mut Charge| {
                    Err(Error::Corrupt("the index of a stream tells of names".into()))
                };
                let index = decode_index(&record, &coded, self.memory, &self.options, no_names)?;
                self.state = State::Draining(index);
                Ok(None)
            }
            other => {
                Err(Error::Corrupt(format!("{other:?} record at byte {before}, before the index")))
            }
        }
    }

    fn drain(&mut self, index: Index) -> Result<Option<Vec<u8>>> {
        if let Some(block) = self.queue.next()? {
            self.state = State::Draining(index);
            return Ok(Some(block));
        }
        let wrong = |what: &str| {
            Err(Error::Corrupt(format!(
                "the index before byte {} does not fit the {what}",
                self.fields.offset()
            )))
        };
        let [entry] = &index.entries[..] else { return wrong("stream: it must have one entry") };
        if index.blocks != self.blocks {
            return wrong("blocks");
        }
        if entry.size != self.raw || entry.hash != narrow(self.hasher.finish(), self.raw) {
            return wrong("content");
        }
        self.summary.metadata = entry.metadata;
        self.state = State::Tail;
        Ok(None)
    }

    fn next_tail_record(&mut self) -> Result<Option<Vec<u8>>> {
        let before = self.fields.offset();
        match read_kind(&mut self.fields)? {
            Kind::Parity => {
                let record = Record::read_rest(Kind::Parity, &mut self.fields)?;
                self.fields.skip(record.coded_len)?;
                self.records += 1;
                self.state = State::Tail;
            }
            Kind::Footer => {
                let footer = Footer::read_rest(&mut self.fields)?;
                let member_len = self.fields.offset() - self.member_at;
                if footer != (Footer { member_len, index_at: self.index_at }) {
                    return Err(Error::Corrupt(format!(
                        "the footer at byte {before} does not fit the member"
                    )));
                }
                self.state = State::Between;
            }
            other => {
                return Err(Error::Corrupt(format!(
                    "{other:?} record at byte {before}, behind the index"
                )));
            }
        }
        Ok(None)
    }
}

/// Decodes the block of a member of the compact form, and checks what came out.
pub(crate) fn decode_compact(member: &Compact) -> Result<Vec<u8>> {
    let raw = if member.raw_len == 0 {
        Vec::new()
    } else {
        block::decode(&member.coded, length_in_memory(member.raw_len)?)?
    };
    member.check_raw(&raw)?;
    Ok(raw)
}

/// Decodes the record of a block, behind `base` if there is one, and checks what came out. The
/// block must not need more than the `memory` that the header of its member declares, nor be longer
/// than its level allows.
pub(crate) fn decode_record(
    record: &Record,
    coded: &[u8],
    memory: u64,
    base: Option<&Base>,
) -> Result<Vec<u8>> {
    check_length(record, coded)?;
    decode_content(record, coded, memory, base)
}

/// A length that an archive declares, as one of this machine's memory.
fn length_in_memory(length: u64) -> Result<usize> {
    usize::try_from(length).map_err(|_| Error::no_memory(format_args!("{length} bytes")))
}

/// Decodes a record of any length, with the other checks of [`decode_record`].
fn decode_content(
    record: &Record,
    coded: &[u8],
    memory: u64,
    base: Option<&Base>,
) -> Result<Vec<u8>> {
    check_memory(record, coded, memory)?;
    let raw_len = length_in_memory(record.raw_len)?;
    let raw = match base {
        Some(base) => block::decode_behind(coded, raw_len, base),
        None => block::decode(coded, raw_len),
    };
    let raw = raw.map_err(|error| in_record(record, error))?;
    record.check_raw(&raw)?;
    Ok(raw)
}

/// Decodes a record that is a base, with the checks of [`decode_record`].
pub(crate) fn decode_base_record(record: &Record, coded: &[u8], memory: u64) -> Result<Base> {
    check_length(record, coded)?;
    check_memory(record, coded, memory)?;
    let base = block::decode_base(coded, length_in_memory(record.raw_len)?)
        .map_err(|error| in_record(record, error))?;
    record.check_raw(&base.text)?;
    Ok(base)
}

/// The length that the header of `record` declares bounds the work on it, so it is bounded itself.
fn check_length(record: &Record, coded: &[u8]) -> Result<()> {
    let most = block::longest(coded);
    if record.raw_len <= most {
        return Ok(());
    }
    Err(Error::Corrupt(format!(
        "record {} declares {} bytes, more than the {most} that its level has",
        record.number, record.raw_len
    )))
}

fn check_memory(record: &Record, coded: &[u8], memory: u64) -> Result<()> {
    if block::memory(coded) <= memory {
        return Ok(());
    }
    Err(Error::Corrupt(format!(
        "record {} needs more memory than the header of its member declares",
        record.number
    )))
}

fn in_record(record: &Record, error: Error) -> Error {
    if let Error::Corrupt(text) = error {
        Error::Corrupt(format!("record {}: {text}", record.number))
    } else {
        error
    }
}

/// Decodes the index that a record holds. Its memory is charged to the budget of the job, as long
/// as it lives. `read_names` is given its tables and that charge, and gives the entries that stand
/// in the records of names before the blocks.
pub(crate) fn decode_index(
    record: &Record,
    coded: &[u8],
    memory: u64,
    options: &DecodeOptions,
    read_names: impl FnOnce(&Index, &mut Charge) -> Result<Vec<Entry>>,
) -> Result<Index> {
    let raw = decode_entries(record, coded, memory, options)?;
    let _raw = budget::charge(raw.len() as u64, "the index")?;
    Index::from_bytes_with(&raw, options.max_path, read_names)
}

/// Decodes names that a record holds; `charge` grows by what the entries take.
pub(crate) fn decode_names(
    record: &Record,
    coded: &[u8],
    memory: u64,
    options: &DecodeOptions,
    charge: &mut Charge,
) -> Result<Names> {
    let raw = decode_entries(record, coded, memory, options)?;
    let _raw = budget::charge(raw.len() as u64, "the names")?;
    Names::from_bytes(&raw, options.max_path, charge)
}

/// Decodes an index or names, if they are not too long.
fn decode_entries(
    record: &Record,
    coded: &[u8],
    memory: u64,
    options: &DecodeOptions,
) -> Result<Vec<u8>> {
    if record.raw_len > options.max_index {
        let text =
            format!("the index takes {} bytes, more than {}", record.raw_len, options.max_index);
        return Err(Error::Limit(Limit::new(LimitKind::Index, text)));
    }
    work::check_index(coded.len(), length_in_memory(record.raw_len)?)?;
    let _coded = budget::charge(2 * coded.len() as u64, "the index")?;
    let (record, coded) = (*record, coded.to_vec());
    Ok(Ordered::new(1)
        .submit(move || decode_content(&record, &coded, memory, None))?
        .unwrap_or_default())
}

/// How many of `wanted` threads fit into the budget of the job when each takes what `header` says,
/// and the base half as much again. What one takes in truth, and whether that is too much, shows
/// when it works.
pub(crate) fn threads_within(wanted: usize, header: &Header) -> usize {
    let Some(budget) = Budget::current() else { return wanted.max(1) };
    let each = header.memory();
    let base = if header.is_based() { each / 2 } else { 0 };
    // The blocks themselves take about a quarter of what the tables do, and at the levels that sort
    // more than those.
    let fitting = budget.left().saturating_sub(base) / each.saturating_add(each / 4).max(64 << 20);
    wanted.min(usize::try_from(fitting).unwrap_or(usize::MAX)).max(1)
}
