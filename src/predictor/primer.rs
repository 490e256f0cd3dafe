//! The primer: text that a predictor reads before a stream of text, so that its first words are not
//! its first.
//!
//! Its end is learned like coded bytes, only without coding them; what stands before is noted by
//! the tables alone. All of it is what the match models find first. How it was put together, and
//! that it is free to use, `models/README.md` says. The idea of a dictionary that both sides hold
//! is that of Brotli, that of training on text that of PAQ8; see `docs/models-text.md` for what it
//! brings.

use crate::error::{Error, Result};
use crate::kind::Kind;
use crate::level::Effort;
use crate::words;
use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

/// Layers of 512, 320, 128, 40, 16 and 8 KiB, each a mixture of prose, markup and source code; the
/// first two end with words.
static PRIMER: &[u8; 1024 << 10] = include_bytes!("../../models/primer.txt");

/// Streams from these lengths on are worth a longer primer.
const MIDDLE: usize = 16 << 10;
const LONG: usize = 64 << 10;

/// KiB that are noted and learned before a base. With 448 to note two folders are 0.17 % smaller
/// and 0.05 % larger.
const BASE: (usize, usize) = (64, 64);

/// What a predictor reads before a stream.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Primer {
    /// All of it: the end of the primer, as words before a stream of words.
    pub text: Cow<'static, [u8]>,
    /// How many bytes at its beginning, at most all, are only noted: histories remember them, but
    /// mixers and maps learn from the rest alone.
    pub noted: usize,
}

impl Primer {
    /// The primer of a stream of `kind` and `length`: as much as `effort` has time for.
    #[must_use]
    pub fn of(effort: Effort, kind: &Kind, length: usize) -> Self {
        if !matches!(kind, Kind::Text | Kind::Words) || length == 0 {
            return Self::default();
        }
        // The table of `docs/format-block.md`, in KiB: what is noted, what is learned after it.
        let [short, middle, long] = match effort {
            Effort::Huge => [(448, 64), (896, 128), (896, 128)],
            Effort::Middle => [(104, 24), (288, 32), (288, 32)],
            Effort::SmallFiles => [(104, 24), (448, 64), (448, 64)],
            _ => [(16, 8), (104, 24), (224, 32)],
        };
        let (noted, learned) = match length {
            ..MIDDLE => short,
            MIDDLE..LONG => middle,
            _ => long,
        };
        Self {
            text: Cow::Borrowed(&PRIMER[PRIMER.len() - ((noted + learned) << 10)..]),
            noted: noted << 10,
        }
    }

    /// The primer of a base: what it has itself stands for most of what a longer one tells.
    #[must_use]
    pub fn of_base() -> Self {
        let (noted, learned) = BASE;
        Self {
            text: Cow::Borrowed(&PRIMER[PRIMER.len() - ((noted + learned) << 10)..]),
            noted: noted << 10,
        }
    }

    /// The same as words: what is noted and what is learned each for itself. Every part of the
    /// primer that is asked for stays for the life of the process: the table of the format has
    /// five, together 1.5 MB as words.
    ///
    /// # Errors
    /// Memory cannot be had.
    pub fn as_words(&self) -> Result<Self> {
        static PARTS: Mutex<Vec<(usize, usize, Primer)>> = Mutex::new(Vec::new());
        let mut parts = PARTS.lock().unwrap_or_else(PoisonError::into_inner);
        let found = parts
            .iter()
            .find(|(length, noted, _)| (*length, *noted) == (self.text.len(), self.noted));
        if let Some((.., words)) = found {
            return Ok(words.clone());
        }
        let Primer { text, noted } = self.to_words()?;
        let words = Primer { text: Cow::Borrowed(text.into_owned().leak()), noted };
        parts.push((self.text.len(), self.noted, words.clone()));
        Ok(words)
    }

    fn to_words(&self) -> Result<Self> {
        let (noted, learned) = self.text.split_at(self.noted);
        let mut codes = words::encode(noted)?;
        let noted = codes.len();
        let learned = words::encode(learned)?;
        codes.try_reserve(learned.len()).map_err(|_| Error::no_memory("the primer"))?;
        codes.extend_from_slice(&learned);
        Ok(Self { text: Cow::Owned(codes), noted })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_primer_is_pinned() {
        assert_eq!(
            xxhash_rust::xxh3::xxh3_64(PRIMER),
            7_046_054_959_836_548_927,
            "another primer is a new numeric contract"
        );
    }

    /// Its first bits are passed over like those of the stream.
    #[test]
    fn the_primer_has_seven_bits() {
        assert!(PRIMER.is_ascii());
    }

    #[test]
    fn only_text_is_primed() {
        assert!(Primer::of(Effort::Huge, &Kind::Generic, 1 << 20).text.is_empty());
        assert!(Primer::of(Effort::Huge, &Kind::Text, 0).text.is_empty());
    }

    #[test]
    fn lengths_are_those_of_the_format() {
        let kibibytes = |effort| {
            [1, 16383, 16384, 65535, 65536].map(|length| {
                let primer = Primer::of(effort, &Kind::Text, length);
                (primer.noted >> 10, (primer.text.len() - primer.noted) >> 10)
            })
        };
        let thrice = |short, middle, long| [short, short, middle, middle, long];
        assert_eq!(kibibytes(Effort::Small), thrice((16, 8), (104, 24), (224, 32)));
        assert_eq!(kibibytes(Effort::SortLong), thrice((16, 8), (104, 24), (224, 32)));
        assert_eq!(kibibytes(Effort::Middle), thrice((104, 24), (288, 32), (288, 32)));
        assert_eq!(kibibytes(Effort::SmallFiles), thrice((104, 24), (448, 64), (448, 64)));
        assert_eq!(kibibytes(Effort::Huge), thrice((448, 64), (896, 128), (896, 128)));
        // Every length is the end of the longer ones: what the format calls the last KiB.
        assert!(PRIMER.ends_with(&Primer::of(Effort::Small, &Kind::Text, 1).text));
    }
}
