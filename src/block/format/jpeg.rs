//! JPEG.

use super::u16_be;
use crate::block::piece::Piece;
use crate::block::split::Context;
use crate::transform::jpeg;

/// Shorter images are mostly header and gain nothing.
const MIN_LEN: usize = 1 << 10;

/// The whole image, from its first marker to its last.
pub fn probe(bytes: &[u8], _context: &mut Context) -> Option<Vec<Piece>> {
    let len = image_len(bytes)?;
    if len < MIN_LEN {
        return None;
    }
    let parts = jpeg::forward(&bytes[..len])?;
    Some(vec![Piece::transformed(len, parts, Vec::new())])
}

/// From SOI to EOI, by markers.
fn image_len(bytes: &[u8]) -> Option<usize> {
    let mut at = 2;
    let mut frame = false;
    loop {
        let &[0xFF, marker] = bytes.get(at..)?.first_chunk()? else { return None };
        match marker {
            0xD9 => return frame.then_some(at + 2),
            // Fill bytes before a marker.
            0xFF => {
                at += 1;
                continue;
            }
            // SOI again, restarts and stuffing do not belong between segments.
            0xD0..=0xD8 | 0x00 | 0x01 => return None,
            _ => {}
        }
        // Baseline, extended or progressive frames, not arithmetic coded or lossless ones.
        frame |= matches!(marker, 0xC0..=0xC2);
        let len = u16_be(bytes, at + 2)?;
        if len < 2 {
            return None;
        }
        at += 2 + len;
        if marker == 0xDA {
            at += scan_len(bytes.get(at..)?)?;
        }
    }
}

/// Entropy-coded bytes up to the next marker that is no restart.
fn scan_len(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += bytes.get(at..)?.iter().position(|&byte| byte == 0xFF)?;
        match bytes.get(at + 1)? {
            0x00 | 0xD0..=0xD7 => at += 2,
            0xFF => at += 1,
            _ => return Some(at),
        }
    }
}
