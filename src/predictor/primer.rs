//! The primer: text that a predictor reads before a stream of text, so that its first words are not
//! its first.
//!
//! Its end is learned like coded bytes, only without coding them; what stands before is noted by
//! the tables alone. All of it is what the match models find first. How it was put together, and
//! that it is free to use, `models/README.md` says. The idea of a dictionary that both sides hold
//! is that of Brotli, that of training on text that of PAQ8; see `docs/models-text.md` for what it
//! brings.

use crate::error::{Error, Result};
use crate::prior::Prior;
use crate::words;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

/// Layers of 512, 320, 128, 40, 16 and 8 KiB, each a mixture of prose, markup and source code; the
/// first two end with words.
static PRIMER: &[u8; 1024 << 10] = include_bytes!("../../models/primer.txt");

/// A row of the table of primers.
struct Row {
    /// KiB that are observed, and KiB after those that are learned.
    lengths: (u16, u16),
    /// What is observed in place of the end of the primer text: KiB before each part, and of each.
    /// What is learned is always the end.
    parts: &'static [(u16, u16)],
}

/// A row that reads the end of the primer text.
const fn last(noted: u16, learned: u16) -> Row {
    Row { lengths: (noted, learned), parts: &[] }
}

/// The table of primers. A coded stream names its primer by the index in this table, so a row stays
/// as it is for good.
///
/// The row (64, 64) is that of reference blocks: their own text stands for most of what a longer
/// primer tells. With 448 KiB to observe one of two folders is 0.17 % smaller, the other 0.05 %
/// larger.
///
/// The row with parts is that of short streams of code and markup: it has the source code of six
/// languages, CSS and JSON in place of prose.
static PRIMERS: [Row; 11] = [
    last(0, 0),
    last(16, 8),
    last(104, 24),
    last(224, 32),
    last(288, 32),
    last(480, 32),
    last(992, 32),
    last(64, 64),
    last(48, 16),
    Row { lengths: (144, 24), parts: &[(616, 104), (960, 40)] },
    last(24, 16),
];

/// The number of the primer of reference blocks.
pub const OF_REFERENCES: u8 = 7;

/// The number of the primer of short streams of code and markup.
pub const OF_CODE: u8 = 9;

/// The number of the primer of a prior, which a stream names by four bytes of its hash.
pub const OF_PRIOR: u8 = 15;

/// The same, named by these and by its name.
pub const OF_NAMED_PRIOR: u8 = 14;

/// The number of the primer that ends the primer text, of which so many KiB are observed and
/// learned.
#[must_use]
pub fn number_of(lengths: (u16, u16)) -> Option<u8> {
    let is_row = |row: &Row| row.parts.is_empty() && row.lengths == lengths;
    PRIMERS.iter().position(is_row).map(|index| index as u8)
}

/// The last `length` bytes of the primer text, or all of it: the end of most primers.
#[must_use]
pub fn end(length: usize) -> &'static [u8] {
    &PRIMER[PRIMER.len().saturating_sub(length)..]
}

/// The text of a primer.
#[derive(Clone, Debug)]
pub enum Text {
    /// A part of the built-in text, as bytes or as words, for the life of the process.
    BuiltIn(&'static [u8]),
    /// That of a prior, as bytes or as words.
    OfPrior(Prior, Arc<[u8]>),
    /// Any other.
    Other(Arc<[u8]>),
}

/// What tells two texts apart without comparing them.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Identity {
    Address(usize),
    Prior(u64),
}

impl Text {
    /// What tells this text from others of the same length, bytes from bytes and words from words;
    /// `None` for a text that nothing else has.
    pub(super) fn identity(&self) -> Option<Identity> {
        match self {
            Text::BuiltIn(text) => Some(Identity::Address(text.as_ptr().addr())),
            Text::OfPrior(prior, _) => Some(Identity::Prior(prior.hash())),
            Text::Other(_) => None,
        }
    }
}

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Text::BuiltIn(text) => text,
            Text::OfPrior(_, text) | Text::Other(text) => text,
        }
    }
}

impl Default for Text {
    fn default() -> Self {
        Text::BuiltIn(&[])
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Text) -> bool {
        **self == **other
    }
}

impl From<Vec<u8>> for Text {
    fn from(text: Vec<u8>) -> Self {
        Text::Other(text.into())
    }
}

