//! The primer: text that a predictor reads before a stream of text, so that its first words are not its first.
//!
//! It is learned like coded bytes, only without coding them, and is what the match models find first. How it was
//! put together, and that it is free to use, `models/README.md` says. The idea of a dictionary that both sides
//! hold is that of Brotli, that of training on text that of PAQ8; see `docs/models-text.md` for what it brings.

use crate::block::Kind;
use crate::level::Effort;

/// Layers of 128, 40, 16 and 8 KiB, each a mixture of prose, markup and source code.
static PRIMER: &[u8; 192 << 10] = include_bytes!("../../models/primer.txt");

/// Streams from these lengths on are worth a longer primer.
const MIDDLE: usize = 16 << 10;
const LONG: usize = 64 << 10;

/// What a predictor reads before a stream of `kind` and `length`: whole layers, the last ones, as many as
/// `effort` has time for.
#[must_use]
pub fn primer(effort: Effort, kind: &Kind, length: usize) -> &'static [u8] {
    if *kind != Kind::Text || length == 0 {
        return &[];
    }
    // The table of `docs/format-block.md`, in KiB.
    let [short, middle, long] = match effort {
        Effort::Huge => [64, 192, 192],
        Effort::Middle => [24, 64, 64],
        Effort::SmallFiles => [24, 64, 192],
        _ => [8, 24, 64],
    };
    let kept = match length {
        ..MIDDLE => short,
        MIDDLE..LONG => middle,
        _ => long,
    };
    &PRIMER[PRIMER.len() - (kept << 10)..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_primer_is_pinned() {
        assert_eq!(xxhash_rust::xxh3::xxh3_64(PRIMER), 346_634_567_567_112_428, "another primer is a new numeric contract");
    }

    /// Its first bits are passed over like those of the stream.
    #[test]
    fn the_primer_has_seven_bits() {
        assert!(PRIMER.is_ascii());
    }

    #[test]
    fn only_text_is_primed() {
        assert!(primer(Effort::Huge, &Kind::Generic, 1 << 20).is_empty() && primer(Effort::Huge, &Kind::Text, 0).is_empty());
    }

    #[test]
    fn lengths_are_those_of_the_format() {
        let kibibytes = |effort| [1, 16383, 16384, 65535, 65536].map(|length| primer(effort, &Kind::Text, length).len() >> 10);
        assert_eq!(kibibytes(Effort::Small), [8, 8, 24, 24, 64]);
        assert_eq!(kibibytes(Effort::SortLong), [8, 8, 24, 24, 64]);
        assert_eq!(kibibytes(Effort::Middle), [24, 24, 64, 64, 64]);
        assert_eq!(kibibytes(Effort::SmallFiles), [24, 24, 64, 64, 192]);
        assert_eq!(kibibytes(Effort::Huge), [64, 64, 192, 192, 192]);
        // Every length is the end of the longer ones: what the format calls the last KiB.
        let ends = xxhash_rust::xxh3::xxh3_64(primer(Effort::Small, &Kind::Text, 1));
        assert_eq!(ends, xxhash_rust::xxh3::xxh3_64(&PRIMER[184 << 10..]));
    }
}
