//! What a family of contexts is: a model of one structure (words, x86 code, records, …) that reads
//! every byte and gives contexts to be hashed and selectors of weight-set rows.

use super::context::ContextState;
use super::families::FamilyName;
use super::name::Named;
use super::selector::RowPart;

/// Which bytes a family reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reads {
    /// The bytes of the stream.
    Stream,
    /// The text: that which the codes of a stream of words stand for, else the bytes of the stream.
    Text,
}

/// A family of contexts and its state. `src/model/families.rs` lists all families.
pub trait Family: Clone {
    /// The contexts of the family: what bit histories are found by.
    type Context: Named;
    /// The selectors of the family: what chooses rows of weight sets.
    type Selector: Named;
    /// Which bytes the family reads.
    const READS: Reads;
    /// Other families whose state the contexts and selectors of this one read too. What those need
    /// in turn is not followed.
    const NEEDS: &'static [FamilyName] = &[];

    /// The state before the first byte, for a profile that asks for `contexts` of this family: what
    /// none of them reads need not be followed.
    fn new(contexts: &[Self::Context]) -> Self;

    /// Takes in the byte that `bytes` now ends with.
    fn push(&mut self, bytes: &[u8]);

    /// Takes in that the bytes pushed last were one word, which `code` stands for.
    fn push_code(&mut self, _code: &[u8]) {}

    /// The value of `context`, to be hashed; `all` holds the other families and the last bytes.
    fn value(&self, context: Self::Context, all: &ContextState) -> u64;

    /// How many rows a weight set has that `selector` chooses from.
    fn rows(selector: Self::Selector) -> usize;

    /// The row that `selector` chooses, below [`Family::rows`] at every bit.
    fn row(&self, selector: Self::Selector, all: &ContextState) -> RowPart;

    /// The context, below 256, that the family has for the adaptive probability map.
    fn apm_context(&self) -> Option<usize> {
        None
    }
}

/// Two numbers of 32 bits in one of 64.
#[inline(always)]
#[must_use]
pub const fn pair(high: u32, low: u32) -> u64 {
    (high as u64) << 32 | low as u64
}
