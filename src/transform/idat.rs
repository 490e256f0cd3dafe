//! Joins the IDAT chunks of a PNG to the zlib stream that they contain.
//!
//! The lengths of the chunks become parameters. The inverse makes the names and checksums of the
//! chunks again.

use super::{Parts, checksum};
use crate::error::{Error, Result};
use crate::varint::{self, Reader};

/// The stored id.
pub const ID: u8 = 3;

const NAME: &[u8] = b"IDAT";

/// Joins the IDAT chunks at the start of `bytes`. Returns the parts and the number of bytes that
/// they replace. `None` if there is no chunk, or if a checksum is wrong.
#[must_use]
pub fn forward(bytes: &[u8]) -> Option<(Parts, usize)> {
    let mut lengths = Vec::new();
    let mut inner = Vec::new();
    let mut at = 0;
    while let Some(data) = chunk(&bytes[at..]) {
        lengths.push(data.len());
        inner.extend_from_slice(data);
        at += data.len() + 12;
    }
    if inner.is_empty() {
        return None;
    }
    let mut params = Vec::new();
    // As a rule all chunks but the last have the same length.
    let last = *lengths.last()?;
    let regular = lengths.iter().take(lengths.len() - 1).all(|&len| len == lengths[0])
        && last <= lengths[0]
        && last > 0;
    if regular {
        varint::put(&mut params, 0);
        varint::put(&mut params, lengths[0] as u64);
    } else {
        varint::put(&mut params, lengths.len() as u64);
        lengths.iter().for_each(|&len| varint::put(&mut params, len as u64));
    }
    let parts = Parts { id: ID, params, side: Vec::new(), compressed: Vec::new(), inner };
    super::restores(&parts, &bytes[..at]).then_some((parts, at))
}

/// The data of the IDAT chunk at the start of `bytes`, if its checksum is right.
fn chunk(bytes: &[u8]) -> Option<&[u8]> {
    let len = u32::from_be_bytes(*bytes.first_chunk()?) as usize;
    let body = bytes.get(4..len.checked_add(8)?)?;
    let crc = bytes.get(len + 8..len + 12)?;
    (body.starts_with(NAME) && checksum::crc32(body).to_be_bytes() == crc).then_some(&body[4..])
}

/// Undoes [`forward`].
///
/// # Errors
/// [`Error::Corrupt`] if lengths and content do not fit each other, or if the result is longer than
/// `limit`.
pub fn inverse(parts: Parts, limit: usize) -> Result<Vec<u8>> {
    let bad = || Error::Corrupt("chunk lengths of a PNG".into());
    let mut reader = Reader::new(&parts.params);
    let count = reader.len()?;
    let regular = if count == 0 { Some(reader.len()?) } else { None };
    if regular == Some(0) || count > parts.params.len() {
        return Err(bad());
    }
    let mut rest = &parts.inner[..];
    let mut out = Vec::new();
    let mut made = 0;
    while if regular.is_some() { !rest.is_empty() } else { made < count } {
        let len = match regular {
            Some(len) => len.min(rest.len()),
            None => reader.len()?,
        };
        let (data, after) = rest.split_at_checked(len).ok_or_else(bad)?;
        rest = after;
        let start = out.len();
        out.extend_from_slice(&u32::try_from(len).map_err(|_| bad())?.to_be_bytes());
        out.extend_from_slice(NAME);
        out.extend_from_slice(data);
        let crc = checksum::crc32(&out[start + 4..]);
        out.extend_from_slice(&crc.to_be_bytes());
        if out.len() > limit {
            return Err(bad());
        }
        made += 1;
    }
    if !rest.is_empty() || !reader.is_empty() {
        return Err(bad());
    }
    Ok(out)
}
