//! The decoder of the arithmetic coder.

use super::MIN_INTERVAL;
use crate::numeric::PROBABILITY_BITS;

/// Turns bytes back into bits. The decoder must be given the same probabilities as the encoder.
#[derive(Debug)]
pub struct Decoder<'a> {
    /// Distance between the code and the low end of the interval.
    offset: u64,
    range: u64,
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Decoder<'a> {
    /// Starts at the front of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        let mut decoder = Self { offset: 0, range: u64::MAX, bytes, position: 0 };
        decoder.offset = (u64::from(decoder.word()) << 32) | u64::from(decoder.word());
        decoder
    }

    /// The next four bytes. Zeros follow the end of the bytes.
    fn word(&mut self) -> u32 {
        let rest = self.bytes.get(self.position..).unwrap_or(&[]);
        self.position += 4;
        if let Some(word) = rest.first_chunk::<4>() {
            return u32::from_be_bytes(*word);
        }
        let mut word = [0; 4];
        word[..rest.len()].copy_from_slice(rest);
        u32::from_be_bytes(word)
    }

    /// The next bit. `probability` is that of a one, in 1..2^22.
    #[inline(always)]
    pub fn decode(&mut self, probability: u32) -> u32 {
        #[cfg(test)]
        super::trace::note(probability);
        let ones = (self.range >> PROBABILITY_BITS) * u64::from(probability);
        let bit = u32::from(self.offset < ones);
        let zero_mask = u64::from(bit).wrapping_sub(1);
        self.offset = self.offset.wrapping_sub(ones & zero_mask);
        self.range = (ones & !zero_mask) | ((self.range - ones) & zero_mask);
        if self.range < MIN_INTERVAL {
            self.offset = (self.offset << 32) | u64::from(self.word());
            self.range <<= 32;
        }
        bit
    }

    /// Were far more bytes read than there are? Then the code was cut, or is no code.
    #[must_use]
    pub fn overrun(&self) -> bool {
        self.position > self.bytes.len() + 16
    }
}
