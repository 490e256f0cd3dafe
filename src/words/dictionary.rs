//! The dictionary: from numbers to words, the most frequent word first, and from words to numbers.

use crate::error::{Error, Result};
use std::sync::OnceLock;

/// The words, one on each line. `models/README.md` says how they were chosen and ordered.
static WORDS: &str = include_str!("../../models/words.txt");

/// Number of different last bytes of codes. As many words have a code of one byte.
pub const LAST_BYTES: usize = 64;
/// Number of different middle bytes of codes.
pub const MIDDLE_BYTES: usize = 32;
/// Number of different first bytes of codes of three bytes.
pub const FIRST_BYTES: usize = 32;
/// Smallest last byte of a code.
pub const LAST_BASE: u8 = 128;
/// Smallest middle byte of a code.
pub const MIDDLE_BASE: u8 = LAST_BASE + LAST_BYTES as u8;
/// Smallest first byte of a code of three bytes.
pub const FIRST_BASE: u8 = MIDDLE_BASE + MIDDLE_BYTES as u8;

/// Largest number of letters of a word.
pub const MAX_LETTERS: usize = 24;

/// Slots of the hash table of words: a power of two, and more than twice the number of words.
const SLOTS: usize = 1 << 17;

/// Number of words in the dictionary.
pub const WORDS_HELD: usize = 39_541;

/// The tables of the dictionary. They are made at the first use.
struct Dictionary {
    /// Offset of each word in [`WORDS`], and the end of the last line.
    starts: Vec<u32>,
    /// Numbers of words, plus one, at the slot of their hash or at the next free slot.
    slots: Vec<u16>,
}

static DICTIONARY: OnceLock<Dictionary> = OnceLock::new();

/// Makes the tables of the dictionary. Without them no word is found.
///
/// # Errors
/// [`Error::Limit`] if there is no memory for the tables.
pub fn prepare() -> Result<()> {
    if DICTIONARY.get().is_some() {
        return Ok(());
    }
    let no_memory = |_| Error::no_memory("the dictionary");
    let mut made = Dictionary { starts: Vec::new(), slots: Vec::new() };
    made.starts.try_reserve_exact(WORDS_HELD + 1).map_err(no_memory)?;
    made.slots.try_reserve_exact(SLOTS).map_err(no_memory)?;
    made.starts.push(0);
    made.starts.extend(
        WORDS
            .bytes()
            .enumerate()
            .filter(|&(_, byte)| byte == b'\n')
            .map(|(at, _)| at as u32 + 1)
            .take(WORDS_HELD),
    );
    made.slots.resize(SLOTS, 0);
    for number in 0..WORDS_HELD {
        let mut at = hash(made.word(number));
        while made.slots[at] != 0 {
            at = (at + 1) % SLOTS;
        }
        made.slots[at] = number as u16 + 1;
    }
    // If another thread has made the tables first, they are the same.
    let _ = DICTIONARY.set(made);
    Ok(())
}

impl Dictionary {
    fn word(&self, number: usize) -> &'static [u8] {
        match self.starts.get(number..number.saturating_add(2)) {
            Some(&[start, next]) => {
                WORDS.as_bytes().get(start as usize..next.saturating_sub(1) as usize).unwrap_or(&[])
            }
            _ => &[],
        }
    }
}

/// The letters of the word with this number. Empty if there is no such word, or before [`prepare`].
#[must_use]
pub fn word(number: usize) -> &'static [u8] {
    DICTIONARY.get().map_or(&[], |dictionary| dictionary.word(number))
}

fn hash(word: &[u8]) -> usize {
    let sum =
        word.iter().fold(0u32, |sum, &letter| (sum ^ u32::from(letter)).wrapping_mul(0x0100_0193));
    (sum.wrapping_mul(0x9E37_79B1) >> 15) as usize
}

