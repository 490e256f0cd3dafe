//! Reads the members of an archive of one stream, and decodes their blocks on several threads.

use std::io::{self, Read};

use super::Summary;
use super::record::{decode_compact, decode_index, decode_record, length_in_memory};
use crate::block;
use crate::budget::{Budget, Charge};
use crate::container::compact::Compact;
use crate::container::fields::Fields;
use crate::container::footer::Footer;
use crate::container::hash::{Hasher, narrow};
use crate::container::header::Header;
use crate::container::index::{BlockRow, Index};
use crate::container::record::{Record, RecordKind, read_kind};
use crate::error::{Error, Limit, LimitKind, Result};
use crate::options::DecodeOptions;
use crate::progress;
use crate::threads::{Ordered, Work};

/// The position of the reader in the archive.
enum Position {
    /// Before a member, or at the end of the input.
    Between,
    /// Among the blocks of a member.
    Blocks,
    /// After the index, while blocks are still being decoded.
    Draining(Index),
    /// After the index, when all blocks have been returned.
    Tail,
    /// At the end of the input, or after an error.
    Ended,
}

/// Reads the members of an archive without seeking.
pub(super) struct Members<R: Read> {
    pub(super) fields: Fields<io::BufReader<R>>,
    options: DecodeOptions,
    budget: Budget,
    position: Position,
    queue: Ordered<Vec<u8>>,
    member_start: u64,
    index_offset: u64,
    records: u64,
    blocks: Vec<BlockRow>,
    raw: u64,
    /// Raw bytes of all blocks whose headers have been read.
    declared: u64,
    hasher: Hasher,
    pub(super) summary: Summary,
}

impl<R: Read> Members<R> {
    pub fn new(input: R, options: &DecodeOptions) -> Self {
        Members {
            fields: Fields::new(io::BufReader::with_capacity(1 << 16, input), 0),
            options: options.clone(),
            budget: options.budget(),
            position: Position::Between,
            queue: Ordered::new(1),
            member_start: 0,
            index_offset: 0,
            records: 0,
            blocks: Vec::new(),
            raw: 0,
            declared: 0,
            hasher: Hasher::default(),
            summary: Summary::default(),
        }
    }

    /// The next block of content. `None` at the end of the archive and after an error, because
    /// blocks after damage cannot be placed in the stream.
    pub fn next_block(&mut self) -> Result<Option<Vec<u8>>> {
        self.budget.clone().run(|| self.read_on())
    }

    /// What was decoded, with the bytes that were read so far.
    pub fn into_summary(mut self) -> Summary {
        self.summary.coded = self.fields.offset();
        self.summary
    }

    fn read_on(&mut self) -> Result<Option<Vec<u8>>> {
        loop {
            let position = std::mem::replace(&mut self.position, Position::Ended);
            let block = match position {
                Position::Ended => return Ok(None),
                Position::Between => self.begin_member()?,
                Position::Blocks => self.next_record()?,
                Position::Draining(index) => self.drain(index)?,
                Position::Tail => self.next_tail_record()?,
            };
            if let Some(block) = block {
                self.account(&block);
                return Ok(Some(block));
            }
        }
    }

