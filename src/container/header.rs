//! The header at the start of every member.

use crate::varint;
use std::io::Read;

use super::compatibility;
use super::fields::Fields;
use super::format::{CONTRACT, MAGIC, VERSION, incompatible};
use super::hash::check;
use crate::error::{Error, Result};

/// The header of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Bits of features that a reader must know (see [`incompatible`]).
    pub incompatible: u64,
    /// Bits of features that a reader may ignore.
    pub compatible: u64,
    /// Numeric contract of the coded blocks.
    pub contract: u64,
}

impl Header {
    /// A header of this version. `features` are bits of [`incompatible`].
    #[must_use]
    pub fn new(features: u64) -> Self {
        Header { incompatible: features, compatible: 0, contract: CONTRACT }
    }

    /// Is the member in compact form?
    #[must_use]
    pub fn is_compact(&self) -> bool {
        self.incompatible & incompatible::COMPACT != 0
    }

    /// Does the member hold named entries?
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.incompatible & incompatible::NAMED != 0
    }

    /// May there be names before the blocks?
    #[must_use]
    pub fn has_names(&self) -> bool {
        self.incompatible & incompatible::NAMES != 0
    }

    /// May the first block be a reference block?
    #[must_use]
    pub fn has_reference(&self) -> bool {
        self.incompatible & incompatible::REFERENCE != 0
    }

    /// Appends the header. In the compact form the fields of [`super::compact`] replace the
    /// check.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&MAGIC);
        out.push(VERSION);
        varint::put(out, self.incompatible);
        varint::put(out, self.compatible);
        varint::put(out, self.contract);
        if !self.is_compact() {
            let check = check(&out[start..]);
            out.extend_from_slice(&check.to_le_bytes());
        }
    }

    /// Reads a header. Returns `None` if the input has no more bytes. `fields` remembers the bytes
    /// of a header in compact form, because the final check of that form covers them.
    ///
    /// # Errors
    /// The bytes are no header, or a damaged header, or a newer version is needed.
    pub fn read_from<R: Read>(fields: &mut Fields<R>) -> Result<Option<Header>> {
        fields.restart();
        let at = fields.offset();
        read_magic(fields, at)?;
        if fields.seen().is_empty() {
            return Ok(None);
        }
        let version = fields.byte()?;
        compatibility::check_version(version)?;
        let incompatible = fields.varint()?;
        let compatible = fields.varint()?;
        let contract = fields.varint()?;
        let header = Header { incompatible, compatible, contract };
        if !header.is_compact() {
            let expected = check(fields.seen());
            if fields.u32()? != expected {
                return Err(Error::Corrupt(format!("the header at byte {at} is damaged")));
            }
        }
        // Features are checked after the check sum, so that damage is reported as damage.
        compatibility::check_features(header.incompatible, header.contract)?;
        Ok(Some(header))
    }
}

/// With at least this many correct magic bytes, the other magic bytes are called damaged. With
/// fewer the input is called no archive.
const MIN_CORRECT_MAGIC: usize = 4;

/// Reads the magic bytes. `fields` remembers no byte if the input has no more bytes.
fn read_magic<R: Read>(fields: &mut Fields<R>, at: u64) -> Result<()> {
    let mut found = Vec::new();
    while found.len() < MAGIC.len() {
        match fields.byte_or_end()? {
            Some(byte) => found.push(byte),
            None => break,
        }
    }
    if found.is_empty() || found == MAGIC {
        return Ok(());
    }
    if at > 0 {
        return Err(Error::Trailing(at));
    }
    if MAGIC.starts_with(&found) {
        return Err(Error::Truncated(found.len() as u64));
    }
    if found.starts_with(&MAGIC[..4]) && found[4..].contains(&b'\n') {
        return Err(Error::Corrupt(
            "a transfer in text mode has changed the line ends; copy it again in binary mode"
                .into(),
        ));
    }
    let equal = found.iter().zip(MAGIC).filter(|(found, expected)| **found == *expected).count();
    Err(if equal >= MIN_CORRECT_MAGIC {
        Error::Corrupt("the first bytes are damaged".into())
    } else {
        Error::NotAnArchive("the first bytes are wrong".into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Option<Header>> {
        Header::read_from(&mut Fields::new(bytes, 0))
    }

    #[test]
    fn comes_back() {
        let header = Header::new(incompatible::NAMED);
        let mut bytes = Vec::new();
        header.write_to(&mut bytes);
        assert_eq!(read(&bytes).unwrap(), Some(header));
        assert_eq!(read(&[]).unwrap(), None);
    }

    #[test]
    fn no_flipped_bit_and_no_cut_is_taken() {
        let mut bytes = Vec::new();
        Header::new(0).write_to(&mut bytes);
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            // The bit of the compact form ends the header early. The check then comes at the end of
            // the member.
            if !matches!(read(&damaged), Ok(Some(header)) if header.is_compact()) {
                read(&damaged).unwrap_err();
            }
        }
        for length in 1..bytes.len() {
            read(&bytes[..length]).unwrap_err();
        }
    }

    #[test]
    fn says_what_is_wrong() {
        let mut bytes = Vec::new();
        Header::new(0).write_to(&mut bytes);
        let text = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
        let mut newer = bytes.clone();
        newer[6] = 9;
        assert!(text(&newer).contains("container version 9, newer than"));
        assert!(text(b"\x8Ecmx\n\x01\x00").contains("text mode"));
        assert!(text(b"PK\x03\x04").contains("not a cmx archive"));
        assert!(matches!(read(b"plain text"), Err(Error::NotAnArchive(_))));
        // Magic bytes with few errors are damage; a part of them is a cut; other bytes after an
        // archive are reported with their offset.
        for damaged in 0..MAGIC.len() {
            let mut bytes = bytes.clone();
            bytes[damaged] ^= 0x40;
            assert!(read(&bytes).unwrap_err().is_damage());
            assert!(damaged == 0 || matches!(read(&MAGIC[..damaged]), Err(Error::Truncated(_))));
        }
        assert!(matches!(
            Header::read_from(&mut Fields::new(&b"plain"[..], 7)),
            Err(Error::Trailing(7))
        ));
    }
}
