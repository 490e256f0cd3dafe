//! Images of 16-bit samples without a header that a probe reads: volumes of scanners, sensor dumps,
//! height maps.
//!
//! Two signs must come together in most of several windows spread over the bytes: one of two
//! bytes changes far less than the other (the high byte of smooth samples), and at one and the
//! same distance the samples are much closer to each other than at a usual one, while direct
//! neighbours are close as well.

use crate::kind::Kind;

/// Fewer bytes give too few windows to be sure.
pub const MIN_LEN: usize = 128 << 10;

const WINDOWS: usize = 9;
/// Longest row in samples.
const MAX_ROW: usize = 4096;
/// Shortest row in samples that is compared.
const MIN_ROW: usize = 16;
/// Shortest row in samples of an image. Shorter ones are rows of records: the only wrong find in
/// 15,227 binary files of packages was a symbol table with records of 36 bytes.
const MIN_IMAGE_ROW: usize = 32;
/// Samples compared in a window, and the step between them.
const POINTS: usize = 160;
const POINT_STEP: usize = 7;
const WINDOW_SAMPLES: usize = MAX_ROW + 1 + POINTS * POINT_STEP;

/// The kind, if `bytes` are such an image and their first sample starts at the first byte or the
/// one after; then the number of bytes before the first sample.
pub fn detect(bytes: &[u8]) -> Option<(Kind, usize)> {
    if bytes.len() < MIN_LEN {
        return None;
    }
    // Even offsets, so that all windows agree on which byte is which.
    let gap = (bytes.len() - WINDOW_SAMPLES * 2) / (WINDOWS - 1) / 2 * 2;
    let windows: Vec<&[u8]> =
        (0..WINDOWS).map(|index| &bytes[index * gap..][..WINDOW_SAMPLES * 2]).collect();
    let parities: Vec<usize> = windows.iter().filter_map(|window| high_parity(window)).collect();
    let high =
        usize::from(parities.iter().filter(|&&parity| parity == 1).count() * 2 > parities.len());
    if parities.iter().filter(|&&parity| parity == high).count() * 3 < WINDOWS * 2 {
        return None;
    }
    let votes: Vec<usize> =
        windows.iter().filter_map(|window| row(&samples(window, high))).collect();
    let (row, count) = most_frequent(&votes)?;
    if row < MIN_IMAGE_ROW || count < 4 || count * 3 < votes.len() * 2 {
        return None;
    }
    // Samples with the low byte first start at even offsets where the high byte is the odd one. A
    // stretch that starts with half a sample is one byte off; both readings give the same
    // differences, little-endian is the usual one.
    let skip = usize::from(high == 0);
    Some((Kind::Image16 { row_bytes: (row * 2) as u32, big_endian: false }, skip))
}

/// Which of two bytes changes far less than the other without being constant beside a constant: 0
/// the even ones, 1 the odd ones.
fn high_parity(window: &[u8]) -> Option<usize> {
    let mut change = [0usize; 2];
    for (index, pair) in window.windows(3).enumerate() {
        change[index & 1] += usize::from(pair[0].abs_diff(pair[2]));
    }
    match change {
        [even, odd] if even > window.len() / 4 && odd * 6 < even => Some(1),
        [even, odd] if odd > window.len() / 4 && even * 6 < odd => Some(0),
        _ => None,
    }
}

fn samples(window: &[u8], high: usize) -> Vec<u16> {
    let word = |pair: &[u8]| u16::from_be_bytes([pair[high], pair[1 - high]]);
    window.chunks_exact(2).map(word).collect()
}

/// The row length that one window votes for.
fn row(samples: &[u16]) -> Option<usize> {
    let mut sums: Vec<u32> = Vec::with_capacity(MAX_ROW + 1);
    for distance in 1..=MAX_ROW + 1 {
        let points = (0..POINTS).map(|index| MAX_ROW + 1 + index * POINT_STEP);
        sums.push(points.map(|at| u32::from(samples[at].abs_diff(samples[at - distance]))).sum());
    }
    let mut sorted = sums.clone();
    let usual = *sorted.select_nth_unstable(MAX_ROW / 2).1;
    // `sums[d - 1]` belongs to the distance d.
    if usual == 0 || sums[0] * 10 > usual * 6 {
        return None;
    }
    let best = (MIN_ROW..=MAX_ROW).min_by_key(|&distance| sums[distance - 1])?;
    let sum = sums[best - 1];
    let peak = sum < sums[best - 2] && sum < sums[best];
    (peak && sum * 10 < usual * 6).then_some(best)
}

fn most_frequent(votes: &[usize]) -> Option<(usize, usize)> {
    let count = |wanted: usize| votes.iter().filter(|&&vote| vote == wanted).count();
    // The smallest of the most frequent: the order of the windows does not matter.
    votes
        .iter()
        .map(|&vote| (vote, count(vote)))
        .max_by_key(|&(vote, count)| (count, std::cmp::Reverse(vote)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A soft picture with grain.
    fn picture(width: usize, height: usize) -> Vec<u8> {
        let mut state = 5u32;
        let mut out = Vec::new();
        for y in 0..height {
            for x in 0..width {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let (dx, dy) = (x.abs_diff(width / 2), (y % 160).abs_diff(80));
                let value = (dx * dx / 20 + dy * dy / 10) as u32 + (state >> 28);
                out.extend_from_slice(&(value as u16).to_le_bytes());
            }
        }
        out
    }

    #[test]
    fn a_picture_is_found() {
        let bytes = picture(300, 400);
        let (kind, skip) = detect(&bytes).unwrap();
        assert_eq!((kind, skip), (Kind::Image16 { row_bytes: 600, big_endian: false }, 0));
    }

    #[test]
    fn other_things_are_not() {
        let mut state = 5u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 16
        };
        let noise: Vec<u8> = (0..300_000).map(|_| next() as u8).collect();
        assert_eq!(detect(&noise), None);
        // A walk, as in sound: no rows.
        let mut level = 0i16;
        let walk: Vec<u8> = (0..200_000)
            .flat_map(|_| {
                level = level.wrapping_add((next() % 41) as i16 - 20);
                level.to_le_bytes()
            })
            .collect();
        assert_eq!(detect(&walk), None);
        // Records of small numbers.
        let records: Vec<u8> = (0..60_000u32)
            .flat_map(|i| [(i % 97).to_le_bytes(), (next() % 200).to_le_bytes()].concat())
            .collect();
        assert_eq!(detect(&records), None);
        assert_eq!(detect(&vec![0; 400_000]), None);
    }
}
