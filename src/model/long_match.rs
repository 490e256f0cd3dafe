//! Long matches: where a proven match makes the next byte as good as sure, one decision says
//! whether the byte comes, in place of eight bits with all their contexts.
//!
//! How often expected bytes came is remembered for the length of the match with the expected and
//! the last byte: in text with fields, matches go on for long and end where a field begins. What it
//! brings is in `docs/architecture-engine.md`.

use super::input_model::Expected;
use crate::error::{Error, Result};
use crate::numeric::{PROBABILITY_BITS, PROBABILITY_ONE};

/// From this length on all matches are one class.
const LONGEST_OCTAVE: u32 = 9;
/// Bits of the number of decisions that are told apart, at most.
const MOST_BITS: u32 = 16;
/// Times after which a decision keeps its rate.
const LIMIT: u32 = 1000;

/// How often a match went on in one situation.
#[derive(Clone, Copy, Debug)]
struct Decision {
    /// The share that did not, of 2^32.
    misses: u32,
    count: u32,
}

impl Decision {
    #[inline(always)]
    fn learn(&mut self, came: bool) {
        let rest = if came { self.misses } else { !self.misses };
        let step = rest / (self.count + 2);
        self.misses = if came { self.misses - step } else { self.misses + step };
        self.count += u32::from(self.count < LIMIT);
    }
}

/// When a match is believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Belief {
    /// Bytes that it has lasted for.
    pub shortest: u32,
    /// At most one in 2^`rarity` bytes of its situation did not come.
    pub rarity: u32,
}

/// Whether and how surely the next byte is known without asking the contexts.
#[derive(Clone)]
pub struct LongMatch {
    belief: Belief,
    decisions: Vec<Decision>,
    /// Of `decisions`, the one about the next byte.
    current: usize,
    expected: u8,
    /// Whether there is a match of the shortest length.
    proven: bool,
}

impl LongMatch {
    /// How many decisions are told apart in a stream of `length` bytes.
    #[must_use]
    pub fn decisions(length: usize) -> usize {
        length.clamp(1 << 8, 1 << MOST_BITS).next_power_of_two()
    }

    /// With `number` decisions, a power of two.
    ///
    /// # Errors
    /// The memory cannot be had.
    pub fn new(number: usize, belief: Belief) -> Result<Self> {
        let mut decisions = Vec::new();
        decisions
            .try_reserve_exact(number)
            .map_err(|_| Error::no_memory("decisions about matches"))?;
        decisions.resize(number, Decision { misses: 1 << (32 - 9), count: 30 });
        Ok(Self { belief, decisions, current: 0, expected: 0, proven: false })
    }

    /// Learns whether the byte that `bytes` now ends with was the expected one. `expected` are the
    /// next bytes that the input models expect after it, those of the most trusted model first.
    #[inline(always)]
    pub fn push(&mut self, bytes: &[u8], mut expected: impl Iterator<Item = Expected>) {
        let last = bytes.last().copied().unwrap_or(0);
        if self.proven {
            self.decisions[self.current].learn(self.expected == last);
        }
        let proven = expected.find(|expected| expected.length >= self.belief.shortest);
        self.proven = proven.is_some();
        if let Some(Expected { byte, length }) = proven {
            self.expected = byte;
            let situation = length.max(1).ilog2().min(LONGEST_OCTAVE) << 16
                | u32::from(self.expected) << 8
                | u32::from(last);
            let hash = u64::from(situation).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - MOST_BITS);
            self.current = hash as usize & (self.decisions.len() - 1);
        }
    }

    /// Whether the next byte is as good as sure: then one decision says whether it comes.
    #[inline(always)]
    #[must_use]
    pub fn sure(&self) -> bool {
        self.proven && self.decisions[self.current].misses >> (32 - self.belief.rarity) == 0
    }

    /// The byte that is as good as sure.
    #[inline(always)]
    #[must_use]
    pub fn expected(&self) -> u8 {
        self.expected
    }

    /// The probability (22 bits) that it comes.
    #[inline(always)]
    #[must_use]
    pub fn probability(&self) -> u32 {
        PROBABILITY_ONE - (self.decisions[self.current].misses >> (32 - PROBABILITY_BITS)).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::input_model::InputModel;
    use crate::model::match_model::MatchModel;

    /// A pattern of 256 bytes, over and over.
    fn repeats() -> Vec<u8> {
        (0..100_000u32).map(|at| ((at % 256).wrapping_mul(0x9E37_79B1) >> 24) as u8).collect()
    }

    #[test]
    fn only_proven_matches_are_believed_and_ever_more() {
        let mut matches = [MatchModel::new(12, 16).unwrap()];
        let mut long_match =
            LongMatch::new(LongMatch::decisions(100_000), Belief { shortest: 32, rarity: 11 })
                .unwrap();
        let bytes = repeats();
        let mut first = None;
        let mut probability = 0;
        for end in 1..bytes.len() {
            matches[0].push(&bytes[..end]);
            long_match.push(&bytes[..end], matches.iter().filter_map(InputModel::expected));
            if long_match.sure() {
                first.get_or_insert(end);
                assert_eq!(long_match.expected(), bytes[end]);
                probability = long_match.probability();
                assert!(probability > PROBABILITY_ONE - (PROBABILITY_ONE >> 11));
            }
        }
        assert!(first.is_some_and(|end| end > 256 + 32), "{first:?}");
        assert!(probability > PROBABILITY_ONE - (PROBABILITY_ONE >> 12));
    }

    #[test]
    fn a_situation_that_disappoints_is_not_believed() {
        let mut decision = Decision { misses: 1 << (32 - 14), count: LIMIT };
        decision.learn(false);
        assert!(decision.misses >> (32 - 11) > 0);
        for extreme in [0, u32::MAX] {
            for came in [false, true] {
                let mut decision = Decision { misses: extreme, count: 0 };
                decision.learn(came);
                assert!(came || decision.misses >= extreme);
                assert!(!came || decision.misses <= extreme);
            }
        }
    }
}
