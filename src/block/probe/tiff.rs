//! TIFF, uncompressed, with its strips in one stretch.

use super::framed;
use crate::block::piece::Piece;
use crate::block::split::Context;
use crate::kind::{Kind, MAX_ROW};

/// What lies before the pixels, then the pixels.
pub fn probe(bytes: &[u8], _context: &mut Context) -> Option<Vec<Piece>> {
    let big_endian = match bytes.first_chunk()? {
        b"II*\0" => false,
        b"MM\0*" => true,
        _ => return None,
    };
    let file = File { bytes, big_endian };
    let directory = file.u32(4)?;
    let count = file.u16(directory)?;
    let mut fields = Fields { bits: 1, compression: 1, samples: 1, planar: 1, ..Fields::default() };
    for index in 0..count.min(256) {
        let at = directory.checked_add(2 + index * 12)?;
        match file.u16(at)? {
            256 => fields.width = file.values(at)?.first(),
            257 => fields.height = file.values(at)?.first(),
            258 => {
                let bits = file.values(at)?;
                fields.bits = bits.first();
                if bits.count > 4
                    || (0..bits.count).any(|index| bits.get(index) != Some(fields.bits))
                {
                    return None;
                }
            }
            259 => fields.compression = file.values(at)?.first(),
            273 => fields.offsets = Some(file.values(at)?),
            277 => fields.samples = file.values(at)?.first(),
            279 => fields.lengths = Some(file.values(at)?),
            284 => fields.planar = file.values(at)?.first(),
            _ => {}
        }
    }
    fields.pieces(big_endian, bytes.len())
}

/// More strips than any image in use has.
const MAX_STRIPS: usize = 1 << 14;

struct File<'a> {
    bytes: &'a [u8],
    big_endian: bool,
}

impl<'a> File<'a> {
    fn u16(&self, at: usize) -> Option<usize> {
        if self.big_endian { super::u16_be(self.bytes, at) } else { super::u16_le(self.bytes, at) }
    }

    fn u32(&self, at: usize) -> Option<usize> {
        if self.big_endian { super::u32_be(self.bytes, at) } else { super::u32_le(self.bytes, at) }
    }

    /// The values of the directory entry at `at`: at least one, all inside the file.
    fn values(&'a self, at: usize) -> Option<Values<'a>> {
        let size = match self.u16(at + 2)? {
            3 => 2,
            4 => 4,
            _ => return None,
        };
        let count = self.u32(at + 4)?;
        let bytes = count.checked_mul(size)?;
        let start = if bytes <= 4 { at + 8 } else { self.u32(at + 8)? };
        if count == 0 || count > MAX_STRIPS || start.checked_add(bytes)? > self.bytes.len() {
            return None;
        }
        Some(Values { file: self, start, size, count })
    }
}

struct Values<'a> {
    file: &'a File<'a>,
    start: usize,
    size: usize,
    count: usize,
}

impl Values<'_> {
    fn get(&self, index: usize) -> Option<usize> {
        let at = self.start + index * self.size;
        if self.size == 2 { self.file.u16(at) } else { self.file.u32(at) }
    }

    fn first(&self) -> usize {
        self.get(0).unwrap_or(0)
    }
}

#[derive(Default)]
struct Fields<'a> {
    width: usize,
    height: usize,
    bits: usize,
    compression: usize,
    samples: usize,
    planar: usize,
    offsets: Option<Values<'a>>,
    lengths: Option<Values<'a>>,
}

impl Fields<'_> {
    fn pieces(&self, big_endian: bool, file_len: usize) -> Option<Vec<Piece>> {
        let row = self.width.checked_mul(self.samples)?.checked_mul(self.bits)?.div_ceil(8);
        let body = row.checked_mul(self.height)?;
        if self.compression != 1
            || self.planar != 1
            || row == 0
            || row > MAX_ROW as usize
            || body == 0
        {
            return None;
        }
        let row_bytes = row as u32;
        let kind = match (self.bits, self.samples) {
            (1, 1) => Kind::Image { bits: 1, row_bytes },
            (8, 1) => Kind::Image { bits: 8, row_bytes },
            (8, 3) => Kind::Image { bits: 24, row_bytes },
            (8, 4) => Kind::Image { bits: 32, row_bytes },
            (16, 1) => Kind::Image16 { row_bytes, big_endian },
            _ => return None,
        };
        let (offsets, lengths) = (self.offsets.as_ref()?, self.lengths.as_ref()?);
        let start = offsets.first();
        let mut end = start;
        for index in 0..offsets.count {
            if offsets.get(index)? != end {
                return None;
            }
            end = end.checked_add(lengths.get(index).filter(|_| index < lengths.count)?)?;
        }
        (start >= 8 && end <= file_len && end - start >= body).then(|| framed(start, kind, body))
    }
}
