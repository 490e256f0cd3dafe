//! The search for markers in a file, and a bound on the work that headers found there may cause.

use std::fs::File;
use std::os::unix::fs::FileExt;

use crate::error::{Error, Result};

/// Bytes that one read adds to the buffer.
const READ_LEN: u64 = 1 << 20;

/// Finds the offsets of several needles in a file, in ascending order. Every byte is read once,
/// however many needles match.
pub(super) struct Finder<'a> {
    file: &'a File,
    length: u64,
    needles: &'a [&'a [u8]],
    longest: u64,
    buffer: Vec<u8>,
    /// Offset in the file of the first byte of the buffer.
    buffer_at: u64,
}

impl<'a> Finder<'a> {
    /// A search for `needles` in the first `length` bytes of `file`.
    pub fn new(file: &'a File, length: u64, needles: &'a [&'a [u8]]) -> Self {
        let longest = needles.iter().map(|needle| needle.len() as u64).max().unwrap_or(1);
        Finder { file, length, needles, longest, buffer: Vec::new(), buffer_at: 0 }
    }

    /// The first offset, from `at` on, at which a needle begins.
    ///
    /// # Errors
    /// Reading fails.
    pub fn next_from(&mut self, mut at: u64) -> Result<Option<u64>> {
        while at < self.length {
            let buffer_end = self.buffer_at + self.buffer.len() as u64;
            // A needle may begin in the last bytes of the buffer and end after it: these bytes are
            // searched again with the bytes that follow.
            let reach = if buffer_end == self.length {
                buffer_end
            } else {
                buffer_end.saturating_sub(self.longest)
            };
            if at < self.buffer_at || at >= reach {
                self.buffer.resize((self.length - at).min(READ_LEN + self.longest) as usize, 0);
                self.file.read_exact_at(&mut self.buffer, at)?;
                self.buffer_at = at;
                continue;
            }
            let is_there = |offset: &usize| {
                self.needles.iter().any(|needle| self.buffer[*offset..].starts_with(needle))
            };
            match ((at - self.buffer_at) as usize..(reach - self.buffer_at) as usize).find(is_there)
            {
                Some(offset) => return Ok(Some(self.buffer_at + offset as u64)),
                None => at = reach,
            }
        }
        Ok(None)
    }
}

/// Bytes that a scan may read because headers claim them. After accidental damage few headers claim
/// a byte. If all headers of a hostile file claimed the rest of it, the work would grow with the
/// square of its length.
pub(super) struct ScanBudget(u64);

/// A scan may read this many times the length of the file.
const MAX_PASSES: u64 = 8;

impl ScanBudget {
    /// The budget for a file of `length` bytes.
    pub fn of(length: u64) -> Self {
        ScanBudget(length.saturating_mul(MAX_PASSES))
    }

    /// Takes `bytes` from the budget.
    ///
    /// # Errors
    /// The budget has fewer bytes left.
    pub fn take(&mut self, bytes: u64) -> Result<()> {
        self.0 = self
            .0
            .checked_sub(bytes)
            .ok_or_else(|| Error::Corrupt("too many headers claim the same bytes".into()))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn every_needle_is_found_also_across_steps() {
        let mut bytes = vec![0u8; 3 * READ_LEN as usize + 17];
        let offsets = [
            0,
            5,
            READ_LEN as usize - 2,
            READ_LEN as usize + 3,
            2 * READ_LEN as usize - 1,
            bytes.len() - 4,
        ];
        offsets.iter().for_each(|&offset| bytes[offset..offset + 4].copy_from_slice(b"abcd"));
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        let mut finder = Finder::new(&file, bytes.len() as u64, &[b"abcd", b"zz"]);
        let (mut found, mut at) = (Vec::new(), 0);
        while let Some(offset) = finder.next_from(at).unwrap() {
            found.push(offset as usize);
            at = offset + 1;
        }
        assert_eq!(found, offsets);
        assert!(finder.next_from(3).unwrap() == Some(5), "backwards");
    }
}
