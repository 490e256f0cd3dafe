//! Similar distances: how far back bytes of nearly the same value are.
//!
//! A stride is found where bytes repeat. Numbers that change slowly do not repeat: the distance at
//! which bytes differ least tells the record then. For every distance the mean difference is kept,
//! newer bytes weighing more. The idea is that of the similarity model of paq8px (2025).

use super::context::ContextState;
use super::family::{Family, Reads, pair};
use super::name::named;
use super::selector::RowPart;

named! {
    /// Contexts of similar distances. The *likest* byte is the one at the distance of the least
    /// mean difference, the *second likest* that of the next.
    pub enum SimilarContext {
        /// The likest byte and the last byte.
        LikestAndLast,
        /// The likest byte and the second likest byte.
        TwoLikest,
        /// The likest byte, moved by what the last byte differs from the one before the likest.
        Moved,
        /// The likest byte, moved by what the second last byte differs.
        MovedByTwo,
        /// The three bytes above by the period whose first multiples differ least.
        ThreeAbove,
        /// The byte above by that period, moved as from the one above it.
        StepAbove,
        /// The byte above by that period and the last byte.
        AboveAndLast,
    }
}

named! {
    /// Selectors of similar distances.
    pub enum SimilarSelector {
        /// The classes of the differences of the likest byte and of the period.
        Differences,
    }
}

/// Distances that are compared.
const DISTANCES: usize = 1024;
/// Longest period: four multiples are compared.
const PERIODS: usize = DISTANCES / 4;
/// Bytes after which the best period is looked for again. Looking after every byte made a program of
/// 200,000 bytes 0.02 % smaller, and took a tenth of the time of -7.
const PERIOD_EVERY: usize = 8;
/// A difference loses this power of two of its weight with each byte.
const DECAY: u32 = 4;
/// Means that are compared at a time.
const CHUNK: usize = 32;
/// Classes of a mean difference.
const CLASSES: u32 = 16;

/// Mean differences of all distances, and what they say of the next byte.
#[derive(Clone)]
pub struct SimilarState {
    /// Mean difference of the bytes at each distance, with 8 fractional bits, the longest first.
    means: Box<[u16; DISTANCES]>,
    likest: u8,
    second: u8,
    moved: u32,
    moved_by_two: u32,
    period: usize,
    above: [u8; 3],
    last: u8,
    class: u32,
    period_class: u32,
}

/// Class, below [`CLASSES`], of a mean difference with 8 fractional bits.
#[inline(always)]
fn class(mean: u16) -> u32 {
    (u32::from(mean) / 32 + 1).ilog2().min(CLASSES - 1)
}

impl SimilarState {
    /// Compares `byte` with the bytes `before`, of which there are [`DISTANCES`] at most.
    #[inline(always)]
    fn compare(&mut self, byte: u8, before: &[u8]) {
        let means = &mut self.means[DISTANCES - before.len()..];
        for (mean, &other) in means.iter_mut().zip(before) {
            let difference = byte.wrapping_sub(other);
            let difference = difference.min(difference.wrapping_neg());
            *mean = *mean - (*mean >> DECAY) + (u16::from(difference) << (8 - DECAY));
        }
    }

    /// The indices of the least and of the next of `means`, each the last of equals. The second is
    /// the first where there is no other.
    #[inline(always)]
    fn two_least(means: &[u16]) -> Option<(usize, usize)> {
        // Chunks are compared many means at a time; one mean after the other only in two of them.
        let mut least = [u16::MAX; DISTANCES / CHUNK + 1];
        let (chunks, rest) = means.as_chunks::<CHUNK>();
        for (least, chunk) in least.iter_mut().zip(chunks) {
            *least = chunk.iter().fold(u16::MAX, |least, &mean| least.min(mean));
        }
        least[chunks.len()] = rest.iter().copied().min().unwrap_or(u16::MAX);
        let last_least = |least: &[u16], except: usize| {
            let &value = least.iter().min().filter(|&&value| value < u16::MAX)?;
            let chunk = least.iter().rposition(|&mean| mean == value)? * CHUNK;
            let means = &means[chunk..means.len().min(chunk + CHUNK)];
            means
                .iter()
                .enumerate()
                .rev()
                .find(|&(index, &mean)| mean == value && chunk + index != except)
                .map(|(index, _)| chunk + index)
        };
        let best = last_least(&least, usize::MAX)?;
        let chunk = best / CHUNK * CHUNK;
        least[best / CHUNK] = means[chunk..means.len().min(chunk + CHUNK)]
            .iter()
            .enumerate()
            .filter(|&(index, _)| chunk + index != best)
            .fold(u16::MAX, |least, (_, &mean)| least.min(mean));
        Some((best, last_least(&least, best).unwrap_or(best)))
    }

    /// The period whose first four multiples differ least, at most a quarter of `length`.
    #[inline(always)]
    fn best_period(&self, length: usize) -> (usize, u16) {
        let mut best = (1, u16::MAX);
        for period in 1..=(length / 4).min(PERIODS) {
            let sum: u32 = (1..=4).map(|k| u32::from(self.means[DISTANCES - k * period])).sum();
            let mean = (sum / 4) as u16;
            if mean < best.1 {
                best = (period, mean);
            }
        }
        best
    }

