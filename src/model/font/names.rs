//! The `post` table: names of glyphs.
//!
//! Source: the OpenType specification, chapter "post", version 2.0: a header, a number for each
//! glyph, names with their lengths in front.

use super::view::{View, next_byte};
use super::words::WordReader;
use crate::model::hash::combine_all;

/// The fields: a word before the names, the length of a name, a character.
pub const WORD: u32 = 40;
const LENGTH: u32 = 41;
const CHARACTER: u32 = 42;

/// Bytes before the numbers.
const HEADER: u32 = 34;

/// Reads the table.
#[derive(Clone, Debug, Default)]
pub struct NameReader {
    words: WordReader,
    version: u32,
    /// How many numbers there are.
    glyphs: u32,
    /// The greatest number so far.
    number: u32,
    names: bool,
    left: u32,
    name: Vec<u8>,
    before: Vec<u8>,
    /// The name before, counted one on.
    next: Vec<u8>,
    /// Whether the name so far is as in `next`, and in `before`.
    as_next: bool,
    /// Names in a row that were `next`.
    right: u32,
}

/// A name with its last hexadecimal or decimal number one greater.
fn counted_on(name: &[u8]) -> Vec<u8> {
    let mut next = name.to_vec();
    let hexadecimal = name.iter().filter(|byte| byte.is_ascii_hexdigit()).count() >= 4;
    let end = next.iter().rposition(u8::is_ascii_hexdigit).map_or(0, |at| at + 1);
    for digit in next[..end].iter_mut().rev() {
        *digit = match *digit {
            b'0'..=b'8' | b'A'..=b'E' | b'a'..=b'e' => *digit + 1,
            b'9' if hexadecimal => b'A',
            b'9' | b'F' | b'f' => b'0',
            _ => break,
        };
        if *digit != b'0' {
            break;
        }
    }
    next
}

impl NameReader {
    /// Takes in the next byte.
    pub fn push(&mut self, byte: u8) {
        if !self.names {
            if let Some(word) = self.words.push(byte) {
                let at = self.words.at();
                if at == 2 {
                    self.version = word;
                }
                if at == HEADER {
                    self.glyphs = word;
                }
                if at > HEADER && word > 257 {
                    self.number = self.number.max(word);
                }
                self.names = self.version == 2 && at >= HEADER && at == HEADER + self.glyphs * 2;
            }
            return;
        }
        if self.left == 0 {
            self.left = byte.into();
            self.name.clear();
            self.as_next = usize::from(byte) == self.next.len();
            return;
        }
        self.as_next &= self.next.get(self.name.len()) == Some(&byte);
        self.name.push(byte);
        self.left -= 1;
        if self.left == 0 {
            self.right = if self.as_next { self.right + 1 } else { 0 };
            std::mem::swap(&mut self.name, &mut self.before);
            self.next = counted_on(&self.before);
        }
    }

    /// Says what the next byte is.
    pub fn describe(&self, view: &mut View) {
        if !self.names {
            self.words.describe(WORD, view);
            let next = next_byte((self.number + 1) & 0xffff, 2, self.words.partial().into());
            view.values[30] = next;
            view.values[31] = combine_all([next, self.words.back(1)]);
            view.values[32] = combine_all([next, self.number.wrapping_sub(self.words.back(1))]);
            return;
        }
        view.partial = 1;
        let right = self.right.min(7);
        if self.left == 0 {
            view.field = LENGTH;
            let before = self.before.len() as u32;
            let tail =
                self.before.iter().rev().take(3).fold(0, |hash, &byte| hash << 8 | u32::from(byte));
            view.set([
                before,
                combine_all([before, right]),
                combine_all([before, tail]),
                tail,
                combine_all([before, tail & 0xff]),
            ]);
            view.rows = [44, 232 | right, before & 255, 248];
            return;
        }
        view.field = CHARACTER;
        let at = self.name.len();
        let of = |name: &[u8], at: usize| name.get(at).map_or(0, |&byte| u32::from(byte) + 1);
        let hash = |bytes: &[u8]| {
            bytes
                .iter()
                .fold(bytes.len() as u32, |hash, &byte| combine_all([hash, u32::from(byte)]))
        };
        let whole = hash(&self.name);
        let next = of(&self.next, at);
        let as_before = u32::from(self.before.starts_with(&self.name));
        let as_next = u32::from(self.as_next);
        let tail =
            self.name.iter().rev().take(3).fold(0, |hash, &byte| hash << 8 | u32::from(byte));
        let fine = [
            whole,
            combine_all([whole, self.left]),
            combine_all([next, as_next, right]),
            combine_all([next, as_next, self.left]),
            combine_all([next, of(&self.before, at), as_before]),
            combine_all([of(&self.before, at), of(&self.before, at + 1), as_before]),
            combine_all([tail, self.left]),
            combine_all([tail & 0xffff, next]),
            combine_all([tail & 0xff, of(&self.before, at), self.left]),
            combine_all([at as u32, self.left, as_before]),
            combine_all([whole, of(&self.before, at)]),
            combine_all([tail & 0xffff, at as u32]),
        ];
        view.set(fine);
        view.rows = [45 + as_next, 240 | right, next & 255, 248 | as_next << 1 | as_before];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_counted_on() {
        for (name, next) in [
            ("uni01F9", "uni01FA"),
            ("uni01FF", "uni0200"),
            ("glyph19", "glyph20"),
            ("u1F09F", "u1F0A0"),
            ("", ""),
        ] {
            assert_eq!(counted_on(name.as_bytes()), next.as_bytes());
        }
    }
}
