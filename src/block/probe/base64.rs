//! Base64: long runs of its characters, in lines of one length or in one line.
//!
//! Base64 starts with no magic number, so [`stretches`] looks for it in all bytes at once.

use std::ops::Range;

use crate::block::piece::Piece;
use crate::block::split::{self, Context};
use crate::transform::base64::{self, Lines, MAX_SEPARATOR, is_character};

/// Fewest characters that are decoded. Fewer, such as hashes and keys, are not worth an entry in the
/// program of a block.
const MIN_CHARACTERS: usize = 512;

/// Fewest characters of the first line or the second one.
const MIN_LINE: usize = 32;

/// Characters whose variety is looked at.
const LOOKED_AT: usize = 4 << 10;

/// Fewest different characters among those: hexadecimal digits, bases and amino acids are fewer.
const MIN_DIFFERENT: usize = 24;

/// Capital letters, small letters and digits must each be at least one of so many characters.
const MAX_RARITY: usize = 64;

/// Characters that seem to be base64.
#[derive(Debug)]
pub struct Stretch {
    /// Where they start in the bytes that are cut.
    pub start: usize,
    /// How many there are, padding included: a multiple of four.
    characters: usize,
    lines: Lines,
}

/// All stretches in `bytes`, in order.
pub fn stretches(bytes: &[u8]) -> Vec<Stretch> {
    const STEP: usize = MIN_LINE / 2;
    let mut found = Vec::new();
    let (mut at, mut done) = (0, 0);
    // The least line has two bytes that are looked at.
    while at + STEP < bytes.len() {
        if !(is_character(bytes[at]) && is_character(bytes[at + STEP])) {
            at += STEP;
            continue;
        }
        let before = bytes[done..at].iter().rev().take_while(|&&byte| is_character(byte)).count();
        let run = at - before..at + run(&bytes[at..]);
        at = run.end;
        if run.len() >= MIN_LINE {
            let (stretch, end) = stretch(bytes, run);
            found.extend(stretch);
            at = end;
        }
        done = at;
        at = at.next_multiple_of(STEP);
    }
    found
}

/// The characters at the start of `bytes`.
fn run(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|&&byte| is_character(byte)).count()
}

/// The bytes between two lines at the start of `bytes`: no characters, but for the `n` and `r` of
/// line ends that a string has as `\n` and `\r\n`.
fn separator(bytes: &[u8]) -> &[u8] {
    let mut len = 0;
    while let Some(&byte) = bytes.get(len)
        && !is_character(byte)
        && byte != b'='
    {
        let is_escape = byte == b'\\' && matches!(bytes.get(len + 1), Some(b'n' | b'r'));
        len += if is_escape { 2 } else { 1 };
        if len > MAX_SEPARATOR {
            return &[];
        }
    }
    &bytes[..len]
}

/// The stretch that starts with the characters `first`, if there is one, and where its lines end.
fn stretch(bytes: &[u8], first: Range<usize>) -> (Option<Stretch>, usize) {
    let Range { mut start, mut end } = first;
    let mut lines = Lines { first: first.len(), further: first.len(), separator: Vec::new() };
    let mut characters = first.len();
    let separator = separator(&bytes[end..]);
    if !separator.is_empty() {
        lines.separator = separator.to_vec();
        // A first line can begin behind a name, or where a block begins.
        lines.further = lines.first.max(run(&bytes[end + separator.len()..]));
        while bytes[end..].starts_with(separator) {
            let line = run(&bytes[end + separator.len()..]);
            if line == 0 || line > lines.further {
                break;
            }
            end += separator.len() + line;
            characters += line;
            if line < lines.further {
                break;
            }
        }
    }
    let padding = bytes[end..].iter().take_while(|&&byte| byte == b'=').count().min(2);
    // Lines begin with the first of four characters. One line ends with the fourth, as a rule.
    let has_lines = characters > lines.first;
    let before = if has_lines && lines.further.is_multiple_of(4) {
        lines.first % 4
    } else {
        (characters + padding) % 4
    };
    if before >= lines.first {
        return (None, end);
    }
    start += before;
    lines.first -= before;
    characters -= before;
    let is_whole = padding > 0
        && (characters + padding).is_multiple_of(4)
        && is_last_empty(bytes[end - 1], padding);
    characters = if is_whole { characters + padding } else { characters / 4 * 4 };
    if !has_lines {
        lines.first = characters;
    }
    let is_one = characters >= MIN_CHARACTERS && is_varied(&bytes[start..end]);
    (is_one.then_some(Stretch { start, characters, lines }), end)
}

/// Whether the bits of the last character that stand for nothing are zero.
fn is_last_empty(last: u8, padding: usize) -> bool {
    match padding {
        1 => b"AEIMQUYcgkosw048".contains(&last),
        _ => b"AQgw".contains(&last),
    }
}

