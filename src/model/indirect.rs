//! Indirect contexts: which bytes followed this context the last times.

use super::context::ContextState;
use super::family::{Family, Reads, pair};
use super::name::{NoSelector, named};
use super::selector::RowPart;

named! {
    /// Contexts of the bytes that followed the last bytes before. Of what followed four bytes and upper
    /// halves, a table is kept only where a context reads it. Which of these contexts a list misses
    /// most: `docs/models-binary.md`.
    pub enum IndirectContext {
        /// What followed the last byte, and the last byte.
        AfterOne,
        /// What followed the last two bytes, and those.
        AfterTwo,
        /// What followed the last three bytes, and the last byte.
        AfterThree,
        /// The four bytes that followed the last three, case ignored, and nothing else.
        AfterThreeFolded,
        /// The four bytes that followed the last byte, and nothing else.
        FourAfterOne,
        /// The byte that followed the last two bytes, and nothing else.
        OneAfterTwo,
        /// The byte that followed the last two bytes, and the last three bytes.
        AfterTwoAndLastThree,
        /// The two bytes that followed the last two bytes, and nothing else.
        TwoAfterTwo,
        /// The two bytes that followed the last three bytes, and nothing else.
        TwoAfterThree,
        /// The four bytes that followed the last four bytes, and nothing else.
        FourAfterFour,
        /// The two bytes that followed the upper halves of the last four bytes, and nothing else.
        AfterUpperHalves,
        /// The byte that followed the upper halves of the last four bytes, and the last two bytes.
        AfterUpperHalvesAndLastTwo,
        /// The byte that followed the last byte, and the two bytes that followed that byte.
        AfterFollower,
        /// The two bytes that came two bytes after the second last byte, and the last byte.
        AfterGap,
    }
}

/// Bytes that followed each byte, two bytes, and so on, the newest lowest.
#[derive(Clone)]
pub struct IndirectState {
    first: Vec<u32>,
    second: Vec<u32>,
    third: Vec<u32>,
    /// What followed three bytes, case ignored, if a context reads that: else empty.
    folded: Vec<u32>,
    /// What followed the upper halves of four bytes, if a context reads that: else empty.
    upper: Vec<u16>,
    /// What followed four bytes (hashed), if a context reads that: else empty.
    fourth: Vec<u32>,
    /// The two bytes that came two bytes after each byte.
    gap: [u16; 256],
    lower: u32,
    previous: u32,
}

const SECOND_BITS: u32 = 16;
const FOLDED_BITS: u32 = 18;
const UPPER_BITS: u32 = 16;

impl Family for IndirectState {
    type Context = IndirectContext;
    type Selector = NoSelector;
    const READS: Reads = Reads::Stream;

