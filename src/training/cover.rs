//! Text that holds what many samples share: chosen by a greedy cover.
//!
//! Parts of samples are taken one after the other. The next one is the part whose sequences of
//! eight bytes are worth most for its length; a sequence is worth the number of samples that it
//! occurs in, and nothing once it is in the text. The idea is that of the trainer COVER of zstd
//! (Liao, Petri, Moffat and Wirth, "Effective construction of relative Lempel-Ziv dictionaries",
//! 2016). A part may be a whole sample here: a predictor learns the order of its fields too.

use std::collections::BinaryHeap;
use std::ops::Range;

/// Bytes of a sequence.
const SEQUENCE: usize = 8;
/// Counters of sequences, as a power of two. Sequences with the same hash count as one.
const COUNTER_BITS: u32 = 22;
/// A whole sample that is longer is cut.
const LONGEST_PART: usize = 4 << 10;

/// Where a part of the samples is.
type Part = (usize, Range<usize>);

/// In how many samples sequences occur.
pub struct Cover<'a> {
    samples: &'a [&'a [u8]],
    counts: Vec<u32>,
}

fn hashes(bytes: &[u8]) -> impl Iterator<Item = usize> {
    bytes.windows(SEQUENCE).map(|window| {
        let number = window.iter().fold(0u64, |number, &byte| number << 8 | u64::from(byte));
        (number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - COUNTER_BITS)) as usize
    })
}

impl<'a> Cover<'a> {
    /// Counts the sequences of `samples`.
    #[must_use]
    pub fn of(samples: &'a [&'a [u8]]) -> Self {
        let mut counts = vec![0u32; 1 << COUNTER_BITS];
        let mut last = vec![u32::MAX; 1 << COUNTER_BITS];
        for (number, sample) in samples.iter().enumerate() {
            for hash in hashes(sample) {
                if last[hash] != number as u32 {
                    last[hash] = number as u32;
                    counts[hash] += 1;
                }
            }
        }
        // What one sample has alone tells nothing of others.
        counts.iter_mut().for_each(|count| *count = count.saturating_sub(1));
        Cover { samples, counts }
    }

    /// Sequences of `samples` worth what their last bytes cost where they occur, in 16ths of a bit;
    /// `costs` are those of some samples. What one sample has alone is worth nothing.
    #[must_use]
    pub fn of_costs(samples: &'a [&'a [u8]], costs: &[(usize, Vec<u64>)]) -> Self {
        let Cover { counts: frequent, .. } = Self::of(samples);
        let mut sums = vec![0u64; 1 << COUNTER_BITS];
        for (sample, costs) in costs {
            for (hash, cost) in hashes(samples[*sample]).zip(costs.iter().skip(SEQUENCE - 1)) {
                sums[hash] += cost >> 20;
            }
        }
        let worth =
            |(sum, &count): (u64, &u32)| if count > 0 { sum.min(1 << 24) as u32 } else { 0 };
        let counts = sums.into_iter().zip(&frequent).map(worth).collect();
        Cover { samples, counts }
    }

    fn parts(&self, length: Option<usize>) -> Vec<Part> {
        let length = length.unwrap_or(LONGEST_PART);
        let of_sample = |(number, sample): (usize, &&[u8])| -> Vec<Part> {
            let starts = (0..sample.len()).step_by(length);
            starts.map(|start| (number, start..(start + length).min(sample.len()))).collect()
        };
        self.samples.iter().enumerate().flat_map(of_sample).collect()
    }

    /// What a part is worth for its length.
    fn worth(&self, (sample, range): &Part, covered: &[bool]) -> u64 {
        let mut sum = 0;
        let mut own: Vec<usize> = hashes(&self.samples[*sample][range.clone()]).collect();
        own.sort_unstable();
        own.dedup();
        for hash in own {
            sum += if covered[hash] { 0 } else { u64::from(self.counts[hash]) };
        }
        // Short parts break off what belongs together.
        (sum << 10) / (range.len() + 32) as u64
    }

    /// At most `size` bytes of parts of `length` bytes, or of whole samples; the part that is worth
    /// most is the last.
    #[must_use]
    pub fn text(&self, size: usize, length: Option<usize>) -> Vec<u8> {
        let parts = self.parts(length);
        let mut covered = vec![false; 1 << COUNTER_BITS];
        let mut heap: BinaryHeap<(u64, std::cmp::Reverse<usize>)> = BinaryHeap::new();
        for (index, part) in parts.iter().enumerate() {
            heap.push((self.worth(part, &covered), std::cmp::Reverse(index)));
        }
        let mut chosen: Vec<usize> = Vec::new();
        let mut total = 0;
        // Worth only falls: what still leads when it is computed again is the best.
        while let Some((_, std::cmp::Reverse(index))) = heap.pop() {
            let worth = self.worth(&parts[index], &covered);
            if worth == 0 {
                continue;
            }
            if heap.peek().is_some_and(|(next, _)| *next > worth) {
                heap.push((worth, std::cmp::Reverse(index)));
                continue;
            }
            let (sample, range) = &parts[index];
            if total + range.len() > size {
                break;
            }
            total += range.len();
            chosen.push(index);
            for hash in hashes(&self.samples[*sample][range.clone()]) {
                covered[hash] = true;
            }
        }
        let bytes = |&index: &usize| {
            let (sample, range) = &parts[index];
            &self.samples[*sample][range.clone()]
        };
        chosen.iter().rev().map(bytes).collect::<Vec<_>>().concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_samples_share_is_chosen_once_and_last() {
        let numbers: Vec<String> = (0..40u64)
            .map(|n| {
                format!(
                    "{:016x}the common end of samples",
                    (n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)
                )
            })
            .collect();
        let samples: Vec<&[u8]> = numbers.iter().map(String::as_bytes).collect();
        let text = Cover::of(&samples).text(1000, None);
        assert!(text.ends_with(b"the common end of samples"));
        // Sixteen digits stand before it.
        assert!(text.len() <= 16 * samples[0].len(), "{}", text.len());
        assert!(Cover::of(&samples).text(10, None).is_empty());
    }
}
