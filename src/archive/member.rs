//! One member of an open archive: its index, and the offsets of its records in the file.

use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::os::unix::fs::FileExt;

use crate::budget::Charge;
use crate::container::Entry;
use crate::container::compact::Compact;
use crate::container::fields::Fields;
use crate::container::footer::{FOOTER_LEN, Footer};
use crate::container::header::Header;
use crate::container::index::{BlockRow, Index, NamesRow};
use crate::container::names::Names;
use crate::container::record::{Record, RecordKind, read_kind};
use crate::error::{Error, Result};
use crate::options::DecodeOptions;
use crate::stream::{decode_index, decode_names};

/// A member whose index was read.
#[derive(Debug)]
pub struct Member {
    /// Offset in the file of the first byte of the member.
    pub start: u64,
    /// Length of the member in bytes.
    pub length: u64,
    /// The header.
    pub header: Header,
    /// The index: lengths of all blocks, and all entries.
    pub index: Index,
    /// Offset in the file of each record of names.
    pub names_at: Vec<u64>,
    /// Offset in the file of the record of each block. In the compact form: offset of the member.
    pub block_at: Vec<u64>,
    /// Offset of each block in the member's content; the last element is the length of the content.
    pub content_at: Vec<u64>,
    /// Offset in the file of the first record of parity, if the member has parity or a guard.
    pub parity_at: Option<u64>,
}

/// A reader of a file from an offset on.
pub struct FileAt<'a> {
    file: &'a File,
    at: u64,
}

impl<'a> FileAt<'a> {
    /// Reads `file` from offset `at` on. The cursor of `file` is neither used nor moved.
    pub fn new(file: &'a File, at: u64) -> Self {
        FileAt { file, at }
    }
}

impl Read for FileAt<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.file.read_at(buffer, self.at)?;
        self.at += length as u64;
        Ok(length)
    }
}

/// A reader of fields of `file` from offset `at` on.
pub fn fields_at(file: &File, at: u64) -> Fields<BufReader<FileAt<'_>>> {
    Fields::new(BufReader::with_capacity(4096, FileAt::new(file, at)), at)
}

impl Member {
    /// The member that ends at offset `end` of the file, found by its footer. `None` if no whole
    /// footer ends there.
    ///
    /// # Errors
    /// The footer is whole but its member is damaged, or reading fails.
    pub fn before(file: &File, end: u64, options: &DecodeOptions) -> Result<Option<Member>> {
        let Some(footer_at) = end.checked_sub(FOOTER_LEN) else { return Ok(None) };
        let mut bytes = [0; FOOTER_LEN as usize];
        file.read_exact_at(&mut bytes, footer_at)?;
        let mut fields = Fields::new(Cursor::new(bytes), footer_at);
        let Ok(RecordKind::Footer) = read_kind(&mut fields) else { return Ok(None) };
        let Ok(footer) = Footer::read_rest(&mut fields) else { return Ok(None) };
        let Some(start) = end.checked_sub(footer.member_len) else { return Ok(None) };
        let mut fields = fields_at(file, start);
        match Header::read_from(&mut fields)? {
            Some(header) if !header.is_compact() => Self::with_index(
                file,
                start,
                header,
                fields.offset(),
                start + footer.index_offset,
                footer.member_len,
                options,
            )
            .map(Some),
            _ => Err(Error::Corrupt(format!(
                "the footer says that byte {start} begins a header, but none is there"
            ))),
        }
    }

    /// The member that begins at offset `start`, found by reading record by record. `None` at the
    /// end of the file.
    ///
    /// # Errors
    /// The member is damaged or not finished, or reading fails.
    pub fn after(file: &File, start: u64, options: &DecodeOptions) -> Result<Option<Member>> {
        let mut fields = fields_at(file, start);
        let Some(header) = Header::read_from(&mut fields)? else { return Ok(None) };
        if header.is_compact() {
            let compact = Compact::read_rest(&mut fields)?;
            return Self::of_compact(&compact, start, fields.offset(), header).map(Some);
        }
        let first_record = fields.offset();
        let mut at = first_record;
        let mut index_at = None;
        loop {
            let mut fields = fields_at(file, at);
            let kind = read_kind(&mut fields)?;
            if kind == RecordKind::Footer {
                let footer = Footer::read_rest(&mut fields)?;
                let member_len = fields.offset() - start;
                let Some(index_at) = index_at.filter(|index_at| {
                    footer == Footer { member_len, index_offset: index_at - start }
                }) else {
                    return Err(Error::Corrupt(format!(
                        "the footer at byte {at} does not fit the member"
                    )));
                };
                return Self::with_index(
                    file,
                    start,
                    header,
                    first_record,
                    index_at,
                    member_len,
                    options,
                )
                .map(Some);
            }
            let record = Record::read_rest(kind, &mut fields)?;
            if kind == RecordKind::Index {
                index_at = Some(at);
            }
            at = fields.offset().saturating_add(record.coded_len);
            let length = file.metadata()?.len();
            if at > length {
                return Err(Error::Truncated(length));
            }
        }
    }

