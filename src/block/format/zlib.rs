//! zlib streams without any frame, as in PDF, git objects and many private formats.

use super::deflated;
use crate::block::kind::Kind;
use crate::block::piece::Piece;
use crate::block::split::{self, Context};
use crate::transform::deflate::Trailer;

/// Content shorter than this is not worth a transform's entry.
const MIN_PLAIN: usize = 64;

/// Whether a zlib stream may start at `at`. The header is only two bytes with a checksum of five bits: the common
/// window size is tried everywhere, the others where a PDF says that a stream starts.
pub fn may_start(bytes: &[u8], at: usize) -> bool {
    let Some(&[method, flags]) = bytes.get(at..).and_then(|rest| rest.first_chunk()) else { return false };
    let header = u16::from(method) << 8 | u16::from(flags);
    if method & 15 != 8 || method >> 4 > 7 || flags & 0x20 != 0 || !header.is_multiple_of(31) {
        return false;
    }
    let before = &bytes[at.saturating_sub(8)..at];
    method == 0x78 || before.ends_with(b"stream\n") || before.ends_with(b"stream\r\n")
}

/// The two bytes of the header, then the deflate stream with its trailer.
pub fn probe(bytes: &[u8], context: &mut Context) -> Option<Vec<Piece>> {
    let body = deflated(&bytes[2..], Trailer::Adler, MIN_PLAIN, context, split::cut)?;
    (body.len > 16 && inner_len(&body) >= MIN_PLAIN).then(|| vec![Piece::copy(Kind::Generic, 2), body])
}

fn inner_len(piece: &Piece) -> usize {
    match &piece.body {
        crate::block::piece::Body::Transformed(transformed) => transformed.parts.inner.len(),
        _ => 0,
    }
}
