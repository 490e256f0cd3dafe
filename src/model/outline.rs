//! Outlines: text with each run of digits, of capitals and of small letters as one symbol.
//!
//! The order of such symbols is the form of names, numbers, dates, fields and markup, whatever their
//! length. The idea of collapsed character groups is that of paq8px.

use super::context::ContextState;
use super::family::{Family, Reads};
use super::name::{NoSelector, named};
use super::selector::RowPart;

named! {
    /// Contexts of the last symbols. All tell whether the last byte went on with a run.
    pub enum OutlineContext {
        /// The last two symbols.
        LastTwo,
        /// The last four symbols.
        LastFour,
        /// The last six symbols.
        LastSix,
        /// The last eight symbols.
        LastEight,
    }
}

/// The last symbols.
#[derive(Clone, Default)]
pub struct OutlineState {
    /// Eight bits each, the newest lowest.
    symbols: u64,
    /// Whether the last byte went on with a run.
    is_inside: bool,
}

/// The symbol of a byte: one for all bytes that make a run together.
const fn symbol(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => b'0',
        b'A'..=b'Z' => b'A',
        b'a'..=b'z' => b'a',
        128.. => 128,
        _ => byte,
    }
}

impl Family for OutlineState {
    type Context = OutlineContext;
    type Selector = NoSelector;
    const READS: Reads = Reads::Text;

    fn new(_: &[OutlineContext]) -> Self {
        Self::default()
    }

    #[inline(always)]
    fn push(&mut self, text: &[u8]) {
        let symbol = symbol(text.last().copied().unwrap_or(0));
        self.is_inside = matches!(symbol, b'0' | b'A' | b'a') && symbol == self.symbols as u8;
        if !self.is_inside {
            self.symbols = self.symbols << 8 | u64::from(symbol);
        }
    }

    #[inline(always)]
    fn value(&self, context: OutlineContext, _: &ContextState) -> u64 {
        let symbols = match context {
            OutlineContext::LastTwo => self.symbols & 0xffff,
            OutlineContext::LastFour => self.symbols & 0xffff_ffff,
            OutlineContext::LastSix => self.symbols & 0xffff_ffff_ffff,
            OutlineContext::LastEight => self.symbols,
        };
        symbols.rotate_left(1) ^ u64::from(self.is_inside)
    }

    fn rows(selector: NoSelector) -> usize {
        match selector {}
    }

    fn row(&self, selector: NoSelector, _: &ContextState) -> RowPart {
        match selector {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str) -> (u64, bool) {
        let mut state = OutlineState::new(&[]);
        (1..=text.len()).for_each(|end| state.push(&text.as_bytes()[..end]));
        (state.symbols, state.is_inside)
    }

    #[test]
    fn runs_are_one_symbol() {
        assert_eq!(after("2024-11-05T"), after("1-22-3T"));
        assert_eq!(after("Word, other wor"), after("Qi, a zebras"));
        assert_ne!(after("ab"), after("a"), "inside a run or at its start");
        assert_ne!(after("((").0, after("(").0, "brackets make no run");
        assert_ne!(after("a1").0, after("aB").0);
    }
}
