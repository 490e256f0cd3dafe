//! One interface for both directions, so that a model has one function to code a bit or to learn
//! which bit came.

use super::{Decoder, Encoder};
use crate::numeric::PROBABILITY_ONE;

/// A coder of single bits, for encoding or decoding.
pub trait BitCoder {
    /// Codes `bit`. `probability` is that of a one, with 22 fractional bits. Returns the coded bit;
    /// a decoder ignores `bit`.
    fn code(&mut self, bit: u32, probability: u32) -> u32;

    /// Codes the lowest `width` bits of `value` with even odds, highest bit first.
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

/// The direction of coding. The direction is tested for each bit, so that large models are compiled
/// once and not once for each direction.
#[derive(Debug)]
pub enum Direction<'a> {
    /// Models learn from the bits; nothing is coded.
    Prime,
    /// The bits are encoded.
    Encode(Encoder),
    /// The bits are decoded.
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
