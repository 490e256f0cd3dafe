//! Base64 as the bytes that it stands for.
//!
//! Mail, certificates, notebooks and data URIs hold files as base64 (RFC 4648). Four characters
//! stand for three bytes, so contexts of whole bytes do not fit them, and no format is recognised
//! in them.

use std::ops::Range;

use super::Parts;
use crate::error::{Error, Result};
use crate::varint::{self, Reader};

/// The stored id.
pub const ID: u8 = 13;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Stands in [`VALUES`] for a byte that is no character of the alphabet.
const NONE: u8 = 64;

const VALUES: [u8; 256] = {
    let mut values = [NONE; 256];
    let mut value = 0;
    while value < 64 {
        values[ALPHABET[value] as usize] = value as u8;
        value += 1;
    }
    values
};

/// Longest separator of lines, such as a line end and the indentation of the next line.
pub const MAX_SEPARATOR: usize = 32;

/// Whether `byte` is a character of the alphabet.
#[must_use]
pub fn is_character(byte: u8) -> bool {
    VALUES[usize::from(byte)] != NONE
}

/// How characters are cut into lines. There is no separator behind the last line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    /// Characters of the first line, at least 1.
    pub first: usize,
    /// Characters of each further line, at least 1. The last line can be shorter.
    pub further: usize,
    /// The bytes between two lines, from 1 to [`MAX_SEPARATOR`].
    pub separator: Vec<u8>,
}

impl Lines {
    /// How many bytes `characters` characters take together with the separators between their lines.
    /// `None` if they are more than a `usize` counts.
    fn len(&self, characters: usize) -> Option<usize> {
        let separators = characters.saturating_sub(self.first).div_ceil(self.further);
        separators.checked_mul(self.separator.len())?.checked_add(characters)
    }

    /// The ranges of the lines in the bytes of `characters` characters.
    fn ranges(&self, characters: usize) -> impl Iterator<Item = Range<usize>> {
        let (mut at, mut left, mut length) = (0, characters, self.first);
        std::iter::from_fn(move || {
            let line = at..at + left.min(length);
            if line.is_empty() {
                return None;
            }
            left -= line.len();
            at = line.end + self.separator.len();
            length = self.further;
            Some(line)
        })
    }
}

/// Decodes `characters` characters, padding included, that are cut into `lines` at the start of
/// `bytes`. Returns the parts and the number of bytes that they replace. `None` if this is not what
/// an encoder of base64 writes.
#[must_use]
pub fn forward(bytes: &[u8], characters: usize, lines: &Lines) -> Option<(Parts, usize)> {
    let len = lines.len(characters)?;
    let bytes = bytes.get(..len)?;
    let joined: Vec<u8> =
        lines.ranges(characters).flat_map(|line| bytes[line].iter().copied()).collect();
    let mut inner = Vec::with_capacity(characters / 4 * 3);
    for four in joined.as_chunks::<4>().0 {
        // A character that is none counts as A, and the inverse then restores other bytes.
        let values = four.map(|byte| u32::from(VALUES[usize::from(byte)] & 63));
        let number = values.iter().fold(0, |number, value| number << 6 | value);
        let padding = four.iter().rev().take_while(|&&byte| byte == b'=').count().min(2);
        inner.extend_from_slice(&number.to_be_bytes()[1..4 - padding]);
    }
    let mut params = Vec::new();
    if characters > lines.first {
        varint::put(&mut params, lines.first as u64);
        varint::put(&mut params, lines.further as u64);
        params.extend_from_slice(&lines.separator);
    }
    let parts = Parts { id: ID, params, side: Vec::new(), compressed: Vec::new(), inner };
    super::restores(&parts, bytes).then_some((parts, len))
}

/// Undoes [`forward`].
///
/// # Errors
/// [`Error::Corrupt`] if the parameters are no lines, or if the result is longer than `limit`.
pub fn inverse(parts: Parts, limit: usize) -> Result<Vec<u8>> {
    let bad = || Error::Corrupt("lines of base64".into());
    let characters = parts.inner.len().div_ceil(3).checked_mul(4).ok_or_else(bad)?;
    let mut lines = Lines { first: characters, further: 1, separator: Vec::new() };
    if !parts.params.is_empty() {
        let mut reader = Reader::new(&parts.params);
        (lines.first, lines.further) = (reader.len()?, reader.len()?);
        while !reader.is_empty() {
            lines.separator.push(reader.byte()?);
        }
        if lines.first == 0
            || lines.further == 0
            || !(1..=MAX_SEPARATOR).contains(&lines.separator.len())
        {
            return Err(bad());
        }
    }
    let len = lines.len(characters).filter(|&len| len <= limit).ok_or_else(bad)?;
    let mut coded = parts.inner.chunks(3).flat_map(four);
    let mut out = Vec::with_capacity(len);
    for line in lines.ranges(characters) {
        if line.start > 0 {
            out.extend_from_slice(&lines.separator);
        }
        out.extend(coded.by_ref().take(line.len()));
    }
    Ok(out)
}

/// The four characters, padding included, of one to three bytes.
fn four(bytes: &[u8]) -> [u8; 4] {
    let byte = |index: usize| u32::from(bytes.get(index).copied().unwrap_or(0));
    let number = byte(0) << 16 | byte(1) << 8 | byte(2);
    let mut four = [18, 12, 6, 0].map(|shift| ALPHABET[(number >> shift & 63) as usize]);
    four[bytes.len() + 1..].fill(b'=');
    four
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(first: usize, further: usize, separator: &[u8]) -> Lines {
        Lines { first, further, separator: separator.to_vec() }
    }

    #[test]
    fn vectors_of_rfc_4648_return() {
        for (plain, encoded) in [
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            let whole = lines(encoded.len(), 1, b"");
            let (parts, len) = forward(encoded.as_bytes(), encoded.len(), &whole).unwrap();
            assert_eq!((&parts.inner[..], len), (plain.as_bytes(), encoded.len()));
            assert!(parts.params.is_empty());
        }
    }

    #[test]
    fn lines_return() {
        let bytes = b"Zm\r\n9vY\r\nmFy\r\n";
        let (parts, len) = forward(bytes, 8, &lines(2, 3, b"\r\n")).unwrap();
        assert_eq!((&parts.inner[..], len), (&b"foobar"[..], bytes.len() - 2));
        assert_eq!(inverse(parts.clone(), len).unwrap(), bytes[..len]);
        assert!(inverse(parts, len - 1).is_err());
    }

    #[test]
    fn what_no_encoder_writes_is_left() {
        for bytes in ["Zh==", "Zm9=", "Z===", "====", "Zm-v", "Zm=v"] {
            assert!(forward(bytes.as_bytes(), 4, &lines(4, 1, b"")).is_none(), "{bytes}");
        }
        assert!(forward(b"Zm9v", 8, &lines(8, 1, b"")).is_none());
    }

    #[test]
    fn bad_parameters_are_refused() {
        let of = |params: &[u8]| Parts {
            id: ID,
            params: params.to_vec(),
            side: Vec::new(),
            compressed: Vec::new(),
            inner: b"foobar".to_vec(),
        };
        assert_eq!(inverse(of(&[4, 4, b'\n']), 9).unwrap(), b"Zm9v\nYmFy");
        for params in
            [&[4][..], &[4, 4], &[0, 4, 10], &[4, 0, 10], &[&[4, 4][..], &[32; 33]].concat()]
        {
            assert!(inverse(of(params), 1 << 10).is_err(), "{params:?}");
        }
    }
}
