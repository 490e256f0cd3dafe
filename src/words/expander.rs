//! Turns codes back into text, byte by byte. The decoder and the models of text share this module.

use super::dictionary::{FIRST_BASE, LAST_BASE, MAX_LETTERS, MIDDLE_BASE, expand};
use super::{CAPITAL, CAPITALS, QUOTE};

/// The text that one byte of codes completes: up to [`MAX_LETTERS`] bytes.
#[derive(Clone, Copy, Debug)]
pub struct Letters {
    bytes: [u8; MAX_LETTERS],
    length: usize,
}

impl Letters {
    fn of(text: &[u8], capital: u8) -> Self {
        let mut letters = Self { bytes: [0; MAX_LETTERS], length: text.len().min(MAX_LETTERS) };
        letters.bytes[..letters.length].copy_from_slice(&text[..letters.length]);
        let capitals = if capital == CAPITALS {
            letters.length
        } else {
            usize::from(capital == CAPITAL).min(letters.length)
        };
        letters.bytes[..capitals].make_ascii_uppercase();
        letters
    }

    /// The bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Number of bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }
}

/// Do bytes above 127 stand for themselves?
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
enum Quoted {
    #[default]
    No,
    /// The next byte stands for itself.
    Next,
    /// The last byte stood for itself and was above 127.
    Foreign,
}

/// The state of the expansion. The dictionary must be prepared ([`super::dictionary::prepare`]).
/// Any bytes may be pushed; bytes that are no code stand for nothing.
#[derive(Clone, Default, Debug)]
pub struct Expander {
    quoted: Quoted,
    /// [`CAPITAL`] or [`CAPITALS`] if the next word has capitals, otherwise 0.
    capital: u8,
    /// The bytes of an incomplete code.
    before: [u8; 2],
    length: usize,
    /// The last complete code.
    code: [u8; 3],
    code_length: usize,
}

impl Expander {
    /// Adds the next byte and returns the text that the byte completes.
    #[inline]
    pub fn push(&mut self, byte: u8) -> Letters {
        match self.quoted {
            Quoted::Next => {
                self.quoted = if byte >= 128 { Quoted::Foreign } else { Quoted::No };
                return Letters::of(&[byte], 0);
            }
            Quoted::Foreign if byte >= 128 => return Letters::of(&[byte], 0),
            _ => self.quoted = Quoted::No,
        }
        match byte {
            FIRST_BASE.. => (self.before[0], self.length) = (byte, 1),
            MIDDLE_BASE.. => {
                // After a first byte this is the middle one of three bytes. Otherwise it is the
                // first one of two.
                self.length = usize::from(self.length == 1 && self.before[0] >= FIRST_BASE);
                self.before[self.length] = byte;
                self.length += 1;
            }
            LAST_BASE.. => {
                let before = &self.before[..self.length];
                let letters = Letters::of(expand(before, byte), self.capital);
                self.code_length = before.len() + 1;
                self.code[..before.len()].copy_from_slice(before);
                self.code[before.len()] = byte;
                (self.length, self.capital) = (0, 0);
                return letters;
            }
            QUOTE => (self.quoted, self.length, self.capital) = (Quoted::Next, 0, 0),
            CAPITAL | CAPITALS => (self.capital, self.length) = (byte, 0),
            _ => {
                self.length = 0;
                return Letters::of(&[byte], std::mem::take(&mut self.capital));
            }
        }
        Letters::of(&[], 0)
    }

    /// The incomplete code and pending capitals as a number below 2¹⁹. The number is 0 if there is
    /// nothing incomplete.
    #[inline(always)]
    #[must_use]
    pub fn pending(&self) -> u32 {
        let before = match self.length {
            0 => 0,
            1 => u32::from(self.before[0]),
            _ => u32::from(self.before[0]) << 8 | u32::from(self.before[1]),
        };
        before | u32::from(self.capital) << 16 | u32::from(self.quoted == Quoted::Next) << 18
    }

    /// The code that the last byte completed. If it completed none, the last complete code.
    #[inline(always)]
    #[must_use]
    pub fn code(&self) -> &[u8] {
        &self.code[..self.code_length]
    }

    /// Number of bytes of the incomplete code, 0 to 2.
    #[inline(always)]
    #[must_use]
    pub fn begun(&self) -> usize {
        self.length
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::dictionary::{LAST_BYTES, code, prepare, word};

    #[test]
    fn what_has_begun_is_told() {
        prepare().unwrap();
        let mut expander = Expander::default();
        assert_eq!((expander.pending(), expander.begun()), (0, 0));
        assert!(expander.push(CAPITAL).as_slice().is_empty());
        assert_ne!(expander.pending(), 0);
        let long = code(LAST_BYTES);
        assert_eq!(long.as_slice().len(), 2);
        assert!(expander.push(long.as_slice()[0]).as_slice().is_empty());
        assert_eq!(expander.begun(), 1);
        assert_eq!(expander.push(long.as_slice()[1]).as_slice()[1..], word(LAST_BYTES)[1..]);
        assert_eq!((expander.pending(), expander.code()), (0, long.as_slice()));
        assert_eq!(expander.push(b'x').as_slice(), b"x");
    }

    #[test]
    fn broken_codes_stand_for_nothing() {
        let text = |codes: &[u8]| {
            let mut expander = Expander::default();
            codes
                .iter()
                .flat_map(|&byte| expander.push(byte).as_slice().to_vec())
                .collect::<Vec<u8>>()
        };
        assert_eq!(text(&[FIRST_BASE, b'a']), b"a");
        assert_eq!(text(&[FIRST_BASE, FIRST_BASE, MIDDLE_BASE]), b"");
        assert_eq!(text(&[FIRST_BASE, LAST_BASE]), b"");
        assert_eq!(text(&[CAPITALS, QUOTE, b'a', b'b']), b"ab");
        assert_eq!(text(&[MIDDLE_BASE, MIDDLE_BASE, b'-']), b"-");
    }
}
