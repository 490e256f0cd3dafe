//! The match bypass: after a long match that did not miss, one decision whether the next byte is the expected one, in place
//! of eight bits with all their contexts.
//!
//! What it brings, and from what length, is in `docs/architecture-engine.md`.

use super::match_model::MatchModel;
use super::state_map::MapEntry;
use crate::coder::{PROBABILITY_BITS, PROBABILITY_ONE};

/// Octaves of the length that are told apart.
const CLASSES: usize = 16;
/// Length from which a match is believed. From 128 bytes ten files with repeats are 0.01 % larger than from 400, from 64 an
/// emoji table is 17 % larger, from 32 a third.
const SHORTEST: u32 = 400;
/// Decisions after which the probability keeps its rate.
const LIMIT: u32 = 1000;

/// Whether and how surely the next byte is known without asking the contexts.
#[derive(Clone)]
pub struct Bypass {
    /// How often matches of each class of length went on.
    maps: [MapEntry; CLASSES],
    class: usize,
    expected: Option<u8>,
}

impl Default for Bypass {
    fn default() -> Self {
        let start = PROBABILITY_ONE - (1 << (PROBABILITY_BITS - 9));
        Self { maps: [MapEntry::new(start, 30); CLASSES], class: 0, expected: None }
    }
}

impl Bypass {
    /// Asks the match models for the next byte, once they have taken in the last.
    #[inline(always)]
    pub fn look(&mut self, matches: &[MatchModel]) {
        let proven = matches.iter().find(|model| model.length >= SHORTEST);
        self.expected = proven.and_then(MatchModel::expected_byte).map(|byte| byte as u8);
        self.class = proven.map_or(0, |model| model.length.ilog2() as usize % CLASSES);
    }

    /// The byte that is as good as known, if there is one.
    #[inline(always)]
    #[must_use]
    pub fn expected(&self) -> Option<u8> {
        self.expected
    }

    /// The probability (22 bits) that it comes.
    #[inline(always)]
    #[must_use]
    pub fn probability(&self) -> u32 {
        self.maps[self.class].probability().min(PROBABILITY_ONE - 1)
    }

    /// Learns whether it came.
    #[inline(always)]
    pub fn learn(&mut self, came: u32) {
        self.maps[self.class].update(came, LIMIT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_long_matches_are_believed_and_ever_more() {
        let mut matches = vec![MatchModel::new(12, 16).unwrap()];
        let mut bypass = Bypass::default();
        let bytes: Vec<u8> = (0..4000u32).map(|at| ((at % 256).wrapping_mul(0x9E37_79B1) >> 24) as u8).collect();
        let mut first = None;
        for end in 1..bytes.len() {
            matches[0].push(&bytes[..end]);
            bypass.look(&matches);
            if let Some(expected) = bypass.expected() {
                first.get_or_insert(end);
                assert_eq!(expected, bytes[end]);
                let before = bypass.probability();
                bypass.learn(1);
                assert!(bypass.probability() >= before);
            }
        }
        assert!(first.is_some_and(|end| (256 + 400..256 + 500).contains(&end)), "{first:?}");
        assert!(bypass.probability() > PROBABILITY_ONE - PROBABILITY_ONE / 1000);
    }
}
