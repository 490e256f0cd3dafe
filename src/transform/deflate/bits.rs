//! Reading and writing of the bits of a deflate stream, lowest bit first.

/// Reads bits from the front of a slice.
#[derive(Debug, Clone)]
pub struct BitReader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The next bits, the first of them lowest. The bits above `count` belong to the bytes that
    /// follow, or are zero.
    buffer: u64,
    count: u32,
}

impl<'a> BitReader<'a> {
    /// Reads from the start of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, buffer: 0, count: 0 }
    }

    /// Fills the buffer to at least 56 bits, or to the end of the bytes.
    #[inline(always)]
    pub fn fill(&mut self) {
        if let Some(word) = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk()) {
            self.buffer |= u64::from_le_bytes(*word) << self.count;
            let added = (63 - self.count) >> 3;
            self.at += added as usize;
            self.count += added * 8;
        } else {
            while self.count < 56 && self.at < self.bytes.len() {
                self.buffer |= u64::from(self.bytes[self.at]) << self.count;
                self.at += 1;
                self.count += 8;
            }
        }
    }

    /// The bits in the buffer, the next one lowest; zeros follow the end of the bytes.
    #[inline(always)]
    pub fn peek(&self) -> u64 {
        self.buffer
    }

    /// Drops `count` bits of the buffer, fewer than 64. `None` if the input has fewer bits.
    #[inline(always)]
    pub fn skip(&mut self, count: u32) -> Option<()> {
        self.count = self.count.checked_sub(count)?;
        self.buffer >>= count;
        Some(())
    }

    /// Takes `count` bits of the buffer, at most 32.
    #[inline(always)]
    pub fn buffered(&mut self, count: u32) -> Option<u32> {
        let value = (self.buffer & ((1 << count) - 1)) as u32;
        self.skip(count)?;
        Some(value)
    }

    /// The next `count` bits, at most 32.
    pub fn take(&mut self, count: u32) -> Option<u32> {
        self.fill();
        self.buffered(count)
    }

    /// Bits read so far.
    pub fn position(&self) -> usize {
        self.at * 8 - self.count as usize
    }

    /// The bits up to the next whole byte.
    pub fn padding(&mut self) -> Option<u8> {
        let count = self.position().wrapping_neg() & 7;
        self.take(count as u32).map(|bits| bits as u8)
    }

    /// The next `len` bytes. The reader must be at a byte boundary.
    pub fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let start = self.position() / 8;
        let taken = self.bytes.get(start..start.checked_add(len)?)?;
        *self = Self { bytes: self.bytes, at: start + len, buffer: 0, count: 0 };
        Some(taken)
    }
}

/// Collects bits into bytes.
#[derive(Debug, Default)]
pub struct BitWriter {
    bytes: Vec<u8>,
    buffer: u64,
    count: u32,
}

impl BitWriter {
    /// Appends the `count` lowest bits of `value`, at most 32; the others are zero.
    #[inline(always)]
    pub fn put(&mut self, value: u32, count: u32) {
        self.buffer |= u64::from(value) << self.count;
        self.count += count;
        if self.count >= 32 {
            self.bytes.extend_from_slice(&(self.buffer as u32).to_le_bytes());
            self.buffer >>= 32;
            self.count -= 32;
        }
    }

    /// Fills the last byte up with the lowest bits of `padding`.
    pub fn pad(&mut self, padding: u8) {
        let count = self.count.wrapping_neg() & 7;
        self.put(u32::from(padding) & ((1 << count) - 1), count);
        while self.count > 0 {
            self.bytes.push(self.buffer as u8);
            self.buffer >>= 8;
            self.count -= 8;
        }
    }

    /// Appends whole bytes. The writer must be at a byte boundary.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Whole bytes written so far.
    pub fn len(&self) -> usize {
        self.bytes.len() + self.count as usize / 8
    }

    /// The bytes. The last one must have been padded.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_back() {
        let numbers: Vec<(u32, u32)> = (0..5000u32)
            .map(|n| (n % 32 + 1, n.wrapping_mul(2_654_435_761) >> (31 - n % 32)))
            .collect();
        let mut writer = BitWriter::default();
        numbers.iter().for_each(|&(count, value)| writer.put(value, count));
        writer.pad(0xFF);
        writer.extend(b"whole");
        let bytes = writer.into_bytes();
        let mut reader = BitReader::new(&bytes);
        for &(count, value) in &numbers {
            assert_eq!(reader.take(count), Some(value));
        }
        let missing = reader.position().wrapping_neg() & 7;
        assert_eq!(reader.padding(), Some(((1u16 << missing) - 1) as u8));
        assert_eq!(reader.bytes(5), Some(&b"whole"[..]));
        assert_eq!(reader.take(1), None);
    }
}
