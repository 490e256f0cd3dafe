//! The last bytes as if case, digits and the amount of white space did not matter.

use super::context::ContextState;
use super::family::{Family, Reads};
use super::name::{NoSelector, named};
use super::selector::RowPart;

named! {
    /// The last bytes, folded: how many of them.
    pub struct FoldedContext in 1..=8;
}

/// The last eight folded bytes, the newest lowest.
#[derive(Clone, Default)]
pub struct FoldedState {
    last: u64,
}

impl Family for FoldedState {
    type Context = FoldedContext;
    type Selector = NoSelector;
    const READS: Reads = Reads::Text;

    fn new(_: &[FoldedContext]) -> Self {
        Self::default()
    }

    #[inline(always)]
    fn push(&mut self, text: &[u8]) {
        let byte = text.last().copied().unwrap_or(0);
        let folded = match byte {
            b'0'..=b'9' => b'0',
            b' ' | b'\n' | b'\r' | b'\t' => b' ',
            _ => byte.to_ascii_lowercase(),
        };
        if folded != b' ' || self.last as u8 != b' ' {
            self.last = self.last << 8 | u64::from(folded);
        }
    }

    #[inline(always)]
    fn value(&self, FoldedContext(order): FoldedContext, _: &ContextState) -> u64 {
        self.last & (u64::MAX >> (64 - 8 * u32::from(order)))
    }

    fn rows(selector: NoSelector) -> usize {
        match selector {}
    }

    fn row(&self, selector: NoSelector, _: &ContextState) -> RowPart {
        match selector {}
    }
}
