//! Long runs of one byte value.

use std::ops::Range;

/// Shortest run that leaves its stream. Below, a predictor codes it in a few bytes anyway, and taking it out
/// would shift the rows of a bitmap against each other.
pub const MIN_RUN: usize = 32 << 10;

/// Only every block of this size is looked at first: a run of [`MIN_RUN`] holds a whole one.
const STEP: usize = 2 << 10;

/// The next run in `bytes` from `from` on, as long as it gets.
pub fn next(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    let mut at = from;
    while let Some(block) = bytes.get(at..at + STEP) {
        let value = block[0];
        // One look at the ends spares most blocks the comparison.
        if block[STEP - 1] == value && block[STEP / 2] == value && block.iter().all(|&byte| byte == value) {
            let before = bytes[from..at].iter().rev().take_while(|&&byte| byte == value).count();
            let after = bytes[at..].iter().take_while(|&&byte| byte == value).count();
            if before + after >= MIN_RUN {
                return Some(at - before..at + after);
            }
            at += after;
        } else {
            at += STEP;
        }
    }
    None
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
                assert_eq!(next(&bytes, 0), (len >= MIN_RUN).then_some(start..start + len));
            }
        }
        assert_eq!(next(&[], 0), None);
    }
}
