//! The byte that a match expects next, as a context.

use super::context::ContextState;
use super::family::{Family, Reads, pair};
use super::name::named;
use super::selector::RowPart;

named! {
    /// Contexts of the byte that the match models expect.
    pub enum ExpectedContext {
        /// The expected byte and the last byte.
        AndLastByte,
        /// The expected byte and the last two bytes.
        AndLastTwo,
        /// The expected byte and the class of the match length.
        AndLength,
        /// The same, and the last byte.
        AndLengthAndLast,
    }
}

named! {
    /// Selectors of the byte that the match models expect.
    pub enum ExpectedSelector {
        /// The expected byte, if there is one.
        Byte,
    }
}

/// The match models keep the expected byte, and the predictor shows it to all families: nothing is
/// left to be kept here.
#[derive(Clone)]
pub struct ExpectedState;

impl Family for ExpectedState {
    type Context = ExpectedContext;
    type Selector = ExpectedSelector;
    const READS: Reads = Reads::Stream;

    fn new(_: &[ExpectedContext]) -> Self {
        Self
    }

    #[inline(always)]
    fn push(&mut self, _: &[u8]) {}

    #[inline(always)]
    fn value(&self, context: ExpectedContext, all: &ContextState) -> u64 {
        match context {
            ExpectedContext::AndLastByte => pair(all.expected, all.history.byte(1)),
            ExpectedContext::AndLastTwo => pair(all.expected, all.history.last as u32 & 0xffff),
            ExpectedContext::AndLength => pair(all.expected, all.expected_length),
            ExpectedContext::AndLengthAndLast => {
                pair(all.expected, all.expected_length << 8 | all.history.byte(1))
            }
        }
    }

    fn rows(selector: ExpectedSelector) -> usize {
        match selector {
            ExpectedSelector::Byte => 512,
        }
    }

    #[inline(always)]
    fn row(&self, selector: ExpectedSelector, all: &ContextState) -> RowPart {
        match selector {
            ExpectedSelector::Byte => RowPart::fixed(all.expected & 511),
        }
    }
}
