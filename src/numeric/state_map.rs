//! Adaptive probabilities: what a bit history, or any small context, has meant so far.

use super::bit_history::BIT_HISTORY;
use super::logistic::stretch;
use super::{PROBABILITY_BITS, PROBABILITY_ONE};
use std::sync::LazyLock;

/// Bits of a map entry that count its updates; the 22 above them are the probability.
pub const COUNT_BITS: u32 = 32 - PROBABILITY_BITS;
const COUNT_MASK: u32 = (1 << COUNT_BITS) - 1;

/// 2^15 / (2 count + 3): the share of the error that an update removes, with 14 fractional bits.
pub(crate) static RECIPROCAL: [i32; 1 << COUNT_BITS] = {
    let mut table = [0; 1 << COUNT_BITS];
    let mut count = 0;
    while count < table.len() {
        table[count] = (1 << 14) / (2 * count as i32 + 3);
        count += 1;
    }
    table
};

/// Moves `entry` towards `bit` by 1 / (count + 1.5); the count stops at `limit` (below 1024).
#[inline(always)]
#[must_use]
pub fn update_entry(entry: u32, bit: u32, limit: u32) -> u32 {
    let count = entry & COUNT_MASK;
    let probability = (entry >> COUNT_BITS) as i32;
    let target = (bit << PROBABILITY_BITS) as i32;
    // |error| >> 4 is below 2^18 and the halved reciprocal below 5462: the product fits 31 bits.
    let step = ((((target - probability) >> 4) * RECIPROCAL[count as usize]) as u32) << 1;
    let moved = (entry & !COUNT_MASK).wrapping_add(step & !COUNT_MASK);
    moved | (count + u32::from(count < limit))
}

/// The 22-bit probability of an entry, never 0.
#[inline(always)]
#[must_use]
pub fn probability(entry: u32) -> u32 {
    (entry >> COUNT_BITS).max(1)
}

/// An entry that starts at `probability` (22 bits) as if seen `count` times.
#[must_use]
pub const fn entry(probability: u32, count: u32) -> u32 {
    (probability << COUNT_BITS) | count
}

/// Two mixer inputs of one prediction: its stretched value, and how far it is from even odds.
#[inline(always)]
#[must_use]
pub fn inputs_of(probability: u32) -> [i16; 2] {
    let linear = (probability as i32 - (PROBABILITY_ONE / 2) as i32) >> (PROBABILITY_BITS - 10);
    [stretch(probability) as i16, linear as i16]
}

/// A map entry with the inputs it stands for, so that predicting is one load: the entry in the
/// low half, the two 16-bit inputs above it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct MapEntry(pub u64);

impl MapEntry {
    /// An entry that starts at `probability` (22 bits) as if seen `count` times.
    #[must_use]
    pub fn new(start: u32, count: u32) -> Self {
        Self::with_inputs(entry(start, count))
    }

    /// An entry that predicts nothing until its first update.
    #[must_use]
    pub const fn silent() -> Self {
        Self(entry(PROBABILITY_ONE / 2, 0) as u64)
    }

    /// Entry and inputs from an entry.
    #[inline(always)]
    #[must_use]
    pub fn with_inputs(entry: u32) -> Self {
        let [strength, linear] = inputs_of(probability(entry));
        Self(u64::from(entry) | u64::from(strength as u16) << 32 | u64::from(linear as u16) << 48)
    }

    /// The entry without its inputs.
    #[inline(always)]
    #[must_use]
    pub const fn entry(self) -> u32 {
        self.0 as u32
    }

    /// The 22-bit probability.
    #[inline(always)]
    #[must_use]
    pub fn probability(self) -> u32 {
        probability(self.entry())
    }

    /// The mixer inputs: stretched, and linear.
    #[inline(always)]
    #[must_use]
    pub const fn inputs(self) -> [i16; 2] {
        [(self.0 >> 32) as i16, (self.0 >> 48) as i16]
    }

    /// Learns `bit`.
    #[inline(always)]
    pub fn update(&mut self, bit: u32, limit: u32) {
        *self = Self::with_inputs(update_entry(self.entry(), bit, limit));
    }
}

/// Initial entries for the 256 bit histories.
static INITIAL: LazyLock<Box<[MapEntry; 256]>> = LazyLock::new(|| {
    let mut table = Box::new([MapEntry::silent(); 256]);
    for (state, slot) in table.iter_mut().enumerate().skip(1) {
        let (zeros, ones) = BIT_HISTORY.counts[state];
        // Half a bit of each to start with; runs are believed sooner (a quarter).
        let (z, o) = (u64::from(zeros) * 16, u64::from(ones) * 16);
        let prior = if zeros == 0 || ones == 0 { 4 } else { 8 };
        let p = ((o + prior) << PROBABILITY_BITS) / (z + o + 2 * prior);
        *slot = MapEntry::new(p as u32, 0);
    }
    table
});

/// A map from bit histories to probabilities for one context. State 0 (never seen) stays silent.
pub type HistoryMap = [MapEntry; 256];

/// A map in its initial state.
#[must_use]
pub fn history_map() -> HistoryMap {
    **INITIAL
}
