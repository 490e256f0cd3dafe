//! The encoder of the arithmetic coder.

use super::MIN_INTERVAL;
use crate::numeric::{PROBABILITY_BITS, PROBABILITY_ONE};

/// Turns bits and their probabilities into bytes.
#[derive(Debug)]
pub struct Encoder {
    low: u64,
    range: u64,
    bytes: Vec<u8>,
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Encoder {
    /// An encoder without any bit.
    #[must_use]
    pub fn new() -> Self {
        Self { low: 0, range: u64::MAX, bytes: Vec::new() }
    }

    /// Codes `bit`. `probability` is that of a one, in 1..2^22; the decoder must compute the same
    /// value.
    #[inline(always)]
    pub fn encode(&mut self, bit: u32, probability: u32) {
        #[cfg(test)]
        super::trace::note(probability);
        debug_assert!(probability > 0 && probability < PROBABILITY_ONE && bit < 2);
        let ones = (self.range >> PROBABILITY_BITS) * u64::from(probability);
        let zero_mask = u64::from(bit).wrapping_sub(1);
        let (low, carry) = self.low.overflowing_add(ones & zero_mask);
        self.low = low;
        self.range = (ones & !zero_mask) | ((self.range - ones) & zero_mask);
        if carry {
            self.carry();
        }
        if self.range < MIN_INTERVAL {
            self.bytes.extend_from_slice(&((self.low >> 32) as u32).to_be_bytes());
            self.low <<= 32;
            self.range <<= 32;
        }
    }

    /// Adds one to the number that the written bytes represent.
    #[cold]
    #[inline(never)]
    fn carry(&mut self) {
        for byte in self.bytes.iter_mut().rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                return;
            }
        }
    }

    /// Bytes written so far. [`Encoder::finish`] adds the last few.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes that no carry changes any more. A carry ends at a byte that is not 255, and the
    /// number that the written bytes represent gets at most one more carry.
    #[must_use]
    pub fn settled(&self) -> &[u8] {
        let end = self.bytes.iter().rposition(|&byte| byte != u8::MAX).unwrap_or(0);
        &self.bytes[..end]
    }

    /// Has nothing been written?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Ends the code with the fewest bytes that identify it, because the decoder reads zeros after
    /// the end. At most eight written bytes are removed, because a decoder takes a code for cut
    /// when it reads far more bytes than there are.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        let least = self.bytes.len().saturating_sub(8);
        // The number in [low, low + range) with the most trailing zero bits.
        for kept in 0..=8u32 {
            let unit_mask =
                if kept == 0 { u64::MAX } else { (1u64 << (64 - 8 * kept)).wrapping_sub(1) };
            let (rounded, carry) = match self.low.checked_add(unit_mask) {
                Some(sum) => (sum & !unit_mask, false),
                None => (0, true),
            };
            if rounded.wrapping_sub(self.low) < self.range {
                if carry && self.low != 0 {
                    self.carry();
                }
                self.bytes.extend_from_slice(&rounded.to_be_bytes()[..kept as usize]);
                break;
            }
        }
        while self.bytes.len() > least && self.bytes.last() == Some(&0) {
            self.bytes.pop();
        }
        self.bytes
    }
}
