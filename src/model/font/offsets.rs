//! Tables that the glyphs tell: `loca`, the offset of each glyph, and `hmtx`, the width of each.
//!
//! Source: the OpenType specification, chapters "loca" and "hmtx".

use super::glyph::Glyph;
use super::view::{View, next_byte};
use crate::model::hash::combine_all;

/// The fields of both: an offset, a width, a bearing.
pub const LOCA: u32 = 28;
const ADVANCE: u32 = 29;
pub(super) const BEARING: u32 = 30;

/// Reads `loca`, and learns which glyph has which number.
#[derive(Clone, Debug)]
pub struct OffsetReader {
    long: bool,
    /// The bytes of the next offset so far, after a leading one.
    partial: u64,
    /// Bytes of the glyphs altogether.
    end: u32,
    last: Option<u32>,
    /// The first glyph that begins after the last offset.
    index: usize,
    /// Empty glyphs in a row, and glyphs in a row that were not.
    empty: u32,
    full: u32,
    /// Which of the last offsets were guessed right.
    right: u32,
    /// For each number its glyph, or `None` for an empty one.
    pub numbered: Vec<Option<Glyph>>,
}

impl OffsetReader {
    /// Offsets of glyphs that take `end` bytes; of four bytes if `long`.
    #[must_use]
    pub fn new(long: bool, end: u32) -> Self {
        Self {
            long,
            partial: 1,
            end,
            last: None,
            index: 0,
            empty: 0,
            full: 0,
            right: 0,
            numbered: Vec::new(),
        }
    }

    fn size(&self) -> u32 {
        if self.long { 4 } else { 2 }
    }

    /// The next offset, if the glyph that begins at the last one is not empty.
    fn next(&self, glyphs: &[Glyph]) -> u32 {
        self.last.map_or(0, |_| glyphs.get(self.index).map_or(self.end, |glyph| glyph.start))
    }

    /// Takes in the next byte.
    pub fn push(&mut self, byte: u8, glyphs: &[Glyph]) {
        self.partial = self.partial << 8 | u64::from(byte);
        if self.partial >> (8 * self.size()) == 0 {
            return;
        }
        let offset =
            if self.long { self.partial as u32 } else { (self.partial as u32 & 0xffff) * 2 };
        self.partial = 1;
        self.right = self.right << 1 | u32::from(offset == self.next(glyphs));
        if let Some(last) = self.last {
            if offset == last {
                (self.empty, self.full) = (self.empty + 1, 0);
                self.numbered.push(None);
            } else {
                (self.empty, self.full) = (0, self.full + 1);
                self.numbered
                    .push(self.index.checked_sub(1).and_then(|index| glyphs.get(index)).copied());
            }
        }
        self.last = Some(offset);
        // Offsets that ascend, as they should, take one step each.
        while glyphs.get(self.index).is_some_and(|glyph| glyph.start <= offset) {
            self.index += 1;
        }
    }

    /// Says what the next byte is.
    pub fn describe(&self, glyphs: &[Glyph], view: &mut View) {
        view.field = LOCA;
        view.partial = self.partial.checked_ilog2().unwrap_or(0) / 8;
        let unit = |offset: u32| if self.long { offset } else { (offset / 2) & 0xffff };
        let guess = |offset: u32| next_byte(unit(offset), self.size(), self.partial);
        let (full, same) = (guess(self.next(glyphs)), guess(self.last.unwrap_or(0)));
        let right = self.right & 7;
        let runs = combine_all([self.empty.min(255), self.full.min(255)]);
        let last =
            self.numbered.last().copied().flatten().map_or(0, |glyph| glyph.bounds[2] as u32);
        let fine = [
            combine_all([full, same, right]),
            combine_all([full, same, runs]),
            combine_all([full, same, self.empty.min(3), self.full.min(15)]),
            combine_all([full, same, self.right & 255]),
            combine_all([full, self.right & 1]),
            combine_all([same, self.right & 1]),
            combine_all([full, same, last]),
            combine_all([full, same, self.numbered.len() as u32]),
        ];
        view.set(fine);
        let both = u32::from(full != 0) << 1 | u32::from(same != 0);
        view.rows =
            [48 + view.partial, 224 | both << 3 | right, full & 255, 224 | both << 3 | right];
    }
}

/// Reads `hmtx`.
#[derive(Clone, Debug)]
pub struct MetricReader {
    partial: u32,
    number: usize,
    bearing: bool,
    /// How many glyphs have a width of their own.
    widths: usize,
    /// The widths so far.
    known: Vec<u16>,
    last: [u32; 3],
    bearings: [u32; 2],
    /// Which of the last bearings, and of the last widths of parts, were guessed right.
    right: [u32; 2],
}