/// The number of `word`, which must have lower-case letters only. `None` before [`prepare`].
#[must_use]
pub fn number(word: &[u8]) -> Option<usize> {
    if !(2..=MAX_LETTERS).contains(&word.len()) {
        return None;
    }
    let dictionary = DICTIONARY.get()?;
    let mut at = hash(word);
    while dictionary.slots[at] != 0 {
        let number = usize::from(dictionary.slots[at]) - 1;
        if dictionary.word(number) == word {
            return Some(number);
        }
        at = (at + 1) % SLOTS;
    }
    None
}

/// The code of a word: one to three bytes.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    bytes: [u8; 3],
    length: usize,
}

impl Code {
    /// The bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes[3 - self.length..]
    }
}

/// The code of the word with this number.
#[must_use]
pub fn code(number: usize) -> Code {
    let (length, rest) = match number {
        ..LAST_BYTES => (1, number),
        LAST_BYTES..SHORT_CODES => (2, number - LAST_BYTES),
        _ => (3, number - SHORT_CODES),
    };
    let bytes = [
        FIRST_BASE + (rest / (LAST_BYTES * MIDDLE_BYTES) % FIRST_BYTES) as u8,
        MIDDLE_BASE + (rest / LAST_BYTES % MIDDLE_BYTES) as u8,
        LAST_BASE + (rest % LAST_BYTES) as u8,
    ];
    Code { bytes, length }
}

/// Number of words with codes of one or two bytes.
const SHORT_CODES: usize = LAST_BYTES + LAST_BYTES * MIDDLE_BYTES;

/// The word whose code is `before` (0 to 2 bytes) and then `last`. Empty if there is no such code.
#[must_use]
pub fn expand(before: &[u8], last: u8) -> &'static [u8] {
    let last = usize::from(last - LAST_BASE);
    match *before {
        [] => word(last),
        [middle] if (MIDDLE_BASE..FIRST_BASE).contains(&middle) => {
            word(LAST_BYTES + usize::from(middle - MIDDLE_BASE) * LAST_BYTES + last)
        }
        [first, middle] if first >= FIRST_BASE && (MIDDLE_BASE..FIRST_BASE).contains(&middle) => {
            word(
                SHORT_CODES
                    + (usize::from(first - FIRST_BASE) * MIDDLE_BYTES
                        + usize::from(middle - MIDDLE_BASE))
                        * LAST_BYTES
                    + last,
            )
        }
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dictionary_is_pinned() {
        assert_eq!(
            xxhash_rust::xxh3::xxh3_64(WORDS.as_bytes()),
            17_902_242_180_041_946_606,
            "another dictionary is a new numeric contract"
        );
    }

    #[test]
    fn words_are_small_letters_and_no_shorter_than_their_codes() {
        assert_eq!(WORDS.lines().count(), WORDS_HELD);
        const {
            assert!(
                WORDS_HELD > SHORT_CODES
                    && WORDS_HELD <= SHORT_CODES + FIRST_BYTES * MIDDLE_BYTES * LAST_BYTES
            )
        };
        for (number, word) in WORDS.lines().enumerate() {
            assert!(word.bytes().all(|letter| letter.is_ascii_lowercase()), "{word}");
            assert!(
                word.len() > code(number).as_slice().len() && word.len() <= MAX_LETTERS,
                "{word}"
            );
        }
    }

    #[test]
    fn words_are_found_by_number_word_and_code() {
        prepare().unwrap();
        for (at, word) in WORDS.lines().enumerate() {
            assert_eq!(number(word.as_bytes()), Some(at), "{word}: twice in the list?");
            let (last, before) = code(at)
                .as_slice()
                .split_last()
                .map(|(last, before)| (*last, before.to_vec()))
                .unwrap();
            assert_eq!(expand(&before, last), word.as_bytes());
        }
        assert_eq!(number(b"xyzzyq"), None);
        assert_eq!(word(1 << 20), b"");
        assert_eq!(expand(&[FIRST_BASE], LAST_BASE), b"");
    }
}
