//! Cuts bytes without a known format into text, x86 code and the rest.
//!
//! Windows of 4 KiB are classed by their bytes; stretches too short to be worth a change of
//! stream take the class of their longer neighbour.

use super::code;

/// What a stretch of bytes is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Neither of the others.
    Generic,
    /// Text.
    Text,
    /// x86 code.
    Exe,
    /// Compressed or encrypted: nothing to learn from it, and nothing of use in it for others.
    Dense,
}

const WINDOW: usize = 4 << 10;
/// x86 code is judged over this many windows.
const CODE_WINDOWS: usize = 4;
/// Stretches of text or of anything else shorter than this stay with their neighbours: measured,
/// a predictor that starts anew costs more than foreign bytes do.
const MIN_STRETCH: usize = 32 << 10;

/// Dense stretches are worth a change from here on: they spoil what a predictor knows of its
/// neighbours.
const MIN_DENSE: usize = 8 << 10;

/// Cuts `bytes`; lengths add up to it, neighbours differ.
pub fn classify(bytes: &[u8]) -> Vec<(Class, usize)> {
    let mut runs: Vec<(Class, usize)> = Vec::new();
    for group in bytes.chunks(WINDOW * CODE_WINDOWS) {
        let exe = code::is_x86(group);
        for window in group.chunks(WINDOW) {
            let class = match () {
                () if exe => Class::Exe,
                () if is_text(window) => Class::Text,
                () if is_dense(window) => Class::Dense,
                () => Class::Generic,
            };
            append(&mut runs, class, window.len());
        }
    }
    absorb_short(runs)
}

fn append(runs: &mut Vec<(Class, usize)>, class: Class, len: usize) {
    match runs.last_mut() {
        Some((last, total)) if *last == class => *total += len,
        _ => runs.push((class, len)),
    }
}

/// Gives every short stretch to its longer neighbour, shortest first.
fn absorb_short(mut runs: Vec<(Class, usize)>) -> Vec<(Class, usize)> {
    for limit in [WINDOW + 1, WINDOW * 2 + 1, WINDOW * 4 + 1, MIN_STRETCH] {
        if runs.len() < 2 {
            break;
        }
        let mut out: Vec<(Class, usize)> = Vec::new();
        for (at, &(class, len)) in runs.iter().enumerate() {
            let (left, before) = out.last().copied().unwrap_or((class, 0));
            let after = runs.get(at + 1).map_or(0, |run| run.1);
            match () {
                () if len >= limit || class == Class::Dense && len >= MIN_DENSE => {
                    append(&mut out, class, len)
                }
                () if before >= after => append(&mut out, left, len),
                () => append(&mut out, runs[at + 1].0, len),
            }
        }
        runs = out;
    }
    runs
}

/// Whether all byte values are about equally frequent: the sum of squared counts is near its least,
/// n²/256.
pub fn is_dense(window: &[u8]) -> bool {
    let mut counts = [0usize; 256];
    window.iter().for_each(|&byte| counts[usize::from(byte)] += 1);
    let squares: usize = counts.iter().map(|count| count * count).sum();
    window.len() >= WINDOW / 2 && squares * 256 < window.len() * window.len() * 3 / 2
}

/// Whether the bytes are those of text: hardly any controls, and either mostly ASCII or with the
/// spaces and line ends of written language.
pub fn is_text(window: &[u8]) -> bool {
    let mut classes = [0usize; 5];
    for &byte in window {
        classes[usize::from(CLASS[usize::from(byte)])] += 1;
    }
    let [controls, blanks, high, _, zeros] = classes;
    // Tables of strings part them by zeros.
    if controls * 64 > window.len() || zeros * 16 > window.len() {
        return false;
    }
    high * 10 < window.len()
        || blanks * 32 >= window.len() && high * 20 < window.len() * 19 && !is_even_spread(window)
}

/// 0 control, 1 blank, 2 above ASCII, 3 printable, 4 zero.
const CLASS: [u8; 256] = {
    let mut table = [3u8; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'\t' | b'\n' | b'\r' | b' ' => 1,
            // Backspace, form feed and escape belong to terminals and printers.
            8 | 12 | 27 => 3,
            0 => 4,
            1..=31 | 127 => 0,
            128..=255 => 2,
            _ => 3,
        };
        byte += 1;
    }
    table
};

/// Sample data with few controls: successive bytes are close, unlike letters and blanks.
fn is_even_spread(window: &[u8]) -> bool {
    let near = window.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) <= 4).count();
    near * 3 > window.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(len: usize) -> Vec<u8> {
        let mut state = 7u32;
        std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(len)
        .collect()
    }

    #[test]
    fn text_and_noise_are_parted() {
        let mut bytes = b"Some words of a text, and a line end.\n".repeat(3000);
        let text = bytes.len();
        bytes.extend(noise(100_000));
        let runs = classify(&bytes);
        assert_eq!(runs.len(), 2);
        assert_eq!((runs[0].0, runs[1].0), (Class::Text, Class::Dense));
        assert!(runs[0].1.abs_diff(text) <= WINDOW);
        assert_eq!(runs.iter().map(|run| run.1).sum::<usize>(), bytes.len());
    }

    #[test]
    fn short_stretches_stay() {
        let mut bytes = noise(100_000);
        bytes.extend(b"Some words of a text, and a line end.\n".repeat(200));
        bytes.extend(noise(100_000));
        assert_eq!(classify(&bytes), [(Class::Dense, bytes.len())]);
    }

    #[test]
    fn code_pages_are_text() {
        let cyrillic: String =
            "Съешь ещё этих мягких французских булок, да выпей чаю. ".repeat(200);
        assert!(is_text(cyrillic.as_bytes()));
        assert!(!is_text(&noise(4096)));
        assert!(!is_text(&[0; 4096]));
    }
}
