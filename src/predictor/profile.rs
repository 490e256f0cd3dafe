//! Profiles: which models, weight-set selectors and stages a stream's predictor uses.

use crate::model::signal::Format;
use crate::model::context::{Context, ContextState, kind};

/// What picks the row of a weight set. Each has a part that is fixed for a byte and a part that
/// moves with every bit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Selector {
    /// Always row 0.
    Constant,
    /// The bits of this byte so far.
    Partial,
    /// Class of the match length, and the place of the bit.
    MatchLength,
    /// The last byte.
    Byte1,
    /// The byte before the last.
    Byte2,
    /// How many orders were seen before, and the place of the bit.
    Seen,
    /// Kinds of the last two bytes, and the place of the bit.
    Kinds,
    /// Length of the word so far and kind of the last byte.
    WordLength,
    /// Column, coarsely, and the byte above.
    Above,
    /// Place in the record.
    Phase,
    /// A class of the signal model, and the place of the bit.
    Signal(u8),
}

impl Selector {
    /// Rows of its weight set.
    #[must_use]
    pub const fn rows(self) -> usize {
        match self {
            Self::Constant => 1,
            Self::Partial | Self::Byte1 | Self::Byte2 | Self::Above => 256,
            Self::MatchLength => 128,
            Self::Seen => 256,
            Self::Kinds => 2048,
            Self::WordLength => 256,
            Self::Phase | Self::Signal(_) => 2048,
        }
    }

    /// The part that is fixed for a byte.
    #[inline(always)]
    #[must_use]
    pub fn of_byte(self, state: &ContextState, seen: u32) -> u32 {
        match self {
            Self::Constant | Self::Partial | Self::MatchLength => 0,
            Self::Byte1 => state.history.byte(1),
            Self::Byte2 => state.history.byte(2),
            Self::Seen => seen.min(31) << 3,
            Self::Kinds => (state.shape & 0xff) << 3,
            Self::WordLength => state.words.length.min(15) << 4 | kind(state.history.byte(1) as u8),
            Self::Above => u32::from(state.lines.above[0]),
            Self::Signal(k) => state.signal.as_ref().map_or(0, |signal| signal.select(k)) << 3,
            Self::Phase => (state.history.position as u32 % state.stride.stride) << 3,
        }
    }

    /// The row for the next bit.
    #[inline(always)]
    #[must_use]
    pub fn row(self, of_byte: u32, partial: u32, bit_position: u32, length_class: u32) -> u32 {
        match self {
            Self::Partial => partial,
            Self::MatchLength => length_class << 3 | bit_position,
            Self::Seen | Self::Kinds | Self::Phase | Self::Signal(_) => of_byte | bit_position,
            _ => of_byte,
        }
    }
}

/// What a predictor is made of.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Hashed contexts; the first `orders` of them are plain orders, shortest first.
    pub contexts: Vec<Context>,
    /// How many of the contexts count as orders seen.
    pub orders: usize,
    /// Shortest lengths of the match models, the most trusted first.
    pub matches: Vec<usize>,
    /// One weight set each.
    pub selectors: Vec<Selector>,
    /// What samples the stream holds, if it does.
    pub signal: Option<Format>,
}
