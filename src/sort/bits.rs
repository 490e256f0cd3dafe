//! One text for both directions: the models code a bit that they know, or learn which it was.

use crate::coder::{Decoder, Encoder};

/// A coder of single bits, of either direction.
pub trait Bits {
    /// Codes `bit`, whose probability of being one is `probability` (22 bits). Returns the bit
    /// that was coded: when decoding, `bit` is ignored.
    fn code(&mut self, bit: u32, probability: u32) -> u32;
}

impl Bits for Encoder {
    #[inline(always)]
    fn code(&mut self, bit: u32, probability: u32) -> u32 {
        self.encode(bit, probability);
        bit
    }
}

impl Bits for Decoder<'_> {
    #[inline(always)]
    fn code(&mut self, _: u32, probability: u32) -> u32 {
        self.decode(probability)
    }
}

/// Codes the lowest `width` bits of `value` at even odds, the highest first.
#[inline]
pub fn code_plain<C: Bits>(coder: &mut C, value: u32, width: u32) -> u32 {
    let mut coded = 0;
    for shift in (0..width).rev() {
        coded = coded << 1 | coder.code(value >> shift & 1, crate::coder::PROBABILITY_ONE / 2);
    }
    coded
}
