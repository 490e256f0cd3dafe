//! Varints: unsigned integers in groups of seven bits, lowest group first. The top bit of a byte
//! says that another byte follows.

use crate::error::{Error, Result};

/// Bytes of the longest varint.
pub const MAX_LEN: usize = 10;

/// Appends `value` in its shortest form.
pub fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Reads a number from the bytes that `next` returns. `None` if the number has more than 64 bits or
/// is not in its shortest form.
///
/// # Errors
/// Those of `next`.
#[inline]
pub fn read(mut next: impl FnMut() -> Result<u8>) -> Result<Option<u64>> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = next()?;
        if shift == 63 && byte > 1 || shift > 0 && byte == 0 {
            break;
        }
        value |= u64::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

/// Reads bytes and varints from the front of a slice. Each method fails with [`Error::Corrupt`] at
/// the end of the slice.
#[derive(Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads from the start of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader { rest: bytes }
    }

    /// The next byte.
    ///
    /// # Errors
    /// [`Error::Corrupt`] at the end.
    pub fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    /// The next `len` bytes.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when fewer are left.
    pub fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let (head, rest) = self
            .rest
            .split_at_checked(len)
            .ok_or_else(|| Error::Corrupt("block ends early".into()))?;
        self.rest = rest;
        Ok(head)
    }

    /// The next varint.
    ///
    /// # Errors
    /// [`Error::Corrupt`] at the end, for more than 64 bits, and for a form that is not the
    /// shortest.
    pub fn varint(&mut self) -> Result<u64> {
        read(|| self.byte())?.ok_or_else(|| Error::Corrupt("number in a block".into()))
    }

    /// The next varint, as a length in memory.
    ///
    /// # Errors
    /// As [`Reader::varint`].
    pub fn len(&mut self) -> Result<usize> {
        usize::try_from(self.varint()?).map_err(|_| Error::Corrupt("length in a block".into()))
    }

    /// The bytes that have not been read.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Have all bytes been read?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_return() {
        for shift in 0..64 {
            for value in [(1u64 << shift) - 1, 1 << shift, (1 << shift) + 1, u64::MAX] {
                let mut bytes = Vec::new();
                put(&mut bytes, value);
                let mut reader = Reader::new(&bytes);
                assert_eq!(reader.varint().unwrap(), value);
                assert!(reader.is_empty());
            }
        }
    }

    #[test]
    fn bad_numbers_are_refused() {
        for bytes in [&[0x80][..], &[0x80, 0], &[0xFF; 10], &[]] {
            assert!(Reader::new(bytes).varint().is_err());
        }
    }
}
