//! DICOM, the format of medical scanners: images without compression.
//!
//! A file is a list of elements, each with a tag (two numbers of 16 bits), a length and a value.
//! Newer files have 128 free bytes, `DICM`, and some elements that are always coded alike; files of
//! older programs start with the first element of the image itself. Source: DICOM PS3.5, chapter 7
//! (elements, sequences), PS3.10, chapter 7 (files), and PS3.3, C.7.6.3 (attributes of images).

use super::{framed, u16_be, u16_le, u32_be, u32_le};
use crate::block::piece::Piece;
use crate::block::split::Context;
use crate::kind::{Kind, MAX_ROW};

/// More elements than this stand before no image in use.
const MAX_ELEMENTS: usize = 1 << 16;
/// What reading one element costs of the budget of probes, in bytes.
const COST: usize = 16;

/// What lies before the pixels, then the pixels.
pub fn probe(bytes: &[u8], context: &mut Context) -> Option<Vec<Piece>> {
    let (start, coding) = if bytes.starts_with(b"DICM") {
        (4, Coding { is_big_endian: false, is_explicit: true })
    } else {
        // Group 8 holds the first elements of every image.
        let coding = Coding::at(bytes, 0)?;
        let (group, number) = (coding.u16(bytes, 0)?, coding.u16(bytes, 2)?);
        if group != 8 || number > LAST_FIRST_ELEMENT {
            return None;
        }
        (0, coding)
    };
    let mut image = Image { samples: 1, frames: 1, ..Image::default() };
    let mut reader = Elements { bytes, at: start, coding, depth: 0, last_tag: None };
    for _ in 0..MAX_ELEMENTS {
        context.charge(COST)?;
        let Some(element) = reader.next()? else { continue };
        let number = || reader.coding.u16(bytes, element.value);
        match element.tag {
            (0x28, 0x02) => image.samples = number()?,
            (0x28, 0x06) => image.is_planar = number()? == 1,
            (0x28, 0x08) => {
                image.frames = decimal(bytes.get(element.value..)?.get(..element.len)?)?
            }
            (0x28, 0x10) => image.rows = number()?,
            (0x28, 0x11) => image.columns = number()?,
            (0x28, 0x100) => image.bits = number()?,
            (0x7FE0, 0x10) => {
                let big_endian = reader.coding.is_big_endian;
                let present = element.len.min(bytes.len().checked_sub(element.value)?);
                let (kind, body) = image.kind(big_endian, element.len, present)?;
                return Some(framed(element.value, kind, body));
            }
            (group, _) if group > 0x7FE0 => return None,
            _ => {}
        }
    }
    None
}

/// An image without `DICM` starts with an element of group 8 up to this one, the class of the
/// object.
const LAST_FIRST_ELEMENT: usize = 0x16;

/// How numbers are stored, and whether an element names the type of its value.
#[derive(Clone, Copy)]
struct Coding {
    is_big_endian: bool,
    is_explicit: bool,
}

impl Coding {
    /// The coding that the element at offset `at` must have, whose group is small: the files that
    /// name a coding are not always right.
    fn at(bytes: &[u8], at: usize) -> Option<Self> {
        let is_explicit = bytes.get(at + 4..at + 6)?.iter().all(u8::is_ascii_uppercase);
        Some(Self { is_big_endian: u16_be(bytes, at)? < u16_le(bytes, at)?, is_explicit })
    }

    fn u16(self, bytes: &[u8], at: usize) -> Option<usize> {
        if self.is_big_endian { u16_be(bytes, at) } else { u16_le(bytes, at) }
    }

    fn u32(self, bytes: &[u8], at: usize) -> Option<usize> {
        if self.is_big_endian { u32_be(bytes, at) } else { u32_le(bytes, at) }
    }
}

/// An element of the image itself, not of a list inside it.
struct Element {
    /// Group and number.
    tag: (usize, usize),
    /// Offset of the value.
    value: usize,
    /// Length of the value in bytes; the file may be shorter.
    len: usize,
}

/// Reads elements one after another.
struct Elements<'a> {
    bytes: &'a [u8],
    at: usize,
    coding: Coding,
    /// Lists and items around `at` whose end is marked and not known.
    depth: usize,
    /// The last tag outside of lists.
    last_tag: Option<(usize, usize)>,
}

/// The length of values whose end is marked.
const UNDEFINED: usize = 0xFFFF_FFFF;

