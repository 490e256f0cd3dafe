//! The `glyf` table: outlines of points, and glyphs put together of others.
//!
//! Source: the OpenType specification, chapter "glyf". Glyphs follow one another and are told apart by their own
//! lengths; how they are aligned is learned.

use super::outline::Outline;
use super::program::Program;
use super::view::{View, all};

/// Fields of the table; those of instructions and the numbers 24 to 27.
pub mod field {
    /// Number of contours.
    pub const CONTOURS: u32 = 0;
    /// First of four: the least x.
    pub const BOX: u32 = 1;
    /// Number of a contour's last point.
    pub const END: u32 = 5;
    /// Bytes of instructions.
    pub const CODE_LENGTH: u32 = 6;
    /// A flag of a point.
    pub const FLAG: u32 = 7;
    /// How often a flag is repeated.
    pub const REPEAT: u32 = 8;
    /// A step in x.
    pub const X: u32 = 9;
    /// A step in y.
    pub const Y: u32 = 10;
    /// Flags of a component.
    pub const PART_FLAGS: u32 = 11;
    /// Number of a component's glyph.
    pub const PART: u32 = 12;
    /// Place of a component.
    pub const PLACE: u32 = 13;
    /// Scale of a component.
    pub const SCALE: u32 = 14;
    /// Between glyphs.
    pub const PADDING: u32 = 15;
    /// Instructions: the first of four.
    pub const CODE: u32 = 24;
}
use field::*;

/// What later tables need to know of a glyph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Glyph {
    /// Where it begins in the table.
    pub start: u32,
    /// Its least and its greatest x.
    pub span: [i16; 2],
    /// The glyph that its width is likely to come from, in a glyph put together of others.
    pub part: Option<u16>,
}

/// Reads the table.
#[derive(Clone, Debug)]
pub struct GlyphReader {
    at: u32,
    field: u32,
    /// The bytes of the number so far, behind a one.
    partial: u32,
    alignment: u32,
    /// Whether padding was read before this glyph.
    padded: bool,
    contours: i32,
    /// Least x, least y, greatest x, greatest y; and those of the last glyph.
    pub(super) bounds: [i32; 4],
    bounds_before: [i32; 4],
    contours_before: i32,
    code_left: u32,
    code_length_before: u32,
    program: Program,
    pub(super) outline: Outline,
    /// Components: how many before this one, flags, glyph; those of the last glyph's first two; places by glyph.
    part: u32,
    part_flags: u32,
    part_flags_before: u32,
    part_glyph: u32,
    parts_before: [u32; 4],
    numbers_left: u32,
    places: [u32; 3],
    /// Glyphs so far.
    pub glyphs: Vec<Glyph>,
}

impl Default for GlyphReader {
    fn default() -> Self {
        Self {
            at: 0,
            field: CONTOURS,
            partial: 1,
            alignment: 4,
            padded: false,
            contours: 0,
            bounds: [0; 4],
            bounds_before: [0; 4],
            contours_before: 0,
            code_left: 0,
            code_length_before: 0,
            program: Program::default(),
            outline: Outline::default(),
            part: 0,
            part_flags: 0,
            part_flags_before: 0,
            part_glyph: 0,
            parts_before: [0; 4],
            numbers_left: 0,
            places: [0; 3],
            glyphs: Vec::new(),
        }
    }
}

impl GlyphReader {
    /// What the next byte is, one of [`field`].
    #[must_use]
    pub fn field(&self) -> u32 {
        self.field
    }

    /// Bytes that the number being read has.
    fn size(&self) -> u32 {
        match self.field {
            FLAG | REPEAT | PADDING | CODE => 1,
            X | Y => self.outline.bytes(),
            PLACE if self.part_flags & 1 == 0 => 1,
            _ => 2,
        }
    }

    /// Takes in the next byte.
    pub fn push(&mut self, byte: u8) {
        self.at += 1;
        if self.field == CODE {
            self.program.push(byte);
            self.code_left -= 1;
            if self.code_left == 0 {
                self.after_code();
            }
            return;
        }
        if self.field == PADDING {
            self.pad(byte);
            return;
        }
        if self.field == CONTOURS && self.partial == 1 && self.padded && !matches!(byte, 0 | 255) {
            // What was taken for padding was the glyph's first byte.
            self.align(self.at - 2);
            self.number(byte.into());
            return;
        }
        let size = self.size();
        self.partial = self.partial << 8 | u32::from(byte);
        if self.partial >> (8 * size) == 0 {
            return;
        }
        let number = self.partial & 0xffff & (1 << (8 * size)) - 1;
        self.partial = 1;
        self.number(number);
    }

