//! Tables of big-endian words of two bytes: kerning, layout, character maps and the rest.

use super::view::{View, next_byte};
use crate::model::hash::combine_all;

/// Words that are remembered.
const WORDS: usize = 64;

/// Reads words.
#[derive(Clone, Debug)]
pub struct WordReader {
    at: u32,
    partial: u32,
    words: [u32; WORDS],
    count: usize,
}

impl Default for WordReader {
    fn default() -> Self {
        Self { at: 0, partial: 1, words: [0; WORDS], count: 0 }
    }
}

impl WordReader {
    /// Takes in the next byte; the word, if it ends one.
    pub fn push(&mut self, byte: u8) -> Option<u32> {
        self.at += 1;
        self.partial = self.partial << 8 | u32::from(byte);
        if self.partial < 1 << 16 {
            return None;
        }
        let word = self.partial & 0xffff;
        self.words[self.count % WORDS] = word;
        self.count += 1;
        self.partial = 1;
        Some(word)
    }

    /// The word `distance` back, 1 being the last.
    #[must_use]
    pub fn back(&self, distance: usize) -> u32 {
        self.words[self.count.wrapping_sub(distance) % WORDS]
    }

    /// Bytes so far.
    #[must_use]
    pub fn at(&self) -> u32 {
        self.at
    }

    /// The bytes of the next word so far, after a leading one.
    #[must_use]
    pub fn partial(&self) -> u32 {
        self.partial
    }

    /// Says what the next byte is; `field` tells the table.
    pub fn describe(&self, field: u32, view: &mut View) {
        view.field = field;
        view.partial = self.partial;
        let [a, b, c, d, e, f] = [1, 2, 3, 4, 5, 6].map(|distance| self.back(distance));
        let guess = |word: u32| next_byte(word & 0xffff, 2, self.partial.into());
        let step = |near: u32, far: u32| guess(near.wrapping_add(near.wrapping_sub(far)));
        let next = guess(a + 1);
        let (two, three) = (step(b, d), step(c, f));
        view.set([
            a,
            combine_all([a, b]),
            b,
            c,
            step(a, b),
            combine_all([next, a.wrapping_sub(b)]),
            combine_all([two, b.wrapping_sub(d)]),
            combine_all([three, c.wrapping_sub(f)]),
            combine_all([b, d]),
            combine_all([a, b, c]),
            combine_all([c, f]),
            d,
            combine_all([step(d, self.back(8)), guess(d)]),
            combine_all([self.at & 3, a]),
            combine_all([self.at % 6, c]),
            combine_all([guess(b + 1), guess(c + 1), next]),
            combine_all([a, c]),
            combine_all([guess(b + 1), a]),
            combine_all([a, b, c, d]),
            combine_all([guess(c), guess(c + 1), a]),
            combine_all([e, guess(e)]),
            combine_all([a.wrapping_sub(b), b.wrapping_sub(c)]),
            combine_all([b.wrapping_sub(d), guess(b)]),
            combine_all([f, c]),
            combine_all([a, self.at & 6, b & 0xff]),
            combine_all([guess(d), guess(d + 1), a]),
            combine_all([e, a]),
            combine_all([b, c]),
            combine_all([b, c, d]),
            combine_all([a, b, c, d, e, f]),
        ]);
        let small = |word: u32| u32::from(word == 0) + 2 * u32::from(word < 256);
        let low = u32::from(self.partial > 1);
        view.rows = [
            64 + (field & 15) * 2 + low,
            low << 7 | small(a) << 5 | small(b) << 3 | self.at & 6 | u32::from(next != 0),
            next & 255,
            low | small(a) << 1 | small(b) << 3 | small(c) << 5,
        ];
    }
}