/// What a predictor reads before a stream.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Primer {
    /// All of it: the end of the primer, as words before a stream of words.
    pub text: Text,
    /// How many bytes at its beginning, at most all, are only noted: histories remember them, but
    /// mixers and maps learn from the rest alone.
    pub noted: usize,
}

impl Primer {
    /// The primer of this number; `None` where the table has no such row.
    #[must_use]
    pub fn numbered(number: u8) -> Option<Self> {
        let Row { lengths: (noted, learned), parts } = PRIMERS.get(usize::from(number))?;
        let (noted, learned) = (usize::from(*noted) << 10, usize::from(*learned) << 10);
        let text = if parts.is_empty() {
            &PRIMER[PRIMER.len() - noted - learned..]
        } else {
            static TEXTS: Mutex<Vec<(u8, &'static [u8])>> = Mutex::new(Vec::new());
            let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
            let known = texts.iter().find(|(known, _)| *known == number).map(|(_, text)| *text);
            known.unwrap_or_else(|| {
                let of_part = |&(before, length): &(u16, u16)| {
                    let start = usize::from(before) << 10;
                    &PRIMER[start..start + (usize::from(length) << 10)]
                };
                let mut text: Vec<&[u8]> = parts.iter().map(of_part).collect();
                text.push(&PRIMER[PRIMER.len() - learned..]);
                // Once for each row of the table in the life of a process.
                let text: &'static [u8] = text.concat().leak();
                texts.push((number, text));
                text
            })
        };
        Some(Self { text: Text::BuiltIn(text), noted })
    }

    /// The primer of `prior`.
    #[must_use]
    pub fn of_prior(prior: &Prior) -> Self {
        let (text, noted) = prior.primer();
        Self { text: Text::OfPrior(prior.clone(), text), noted }
    }

    /// The same as words: what is noted and what is learned each for itself. Every part of the
    /// primer that is asked for stays for the life of the process: the table of the format has
    /// five, together 1.5 MB as words.
    ///
    /// # Errors
    /// Memory cannot be had.
    pub fn as_words(&self) -> Result<Self> {
        if let Text::OfPrior(prior, _) = &self.text {
            let (text, noted) = prior.primer_as(|text| Ok(words::encode(text)?.to_vec()))?;
            return Ok(Self { text: Text::OfPrior(prior.clone(), text), noted });
        }
        static PARTS: Mutex<Vec<(usize, usize, Primer)>> = Mutex::new(Vec::new());
        let mut parts = PARTS.lock().unwrap_or_else(PoisonError::into_inner);
        let found = parts
            .iter()
            .find(|(length, noted, _)| (*length, *noted) == (self.text.len(), self.noted));
        if let Some((.., words)) = found {
            return Ok(words.clone());
        }
        let (text, noted) = self.to_words()?;
        let words = Primer { text: Text::BuiltIn(text.leak()), noted };
        parts.push((self.text.len(), self.noted, words.clone()));
        Ok(words)
    }

    fn to_words(&self) -> Result<(Vec<u8>, usize)> {
        let (noted, learned) = self.text.split_at(self.noted);
        let mut codes = words::encode(noted)?;
        let noted = codes.len();
        let learned = words::encode(learned)?;
        codes.try_reserve(learned.len()).map_err(|_| Error::no_memory("the primer"))?;
        codes.extend_from_slice(&learned);
        Ok((codes, noted))
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
    fn numbers_name_the_rows_of_the_table() {
        for (number, row) in PRIMERS.iter().enumerate() {
            let primer = Primer::numbered(number as u8).unwrap();
            let noted = usize::from(row.lengths.0) << 10;
            assert_eq!(
                (primer.noted, number_of(row.lengths)),
                match row.parts {
                    // What the format calls the last KiB.
                    [] if PRIMER.ends_with(&primer.text) => (noted, Some(number as u8)),
                    parts => (parts.iter().map(|part| usize::from(part.1) << 10).sum(), None),
                }
            );
            assert!(PRIMER.ends_with(&primer.text[primer.noted..]));
            // The same text is the same primer: copies of predictors are found by the address.
            let again = Primer::numbered(number as u8).unwrap();
            assert_eq!(primer.text.as_ptr(), again.text.as_ptr());
        }
        assert_eq!(number_of((64, 64)), Some(OF_REFERENCES));
        assert!(Primer::numbered(PRIMERS.len() as u8).is_none());
    }
}
