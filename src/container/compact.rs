//! The compact form of a member: one block of at most 1 MiB, without index and footer.
//!
//! The compact form spares a file of some kilobytes the records, index and footer of the full form.
//! The final check covers every byte of the member and commits the member, as the footer does in
//! the full form.

use crate::varint;
use std::io::Read;

use super::entry::{Metadata, Time};
use super::fields::{Fields, put_signed};
use super::format::{MAX_COMPACT, WIDE_HASH, incompatible, max_coded};
use super::hash::{Hasher, hash, narrow};
use super::header::Header;
use crate::error::{Error, Result};

const WIDE: u8 = 1;
const MODE: u8 = 2;
const TIME: u8 = 4;
const KNOWN: u8 = WIDE | MODE | TIME;

/// A member in compact form. Its block is still coded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compact {
    /// Bytes before coding.
    pub raw_len: u64,
    /// Hash of the bytes before coding, cut to 32 bits if they are fewer than 64 KiB.
    pub raw_hash: u64,
    /// Mode and time of the file, in whole seconds.
    pub metadata: Metadata,
    /// The coded block.
    pub coded: Vec<u8>,
}

impl Compact {
    /// The compact form of a member with the content `raw`, whose coded block is `coded`.
    #[must_use]
    pub fn new(raw: &[u8], metadata: Metadata, coded: Vec<u8>) -> Self {
        let raw_len = raw.len() as u64;
        Compact { raw_len, raw_hash: narrow(hash(raw), raw_len), metadata, coded }
    }

    /// Appends the whole member, including its header.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        let start = out.len();
        Header::new(incompatible::COMPACT).write_to(out);
        let wide = self.raw_len >= WIDE_HASH;
        let flag = |set: bool, bit: u8| if set { bit } else { 0 };
        out.push(
            flag(wide, WIDE)
                | flag(self.metadata.mode.is_some(), MODE)
                | flag(self.metadata.mtime.is_some(), TIME),
        );
        varint::put(out, self.raw_len);
        varint::put(out, self.coded.len() as u64);
        if let Some(mode) = self.metadata.mode {
            varint::put(out, u64::from(mode));
        }
        if let Some(time) = self.metadata.mtime {
            put_signed(out, time.seconds);
        }
        let width = if wide { 8 } else { 4 };
        out.extend_from_slice(&self.raw_hash.to_le_bytes()[..width]);
        out.extend_from_slice(&self.coded);
        let check = hash(&out[start..]);
        out.extend_from_slice(&check.to_le_bytes()[..width]);
    }

    /// Reads a member whose header has been read. `fields` must still remember the bytes of the
    /// header.
    ///
    /// # Errors
    /// The member is damaged, or has flags that this version does not know.
    pub fn read_rest<R: Read>(fields: &mut Fields<R>) -> Result<Compact> {
        let shape = fields.byte()?;
        if shape & !KNOWN != 0 {
            return Err(Error::Unsupported(format!(
                "compact form with flags {shape:#x}: use a newer cmx, or the header is damaged"
            )));
        }
        let raw_len = fields.varint()?;
        let coded_len = fields.varint()?;
        let wide = raw_len >= WIDE_HASH;
        if raw_len > MAX_COMPACT || coded_len > max_coded(raw_len) || wide != (shape & WIDE != 0) {
            return Err(Error::Corrupt(format!(
                "impossible lengths in the header before byte {}",
                fields.offset()
            )));
        }
        let mode =
            if shape & MODE != 0 { Some(Metadata::checked_mode(fields.varint()?)?) } else { None };
        let mtime = if shape & TIME != 0 {
            Some(Time { seconds: fields.signed()?, nanos: 0 })
        } else {
            None
        };
        let raw_hash = read_hash(fields, wide)?;
        let mut all = Hasher::default();
        all.update(fields.seen());
        let coded = fields.payload(coded_len)?;
        all.update(&coded);
        let end = fields.offset();
        if read_hash(fields, wide)? != narrow(all.finish(), raw_len) {
            return Err(Error::Corrupt(format!(
                "the member that ends at byte {end} is damaged (hash of the stored bytes)"
            )));
        }
        Ok(Compact { raw_len, raw_hash, metadata: Metadata { mode, mtime }, coded })
    }

    /// Checks decoded bytes against their hash.
    ///
    /// # Errors
    /// The hash differs. The coded bytes were checked before, so encoder and decoder have diverged.
    pub fn check_raw(&self, raw: &[u8]) -> Result<()> {
        if raw.len() as u64 == self.raw_len && narrow(hash(raw), self.raw_len) == self.raw_hash {
            return Ok(());
        }
        Err(Error::Divergence(
            "the block is undamaged but decodes to other bytes than were compressed; please \
             report this"
                .into(),
        ))
    }
}

fn read_hash<R: Read>(fields: &mut Fields<R>, wide: bool) -> Result<u64> {
    if wide { fields.u64() } else { fields.u32().map(u64::from) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Compact> {
        let mut fields = Fields::new(bytes, 0);
        assert!(
            Header::read_from(&mut fields)?.is_some_and(|header| header.is_compact()),
            "not compact"
        );
        Compact::read_rest(&mut fields)
    }

    #[test]
    fn costs_thirty_bytes() {
        let metadata =
            Metadata { mode: Some(0o644), mtime: Some(Time { seconds: 1_790_000_000, nanos: 0 }) };
        let member = Compact::new(&[b'x'; 4000], metadata, vec![7; 1000]);
        let mut bytes = Vec::new();
        member.write_to(&mut bytes);
        assert_eq!(bytes.len() - 1000, 30);
        assert_eq!(read(&bytes).unwrap(), member);
    }

    #[test]
    fn every_flipped_bit_and_every_cut_shows() {
        let member = Compact::new(b"some text", Metadata::default(), b"some text".to_vec());
        let mut bytes = Vec::new();
        member.write_to(&mut bytes);
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            if bit / 8 != 7 {
                read(&damaged).unwrap_err();
            }
        }
        for length in 7..bytes.len() {
            read(&bytes[..length]).unwrap_err();
        }
    }
}
