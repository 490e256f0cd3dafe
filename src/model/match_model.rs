//! The match model: where the last bytes occurred before, what followed there is expected again.

use super::state_map::{entry, inputs_of, probability, update_entry};
use crate::coder::PROBABILITY_BITS;
use crate::simd::prefetch;

/// Longest length that is told apart.
const LONGEST: u32 = 65535;
/// Length classes of the prediction.
const CLASSES: usize = 32;

/// One match model, for one shortest length.
///
/// A lookup is spread over three bytes so that no cache miss is waited for: the table's line is
/// asked for when its hash is known, a byte later the candidate is read and the bytes before it
/// are asked for, another byte later it is verified and followed.
pub struct MatchModel {
    table: Vec<u32>,
    shift: u32,
    shortest: usize,
    pointer: usize,
    /// Verified length of the match, 0 when there is none.
    pub length: u32,
    /// Mispredicted bytes since the match was found, while it is being recovered.
    misses: u32,
    expected: u32,
    agrees: bool,
    /// Slot whose line was asked for, and the end of the bytes that were hashed.
    pending: (usize, usize),
    /// Position that followed the same hash, as of the newest byte; 0 for none.
    candidate: usize,
    entries: Vec<u32>,
    index: usize,
}

/// Class of a match length: fine steps first, then coarser.
#[inline(always)]
fn length_class(length: u32) -> usize {
    match length {
        0..=15 => length as usize,
        16..=31 => 16 + ((length - 16) >> 2) as usize,
        32..=63 => 20 + ((length - 32) >> 3) as usize,
        64..=511 => 24 + ((length.ilog2()) - 6) as usize,
        512.. => 27 + (length.ilog2() - 9).min(4) as usize,
    }
}

impl MatchModel {
    /// A model that looks for matches of at least `shortest` bytes through 2^`bits` positions.
    #[must_use]
    pub fn new(shortest: usize, bits: u32) -> Self {
        let entries = (0..CLASSES * 4 * 8).map(|_| entry(3 << (PROBABILITY_BITS - 2), 0)).collect();
        Self {
            table: vec![0; 1 << bits],
            shift: 64 - bits,
            shortest,
            pointer: 0,
            length: 0,
            misses: 0,
            expected: 0,
            agrees: false,
            pending: (0, 0),
            candidate: 0,
            entries,
            index: 0,
        }
    }

    #[inline(always)]
    fn slot(&self, bytes: &[u8]) -> usize {
        let mut hash = 0u64;
        let tail = &bytes[bytes.len() - self.shortest..];
        let (words, rest) = tail.as_chunks::<4>();
        for word in words {
            hash = (hash ^ u64::from(u32::from_le_bytes(*word))).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
        }
        for &byte in rest {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
        }
        (hash.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> self.shift) as usize
    }

    /// Takes in the byte that `bytes` now ends with, and looks for what follows.
    #[inline(always)]
    pub fn push(&mut self, bytes: &[u8]) {
        let end = bytes.len();
        let newest = bytes[end - 1];
        if self.pointer > 0 {
            if bytes[self.pointer] == newest {
                self.length = (self.length + 1).min(LONGEST);
                self.pointer += 1;
                if self.misses > 0 && self.length >= 16 {
                    self.misses = 0;
                }
            } else {
                self.misses += 1;
                self.length = 0;
                self.pointer = if self.misses < 8 { self.pointer + 1 } else { 0 };
            }
        }
        if self.length < 16 && self.candidate > 0 && self.candidate + 1 != self.pointer {
            self.verify(bytes, self.candidate + 1);
        }
        self.candidate = 0;
        let (slot, hashed_end) = self.pending;
        if hashed_end > 0 {
            let found = self.table[slot] as usize;
            self.table[slot] = hashed_end as u32;
            if self.length < 16 && found > 0 {
                self.candidate = found + 1;
                prefetch(bytes, found);
            }
        }
        if end >= self.shortest {
            let slot = self.slot(bytes);
            prefetch(&self.table, slot);
            self.pending = (slot, end);
        }
        self.agrees = self.pointer > 0;
        self.expected = if self.agrees { u32::from(bytes[self.pointer]) } else { 0 };
    }

    /// Follows `candidate` if enough bytes before it are those before the end.
    fn verify(&mut self, bytes: &[u8], candidate: usize) {
        let end = bytes.len();
        let longest = candidate.min(400);
        let mut length = 0;
        while length < longest && bytes[candidate - 1 - length] == bytes[end - 1 - length] {
            length += 1;
        }
        if length >= self.shortest && length as u32 > self.length {
            self.length = length as u32;
            self.pointer = candidate;
            self.misses = 0;
        }
    }

    /// The byte that is expected, if one is.
    #[inline(always)]
    pub fn expected_byte(&self) -> Option<u32> {
        (self.pointer > 0).then_some(self.expected)
    }

    /// Whether the expectation still holds in this byte.
    #[inline(always)]
    pub fn agrees(&self) -> bool {
        self.agrees
    }

    /// Two inputs for the bit after the `partial` byte (a leading one, then the bits so far).
    #[inline(always)]
    pub fn predict(&mut self, partial: u32, bit_position: u32) -> [i16; 2] {
        if self.agrees {
            let filled = self.expected | 0x100;
            if filled >> (8 - bit_position) != partial {
                self.agrees = false;
            }
        }
        if !self.agrees {
            return [0, 0];
        }
        let expected_bit = (self.expected >> (7 - bit_position)) & 1;
        let class = (length_class(self.length) * 4 + self.misses.min(3) as usize) * 8 + bit_position as usize;
        self.index = class;
        let p = probability(self.entries[class]);
        let sign = if expected_bit == 1 { 1 } else { -1 };
        let [strength, linear] = inputs_of(p);
        [sign * strength, sign * linear]
    }

    /// Learns `bit`.
    #[inline(always)]
    pub fn update(&mut self, bit: u32, bit_position: u32) {
        if self.agrees {
            let expected_bit = (self.expected >> (7 - bit_position)) & 1;
            let hit = u32::from(expected_bit == bit);
            self.entries[self.index] = update_entry(self.entries[self.index], hit, 1000);
        }
    }
}