impl MetricReader {
    /// Metrics of glyphs, of which the first `widths` have a width.
    #[must_use]
    pub fn new(widths: usize) -> Self {
        Self {
            partial: 1,
            number: 0,
            bearing: widths == 0,
            widths,
            known: Vec::new(),
            last: [0; 3],
            bearings: [0; 2],
            right: [0; 2],
        }
    }

    /// The width of the glyph that this one is made of.
    fn of_part(&self, glyph: Option<Glyph>) -> Option<u32> {
        self.known.get(usize::from(glyph?.part?)).map(|&width| width.into())
    }

    /// Takes in the next byte.
    pub fn push(&mut self, byte: u8, numbered: &[Option<Glyph>]) {
        self.partial = self.partial << 8 | u32::from(byte);
        if self.partial >> 16 == 0 {
            return;
        }
        let word = self.partial & 0xffff;
        self.partial = 1;
        let glyph = numbered.get(self.number).copied().flatten();
        if self.bearing {
            let guess = glyph.map_or(0, |glyph| u32::from(glyph.bounds[0] as u16));
            self.right[0] = self.right[0] << 1 | u32::from(guess == word);
            self.bearings = [word, self.bearings[0]];
            self.number += 1;
            self.bearing = self.number >= self.widths;
        } else {
            if let Some(width) = self.of_part(glyph) {
                self.right[1] = self.right[1] << 1 | u32::from(width == word);
            }
            self.known.push(word as u16);
            self.last = [word, self.last[0], self.last[1]];
            self.bearing = true;
        }
    }

    /// Says what the next byte is.
    pub fn describe(&self, numbered: &[Option<Glyph>], view: &mut View) {
        view.field = if self.bearing { BEARING } else { ADVANCE };
        view.partial = self.partial;
        let glyph = numbered.get(self.number).copied().flatten();
        let guess = |word: u32| next_byte(word & 0xffff, 2, self.partial.into());
        let span = glyph.map_or([0; 2], |glyph| [glyph.bounds[0] as u32, glyph.bounds[2] as u32]);
        let kind = u32::from(glyph.is_some())
            | u32::from(glyph.is_some_and(|glyph| glyph.part.is_some())) << 1;
        let [a, b, c] = self.last;
        let right = self.right[usize::from(!self.bearing)];
        let part = self.of_part(glyph).map_or(0, guess);
        let before =
            self.number.checked_sub(1).and_then(|number| numbered.get(number)).copied().flatten();
        let before =
            before.map_or([0; 2], |glyph| [glyph.bounds[0] as u32, glyph.bounds[2] as u32]);
        // As much room on the right as on the left.
        let even = guess(span[0].wrapping_add(span[1]));
        // As much room on the right as the last glyph had.
        let like = guess(span[1].wrapping_add(a).wrapping_sub(before[1]));
        let least = guess(span[0]);
        let width = span[1].wrapping_sub(span[0]);
        let fine = if self.bearing {
            [
                combine_all([least, kind, right & 7]),
                combine_all([least, right & 255]),
                combine_all([least, a, kind]),
                combine_all([least, self.bearings[0]]),
                combine_all([self.bearings[0], a]),
                combine_all([self.bearings[0], self.bearings[1]]),
                combine_all([least, kind]),
                a,
                self.bearings[0],
                combine_all([kind, right & 1]),
                combine_all([a, b]),
                combine_all([least]),
            ]
        } else {
            [
                combine_all([part, right & 7, kind]),
                combine_all([part, guess(a), kind]),
                combine_all([a, kind]),
                combine_all([a, b]),
                combine_all([even, kind]),
                combine_all([like, even]),
                combine_all([span[1], kind]),
                combine_all([span[0], span[1]]),
                combine_all([width, kind]),
                combine_all([a, before[1], span[1]]),
                combine_all([part, a]),
                combine_all([a, b, c]),
            ]
        };
        view.set(fine);
        let known = u32::from(if self.bearing { least != 0 } else { part != 0 });
        view.rows = [
            54 + u32::from(self.bearing) * 2 + u32::from(self.partial > 1),
            192 | known << 5 | kind << 3 | right & 7,
            if self.bearing { least & 255 } else { part & 255 },
            216 | known << 2 | u32::from(self.bearing) << 1 | u32::from(self.partial > 1),
        ];
    }
}
