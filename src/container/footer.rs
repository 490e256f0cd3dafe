//! The footer: the record that commits a member.

use std::io::Read;

use super::fields::Fields;
use super::format::MARKER;
use super::hash::check;
use super::record::RecordKind;
use crate::error::{Error, Result};

/// Bytes of a footer.
pub const FOOTER_LEN: u64 = 25;

/// The last record of a member. A member without footer was never finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Footer {
    /// Bytes of the whole member, including the footer.
    pub member_len: u64,
    /// Bytes from the start of the member to the marker of its index.
    pub index_offset: u64,
}

impl Footer {
    /// Appends the footer. A footer always has [`FOOTER_LEN`] bytes, so a reader finds it from the
    /// end of the file.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&MARKER);
        out.push(RecordKind::Footer as u8);
        out.extend_from_slice(&self.member_len.to_le_bytes());
        out.extend_from_slice(&self.index_offset.to_le_bytes());
        let check = check(&out[start..]);
        out.extend_from_slice(&check.to_le_bytes());
    }

    /// Reads the rest of a footer whose marker and kind have been read.
    ///
    /// # Errors
    /// The footer is damaged.
    pub fn read_rest<R: Read>(fields: &mut Fields<R>) -> Result<Footer> {
        let member_len = fields.u64()?;
        let index_offset = fields.u64()?;
        let expected = check(fields.seen());
        let end = fields.offset();
        if fields.u32()? != expected || index_offset >= member_len {
            return Err(Error::Corrupt(format!("the footer before byte {end} is damaged")));
        }
        Ok(Footer { member_len, index_offset })
    }
}
