//! Images of one bit a pixel without a header that a probe reads: scans, faxes, masks, fonts.
//!
//! Where the paper is not blank, a row is much like the one above it, and pixels form strokes:
//! few changes within a byte, and as few between the last pixel of a byte and the first of the
//! next. Records have likeness at a distance too, but their numbers do not go on across bytes.

use crate::kind::Kind;

/// Fewer bytes give too few windows to be sure.
pub const MIN_LEN: usize = 16 << 10;

const WINDOWS: usize = 16;
/// Bytes of a window that are looked at.
const SPAN: usize = 2 << 10;
/// Shortest row in bytes that is compared.
const MIN_ROW: usize = 8;
/// Shortest row in bytes of an image. Lists of floating-point numbers may look like an image with
/// rows of 8 bytes: all five wrong finds in 15,227 binary files of packages were such.
const MIN_IMAGE_ROW: usize = 17;
/// Longest row in bytes.
const MAX_ROW: usize = 1 << 10;
/// Bytes with both colours that a window must have to vote.
const MIN_MIXED: usize = 24;

/// The kind, if `bytes` are such an image.
pub fn detect(bytes: &[u8]) -> Option<Kind> {
    if bytes.len() < MIN_LEN {
        return None;
    }
    let gap = (bytes.len() - MAX_ROW - 2 - SPAN) / (WINDOWS - 1);
    let windows = (0..WINDOWS).map(|index| &bytes[index * gap..][..MAX_ROW + 2 + SPAN]);
    let votes: Vec<Option<usize>> =
        windows.filter(|window| mixed(window).count() >= MIN_MIXED).map(row).collect();
    let rows: Vec<usize> = votes.iter().flatten().copied().collect();
    // Several rows up may happen to be more alike than the one above.
    let count = |wanted: usize| rows.iter().filter(|&&row| row.is_multiple_of(wanted)).count();
    let best = rows.iter().copied().max_by_key(|&row| (count(row), std::cmp::Reverse(row)))?;
    // Pages with rules or dithering may disagree here and there.
    (best >= MIN_IMAGE_ROW && count(best) >= 3 && count(best) * 3 >= votes.len() * 2)
        .then_some(Kind::Image { bits: 1, row_bytes: best as u32 })
}

/// The offsets of bytes that hold both colours.
fn mixed(window: &[u8]) -> impl Iterator<Item = usize> {
    (MAX_ROW + 1..window.len() - 1).filter(|&at| !matches!(window[at], 0 | 255))
}

/// The row length that one window votes for.
fn row(window: &[u8]) -> Option<usize> {
    let offsets: Vec<usize> = mixed(window).collect();
    let inner: u32 =
        offsets.iter().map(|&at| ((window[at] ^ window[at] >> 1) & 127).count_ones()).sum();
    let across = offsets.iter().filter(|&&at| window[at] & 1 != window[at + 1] >> 7).count();
    // Noise changes colour at 3.5 of 7 borders within a byte and at every second border of bytes.
    if inner as usize * 10 > offsets.len() * 26 || across * 10 > offsets.len() * 3 {
        return None;
    }
    let differences = |distance: usize| {
        offsets.iter().map(|&at| (window[at] ^ window[at - distance]).count_ones()).sum::<u32>()
    };
    let sums: Vec<u32> = (0..=MAX_ROW + 1)
        .map(|distance| if distance < MIN_ROW - 1 { u32::MAX } else { differences(distance) })
        .collect();
    let mut sorted = sums[MIN_ROW..].to_vec();
    let usual = *sorted.select_nth_unstable(MAX_ROW / 2).1;
    let best = (MIN_ROW..=MAX_ROW).min_by_key(|&distance| sums[distance])?;
    let peak = sums[best] < sums[best - 1] && sums[best] < sums[best + 1];
    (peak && sums[best] * 10 < usual * 6).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::tests::sample::noise;

    /// Black rings and slanted strokes on white.
    fn drawing(width: usize, height: usize) -> Vec<u8> {
        let mut out = vec![0u8; width / 8 * height];
        for y in 0..height {
            for x in 0..width {
                let (dx, dy) = (x.abs_diff(width / 3), y.abs_diff(height / 2));
                let black = (dx * dx + dy * dy) % 9000 < 1200 || (x * x / 300 + y) % 97 < 5;
                out[y * (width / 8) + x / 8] |= u8::from(black) << (7 - x % 8);
            }
        }
        out
    }

    #[test]
    fn a_drawing_is_found() {
        assert_eq!(detect(&drawing(1200, 400)), Some(Kind::Image { bits: 1, row_bytes: 150 }));
        let inverted: Vec<u8> = drawing(640, 900).iter().map(|byte| !byte).collect();
        assert_eq!(detect(&inverted), Some(Kind::Image { bits: 1, row_bytes: 80 }));
    }

    #[test]
    fn other_things_are_not() {
        let noise = noise(100_000);
        assert_eq!(detect(&noise), None);
        let record = |number: u32| {
            [
                (number % 97).to_le_bytes(),
                u32::from(noise[number as usize] % 200).to_le_bytes(),
                [0; 4],
            ]
            .concat()
        };
        let records: Vec<u8> = (0..9_000).flat_map(record).collect();
        assert_eq!(detect(&records), None);
        let floats: Vec<u8> = (0..20_000u32).flat_map(|i| (i as f32 / 7.0).to_le_bytes()).collect();
        assert_eq!(detect(&floats), None);
        let text = b"Some words of a text, and a line end.\n".repeat(3000);
        assert_eq!(detect(&text), None);
        assert_eq!(detect(&vec![0; 400_000]), None);
        assert_eq!(detect(&[0, 0, 0, 1, 0, 0, 0, 3].repeat(4000)), None);
    }
}
