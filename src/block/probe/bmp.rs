//! BMP, uncompressed, 1, 8, 24 or 32 bits a pixel.

use super::{framed, u16_le, u32_le};
use crate::block::piece::Piece;
use crate::block::split::Context;
use crate::kind::{Kind, MAX_ROW};

/// Header, then pixels.
pub fn probe(bytes: &[u8], _context: &mut Context) -> Option<Vec<Piece>> {
    let offset = u32_le(bytes, 10)?;
    let info = u32_le(bytes, 14)?;
    if !matches!(info, 40 | 52 | 56 | 108 | 124) || !(14 + info..14 + info + 4096).contains(&offset)
    {
        return None;
    }
    let width = u32_le(bytes, 18)?;
    // A negative height means that the top row comes first.
    let height = (u32_le(bytes, 22)? as u32 as i32).unsigned_abs() as usize;
    let (planes, bits, compression) = (u16_le(bytes, 26)?, u16_le(bytes, 28)?, u32_le(bytes, 30)?);
    // 3: channel masks, usual with 32 bits.
    let plain = compression == 0 || compression == 3 && bits == 32;
    if planes != 1
        || !plain
        || !matches!(bits, 1 | 8 | 24 | 32)
        || !(1..=1 << 20).contains(&width)
        || height == 0
    {
        return None;
    }
    let row = (width * bits).div_ceil(8).next_multiple_of(4);
    let body = row.checked_mul(height)?;
    if row > MAX_ROW as usize || body > bytes.len().checked_sub(offset)? {
        return None;
    }
    Some(framed(offset, Kind::Image { bits: bits as u8, row_bytes: row as u32 }, body))
}