    /// Adds `raw_len`, the raw bytes of a block, to the declared output. The limit is checked
    /// before any of these bytes is decoded.
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
        self.member_start = self.fields.offset();
        let header = match Header::read_from(&mut self.fields) {
            Ok(Some(header)) => header,
            Ok(None) if self.member_start == 0 => {
                return Err(Error::NotAnArchive("it is empty".into()));
            }
            Ok(None) => return Ok(None),
            Err(error)
                if error.is_damage() && self.member_start > 0 && self.options.ignore_trailing =>
            {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        if header.is_compact() {
            return self.compact();
        }
        if header.is_named() {
            return Err(Error::NamedFiles(self.member_start));
        }
        self.queue = Ordered::new(self.options.threads);
        self.records = 0;
        self.blocks.clear();
        self.raw = 0;
        self.hasher = Hasher::default();
        self.position = Position::Blocks;
        Ok(None)
    }

    fn compact(&mut self) -> Result<Option<Vec<u8>>> {
        let before = self.fields.offset();
        let member = Compact::read_rest(&mut self.fields)?;
        self.declare(member.raw_len)?;
        self.count_read(self.fields.offset() - before);
        self.summary.metadata = member.metadata;
        self.position = Position::Between;
        if member.raw_len == 0 {
            member.check_raw(&[])?;
            return Ok(None);
        }
        let progress = self.options.progress.clone();
        let memory = block::memory(&member.coded, member.coded.len(), member.raw_len as usize);
        let mut queue: Ordered<Vec<u8>> = Ordered::new(self.options.threads);
        let decode =
            || progress::count_as(progress.as_ref(), member.raw_len, || decode_compact(&member));
        queue.run(memory, decode).map(Some)
    }

    fn count_read(&self, bytes: u64) {
        if let Some(progress) = &self.options.progress {
            progress.finished(bytes, 0);
        }
    }

    /// Reads header and coded bytes of a record whose kind has been read, and checks both.
    fn read_record(&mut self, kind: RecordKind) -> Result<(Record, Vec<u8>)> {
        let record = Record::read_rest(kind, &mut self.fields)?;
        if record.number != self.records {
            return Err(Error::Corrupt(format!(
                "record {} stands where record {} should",
                record.number, self.records
            )));
        }
        self.records += 1;
        if kind == RecordKind::Block {
            self.declare(record.raw_len)?;
        }
        let coded = self.fields.payload(record.coded_len)?;
        record.check_coded(&coded)?;
        Ok((record, coded))
    }

    fn next_record(&mut self) -> Result<Option<Vec<u8>>> {
        let before = self.fields.offset();
        match read_kind(&mut self.fields)? {
            RecordKind::Block => {
                let (record, coded) = self.read_record(RecordKind::Block)?;
                let record_len = self.fields.offset() - before;
                self.count_read(record_len);
                self.blocks.push(BlockRow { record_len, raw_len: record.raw_len });
                self.position = Position::Blocks;
                let progress = self.options.progress.clone();
                let length = length_in_memory(record.raw_len)?;
                let memory = block::memory(&coded, coded.len(), length);
                let held = coded.len().max(length) as u64;
                let work = Work { memory, time: record.raw_len, after: None };
                self.queue.submit(work, held, move || {
                    let raw = progress::count_as(progress.as_ref(), record.raw_len, || {
                        decode_record(&record, &coded, None)
                    })?;
                    Ok(raw)
                })
            }
            RecordKind::Index => {
                self.index_offset = before - self.member_start;
                let (record, coded) = self.read_record(RecordKind::Index)?;
                let no_names = |_: &Index, _: &mut Charge| {
                    Err(Error::Corrupt("the index of a stream tells of names".into()))
                };
                let index = decode_index(&record, &coded, &self.options, no_names)?;
                self.position = Position::Draining(index);
                Ok(None)
            }
            other => {
                Err(Error::Corrupt(format!("{other:?} record at byte {before}, before the index")))
            }
        }
    }

    fn drain(&mut self, index: Index) -> Result<Option<Vec<u8>>> {
        if let Some(block) = self.queue.next()? {
            self.position = Position::Draining(index);
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
        self.position = Position::Tail;
        Ok(None)
    }

    fn next_tail_record(&mut self) -> Result<Option<Vec<u8>>> {
        let before = self.fields.offset();
        match read_kind(&mut self.fields)? {
            RecordKind::Parity => {
                let record = Record::read_rest(RecordKind::Parity, &mut self.fields)?;
                self.fields.skip(record.coded_len)?;
                self.records += 1;
                self.position = Position::Tail;
            }
            RecordKind::Footer => {
                let footer = Footer::read_rest(&mut self.fields)?;
                let member_len = self.fields.offset() - self.member_start;
                if footer != (Footer { member_len, index_offset: self.index_offset }) {
                    return Err(Error::Corrupt(format!(
                        "the footer at byte {before} does not fit the member"
                    )));
                }
                self.position = Position::Between;
            }
            other => {
                return Err(Error::Corrupt(format!(
                    "{other:?} record at byte {before}, after the index"
                )));
            }
        }
        Ok(None)
    }
}
