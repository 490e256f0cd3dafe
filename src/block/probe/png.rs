//! PNG: the pixels behind chunks, deflate and scanline filters.

use super::{deflated, u32_be};
use crate::block::piece::{self, Piece};
use crate::block::split::{self, Context};
use crate::kind::{Kind, MAX_ROW};
use crate::transform::deflate::Trailer;
use crate::transform::{idat, scanline};

/// Everything up to the first IDAT chunk, then the IDAT chunks.
pub fn probe(bytes: &[u8], context: &mut Context) -> Option<Vec<Piece>> {
    if !bytes.starts_with(b"\x89PNG\r\n\x1A\n")
        || bytes.get(12..16)? != b"IHDR"
        || context.depth >= split::MAX_DEPTH
    {
        return None;
    }
    let image = Header::read(bytes)?;
    let start = first_idat(bytes)?;
    context.charge(idat_len(&bytes[start..]))?;
    let (parts, consumed) = idat::forward(&bytes[start..])?;
    let body = deflated(parts.inner.get(2..)?, Trailer::Adler, 1, context, |plain, context| {
        image.cut(plain, context)
    })?;
    let rest = parts.inner.len() - 2 - body.len;
    let mut pieces = vec![Piece::copy(Kind::Generic, 2), body];
    piece::push(&mut pieces, Piece::copy(Kind::Generic, rest));
    Some(vec![Piece::copy(Kind::Generic, start), Piece::transformed(consumed, parts, pieces)])
}

/// Where the first IDAT chunk starts.
fn first_idat(bytes: &[u8]) -> Option<usize> {
    let mut at = 8usize;
    for _ in 0..1000 {
        if bytes.get(at + 4..at + 8)? == b"IDAT" {
            return Some(at);
        }
        at = at.checked_add(u32_be(bytes, at)?)?.checked_add(12)?;
    }
    None
}

/// What the IDAT chunks say they take.
fn idat_len(bytes: &[u8]) -> usize {
    let mut at = 0;
    while bytes.get(at + 4..at + 8) == Some(b"IDAT") {
        at += 12 + u32_be(bytes, at).unwrap_or(0);
    }
    at.min(bytes.len())
}

/// What the IHDR chunk says.
struct Header {
    width: usize,
    height: usize,
    depth: usize,
    colour: u8,
    interlaced: bool,
}

impl Header {
    fn read(bytes: &[u8]) -> Option<Self> {
        let &[depth, colour, _, _, interlace] = bytes.get(24..29)?.first_chunk()?;
        Some(Header {
            width: u32_be(bytes, 16)?,
            height: u32_be(bytes, 20)?,
            depth: depth.into(),
            colour,
            interlaced: interlace != 0,
        })
    }

    /// The scanlines as pixels, where header and content agree.
    fn cut(&self, plain: &[u8], context: &mut Context) -> Vec<Piece> {
        self.pixels(plain).unwrap_or_else(|| split::cut(plain, context))
    }

    fn pixels(&self, plain: &[u8]) -> Option<Vec<Piece>> {
        let channels = match self.colour {
            0 | 3 => 1,
            2 => 3,
            4 => 2,
            6 => 4,
            _ => return None,
        };
        let pixel_bits = channels * self.depth;
        let row = self.width.checked_mul(pixel_bits)?.div_ceil(8);
        if self.interlaced
            || row > MAX_ROW as usize
            || (row + 1).checked_mul(self.height)? != plain.len()
        {
            return None;
        }
        let parts = scanline::forward(plain, row, (pixel_bits / 8).max(1))?;
        let row_bytes = u32::try_from(row).ok()?;
        let kind = match (self.depth, self.colour) {
            (1, 0 | 3) => Kind::Image { bits: 1, row_bytes },
            (8, 0 | 3) => Kind::Image { bits: 8, row_bytes },
            (8, 2) => Kind::Image { bits: 24, row_bytes },
            (8, 6) => Kind::Image { bits: 32, row_bytes },
            (16, 0) => Kind::Image16 { row_bytes, big_endian: true },
            _ => Kind::Generic,
        };
        let inner = vec![Piece::copy(kind, parts.inner.len())];
        Some(vec![Piece::transformed(plain.len(), parts, inner)])
    }
}
