//! ZIP members that are deflated; stored ones are found by what they hold.

use super::{deflated, u16_le};
use crate::block::piece::Piece;
use crate::block::split::{self, Context};
use crate::kind::Kind;
use crate::transform::deflate::Trailer;

/// Local header, then the deflate stream.
pub fn probe(bytes: &[u8], context: &mut Context) -> Option<Vec<Piece>> {
    let encrypted = u16_le(bytes, 6)? & 1 != 0;
    if !bytes.starts_with(b"PK\x03\x04") || u16_le(bytes, 8)? != 8 || encrypted {
        return None;
    }
    let start = 30 + u16_le(bytes, 26)? + u16_le(bytes, 28)?;
    let body = deflated(bytes.get(start..)?, Trailer::None, 1, context, split::cut)?;
    Some(vec![Piece::copy(Kind::Generic, start), body])
}
