//! What a byte of a glyph is like: its header, its box, its components. Points and instructions
//! tell for themselves.

use super::GlyphReader;
use super::field::*;
use crate::model::font::view::{View, next_byte};
use crate::model::hash::combine_all;

impl GlyphReader {
    /// Says what the next byte is.
    pub fn describe(&self, view: &mut View) {
        view.field = self.field;
        view.partial = self.partial;
        if self.field == CODE {
            self.program.describe(self.code_left, self.outline.points() as u32, view);
            return;
        }
        if matches!(self.field, FLAG | REPEAT | X | Y) {
            self.outline.describe(self.field, view);
            return;
        }
        let [x0, y0, x1, y1] = self.bounds.map(|side| side as u32);
        let contours = self.contours as u32;
        let before = self.contours_before as u32;
        let [p0, p1, p2] = self.offsets;
        let class = contours.min(5);
        match self.field {
            CONTOURS | PADDING => {
                let fine = [
                    contours,
                    combine_all([contours, before]),
                    combine_all([self.at % 4, contours]),
                    self.code_length_before,
                    x0,
                    combine_all([contours, x1]),
                    y1,
                ];
                view.set(fine);
            }
            CODE_LENGTH => {
                let points = self.outline.points() as u32;
                let fine = [
                    self.code_length_before,
                    points,
                    combine_all([points, contours]),
                    contours,
                    combine_all([self.code_length_before, contours]),
                    combine_all([points / 4, contours]),
                    combine_all([points, y1]),
                ];
                view.set(fine);
            }
            END => self.outline.describe_end(contours, view),
            PART_FLAGS | PART | OFFSET | SCALE => {
                let other = self.parts_before[self.part.min(3) as usize];
                let first = self.parts_before[0];
                let key = combine_all([self.part.min(3), self.numbers_left]);
                let fine = [
                    combine_all([key, self.part_flags]),
                    combine_all([key, self.part_flags, self.part_flags_before]),
                    combine_all([key, other]),
                    combine_all([key, self.part_glyph]),
                    combine_all([key, self.part_glyph, first]),
                    combine_all([key, p0]),
                    combine_all([key, p0, p1]),
                    combine_all([key, p1, self.part_glyph]),
                    combine_all([
                        key,
                        next_byte(first + 1, 2, self.partial.into()),
                        other.wrapping_sub(first),
                    ]),
                    combine_all([key, next_byte(other + 1, 2, self.partial.into())]),
                    combine_all([key, p1]),
                    combine_all([
                        key,
                        self.parts.box_of(&self.glyphs, self.part_glyph as u16),
                        self.parts.box_of(&self.glyphs, first as u16),
                    ]),
                    combine_all([
                        key,
                        self.part_glyph,
                        self.parts.box_of(&self.glyphs, first as u16),
                    ]),
                    combine_all([key, p0, self.part_glyph]),
                    combine_all([key, p2, self.part_glyph]),
                    combine_all([key, first, self.part_flags]),
                ];
                view.set(fine);
            }
            // The box.
            _ => {
                let side = (self.field - BOX) as usize & 3;
                let guess = next_byte(self.expected[side] as u32 & 0xffff, 2, self.partial.into());
                let other = next_byte(
                    self.outline.on_curve()[side] as u32 & 0xffff,
                    2,
                    self.partial.into(),
                );
                let right = self.right & 15;
                let same = [x0, y0, x1, y1][side];
                let form = contours.wrapping_add(1).min(2);
                let fine = [
                    combine_all([guess, right, form]),
                    combine_all([guess, self.right & 255, form]),
                    combine_all([guess, other, form]),
                    combine_all([guess, other, right]),
                    combine_all([guess, side as u32, form]),
                    combine_all([other, form]),
                    combine_all([guess, same, form]),
                    combine_all([same, form]),
                    combine_all([[0, x0, y0, x1][side], form]),
                    combine_all([guess, self.part_glyph, form]),
                    combine_all([guess, self.part, form]),
                    combine_all([guess, form]),
                ];
                view.set(fine);
                let agree = u32::from(guess != 0) << 1 | u32::from(other != 0);
                view.rows = [
                    8 + self.field,
                    right << 2 | agree | 64,
                    guess & 255,
                    128 | right << 2 | agree,
                ];
                return;
            }
        }
        view.rows = [8 + self.field, class | 128, contours & 255, 128 | self.field];
    }
}
