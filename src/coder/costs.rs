//! What coded bits cost, and how sure their predictions were: for explanations of an archive.
//!
//! A bit that was coded with the probability p costs -log2 p bits of code. The arithmetic coder
//! adds a few bytes to the sum for a whole stream. Costs decide nothing that is coded.

/// Units of a bit: costs are whole numbers, so that sums are exact in any order.
pub const BIT: u64 = 1 << 24;

/// Most parts of a stream whose costs are told apart.
const PARTS: usize = 1 << 12;

/// Classes of certainty.
pub const CLASSES: usize = 10;

/// The smallest probability that the coded bit had, in each class; a class ends where the one
/// before begins.
pub const LEAST_PROBABILITY: [f64; CLASSES] = [
    1.0 - 1.0 / 1024.0,
    1.0 - 1.0 / 256.0,
    1.0 - 1.0 / 64.0,
    1.0 - 1.0 / 16.0,
    1.0 - 1.0 / 8.0,
    1.0 - 1.0 / 4.0,
    1.0 / 2.0,
    1.0 / 4.0,
    1.0 / 16.0,
    0.0,
];

/// The class of a bit that was coded with the probability `share`.
fn class_of(share: f64) -> usize {
    LEAST_PROBABILITY.iter().position(|&least| share >= least).unwrap_or(CLASSES - 1)
}

/// Cost of a bit that was coded with the probability `share`, in units of 1/[`BIT`] bits.
fn cost_of(share: f64) -> u64 {
    (-share.log2() * BIT as f64).round() as u64
}

/// A number of decisions, and what they cost together.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Tally {
    /// Number of decisions.
    pub count: u64,
    /// Their cost, in units of 1/[`BIT`] bits.
    pub cost: u64,
}

impl Tally {
    fn add(&mut self, cost: u64) {
        self.count += 1;
        self.cost += cost;
    }

    /// Adds the decisions of `other`.
    pub fn join(&mut self, other: Tally) {
        self.count += other.count;
        self.cost += other.cost;
    }
}

/// The costs of one stream. Memory does not grow with the stream.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Costs {
    /// Bytes of a part.
    part: usize,
    /// What each part costs, in units of 1/[`BIT`] bits.
    parts: Vec<u64>,
    /// Where parts end in the bytes that the stream stands for, if these are others.
    ends: Vec<usize>,
    /// Bits that models predicted, by class of certainty.
    pub classes: [Tally; CLASSES],
    /// Bytes that one decision coded, since a long match foretold them.
    pub foretold: Tally,
    /// Such decisions that were wrong. Eight bits followed each.
    pub refuted: Tally,
    /// Bytes so far.
    bytes: usize,
    /// The range of the coder before the next bit.
    range: u64,
    /// The shares of the range that the bits of this byte took, and how many they are.
    byte: [f64; 16],
    decisions: usize,
}

impl Costs {
    /// Begins a stream of `length` bytes.
    pub fn begin(&mut self, length: usize) {
        let part = length.div_ceil(PARTS).max(1);
        *self = Costs { part, parts: vec![0; length.div_ceil(part)], ..Costs::default() };
    }

    /// Says that the range of the coder is `range` before the next bit.
    pub(super) fn start(&mut self, range: u64) {
        self.range = range;
    }

    /// Notes a bit that has narrowed the range of the coder to `range`.
    pub(super) fn note(&mut self, range: u64) {
        self.byte[self.decisions & 15] = range as f64 / self.range as f64;
        self.decisions += 1;
    }

    /// Ends a byte, of which `skipped` leading bits were not coded. `was_foretold` says whether one
    /// decision coded it.
    pub fn end_byte(&mut self, skipped: u32, was_foretold: bool) {
        let decisions = std::mem::take(&mut self.decisions).min(self.byte.len());
        let was_refuted = !was_foretold && decisions + skipped as usize == 9;
        let mut sum = 0;
        for (index, &share) in self.byte[..decisions].iter().enumerate() {
            let cost = cost_of(share);
            sum += cost;
            match index {
                0 if was_foretold => self.foretold.add(cost),
                0 if was_refuted => self.refuted.add(cost),
                _ => self.classes[class_of(share)].add(cost),
            }
        }
        if let Some(part) = self.parts.get_mut(self.bytes / self.part.max(1)) {
            *part += sum;
        }
        self.bytes += 1;
    }

