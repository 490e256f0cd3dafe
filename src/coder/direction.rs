//! One text for both directions: models code a bit that they know, or learn which bit it was.

use super::{Decoder, Encoder};
use crate::numeric::PROBABILITY_ONE;

/// A coder of single bits, of either direction.
pub trait BitCoder {
    /// Codes `bit`, whose probability of being one is `probability` (22 bits). Returns the bit that
    /// was coded: a decoder ignores `bit`.
    fn code(&mut self, bit: u32, probability: u32) -> u32;

    /// Codes the lowest `width` bits of `value` at even odds, the highest first.
    #[inline]
    fn code_plain(&mut self, value: u32, width: u32) -> u32 {
        let mut coded = 0;
        for shift in (0..width).rev() {
            coded = coded << 1 | self.code(value >> shift & 1, PROBABILITY_ONE / 2);
        }
        coded
    }
}

impl BitCoder for Encoder {
    #[inline(always)]
    fn code(&mut self, bit: u32, probability: u32) -> u32 {
        self.encode(bit, probability);
        bit
    }
}

impl BitCoder for Decoder<'_> {
    #[inline(always)]
    fn code(&mut self, _: u32, probability: u32) -> u32 {
        self.decode(probability)
    }
}

/// What happens to the bits of a stream. The choice is made for each bit, so that large models are
/// compiled once and not once for each direction.
#[derive(Debug)]
pub enum Direction<'a> {
    /// Bits are learned from, and not coded.
    Prime,
    /// Bits become a code.
    Encode(Encoder),
    /// Bits come out of a code.
    Decode(Decoder<'a>),
}

impl BitCoder for Direction<'_> {
    #[inline(always)]
    fn code(&mut self, bit: u32, probability: u32) -> u32 {
        match self {
            Direction::Prime => bit,
            Direction::Encode(encoder) => encoder.code(bit, probability),
            Direction::Decode(decoder) => decoder.code(bit, probability),
        }
    }
}
