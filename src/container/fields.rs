//! Reading and writing of the fields of headers: little-endian numbers of fixed length, and
//! varints.

use std::io::Read;

use crate::budget;
use crate::error::{Error, Result};
use crate::varint;

pub use crate::varint::put as put_varint;

/// Appends a signed number as a varint, with small magnitudes first: 0, -1, 1, -2, ….
pub fn put_signed(out: &mut Vec<u8>, value: i64) {
    varint::put(out, ((value << 1) ^ (value >> 63)) as u64);
}

/// Reads fields from `inner`. All bytes since the last [`Fields::restart`] are remembered, because
/// the hash of a header covers exactly these bytes.
pub struct Fields<R> {
    inner: R,
    seen: Vec<u8>,
    offset: u64,
}

impl Fields<&[u8]> {
    /// The bytes that have not been read.
    pub fn left(&self) -> &[u8] {
        self.inner
    }
}

impl<R: Read> Fields<R> {
    /// Fields from `inner`. `offset` is the offset of its first byte in the archive, for error
    /// messages.
    pub fn new(inner: R, offset: u64) -> Self {
        Fields { inner, seen: Vec::new(), offset }
    }

    /// What the fields are read from.
    pub fn get_ref(&self) -> &R {
        &self.inner
    }

    /// Offset in the archive of the next byte.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Forgets the remembered bytes.
    pub fn restart(&mut self) {
        self.seen.clear();
    }

    /// The bytes that were read as fields since the last restart.
    pub fn seen(&self) -> &[u8] {
        &self.seen
    }

    /// The next byte, or `None` at the end of the input.
    ///
    /// # Errors
    /// Reading fails.
    pub fn byte_or_end(&mut self) -> Result<Option<u8>> {
        let mut byte = [0];
        let length = read_full(&mut self.inner, &mut byte)?;
        self.offset += length as u64;
        if length == 0 {
            return Ok(None);
        }
        self.seen.push(byte[0]);
        Ok(Some(byte[0]))
    }

    /// One byte.
    ///
    /// # Errors
    /// The input ends, or reading fails.
    pub fn byte(&mut self) -> Result<u8> {
        self.byte_or_end()?.ok_or(Error::Truncated(self.offset))
    }

    /// `N` bytes.
    ///
    /// # Errors
    /// The input ends, or reading fails.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        let length = read_full(&mut self.inner, &mut bytes)?;
        self.offset += length as u64;
        if length < N {
            return Err(Error::Truncated(self.offset));
        }
        self.seen.extend_from_slice(&bytes);
        Ok(bytes)
    }

    /// A 32-bit number.
    ///
    /// # Errors
    /// The input ends, or reading fails.
    pub fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// A 64-bit number.
    ///
    /// # Errors
    /// The input ends, or reading fails.
    pub fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// A varint in its shortest form.
    ///
    /// # Errors
    /// The input ends, the number does not fit 64 bits, or its form is not the shortest.
    pub fn varint(&mut self) -> Result<u64> {
        let first = self.byte()?;
        self.rest_of_varint(first)
    }

    fn rest_of_varint(&mut self, first: u8) -> Result<u64> {
        let mut first = Some(first);
        let number = varint::read(|| first.take().map_or_else(|| self.byte(), Ok))?;
        number
            .ok_or_else(|| Error::Corrupt(format!("malformed number before byte {}", self.offset)))
    }

    /// As [`Fields::varint`], but `None` at the end of the input.
    ///
    /// # Errors
    /// As [`Fields::varint`].
    pub fn varint_or_end(&mut self) -> Result<Option<u64>> {
        match self.byte_or_end()? {
            None => Ok(None),
            Some(byte) if byte < 0x80 => Ok(Some(byte.into())),
            Some(byte) => self.rest_of_varint(byte).map(Some),
        }
    }

    /// A signed number as written by [`put_signed`].
    ///
    /// # Errors
    /// As [`Fields::varint`].
    pub fn signed(&mut self) -> Result<i64> {
        let value = self.varint()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// Reads `length` bytes, which are not remembered. The buffer grows with the bytes that were
    /// read, so a wrong length cannot take much memory.
    ///
    /// # Errors
    /// The input ends, memory is short, or reading fails.
    pub fn payload(&mut self, length: u64) -> Result<Vec<u8>> {
        const STEP: u64 = 8 << 20;
        let mut charge = budget::charge(0, "what is read")?;
        let mut bytes = Vec::new();
        while (bytes.len() as u64) < length {
            let step = STEP.max(bytes.len() as u64).min(length - bytes.len() as u64) as usize;
            charge.add(step as u64, "what is read")?;
            reserve(&mut bytes, step)?;
            let old = bytes.len();
            bytes.resize(old + step, 0);
            let read = read_full(&mut self.inner, &mut bytes[old..])?;
            self.offset += read as u64;
            if read < step {
                return Err(Error::Truncated(self.offset));
            }
        }
        Ok(bytes)
    }

    /// Passes over `length` bytes.
    ///
    /// # Errors
    /// The input ends, or reading fails.
    pub fn skip(&mut self, length: u64) -> Result<()> {
        let skipped = std::io::copy(&mut (&mut self.inner).take(length), &mut std::io::sink())?;
        self.offset += skipped;
        if skipped < length { Err(Error::Truncated(self.offset)) } else { Ok(()) }
    }

    /// Gives back the input.
    pub fn into_inner(self) -> R {
        self.inner
    }
}

/// Fills `buffer` as far as the input goes. Returns the number of bytes read.
///
/// # Errors
/// Reading fails.
pub fn read_full(input: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Reserves room for `more` bytes.
///
/// # Errors
/// The allocator refuses.
pub fn reserve(bytes: &mut Vec<u8>, more: usize) -> Result<()> {
    bytes.try_reserve_exact(more).map_err(|_| {
        Error::no_memory(format_args!("a buffer of {} MiB", (bytes.len() + more) >> 20))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        let mut bytes = Vec::new();
        let values = [0, 1, 127, 128, 16383, 16384, u64::from(u32::MAX), u64::MAX - 1, u64::MAX];
        for value in values {
            varint::put(&mut bytes, value);
            put_signed(&mut bytes, value as i64);
        }
        let mut fields = Fields::new(&bytes[..], 0);
        for value in values {
            assert_eq!(fields.varint().unwrap(), value);
            assert_eq!(fields.signed().unwrap(), value as i64);
        }
        assert!(fields.byte_or_end().unwrap().is_none());
    }

    #[test]
    fn a_number_has_one_spelling() {
        for bad in [
            &[0x80, 0x00][..],
            &[0xFF; 10],
            &[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02],
            &[0x80],
        ] {
            assert!(Fields::new(bad, 0).varint().is_err());
        }
    }

    #[test]
    fn a_false_length_costs_no_memory() {
        let error = Fields::new(&[1, 2, 3][..], 7).payload(1 << 40).unwrap_err();
        assert_eq!(error.to_string(), "corrupt archive: it ends early, at byte 10");
    }
}
