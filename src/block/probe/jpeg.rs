//! JPEG.

use super::u16_be;
use crate::block::piece::Piece;
use crate::block::split::Context;
use crate::transform::jpeg;

/// Shorter images are mostly header and gain nothing.
const MIN_LEN: usize = 1 << 10;

/// The whole image, from its first marker to its last.
pub fn probe(bytes: &[u8], context: &mut Context) -> Option<Vec<Piece>> {
    let (image, seen) = image_len(bytes);
    context.charge(seen)?;
    let len = image.filter(|&len| len >= MIN_LEN)?;
    // Coded once and decoded once, at about the cost of this many scans.
    context.charge(len)?;
    let parts = jpeg::forward(&bytes[..len])?;
    Some(vec![Piece::transformed(len, parts, Vec::new())])
}

/// The length from SOI to EOI, if the markers lead there, and how many bytes were looked at.
fn image_len(bytes: &[u8]) -> (Option<usize>, usize) {
    let mut at = 2;
    let mut frame = false;
    loop {
        match segment(bytes, at) {
            Some((0xD9, end)) => return (frame.then_some(end), end),
            Some((marker, end)) => {
                // Baseline, extended or progressive frames, not arithmetic coded or lossless ones.
                frame |= matches!(marker, 0xC0..=0xC2);
                at = end;
            }
            None => return (None, at),
        }
    }
}

/// The marker at `at`, and where its segment ends: a scan with all that is entropy-coded.
fn segment(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    let &[0xFF, marker] = bytes.get(at..)?.first_chunk()? else { return None };
    match marker {
        0xD9 => return Some((marker, at + 2)),
        // Fill bytes before a marker.
        0xFF => return Some((marker, at + 1)),
        // SOI again, restarts and stuffing do not belong between segments.
        0xD0..=0xD8 | 0x00 | 0x01 => return None,
        _ => {}
    }
    let end = at + 2 + u16_be(bytes, at + 2).filter(|&len| len >= 2)?;
    Some((marker, if marker == 0xDA { end + scan_len(bytes.get(end..)?) } else { end }))
}

/// Entropy-coded bytes up to the next marker that is no restart, or to the end.
fn scan_len(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(next) = bytes[at..].iter().position(|&byte| byte == 0xFF) {
        at += next;
        match bytes.get(at + 1) {
            Some(0x00 | 0xD0..=0xD7) => at += 2,
            Some(0xFF) => at += 1,
            Some(_) => return at,
            None => break,
        }
    }
    bytes.len()
}
