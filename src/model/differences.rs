//! Mean differences: how much bytes differ from those at each distance before them.

/// Means that are compared at a time.
const CHUNK: usize = 32;
/// Chunks of the largest table.
const CHUNKS: usize = 64;
/// A mean that equal bytes leave far behind: that of bytes without any order.
const UNKNOWN: u16 = 64 << 8;

/// The mean difference of bytes at each of `D` distances, newer bytes weighing more: a difference
/// loses a 2^`DECAY`th of its weight with each byte.
#[derive(Clone)]
pub struct Differences<const D: usize, const DECAY: u32> {
    /// With 8 fractional bits, the longest distance first.
    means: Box<[u16; D]>,
    /// Distances at which there are bytes.
    length: usize,
}

/// The difference of two bytes, the shorter way round.
#[inline(always)]
#[must_use]
pub fn apart(one: u8, other: u8) -> u8 {
    let difference = one.wrapping_sub(other);
    difference.min(difference.wrapping_neg())
}

impl<const D: usize, const DECAY: u32> Differences<D, DECAY> {
    /// Before the first byte.
    #[must_use]
    pub fn new() -> Self {
        const { assert!(D.is_multiple_of(CHUNK) && D / CHUNK <= CHUNKS && DECAY <= 8) };
        Self { means: Box::new([UNKNOWN; D]), length: 0 }
    }

    /// Compares the byte that `bytes` now ends with to those before.
    #[inline(always)]
    pub fn push(&mut self, bytes: &[u8]) {
        let Some((&byte, before)) = bytes.split_last() else { return };
        let before = &before[before.len().saturating_sub(D)..];
        let means = &mut self.means[D - before.len()..];
        for (mean, &other) in means.iter_mut().zip(before) {
            let difference = u16::from(apart(byte, other));
            *mean = *mean - (*mean >> DECAY) + (difference << (8 - DECAY));
        }
        self.length = bytes.len().min(D);
    }

    /// The mean at `distance`, with 8 fractional bits.
    #[inline(always)]
    #[must_use]
    pub fn at(&self, distance: usize) -> u16 {
        if distance == 0 || distance > D { u16::MAX } else { self.means[D - distance] }
    }

    /// The distances of the least and of the next mean, each the shortest of equals. The second is
    /// the first where there is no other.
    #[inline(always)]
    #[must_use]
    pub fn two_least(&self) -> Option<[usize; 2]> {
        let means = &self.means[D - self.length..];
        // Chunks are compared many means at a time; one mean after the other only in two of them.
        let mut least = [u16::MAX; CHUNKS + 1];
        let (chunks, rest) = means.as_chunks::<CHUNK>();
        for (least, chunk) in least.iter_mut().zip(chunks) {
            *least = chunk.iter().fold(u16::MAX, |least, &mean| least.min(mean));
        }
        least[chunks.len()] = rest.iter().copied().min().unwrap_or(u16::MAX);
        let least_of = |least: &[u16; CHUNKS + 1], except: usize| {
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
        let best = least_of(&least, usize::MAX)?;
        let chunk = best / CHUNK * CHUNK;
        least[best / CHUNK] = means[chunk..means.len().min(chunk + CHUNK)]
            .iter()
            .enumerate()
            .filter(|&(index, _)| chunk + index != best)
            .fold(u16::MAX, |least, (_, &mean)| least.min(mean));
        let next = least_of(&least, best).unwrap_or(best);
        Some([best, next].map(|index| self.length - index))
    }

    /// The period whose first four multiples differ least, at most a quarter of the longest distance,
    /// and the mean of these four; 1 before there is any.
    #[inline(always)]
    #[must_use]
    pub fn best_period(&self) -> (usize, u16) {
        let mut best = (1, u16::MAX);
        for period in 1..=self.length / 4 {
            let sum: u32 = (1..=4).map(|k| u32::from(self.means[D - k * period])).sum();
            let mean = (sum / 4) as u16;
            if mean < best.1 {
                best = (period, mean);
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_of_the_least_is_found() {
        const D: usize = 128;
        for length in [0, 1, 2, 31, 32, 33, 64, 100, D] {
            for seed in 0..50usize {
                let mean = |i: usize| ((i * 7919 + seed * 104_729) % 97 + 3) as u16;
                let mut differences = Differences::<D, 4>::new();
                differences.length = length;
                for i in 0..length {
                    differences.means[D - length + i] = mean(i);
                }
                let last = |except: usize| {
                    let others = || (0..length).filter(|&i| i != except);
                    let least = others().map(mean).min()?;
                    others().rfind(|&i| mean(i) == least)
                };
                let expected = last(usize::MAX).map(|best| [best, last(best).unwrap_or(best)]);
                let expected = expected.map(|indices| indices.map(|index| length - index));
                assert_eq!(differences.two_least(), expected, "{length} {seed}");
            }
        }
    }

    #[test]
    fn a_period_is_found_and_its_mean_falls() {
        let mut differences = Differences::<128, 4>::new();
        assert_eq!(differences.best_period().0, 1);
        let bytes: Vec<u8> =
            (0..300).map(|i| [3, 90, 200, 41, 160, 7][i % 6] + (i % 2) as u8).collect();
        (1..=bytes.len()).for_each(|end| differences.push(&bytes[..end]));
        let (period, mean) = differences.best_period();
        assert_eq!((period, mean), (6, differences.at(6)));
        assert!(mean < 1 << 8, "{mean}");
        assert!(differences.at(0) > mean && differences.at(129) > mean);
    }
}