/// Whether the first of `bytes` vary as characters of base64 do.
fn is_varied(bytes: &[u8]) -> bool {
    let bytes = &bytes[..bytes.len().min(LOOKED_AT)];
    let mut seen = [false; 256];
    bytes.iter().filter(|&&byte| is_character(byte)).for_each(|&byte| seen[byte as usize] = true);
    let different = seen.iter().filter(|&&is_seen| is_seen).count();
    let kinds: [fn(&u8) -> bool; 3] =
        [u8::is_ascii_uppercase, u8::is_ascii_lowercase, u8::is_ascii_digit];
    different >= MIN_DIFFERENT
        && kinds.iter().all(|&is_kind| {
            bytes.iter().filter(|&byte| is_kind(byte)).count() * MAX_RARITY >= bytes.len()
        })
}

/// The first stretch from `from` on.
pub fn next(stretches: &[Stretch], from: usize) -> Option<&Stretch> {
    stretches.get(stretches.partition_point(|stretch| stretch.start < from))
}

/// The piece of a stretch, its content cut like a block.
pub fn probe(bytes: &[u8], stretch: &Stretch, context: &mut Context) -> Option<Vec<Piece>> {
    if context.depth >= split::MAX_DEPTH {
        return None;
    }
    // Once to decode, once to check the inverse.
    context.charge(2 * stretch.characters)?;
    let (parts, length) =
        base64::forward(&bytes[stretch.start..], stretch.characters, &stretch.lines)?;
    context.depth += 1;
    let pieces = split::cut(&parts.inner, context);
    context.depth -= 1;
    Some(vec![Piece::transformed(length, parts, pieces)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::tests::sample;

    /// The parts that are decoded: where each starts, its length, and what it stands for.
    fn decoded(bytes: &[u8]) -> Vec<(usize, usize, Vec<u8>)> {
        let part = |stretch: &Stretch| {
            let (parts, length) =
                base64::forward(&bytes[stretch.start..], stretch.characters, &stretch.lines)?;
            Some((stretch.start, length, parts.inner))
        };
        stretches(bytes).iter().filter_map(part).collect()
    }

    #[test]
    fn lines_of_many_kinds_are_found_whole() {
        for len in [600, 601, 602, 5000] {
            let content = sample::noise(len);
            for (line, separator) in [
                (76, "\r\n"),
                (64, "\n"),
                (76, "\\n"),
                (60, "\n    "),
                (77, "\n "),
                (48, "\",\n  \""),
            ] {
                for before in ["", "x: ", "<img src=\"data:image/png;base64,"] {
                    let encoded = sample::base64(&content, line, separator);
                    let bytes = [before, &encoded, "\n\nbehind"].concat();
                    let found = decoded(bytes.as_bytes());
                    assert_eq!(found.len(), 1, "{len}, {line} {separator:?} behind {before:?}");
                    assert_eq!((found[0].0, found[0].1), (before.len(), encoded.len()));
                    assert!(found[0].2 == content);
                }
            }
        }
    }

    #[test]
    fn a_part_of_lines_is_decoded_at_its_bytes() {
        let content = sample::noise(3000);
        let encoded = sample::base64(&content, 76, "\n");
        for (from, to) in [(1, 2000), (2, 2001), (3, 2002), (75, 2003), (76, 2004), (77, 2005)] {
            let found = decoded(&encoded.as_bytes()[from..to]);
            assert_eq!(found.len(), 1);
            let inner = &found[0].2;
            assert!(inner.len() > 1350 && content.windows(inner.len()).any(|here| here == inner));
        }
    }

    #[test]
    fn one_line_is_decoded_at_its_end() {
        let content = sample::noise(3001);
        let encoded = sample::base64(&content, usize::MAX, "");
        for from in 0..4 {
            let found = decoded(&encoded.as_bytes()[from..]);
            assert!(content.ends_with(&found[0].2) && found[0].2.len() >= 2998);
        }
    }

    #[test]
    fn other_characters_are_left() {
        let noise = sample::noise(8000);
        let of = |characters: &[u8]| -> Vec<u8> {
            let pick = |&byte: &u8| characters[usize::from(byte) % characters.len()];
            noise.iter().map(pick).collect()
        };
        for characters in
            ["0123456789abcdef", "ACGT", "ACDEFGHIKLMNPQRSTVWY", "abcdefghijklmnopqrstuvwxyz"]
        {
            assert!(stretches(&of(characters.as_bytes())).is_empty(), "{characters}");
        }
        assert!(stretches(&noise).is_empty());
        assert!(stretches(&sample::text(20_000)).is_empty());
        // Too short, and hashes that each end with padding.
        let short = sample::base64(&noise[..300], 76, "\n");
        assert!(stretches(short.as_bytes()).is_empty());
        let hashes: String =
            noise.chunks_exact(32).map(|hash| sample::base64(hash, 76, "\n") + "\n").collect();
        assert!(stretches(hashes.as_bytes()).is_empty());
    }
}