    /// The value of `context`, to be hashed.
    #[inline(always)]
    fn value_of(&self, context: SimilarContext) -> u64 {
        let [likest, second, last] = [self.likest, self.second, self.last].map(u32::from);
        let [above, two_above, three_above] = self.above.map(u32::from);
        match context {
            SimilarContext::LikestAndLast => pair(last, likest),
            SimilarContext::TwoLikest => pair(second, likest),
            SimilarContext::Moved => self.moved.into(),
            SimilarContext::MovedByTwo => self.moved_by_two.into(),
            SimilarContext::ThreeAbove => pair(two_above << 8 | three_above, above),
            SimilarContext::StepAbove => (2 * above + 256 - two_above).into(),
            SimilarContext::AboveAndLast => pair(last, above),
        }
    }
}

impl Family for SimilarState {
    type Context = SimilarContext;
    type Selector = SimilarSelector;
    const READS: Reads = Reads::Stream;

    fn new(_: &[SimilarContext]) -> Self {
        Self {
            means: Box::new([64 << 8; DISTANCES]),
            likest: 0,
            second: 0,
            moved: 0,
            moved_by_two: 0,
            period: 1,
            above: [0; 3],
            last: 0,
            class: 0,
            period_class: 0,
        }
    }

    #[inline(always)]
    fn push(&mut self, bytes: &[u8]) {
        let Some((&byte, before)) = bytes.split_last() else { return };
        let first = before.len().saturating_sub(DISTANCES);
        self.compare(byte, &before[first..]);
        self.last = byte;
        let length = bytes.len().min(DISTANCES);
        // Of the distances at which there are bytes.
        let means = &self.means[DISTANCES - length..];
        let Some((best, next)) = Self::two_least(means) else { return };
        let byte_at = |distance: usize| {
            bytes.len().checked_sub(distance).and_then(|at| bytes.get(at)).copied().unwrap_or(0)
        };
        let distance = length - best;
        let other = length - next;
        self.likest = byte_at(distance);
        self.second = byte_at(other);
        let moved = |distance: usize, by: usize| {
            u32::from(byte_at(distance)) + 256 + u32::from(byte_at(by))
                - u32::from(byte_at(distance + by))
        };
        self.moved = moved(distance, 1);
        self.moved_by_two = moved(distance, 2);
        self.class = class(means[best]);
        if bytes.len().is_multiple_of(PERIOD_EVERY) {
            let (period, mean) = self.best_period(length);
            self.period = period;
            self.period_class = class(mean);
        }
        self.above = [1, 2, 3].map(|k| byte_at(k * self.period));
    }

    #[inline(always)]
    fn value(&self, context: SimilarContext, _: &ContextState) -> u64 {
        self.value_of(context)
    }
    fn rows(selector: SimilarSelector) -> usize {
        match selector {
            SimilarSelector::Differences => (CLASSES * CLASSES) as usize * 8,
        }
    }

    #[inline(always)]
    fn row(&self, selector: SimilarSelector, _: &ContextState) -> RowPart {
        match selector {
            SimilarSelector::Differences => {
                RowPart::with_bit(self.class * CLASSES + self.period_class)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(bytes: &[u8]) -> SimilarState {
        let mut state = SimilarState::new(&[]);
        (1..=bytes.len()).for_each(|end| state.push(&bytes[..end]));
        state
    }

    /// Records of twelve bytes with a number that grows by 3 in each, so that no record repeats.
    #[test]
    fn slowly_growing_records_are_found() {
        let record = |i: usize| {
            let number = (40 + 3 * i) as u8;
            [number, 7, 250, 90, 180, 30, 220, 60, 140, 200, 10, 110]
        };
        let bytes: Vec<u8> = (0..60).flat_map(record).collect();
        let state = after(&bytes);
        let next = (40 + 3 * 60) as u8;
        assert_eq!(state.likest, next - 3);
        assert_eq!(state.above, [next - 3, next - 6, next - 9]);
        assert_eq!(state.value_of(SimilarContext::StepAbove) as u8, next);
    }

    #[test]
    fn the_distance_of_a_wave_is_found() {
        let wave = |i: usize| [0u8, 60, 110, 120, 100, 40, 10][i % 7] + (i % 3) as u8;
        let bytes: Vec<u8> = (0..500).map(wave).collect();
        let state = after(&bytes);
        assert!(state.likest.abs_diff(wave(500)) <= 2, "{}", state.likest);
        assert!(state.class < 8);
    }

    #[test]
    fn the_last_of_the_least_is_found() {
        for length in [0, 1, 2, 31, 32, 33, 64, 100, DISTANCES] {
            for seed in 0..50usize {
                let mean = |i: usize| ((i * 7919 + seed * 104_729) % 97 + 3) as u16;
                let means: Vec<u16> = (0..length).map(mean).collect();
                let last = |except: usize| {
                    let others = || (0..length).filter(|&i| i != except);
                    let least = others().map(|i| means[i]).min()?;
                    others().rfind(|&i| means[i] == least)
                };
                let expected = last(usize::MAX).map(|best| (best, last(best).unwrap_or(best)));
                assert_eq!(SimilarState::two_least(&means), expected, "{length} {seed}");
            }
        }
    }

    #[test]
    fn few_bytes_are_no_fault() {
        for length in 0..40 {
            after(&vec![length as u8; length]);
        }
        let state = after(&[1, 200]);
        assert_eq!(state.likest, 200);
    }

    #[test]
    fn rows_are_enough() {
        let rows = SimilarState::rows(SimilarSelector::Differences) as u32;
        assert!((CLASSES * CLASSES - 1) * 8 + 7 < rows);
        assert!(class(u16::MAX) < CLASSES);
    }
}