    /// A byte between glyphs. One that is not zero belongs to a glyph that begins earlier than the alignment says.
    fn pad(&mut self, byte: u8) {
        if byte == 0 {
            self.padded = true;
            if self.at.is_multiple_of(self.alignment) {
                self.field = CONTOURS;
            }
            return;
        }
        self.align(self.at - if byte == 255 { 1 } else { 2 });
        self.field = CONTOURS;
        if byte == 255 {
            self.partial = 0x1ff;
        } else {
            self.number(byte.into());
        }
    }

    /// A glyph begins at `start`.
    fn align(&mut self, start: u32) {
        self.alignment = self.alignment.min(1 << start.trailing_zeros().min(2));
    }

    fn number(&mut self, number: u32) {
        let signed = i32::from(number as u16 as i16);
        match self.field {
            CONTOURS => {
                self.contours_before = self.contours;
                self.contours = signed;
                self.bounds_before = self.bounds;
                self.field = BOX;
                self.glyphs.push(Glyph { start: self.at - 2, span: [0; 2], part: None });
            }
            END => {
                self.outline.end(number);
                if self.outline.contours() as i32 >= self.contours {
                    self.field = CODE_LENGTH;
                }
            }
            CODE_LENGTH => {
                self.code_left = number;
                self.code_length_before = number;
                self.field = CODE;
                self.program.start();
                if number == 0 {
                    self.after_code();
                }
            }
            FLAG => {
                self.outline.flag(number as u8, 1);
                self.field = if number & 8 != 0 { REPEAT } else { FLAG };
                self.after_flag();
            }
            REPEAT => {
                self.outline.repeat(number);
                self.field = FLAG;
                self.after_flag();
            }
            X | Y => {
                self.outline.coordinate(number);
                self.after_coordinate();
            }
            PART_FLAGS => {
                self.part_flags_before = self.part_flags;
                self.part_flags = number;
                self.field = PART;
            }
            PART => {
                self.part_glyph = number;
                self.parts_before[self.part.min(3) as usize] = number;
                if let Some(glyph) = self.glyphs.last_mut()
                    && (self.part == 0 || self.part_flags & 0x200 != 0)
                {
                    glyph.part = Some(number as u16);
                }
                self.field = PLACE;
                self.numbers_left = 2;
            }
            PLACE => {
                self.places = [number, self.places[0], self.places[1]];
                self.after_place();
            }
            SCALE => self.after_scale(),
            // The box.
            _ => {
                let side = (self.field - BOX) as usize & 3;
                self.bounds[side] = signed;
                if let Some(glyph) = self.glyphs.last_mut() {
                    glyph.span = [self.bounds[0] as i16, self.bounds[2] as i16];
                }
                self.field += 1;
                if side == 3 {
                    self.after_box();
                }
            }
        }
    }

    fn after_box(&mut self) {
        match self.contours {
            1.. => {
                self.outline.start();
                self.field = END;
            }
            0 => self.finish(),
            _ => {
                self.part = 0;
                self.field = PART_FLAGS;
            }
        }
    }

    fn after_code(&mut self) {
        if self.contours < 0 {
            self.finish();
            return;
        }
        self.field = FLAG;
        if self.outline.points() == 0 {
            self.finish();
        }
    }

    fn after_flag(&mut self) {
        if self.field == FLAG && self.outline.flags_are_full() {
            self.field = X;
            self.outline.begin_axis(0);
            self.after_coordinate();
        }
    }

    fn after_coordinate(&mut self) {
        if !self.outline.axis_is_full() {
            return;
        }
        if self.field == X {
            self.field = Y;
            self.outline.begin_axis(1);
            if !self.outline.axis_is_full() {
                return;
            }
        }
        self.finish();
    }

    fn after_place(&mut self) {
        self.numbers_left -= 1;
        if self.numbers_left > 0 {
            return;
        }
        self.numbers_left = match self.part_flags {
            flags if flags & 0x08 != 0 => 1,
            flags if flags & 0x40 != 0 => 2,
            flags if flags & 0x80 != 0 => 4,
            _ => 0,
        };
        self.field = SCALE;
        if self.numbers_left == 0 {
            self.after_part();
        }
    }

