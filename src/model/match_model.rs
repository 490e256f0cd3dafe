//! The match model: where the last bytes occurred before, what followed there is expected again.

use super::input_model::{BitPosition, Expected, InputModel};
use crate::error::Result;
use crate::numeric::PROBABILITY_BITS;
use crate::numeric::state_map::MapEntry;
use crate::simd::memory::{Table, zeroed};
use crate::simd::prefetch;

/// Longest length that is told apart.
const LONGEST: u32 = 65535;
/// Length classes of the prediction.
const CLASSES: usize = 32;
/// Updates after which a prediction keeps its rate.
const LIMIT: u32 = 1000;

/// One match model, for one shortest length.
///
/// A lookup is spread over three bytes so that no cache miss is waited for: the table's line is
/// asked for when its hash is known, a byte later the candidate is read and the bytes before it
/// are asked for, another byte later it is verified and followed.
#[derive(Clone)]
pub struct MatchModel {
    table: Table<u32>,
    shift: u32,
    shortest: usize,
    pointer: usize,
    /// Verified length of the match, 0 when there is none.
    length: u32,
    /// Mispredicted bytes since the match was found, while it is being recovered.
    misses: u32,
    expected: u32,
    agrees: bool,
    /// Slot whose line was asked for, and the end of the bytes that were hashed.
    pending: (usize, usize),
    /// Position that followed the same hash, as of the newest byte; 0 for none.
    candidate: usize,
    maps: Box<[[MapEntry; 8]; CLASSES * 4]>,
    /// Which of `maps` predicts this byte: class of the length, and misses.
    class: usize,
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
    ///
    /// # Errors
    /// The memory cannot be had.
    pub fn new(shortest: usize, bits: u32) -> Result<Self> {
        let table = zeroed(1 << bits, "a table of matches")?;
        let maps = vec![[MapEntry::new(3 << (PROBABILITY_BITS - 2), 0); 8]; CLASSES * 4];
        Ok(Self {
            table,
            shift: 64 - bits,
            shortest,
            pointer: 0,
            length: 0,
            misses: 0,
            expected: 0,
            agrees: false,
            pending: (0, 0),
            candidate: 0,
            maps: maps.into_boxed_slice().try_into().unwrap_or_else(|_| unreachable!()),
            class: 0,
        })
    }

    #[inline(always)]
    fn slot(&self, bytes: &[u8]) -> usize {
        let mut hash = 0u64;
        let tail = &bytes[bytes.len() - self.shortest..];
        let (words, rest) = tail.as_chunks::<4>();
        for word in words {
            hash = (hash ^ u64::from(u32::from_le_bytes(*word)))
                .wrapping_mul(0x9E37_79B9_7F4A_7C15)
                .rotate_left(29);
        }
        for &byte in rest {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
        }
        (hash.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> self.shift) as usize
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

    #[inline(always)]
    fn expected_bit(&self, bit_index: u32) -> u32 {
        self.expected >> ((7 - bit_index) & 7) & 1
    }
}

impl InputModel for MatchModel {
    #[inline(always)]
    fn pairs(&self) -> usize {
        1
    }

    #[inline(always)]
    fn push(&mut self, bytes: &[u8]) {
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
        self.class = length_class(self.length) * 4 + self.misses.min(3) as usize;
    }

    #[inline(always)]
    fn inputs(&mut self, at: BitPosition, inputs: &mut [[i16; 2]]) {
        let Some(input) = inputs.first_mut() else { return };
        if !self.agrees {
            *input = [0, 0];
            return;
        }
        let [strength, linear] =
            self.maps[self.class & (CLASSES * 4 - 1)][at.index as usize & 7].inputs();
        let sign = if self.expected_bit(at.index) == 1 { 1 } else { -1 };
        *input = [sign * strength, sign * linear];
    }

    #[inline(always)]
    fn update(&mut self, bit: u32, at: BitPosition) {
        if self.agrees {
            self.agrees = self.expected_bit(at.index) == bit;
            self.maps[self.class & (CLASSES * 4 - 1)][at.index as usize & 7]
                .update(u32::from(self.agrees), LIMIT);
        }
    }

    #[inline(always)]
    fn skip(&mut self, bit: u32, at: BitPosition) {
        self.agrees &= self.expected_bit(at.index) == bit;
    }

    #[inline(always)]
    fn rule_out(&mut self, byte: u8) {
        self.agrees &= self.expected != u32::from(byte);
    }

    /// The byte that followed what matches; its length is that of the match.
    #[inline(always)]
    fn expected(&self) -> Option<Expected> {
        (self.pointer > 0).then_some(Expected { byte: self.expected as u8, length: self.length })
    }

    /// One more for every doubling of the length.
    #[inline(always)]
    fn confidence(&self) -> u32 {
        if self.agrees { (self.length.max(1).ilog2() + 1).min(15) } else { 0 }
    }
}
