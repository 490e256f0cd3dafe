//! The `glyf` table: outlines of points, and glyphs put together of others.
//!
//! Source: the OpenType specification, chapter "glyf". Glyphs follow one another and are told apart
//! by their own lengths; how they are aligned is learned.

mod contexts;

use super::outline::Outline;
use super::parts::Parts;
use super::program::Program;

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
    /// Offset of a component.
    pub const OFFSET: u32 = 13;
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
    /// Least x, least y, greatest x, greatest y.
    pub bounds: [i16; 4],
    /// The glyph that its width is likely to come from, in a glyph put together of others.
    pub part: Option<u16>,
}

/// Reads the table.
#[derive(Clone, Debug)]
pub struct GlyphReader {
    at: u32,
    field: u32,
    /// The bytes of the number so far, after a leading one.
    partial: u32,
    alignment: u32,
    /// Whether padding was read before this glyph.
    padded: bool,
    contours: i32,
    /// Least x, least y, greatest x, greatest y; and what they are likely to be.
    bounds: [i32; 4],
    expected: [i32; 4],
    /// Which of the last sides were as expected.
    right: u32,
    contours_before: i32,
    code_left: u32,
    code_length_before: u32,
    program: Program,
    pub(super) outline: Outline,
    /// Components: how many before this one, flags, glyph; those of the last glyph's first two;
    /// offsets by glyph.
    part: u32,
    part_flags: u32,
    part_flags_before: u32,
    part_glyph: u32,
    parts_before: [u32; 4],
    numbers_left: u32,
    offsets: [u32; 3],
    parts: Parts,
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
            expected: [0; 4],
            right: 0,
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
            offsets: [0; 3],
            parts: Parts::default(),
            glyphs: Vec::new(),
        }
    }
}

impl GlyphReader {
    /// Bytes that the number being read has.
    fn size(&self) -> u32 {
        match self.field {
            FLAG | REPEAT | PADDING | CODE => 1,
            X | Y => self.outline.bytes(),
            OFFSET if self.part_flags & 1 == 0 => 1,
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
        let number = self.partial & ((1 << (8 * size)) - 1);
        self.partial = 1;
        self.number(number);
    }

    /// A byte between glyphs. One that is not zero belongs to a glyph that begins earlier than the
    /// alignment says.
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
                self.glyphs.push(Glyph { start: self.at - 2, bounds: [0; 4], part: None });
                self.after_count();
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
                self.field = OFFSET;
                self.numbers_left = 2;
            }
            OFFSET => {
                self.offsets = [number, self.offsets[0], self.offsets[1]];
                if self.numbers_left == 1 {
                    let wide = self.part_flags & 1 != 0;
                    let signed = |number: u32| {
                        if wide {
                            i32::from(number as u16 as i16)
                        } else {
                            i32::from(number as u8 as i8)
                        }
                    };
                    let by = if self.part_flags & 2 != 0 {
                        [signed(self.offsets[1]), signed(number)]
                    } else {
                        [0; 2]
                    };
                    self.parts.add(self.part_glyph as u16, by);
                }
                self.after_place();
            }
            SCALE => self.after_scale(),
            // The box.
            _ => {
                let side = (self.field - BOX) as usize & 3;
                self.bounds[side] = signed;
                self.right = self.right << 1 | u32::from(self.expected[side] == signed);
                self.field += 1;
                if side == 3 {
                    self.after_box();
                }
            }
        }
    }

    fn after_count(&mut self) {
        match self.contours {
            1.. => {
                self.outline.start();
                self.field = END;
            }
            0 => self.begin_box(),
            _ => {
                self.part = 0;
                self.parts.start();
                self.field = PART_FLAGS;
            }
        }
    }

    fn begin_box(&mut self) {
        self.field = BOX;
        self.expected = match self.contours {
            1.. => self.outline.bounds(),
            0 => [0; 4],
            _ => self.parts.bounds(&self.glyphs),
        };
    }

    fn after_box(&mut self) {
        let bounds = self.bounds.map(|side| side as i16);
        if self.contours < 0 {
            self.parts.learn(&self.glyphs, bounds);
        }
        if let Some(glyph) = self.glyphs.last_mut() {
            glyph.bounds = bounds;
        }
        self.finish();
    }

    fn after_code(&mut self) {
        if self.contours < 0 {
            self.begin_box();
            return;
        }
        self.field = FLAG;
        self.after_flag();
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
        self.begin_box();
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
            self.begin_box();
        }
    }

    fn finish(&mut self) {
        self.padded = false;
        self.field = if self.at.is_multiple_of(self.alignment) { CONTOURS } else { PADDING };
    }
}