impl Elements<'_> {
    /// The next element; within it `None` if that is part of a list.
    #[allow(clippy::option_option)] // the outer `None` ends the file
    fn next(&mut self) -> Option<Option<Element>> {
        // Group 2 is always little-endian with types; the coding of the others shows itself.
        let is_after_group_2 = self.last_tag.is_some_and(|tag| tag.0 == 2);
        if self.last_tag.is_none_or(|_| is_after_group_2) && u16_le(self.bytes, self.at)? != 2 {
            self.coding = Coding::at(self.bytes, self.at)?;
        }
        let (bytes, at) = (self.bytes, self.at);
        let tag = (self.coding.u16(bytes, at)?, self.coding.u16(bytes, at + 2)?);
        let (value, len) = self.value(tag, at + 4)?;
        self.at = if len == UNDEFINED { value } else { value.checked_add(len)? };
        if tag.0 == 0xFFFE {
            match tag.1 {
                // An item, whose own elements follow if its end is marked.
                0xE000 => self.depth += usize::from(len == UNDEFINED),
                // The end of an item or of a list.
                0xE00D | 0xE0DD => self.depth = self.depth.checked_sub(1)?,
                _ => return None,
            }
            return Some(None);
        }
        if self.depth > 0 {
            self.depth += usize::from(len == UNDEFINED);
            return Some(None);
        }
        // Tags ascend: what does not is no DICOM.
        if self.last_tag.is_some_and(|last| last >= tag) {
            return None;
        }
        self.last_tag = Some(tag);
        if len == UNDEFINED {
            // Compressed images are lists of parts.
            self.depth = 1;
            return (tag != (0x7FE0, 0x10)).then_some(None);
        }
        Some(Some(Element { tag, value, len }))
    }

    /// Offset and length of the value of an element, whose length or type is at offset `at`.
    fn value(&self, tag: (usize, usize), at: usize) -> Option<(usize, usize)> {
        if tag.0 == 0xFFFE || !self.coding.is_explicit {
            return Some((at + 4, self.coding.u32(self.bytes, at)?));
        }
        match self.bytes.get(at..at + 2)? {
            b"OB" | b"OD" | b"OF" | b"OL" | b"OV" | b"OW" | b"SQ" | b"SV" | b"UC" | b"UN"
            | b"UR" | b"UT" | b"UV" => Some((at + 8, self.coding.u32(self.bytes, at + 4)?)),
            [b'A'..=b'Z', b'A'..=b'Z'] => Some((at + 4, self.coding.u16(self.bytes, at + 2)?)),
            _ => None,
        }
    }
}

/// What the elements of group 28 (hexadecimal) say of the pixels.
#[derive(Default)]
struct Image {
    samples: usize,
    is_planar: bool,
    frames: usize,
    rows: usize,
    columns: usize,
    bits: usize,
}

impl Image {
    /// The kind of the pixels and their length in bytes, if the element has `len` bytes, of which
    /// `present` are there. Of a cut file the whole rows are taken.
    fn kind(&self, big_endian: bool, len: usize, present: usize) -> Option<(Kind, usize)> {
        // In planar images a row has one sample of each pixel.
        let (samples, planes) = if self.is_planar { (1, self.samples) } else { (self.samples, 1) };
        let row_bits = self.columns.checked_mul(samples)?.checked_mul(self.bits)?;
        let row = row_bits / 8;
        let rows = self.rows.checked_mul(planes)?.checked_mul(self.frames)?;
        let body = row.checked_mul(rows)?;
        if body == 0 || body > len || row > MAX_ROW as usize || row_bits % 8 > 0 {
            return None;
        }
        let row_bytes = row as u32;
        let kind = match (self.bits, samples) {
            (1, 1) => Kind::Image { bits: 1, row_bytes },
            (8, 1) => Kind::Image { bits: 8, row_bytes },
            (8, 3) => Kind::Image { bits: 24, row_bytes },
            (8, 4) => Kind::Image { bits: 32, row_bytes },
            (16, 1) => Kind::Image16 { row_bytes, big_endian },
            _ => return None,
        };
        let body = body.min(present / row * row);
        (body > 0).then_some((kind, body))
    }
}

/// A number in decimal digits, filled up with blanks or a zero byte.
fn decimal(text: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(text).ok()?;
    text.trim_matches(|letter| matches!(letter, ' ' | '\0')).parse().ok()
}
