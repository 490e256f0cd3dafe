//! zlib streams without any frame, as in PDF, git objects and many private formats.

use super::deflated;
use crate::block::piece::{Body, Piece};
use crate::block::split::{self, Context};
use crate::kind::Kind;
use crate::transform::deflate::{self, Trailer};

/// Content shorter than this is not worth a transform's entry.
const MIN_PLAIN: usize = 64;

/// Whether a zlib stream may start at `at`. The header is only two bytes with a checksum of five
/// bits: the common window size is tried everywhere, the others where a PDF says that a stream
/// starts.
pub fn may_start(bytes: &[u8], at: usize) -> bool {
    let Some(&[method, flags]) = bytes.get(at..).and_then(|rest| rest.first_chunk()) else {
        return false;
    };
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
    let Body::Transformed(transformed) = &body.body else { return None };
    let plain = transformed.parts.inner.len();
    // Five bytes of machine code can be the header of a stored block, and then 65,535 bytes seem to
    // be its content. A stream that is not shorter than its content must prove itself by its
    // checksum.
    let is_proven = plain > body.len || deflate::has_trailer(&transformed.parts);
    (body.len > 16 && plain >= MIN_PLAIN && is_proven)
        .then(|| vec![Piece::copy(Kind::Generic, 2), body])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::split::split;
    use crate::level::LEVELS;

    #[test]
    fn a_stored_block_without_its_checksum_is_no_stream() {
        let content: Vec<u8> =
            (0..65_535u32).map(|at| (at.wrapping_mul(0x9E37_79B1) >> 24) as u8).collect();
        let (header, checksum) = (
            [0x78, 0x9C, 1, 0xFF, 0xFF, 0, 0],
            crate::transform::checksum::adler32(&content).to_be_bytes(),
        );
        let is_unpacked = |bytes: &[u8]| {
            split(bytes, &LEVELS[4]).iter().any(|piece| matches!(piece.body, Body::Transformed(_)))
        };
        assert!(!is_unpacked(&[&header[..], &content, &[1, 2, 3, 4]].concat()));
        assert!(is_unpacked(&[&header[..], &content, &checksum].concat()));
    }
}