    /// The coded bytes of `length` bytes of content from `start` on: their share, by length, of the
    /// blocks that hold them.
    #[must_use]
    pub fn packed(&self, start: u64, length: u64) -> u64 {
        let mut packed = 0.0;
        let first = self.content_at.partition_point(|&at| at <= start).saturating_sub(1);
        for (block, row) in self.index.blocks.iter().enumerate().skip(first) {
            let (from, to) =
                (self.content_at[block].max(start), self.content_at[block + 1].min(start + length));
            if from >= to {
                break;
            }
            packed += row.record_len as f64 * (to - from) as f64 / row.raw_len as f64;
        }
        packed.round() as u64
    }

    fn with_index(
        file: &File,
        start: u64,
        header: Header,
        first_record: u64,
        index_at: u64,
        length: u64,
        options: &DecodeOptions,
    ) -> Result<Member> {
        let mut fields = fields_at(file, index_at);
        let (record, coded) = read_record(&mut fields, RecordKind::Index).map_err(|error| {
            if let Error::Corrupt(text) = error {
                Error::Corrupt(format!("index at byte {index_at}: {text}"))
            } else {
                error
            }
        })?;
        let parity_at = Some(fields.offset()).filter(|&at| at + FOOTER_LEN < start + length);
        let read_names = |index: &Index, charge: &mut Charge| {
            let offsets = index.layout(first_record)?.names;
            let mut entries = Vec::new();
            for (at, row) in offsets.into_iter().zip(&index.names) {
                read_names(file, at, row, options, charge)?.apply(&mut entries);
            }
            Ok(entries)
        };
        let index = decode_index(&record, &coded, options, read_names)?;
        let layout = index.layout(first_record)?;
        let (block_at, names_at) = (layout.blocks, layout.names);
        let mut member = Member {
            start,
            length,
            header,
            index,
            names_at,
            block_at,
            content_at: vec![0],
            parity_at,
        };
        let mut content = 0;
        for block in &member.index.blocks {
            content += block.raw_len;
            member.content_at.push(content);
        }
        if !member.index.names.is_empty() && !header.has_names() {
            return Err(Error::Corrupt(format!(
                "the index at byte {index_at} lists names, the header has none"
            )));
        }
        if layout.end != index_at || !header.is_named() && member.index.entries.len() != 1 {
            return Err(Error::Corrupt(format!(
                "the index at byte {index_at} does not fit the blocks"
            )));
        }
        Ok(member)
    }

    fn of_compact(compact: &Compact, start: u64, end: u64, header: Header) -> Result<Member> {
        let entry = Entry {
            size: compact.raw_len,
            hash: compact.raw_hash,
            metadata: compact.metadata,
            ..Entry::default()
        };
        let row = BlockRow { record_len: end - start, raw_len: compact.raw_len };
        let index = Index::charged(vec![row], Vec::new(), vec![entry])?;
        let (names_at, block_at) = (Vec::new(), vec![start]);
        let content_at = vec![0, compact.raw_len];
        Ok(Member {
            start,
            length: end - start,
            header,
            index,
            names_at,
            block_at,
            content_at,
            parity_at: None,
        })
    }
}

/// Reads the record of names at offset `at` of the file, and compares it with its `row` in the
/// index.
fn read_names(
    file: &File,
    at: u64,
    row: &NamesRow,
    options: &DecodeOptions,
    charge: &mut Charge,
) -> Result<Names> {
    let mut fields = fields_at(file, at);
    let (record, coded) = read_record(&mut fields, RecordKind::Names).map_err(|error| {
        if let Error::Corrupt(text) = error {
            Error::Corrupt(format!("names at byte {at}: {text}"))
        } else {
            error
        }
    })?;
    if record.number != row.before || fields.offset() - at != row.record_len {
        return Err(Error::Corrupt(format!("the index describes other names at byte {at}")));
    }
    decode_names(&record, &coded, options, charge)
}

/// Reads a record of `kind` with its coded bytes.
///
/// # Errors
/// The record is of another kind, its check or its hash is wrong, or reading fails.
pub fn read_record<R: Read>(fields: &mut Fields<R>, kind: RecordKind) -> Result<(Record, Vec<u8>)> {
    let at = fields.offset();
    if read_kind(fields)? != kind {
        return Err(Error::Corrupt(format!("a record of another kind is expected at byte {at}")));
    }
    let record = Record::read_rest(kind, fields)?;
    let coded = fields.payload(record.coded_len)?;
    record.check_coded(&coded)?;
    Ok((record, coded))
}
