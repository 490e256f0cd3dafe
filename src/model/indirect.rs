//! Indirect contexts: which bytes followed this context the last times.

use super::context::ContextState;
use super::family::{Family, Reads, pair};
use super::name::{NoSelector, named};
use super::selector::RowPart;

named! {
    /// Contexts of the two bytes that followed the last bytes before.
    pub enum IndirectContext {
        /// What followed the last byte, and the last byte.
        AfterOne,
        /// What followed the last two bytes, and those.
        AfterTwo,
        /// What followed the last three bytes, and the last byte.
        AfterThree,
        /// The four bytes that followed the last three, case ignored, and nothing else.
        AfterThreeFolded,
    }
}

/// Bytes that followed each order-1 and (hashed) order-2 context, newest lowest.
#[derive(Clone)]
pub struct IndirectState {
    first: Vec<u32>,
    second: Vec<u32>,
    third: Vec<u32>,
    /// What followed three bytes, case ignored, if a context reads that: else empty.
    folded: Vec<u32>,
    lower: u32,
    previous: u32,
}

const SECOND_BITS: u32 = 16;
const FOLDED_BITS: u32 = 18;

impl Family for IndirectState {
    type Context = IndirectContext;
    type Selector = NoSelector;
    const READS: Reads = Reads::Stream;

    fn new(contexts: &[IndirectContext]) -> Self {
        let has_folded = contexts.contains(&IndirectContext::AfterThreeFolded);
        Self {
            first: vec![0; 256],
            second: vec![0; 1 << SECOND_BITS],
            third: vec![0; 1 << SECOND_BITS],
            folded: vec![0; if has_folded { 1 << FOLDED_BITS } else { 0 }],
            lower: 0,
            previous: 0,
        }
    }

    #[inline(always)]
    fn push(&mut self, bytes: &[u8]) {
        let byte = bytes.last().copied().unwrap_or(0);
        let one = &mut self.first[(self.previous & 0xff) as usize];
        *one = (*one << 8) | u32::from(byte);
        let two = &mut self.second[(self.previous & 0xffff) as usize];
        *two = (*two << 8) | u32::from(byte);
        let slot = third_slot(self.previous);
        self.third[slot] = (self.third[slot] << 8) | u32::from(byte);
        if !self.folded.is_empty() {
            let lower = byte.to_ascii_lowercase();
            let slot = folded_slot(self.lower);
            self.folded[slot] = (self.folded[slot] << 8) | u32::from(lower);
            self.lower = (self.lower << 8) | u32::from(lower);
        }
        self.previous = (self.previous << 8) | u32::from(byte);
    }

    #[inline(always)]
    fn value(&self, context: IndirectContext, _: &ContextState) -> u64 {
        let (one, two) = (self.previous & 0xff, self.previous & 0xffff);
        match context {
            IndirectContext::AfterOne => pair(self.first[one as usize] & 0xffff, one),
            IndirectContext::AfterTwo => pair(self.second[two as usize] & 0xffff, two),
            IndirectContext::AfterThree => {
                pair(self.third[third_slot(self.previous)] & 0xffff, one)
            }
            IndirectContext::AfterThreeFolded => {
                self.folded.get(folded_slot(self.lower)).copied().unwrap_or(0).into()
            }
        }
    }

    fn rows(selector: NoSelector) -> usize {
        match selector {}
    }

    fn row(&self, selector: NoSelector, _: &ContextState) -> RowPart {
        match selector {}
    }
}

#[inline(always)]
fn third_slot(previous: u32) -> usize {
    ((previous & 0xff_ffff).wrapping_mul(0x9E37_79B1) >> (32 - SECOND_BITS)) as usize
}

#[inline(always)]
fn folded_slot(lower: u32) -> usize {
    ((lower & 0xff_ffff).wrapping_mul(0x9E37_79B1) >> (32 - FOLDED_BITS)) as usize
}
