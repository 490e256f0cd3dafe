//! Prefix codes from code lengths: canonical codes for writing, tables for reading.

use super::bits::BitReader;

/// Length of the longest code, in bits.
pub const MAX_LENGTH: usize = 15;
/// Codes of at most this many bits are read with one look-up.
const QUICK_BITS: u32 = 10;

/// Code lengths of the fixed code for literals, ends and lengths.
pub const FIXED: [u8; 288] = {
    let mut lengths = [8; 288];
    let mut symbol = 144;
    while symbol < 280 {
        lengths[symbol] = if symbol < 256 { 9 } else { 7 };
        symbol += 1;
    }
    lengths
};
/// Code lengths of the fixed code for distances.
pub const FIXED_DISTANCES: [u8; 32] = [5; 32];

fn counts(lengths: &[u8]) -> [u16; MAX_LENGTH + 1] {
    let mut counts = [0; MAX_LENGTH + 1];
    lengths.iter().for_each(|&length| counts[usize::from(length)] += 1);
    counts[0] = 0;
    counts
}

/// Computes the canonical code of each symbol as `codes[symbol]`. The bits of a code are in the
/// order in which they are written.
pub fn canonical(lengths: &[u8], codes: &mut Vec<u16>) {
    let counts = counts(lengths);
    let mut next = [0u16; MAX_LENGTH + 1];
    for length in 1..=MAX_LENGTH {
        next[length] = next[length - 1].wrapping_add(counts[length - 1]) << 1;
    }
    codes.clear();
    codes.extend(lengths.iter().map(|&length| {
        let code = next[usize::from(length)];
        next[usize::from(length)] = code.wrapping_add(1);
        if length == 0 { 0 } else { code.reverse_bits() >> (16 - length) }
    }));
}

/// Reads the symbols of one code.
#[derive(Debug)]
pub struct Table {
    /// For the next ten bits: symbol · 16 + length of the code that they start with. 0 if that code
    /// is longer or does not exist.
    quick: Vec<u16>,
    /// The symbols in the order of their codes.
    sorted: Vec<u16>,
    counts: [u16; MAX_LENGTH + 1],
    codes: Vec<u16>,
}

impl Table {
    /// A table without a code.
    pub fn new() -> Self {
        Self {
            quick: vec![0; 1 << QUICK_BITS],
            sorted: Vec::new(),
            counts: [0; MAX_LENGTH + 1],
            codes: Vec::new(),
        }
    }

    /// Makes the table of the code with these lengths, each at most 15. `None` if the lengths make
    /// no complete code. A single code of one bit counts as complete; an empty code counts as
    /// complete if `optional` is set.
    pub fn set(&mut self, lengths: &[u8], optional: bool) -> Option<()> {
        self.counts = counts(lengths);
        let used: u16 = self.counts.iter().sum();
        let room = (1..=MAX_LENGTH).try_fold(1i32, |room, length| {
            let left = room * 2 - i32::from(self.counts[length]);
            (left >= 0).then_some(left)
        })?;
        let single = used == 1 && self.counts[1] == 1 || used == 0 && optional;
        if room != 0 && !single {
            return None;
        }
        let mut starts = [0u16; MAX_LENGTH + 2];
        for length in 1..=MAX_LENGTH {
            starts[length + 1] = starts[length] + self.counts[length];
        }
        self.sorted.clear();
        self.sorted.resize(used.into(), 0);
        canonical(lengths, &mut self.codes);
        self.quick.fill(0);
        for (symbol, &length) in lengths.iter().enumerate().filter(|(_, length)| **length > 0) {
            let start = &mut starts[usize::from(length)];
            self.sorted[usize::from(*start)] = symbol as u16;
            *start += 1;
            if u32::from(length) <= QUICK_BITS {
                let entry = (symbol as u16) << 4 | u16::from(length);
                self.quick[usize::from(self.codes[symbol])..]
                    .iter_mut()
                    .step_by(1 << length)
                    .for_each(|slot| *slot = entry);
            }
        }
        Some(())
    }

    /// The next symbol. The buffer of `reader` must hold 15 bits, or all bits that are left.
    #[inline(always)]
    pub fn read(&self, reader: &mut BitReader<'_>) -> Option<usize> {
        let entry = self.quick[(reader.peek() & ((1 << QUICK_BITS) - 1)) as usize];
        if entry != 0 {
            reader.skip(u32::from(entry & 15))?;
            return Some(usize::from(entry >> 4));
        }
        self.read_long(reader)
    }

    fn read_long(&self, reader: &mut BitReader<'_>) -> Option<usize> {
        let bits = reader.peek();
        let (mut code, mut first, mut index) = (0u32, 0u32, 0u32);
        for length in 1..=MAX_LENGTH {
            code |= (bits >> (length - 1)) as u32 & 1;
            let count = u32::from(self.counts[length]);
            if code < first + count {
                reader.skip(length as u32)?;
                return self
                    .sorted
                    .get((index + code - first) as usize)
                    .map(|&symbol| symbol.into());
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::bits::BitWriter;
    use super::*;

    fn round_trip(lengths: &[u8]) {
        let mut table = Table::new();
        table.set(lengths, false).unwrap();
        let mut codes = Vec::new();
        canonical(lengths, &mut codes);
        let mut writer = BitWriter::default();
        let used: Vec<usize> = (0..lengths.len()).filter(|&symbol| lengths[symbol] > 0).collect();
        used.iter().for_each(|&symbol| writer.put(codes[symbol].into(), lengths[symbol].into()));
        writer.pad(0);
        let bytes = writer.into_bytes();
        let mut reader = BitReader::new(&bytes);
        for &symbol in &used {
            reader.fill();
            assert_eq!(table.read(&mut reader), Some(symbol));
        }
    }

    #[test]
    fn codes_come_back() {
        round_trip(&FIXED);
        round_trip(&FIXED_DISTANCES);
        round_trip(&[1, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15]);
    }

    #[test]
    fn codes_that_are_none_are_refused() {
        let mut table = Table::new();
        assert!(table.set(&[1, 1, 1], false).is_none());
        assert!(table.set(&[2, 2, 2], false).is_none());
        assert!(table.set(&[0, 0], false).is_none());
        assert!(table.set(&[0, 0], true).is_some());
        assert!(table.set(&[0, 1], false).is_some());
    }
}