    /// Bytes of a part; the last part may have fewer.
    #[must_use]
    pub fn part(&self) -> usize {
        self.part
    }

    /// Says that the stream stands for other bytes, in which its parts end at `ends`.
    pub fn stand_for(&mut self, ends: Vec<usize>) {
        debug_assert_eq!(ends.len(), self.parts.len());
        self.ends = ends;
    }

    /// What all bytes cost, in units of 1/[`BIT`] bits.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.parts.iter().sum()
    }

    /// For each part, where the part ends in the bytes that the stream stands for, and the cost of
    /// all bytes up to there.
    pub fn curve(&self) -> impl Iterator<Item = (usize, u64)> {
        let mut sum = 0;
        self.parts.iter().enumerate().map(move |(index, cost)| {
            sum += cost;
            let own = ((index + 1) * self.part).min(self.bytes);
            (self.ends.get(index).copied().unwrap_or(own), sum)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Decoder, Encoder};
    use super::*;
    use crate::numeric::PROBABILITY_ONE;

    /// Notes `count` bits that were coded with a probability of 1/2^`halvings`.
    fn note(costs: &mut Costs, count: usize, halvings: u32) {
        for _ in 0..count {
            costs.start(1 << 60);
            costs.note(1 << (60 - halvings));
        }
    }

    #[test]
    fn costs_are_those_of_the_code() {
        let bits: Vec<(u32, u32)> = (0..80_000u32)
            .map(|index| {
                let probability = 1 + index.wrapping_mul(0x9E37_79B1) % (PROBABILITY_ONE - 1);
                (u32::from(index.wrapping_mul(7) % 11 < 5), probability)
            })
            .collect();
        let mut encoder = Encoder::new();
        bits.iter().for_each(|&(bit, probability)| encoder.encode(bit, probability));
        let code = encoder.finish();
        let mut costs = Costs::default();
        costs.begin(bits.len() / 8);
        let mut paused = Decoder::new(&code).pause();
        for byte in bits.chunks(8) {
            let mut decoder = paused.on_measured(&code, &mut costs);
            for &(bit, probability) in byte {
                assert_eq!(decoder.decode(probability), bit);
            }
            decoder.costs().unwrap().end_byte(0, false);
            paused = decoder.pause();
        }
        let sum = |of: fn(&Tally) -> u64| costs.classes.iter().map(of).sum::<u64>();
        assert_eq!((sum(|class| class.count), sum(|class| class.cost)), (80_000, costs.total()));
        assert!((code.len() as u64 * 8 * BIT).abs_diff(costs.total()) <= 8 * 8 * BIT);
    }

    #[test]
    fn bytes_of_long_matches_are_told_apart() {
        let mut costs = Costs::default();
        costs.begin(3);
        note(&mut costs, 1, 1);
        costs.end_byte(1, true);
        note(&mut costs, 8, 2);
        costs.end_byte(1, false);
        note(&mut costs, 7, 1);
        costs.end_byte(1, false);
        assert_eq!(costs.foretold, Tally { count: 1, cost: BIT });
        assert_eq!(costs.refuted, Tally { count: 1, cost: 2 * BIT });
        let counts: Vec<u64> = costs.classes.iter().map(|class| class.count).collect();
        assert_eq!(counts, [0, 0, 0, 0, 0, 0, 7, 7, 0, 0]);
        assert_eq!(costs.curve().last(), Some((3, costs.total())));
    }

    #[test]
    fn parts_are_bounded() {
        let mut costs = Costs::default();
        costs.begin(100_000);
        for _ in 0..100_000 {
            note(&mut costs, 1, 1);
            costs.end_byte(7, false);
        }
        assert!(costs.parts.len() <= PARTS);
        assert_eq!(costs.curve().last(), Some((100_000, 100_000 * BIT)));
        assert_eq!(costs.curve().next(), Some((25, 25 * BIT)));
    }
}
