//! The header of a record: of a block, names, the index, or parity.

use crate::varint;
use std::io::Read;

use super::fields::Fields;
use super::format::{MARKER, MAX_BLOCK, max_coded};
use super::hash::{check, hash};
use crate::error::{Error, Result};

/// What a record holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum RecordKind {
    /// A block of content.
    Block = 1,
    /// The coded index.
    Index = 2,
    /// Recovery shards, which can repair the records before.
    Parity = 3,
    /// The footer. Its fields are those of [`super::footer::Footer`].
    Footer = 4,
    /// Names: the entries whose contents follow.
    Names = 5,
}

impl RecordKind {
    fn from_byte(byte: u8) -> Option<Self> {
        [
            RecordKind::Block,
            RecordKind::Index,
            RecordKind::Parity,
            RecordKind::Footer,
            RecordKind::Names,
        ]
        .into_iter()
        .find(|&kind| kind as u8 == byte)
    }
}

/// The header of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// What the record holds; never [`RecordKind::Footer`].
    pub kind: RecordKind,
    /// Number of the record in the member, from 0. A missing, doubled or moved record is found by
    /// it. Records of names are not counted; their number is that of the block that follows.
    pub number: u64,
    /// Bytes before coding.
    pub raw_len: u64,
    /// Bytes after coding. They follow this header.
    pub coded_len: u64,
    /// Number of interleaved lanes; 1 in this version.
    pub lanes: u64,
    /// xxh3 of the bytes before coding.
    pub raw_hash: u64,
    /// xxh3 of the coded bytes. With it a scrub finds damage without decoding.
    pub coded_hash: u64,
}

impl Record {
    /// The header of a record with the bytes `coded`, which were made of `raw_len` bytes with the
    /// hash `raw_hash`.
    #[must_use]
    pub fn new(kind: RecordKind, number: u64, raw_len: u64, raw_hash: u64, coded: &[u8]) -> Self {
        Record {
            kind,
            number,
            raw_len,
            coded_len: coded.len() as u64,
            lanes: 1,
            raw_hash,
            coded_hash: hash(coded),
        }
    }

    /// Appends the header.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&MARKER);
        out.push(self.kind as u8);
        for number in [self.number, self.raw_len, self.coded_len, self.lanes] {
            varint::put(out, number);
        }
        out.extend_from_slice(&self.raw_hash.to_le_bytes());
        out.extend_from_slice(&self.coded_hash.to_le_bytes());
        let check = check(&out[start..]);
        out.extend_from_slice(&check.to_le_bytes());
    }

    /// Bytes of the header and the coded bytes together.
    #[must_use]
    pub fn record_len(&self) -> u64 {
        let mut header = Vec::new();
        self.write_to(&mut header);
        self.coded_len.saturating_add(header.len() as u64)
    }

    /// Reads the rest of a header whose marker and kind [`read_kind`] has read.
    ///
    /// # Errors
    /// The header is damaged, or its lengths are larger than the format allows.
    pub fn read_rest<R: Read>(kind: RecordKind, fields: &mut Fields<R>) -> Result<Record> {
        let number = fields.varint()?;
        let raw_len = fields.varint()?;
        let coded_len = fields.varint()?;
        let lanes = fields.varint()?;
        let raw_hash = fields.u64()?;
        let coded_hash = fields.u64()?;
        let expected = check(fields.seen());
        let end = fields.offset();
        if fields.u32()? != expected {
            return Err(Error::Corrupt(format!("the record header before byte {end} is damaged")));
        }
        if lanes != 1 {
            return Err(Error::Unsupported(format!("a block with {lanes} lanes: use a newer cmx")));
        }
        // Parity is not coded, and its length is not limited.
        let limit = if kind == RecordKind::Parity { u64::MAX } else { MAX_BLOCK };
        if raw_len > limit
            || coded_len > max_coded(raw_len.min(limit)) && kind != RecordKind::Parity
        {
            return Err(Error::Corrupt(format!(
                "a block of {raw_len} bytes before byte {end} is larger than the format allows"
            )));
        }
        Ok(Record { kind, number, raw_len, coded_len, lanes, raw_hash, coded_hash })
    }

    /// Checks the coded bytes against their hash.
    ///
    /// # Errors
    /// The hash differs.
    pub fn check_coded(&self, coded: &[u8]) -> Result<()> {
        if hash(coded) == self.coded_hash {
            return Ok(());
        }
        Err(Error::Corrupt(format!("record {} is damaged (hash of the stored bytes)", self.number)))
    }

    /// Checks decoded bytes against their hash.
    ///
    /// # Errors
    /// The hash differs. The coded bytes were checked before, so encoder and decoder have diverged.
    pub fn check_raw(&self, raw: &[u8]) -> Result<()> {
        if raw.len() as u64 == self.raw_len && hash(raw) == self.raw_hash {
            return Ok(());
        }
        Err(Error::Divergence(format!(
            "record {} is undamaged but decodes to other bytes than were compressed; please \
             report this",
            self.number
        )))
    }
}

/// Reads the marker and the kind of the next record.
///
/// # Errors
/// There is no marker, or the kind is unknown.
pub fn read_kind<R: Read>(fields: &mut Fields<R>) -> Result<RecordKind> {
    fields.restart();
    let at = fields.offset();
    if fields.array()? != MARKER {
        return Err(Error::Corrupt(format!("no record begins at byte {at}, where one should")));
    }
    let byte = fields.byte()?;
    RecordKind::from_byte(byte)
        .ok_or_else(|| Error::Corrupt(format!("unknown record kind {byte} at byte {at}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Record> {
        let mut fields = Fields::new(bytes, 0);
        let kind = read_kind(&mut fields)?;
        Record::read_rest(kind, &mut fields)
    }

    #[test]
    fn every_flipped_bit_and_every_cut_shows() {
        let record = Record::new(RecordKind::Block, 3, 5000, 77, &[9; 1000]);
        let mut bytes = Vec::new();
        record.write_to(&mut bytes);
        assert_eq!(read(&bytes).unwrap(), record);
        assert_eq!(record.record_len(), bytes.len() as u64 + 1000);
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            read(&damaged).unwrap_err();
        }
        for length in 0..bytes.len() {
            read(&bytes[..length]).unwrap_err();
        }
    }

    #[test]
    fn impossible_lengths_are_refused() {
        for (raw_len, coded_len) in [(MAX_BLOCK + 1, 5), (10, 5000)] {
            let mut bytes = Vec::new();
            Record {
                kind: RecordKind::Block,
                number: 0,
                raw_len,
                coded_len,
                lanes: 1,
                raw_hash: 0,
                coded_hash: 0,
            }
            .write_to(&mut bytes);
            assert!(
                read(&bytes).unwrap_err().to_string().contains("larger than the format allows")
            );
        }
    }
}
