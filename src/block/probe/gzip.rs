//! gzip members.

use super::deflated;
use crate::block::piece::Piece;
use crate::block::split::{self, Context};
use crate::kind::Kind;
use crate::transform::deflate::Trailer;

/// Header, then the deflate stream with its trailer.
pub fn probe(bytes: &[u8], context: &mut Context) -> Option<Vec<Piece>> {
    let start = header_len(&bytes[..bytes.len().min(4 << 10)])?;
    let body = deflated(&bytes[start..], Trailer::Gzip, 1, context, split::cut)?;
    Some(vec![Piece::copy(Kind::Generic, start), body])
}

fn header_len(bytes: &[u8]) -> Option<usize> {
    let flags = *bytes.get(3)?;
    if bytes[2] != 8 || flags & 0xE0 != 0 {
        return None;
    }
    let mut at = 10;
    if flags & 4 != 0 {
        at += 2 + super::u16_le(bytes, at)?;
    }
    // Name and comment end with a zero byte.
    for bit in [8, 16] {
        if flags & bit != 0 {
            at += 1 + bytes.get(at..)?.iter().position(|&byte| byte == 0)?;
        }
    }
    if flags & 2 != 0 {
        at += 2;
    }
    (at < bytes.len()).then_some(at)
}
