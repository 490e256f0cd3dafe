//! Long runs of one byte value.

use std::ops::Range;

/// Shortest run that leaves its stream. Below, a predictor codes it in a few bytes anyway, and
/// taking it out would shift the rows of a bitmap against each other.
pub const MIN_RUN: usize = 32 << 10;

/// A run from here on is a gap between two things: it is passed over before anything else is looked
/// for.
pub const GAP: usize = 1 << 20;

/// Only every block of this size is looked at first: a run of [`MIN_RUN`] holds a whole one.
const STEP: usize = 2 << 10;

/// The next run of at least `least` bytes in `bytes` from `from` on, as long as it gets. `least` is
/// at least twice the step.
pub fn next(bytes: &[u8], from: usize, least: usize) -> Option<Range<usize>> {
    let mut at = from;
    while let Some(block) = bytes.get(at..at + STEP) {
        let value = block[0];
        // One look at the ends spares most blocks the comparison.
        if block[STEP - 1] == value && block[STEP / 2] == value && is_all(block, value) {
            let before = bytes[from..at].iter().rev().take_while(|&&byte| byte == value).count();
            let after = leading(&bytes[at..], value);
            if before + after >= least {
                return Some(at - before..at + after);
            }
            at += after;
        } else {
            at += STEP;
        }
    }
    None
}

/// All runs of at least [`GAP`] bytes.
pub fn gaps(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut gaps: Vec<Range<usize>> = Vec::new();
    while let Some(gap) = next(bytes, gaps.last().map_or(0, |gap| gap.end), GAP) {
        gaps.push(gap);
    }
    gaps
}

/// Whether every byte is `value`, without a branch for each.
fn is_all(bytes: &[u8], value: u8) -> bool {
    bytes.iter().fold(0, |differing, byte| differing | (byte ^ value)) == 0
}

/// How many bytes at the start are `value`.
fn leading(bytes: &[u8], value: u8) -> usize {
    let whole = bytes.chunks_exact(STEP).take_while(|block| is_all(block, value)).count() * STEP;
    whole + bytes[whole..].iter().take_while(|&&byte| byte == value).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_found_whole() {
        for start in [0usize, 1, 2047, 2048, 5000] {
            for len in [MIN_RUN - 1, MIN_RUN, MIN_RUN + 1, 90_000] {
                let mut bytes: Vec<u8> = (0..100_000u32).map(|i| (i % 251) as u8 | 1).collect();
                bytes[start..start + len].fill(0);
                assert_eq!(
                    next(&bytes, 0, MIN_RUN),
                    (len >= MIN_RUN).then_some(start..start + len)
                );
            }
        }
        assert_eq!(next(&[], 0, MIN_RUN), None);
    }

    #[test]
    fn gaps_are_found_in_order() {
        let mut bytes = vec![1; 100];
        bytes.resize(100 + GAP, 2);
        bytes.resize(99 + 2 * GAP, 3);
        bytes.resize(99 + 4 * GAP, 0);
        assert_eq!(gaps(&bytes), [100..100 + GAP, 99 + 2 * GAP..99 + 4 * GAP]);
        assert!(gaps(&[0; 100]).is_empty());
    }
}