    fn after_scale(&mut self) {
        self.numbers_left -= 1;
        if self.numbers_left == 0 {
            self.after_part();
        }
    }

    fn after_part(&mut self) {
        self.part += 1;
        if self.part_flags & 0x20 != 0 {
            self.field = PART_FLAGS;
        } else if self.part_flags & 0x100 != 0 {
            self.field = CODE_LENGTH;
        } else {
            self.finish();
        }
    }

    fn finish(&mut self) {
        self.padded = false;
        self.field = if self.at.is_multiple_of(self.alignment) { CONTOURS } else { PADDING };
    }

    /// Says what the next byte is.
    pub fn describe(&self, view: &mut View) {
        view.field = self.field;
        view.partial = self.partial;
        if self.field == CODE {
            self.program.describe(self.code_left, self.outline.points() as u32, view);
            return;
        }
        if matches!(self.field, FLAG | REPEAT | X | Y) {
            self.outline.describe(self.field, &self.bounds, view);
            return;
        }
        let [x0, y0, x1, y1] = self.bounds.map(|side| side as u32);
        let [u0, v0, u1, v1] = self.bounds_before.map(|side| side as u32);
        let contours = self.contours as u32;
        let before = self.contours_before as u32;
        let [p0, p1, p2] = self.places;
        let class = contours.min(5);
        match self.field {
            CONTOURS | PADDING => {
                let fine =
                    [contours, all([contours, before]), all([self.at % 4, contours]), self.code_length_before, x0, all([contours, x1]), y1];
                view.set(fine);
            }
            CODE_LENGTH => {
                let points = self.outline.points() as u32;
                let fine = [
                    self.code_length_before,
                    points,
                    all([points, contours]),
                    contours,
                    all([self.code_length_before, contours]),
                    all([points / 4, contours]),
                    all([points, y1]),
                ];
                view.set(fine);
            }
            END => self.outline.describe_end(contours, view),
            PART_FLAGS | PART | PLACE | SCALE => {
                let other = self.parts_before[self.part.min(3) as usize];
                let first = self.parts_before[0];
                let key = all([self.part.min(3), self.numbers_left]);
                let fine = [
                    all([key, self.part_flags]),
                    all([key, self.part_flags, self.part_flags_before]),
                    all([key, other]),
                    all([key, self.part_glyph]),
                    all([key, self.part_glyph, first]),
                    all([key, p0]),
                    all([key, p0, p1]),
                    all([key, p1, self.part_glyph]),
                    all([key, x0, x1]),
                    all([key, y0, y1]),
                    all([key, x0]),
                    all([key, y1, self.part_glyph]),
                    all([key, super::view::next_byte(other + 1, 2, self.partial.into())]),
                    all([key, p1]),
                    all([key, self.part_glyph, y1, y0]),
                    all([key, p0, self.part_glyph]),
                    all([key, x1.wrapping_sub(x0), self.part_glyph]),
                    all([key, p2, self.part_glyph]),
                    all([key, first, self.part_flags]),
                ];
                view.set(fine);
            }
            // The box.
            _ => {
                let side = (self.field - BOX) as usize & 3;
                let known = all([self.bounds[0] as u32, if side > 1 { y0 } else { 0 }, if side > 2 { x1 } else { 0 }]);
                let same = self.bounds_before[side] as u32;
                let last = [contours, x0, y0, x1][side];
                let two = [before, contours, x0, y0][side];
                let width = u1.wrapping_sub(u0);
                let height = v1.wrapping_sub(v0);
                let guess = [u0, v0, x0.wrapping_add(width), y0.wrapping_add(height)][side];
                let fine = [
                    class,
                    all([same, class]),
                    all([last, class]),
                    all([last, two, class]),
                    all([known, class, u32::from(side > 0)]),
                    same,
                    all([same, last]),
                    all([guess, class]),
                    all([guess, last]),
                    all([u0, u1]),
                    all([v0, v1]),
                    all([y0, contours]),
                    all([x0, class]),
                    all([same, before, contours]),
                    all([self.code_length_before, contours]),
                    all([known, same]),
                ];
                view.set(fine);
            }
        }
        view.rows = [8 + self.field, class | 128, contours & 255, 128 | self.field];
    }
}