    fn new(contexts: &[IndirectContext]) -> Self {
        let has_upper = contexts.iter().any(|context| {
            matches!(
                context,
                IndirectContext::AfterUpperHalves | IndirectContext::AfterUpperHalvesAndLastTwo
            )
        });
        let has_fourth = contexts.contains(&IndirectContext::FourAfterFour);
        let has_folded = contexts.contains(&IndirectContext::AfterThreeFolded);
        Self {
            first: vec![0; 256],
            second: vec![0; 1 << SECOND_BITS],
            third: vec![0; 1 << SECOND_BITS],
            folded: vec![0; if has_folded { 1 << FOLDED_BITS } else { 0 }],
            upper: vec![0; if has_upper { 1 << UPPER_BITS } else { 0 }],
            fourth: vec![0; if has_fourth { 1 << FOLDED_BITS } else { 0 }],
            gap: [0; 256],
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
        if let Some(followers) = self.fourth.get_mut(fourth_slot(self.previous)) {
            *followers = *followers << 8 | u32::from(byte);
        }
        let after_gap = &mut self.gap[(self.previous >> 8 & 0xff) as usize];
        *after_gap = *after_gap << 8 | u16::from(byte);
        if let Some(followers) = self.upper.get_mut(upper_slot(self.previous)) {
            *followers = *followers << 8 | u16::from(byte);
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
            IndirectContext::FourAfterOne => self.first[one as usize].into(),
            IndirectContext::OneAfterTwo => u64::from(self.second[two as usize] & 0xff),
            IndirectContext::AfterTwoAndLastThree => {
                pair(self.second[two as usize] & 0xff, self.previous & 0xff_ffff)
            }
            IndirectContext::TwoAfterTwo => u64::from(self.second[two as usize] & 0xffff),
            IndirectContext::TwoAfterThree => {
                u64::from(self.third[third_slot(self.previous)] & 0xffff)
            }
            IndirectContext::FourAfterFour => {
                self.fourth.get(fourth_slot(self.previous)).copied().unwrap_or(0).into()
            }
            IndirectContext::AfterUpperHalves => self.after_upper().into(),
            IndirectContext::AfterUpperHalvesAndLastTwo => {
                pair(u32::from(self.after_upper() & 0xff), two)
            }
            IndirectContext::AfterFollower => {
                let follower = self.first[one as usize] & 0xff;
                pair(self.first[follower as usize] & 0xffff, follower)
            }
            IndirectContext::AfterGap => pair(u32::from(self.gap[(two >> 8) as usize]), one),
        }
    }

    fn rows(selector: NoSelector) -> usize {
        match selector {}
    }

    fn row(&self, selector: NoSelector, _: &ContextState) -> RowPart {
        match selector {}
    }
}

impl IndirectState {
    /// The two bytes that followed the upper halves of the last four bytes.
    #[inline(always)]
    fn after_upper(&self) -> u16 {
        self.upper.get(upper_slot(self.previous)).copied().unwrap_or(0)
    }
}

#[inline(always)]
fn fourth_slot(previous: u32) -> usize {
    (previous.wrapping_mul(0x9E37_79B1) >> (32 - FOLDED_BITS)) as usize
}

#[inline(always)]
fn third_slot(previous: u32) -> usize {
    ((previous & 0xff_ffff).wrapping_mul(0x9E37_79B1) >> (32 - SECOND_BITS)) as usize
}

/// The upper halves of the last four bytes.
#[inline(always)]
fn upper_slot(previous: u32) -> usize {
    let halves = previous >> 4 & 0x0f0f_0f0f;
    let pairs = (halves | halves >> 4) & 0x00ff_00ff;
    ((pairs | pairs >> 8) & 0xffff) as usize
}

#[inline(always)]
fn folded_slot(lower: u32) -> usize {
    ((lower & 0xff_ffff).wrapping_mul(0x9E37_79B1) >> (32 - FOLDED_BITS)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str) -> IndirectState {
        let all = [IndirectContext::AfterUpperHalves, IndirectContext::FourAfterFour].as_slice();
        let mut state = IndirectState::new(all);
        (1..=text.len()).for_each(|end| state.push(&text.as_bytes()[..end]));
        state
    }

    fn number(bytes: &str) -> u32 {
        bytes.bytes().fold(0, |number, byte| number << 8 | u32::from(byte))
    }

    #[test]
    fn what_followed_is_remembered() {
        let state = after("abcd1, abcd2, abcd");
        assert_eq!(state.first[usize::from(b'd')], number("12"));
        assert_eq!(state.second[number("cd") as usize & 0xffff], number("12"));
        assert_eq!(state.third[third_slot(state.previous)], number("12"));
        assert_eq!(state.fourth[fourth_slot(state.previous)], number("12"));
        assert_eq!(state.gap[usize::from(b'd')], number(",,") as u16);
    }

    #[test]
    fn upper_halves_are_those_of_the_last_four_bytes() {
        assert_eq!(upper_slot(0x1234_5678), 0x1357);
        assert_eq!(upper_slot(u32::MAX), 0xffff);
        // "x1, " has the upper halves of "y2- ".
        assert_eq!(after("x1, Ay2- ").after_upper(), u16::from(b'A'));
    }
}
