//! WAV with PCM samples.

use super::{framed, u16_le, u32_le};
use crate::block::piece::Piece;
use crate::block::split::Context;
use crate::kind::Kind;

/// Chunks up to the samples, then the samples.
pub fn probe(bytes: &[u8], _context: &mut Context) -> Option<Vec<Piece>> {
    if !bytes.starts_with(b"RIFF") || bytes.get(8..12)? != b"WAVE" {
        return None;
    }
    let mut at = 12;
    let mut format = None;
    // More chunks than this before the samples are no WAV in use.
    for _ in 0..64 {
        let (name, len) = (bytes.get(at..at + 4)?, u32_le(bytes, at + 4)?);
        let body = at + 8;
        match name {
            b"fmt " => format = Some(pcm(bytes, body)?),
            b"data" => {
                let (kind, frame) = format?;
                // A writer that was interrupted, or one to a pipe, leaves a wrong length.
                let len = len.min(bytes.len() - body);
                return Some(framed(body, kind, len - len % frame));
            }
            _ => {}
        }
        at = body.checked_add(len)?.checked_next_multiple_of(2)?;
    }
    None
}

/// The kind and the bytes of one frame.
fn pcm(bytes: &[u8], at: usize) -> Option<(Kind, usize)> {
    let (tag, channels, bits) =
        (u16_le(bytes, at)?, u16_le(bytes, at + 2)?, u16_le(bytes, at + 14)?);
    // FFFE: extensible; its sub-format begins with the real tag.
    let tag = if tag == 0xFFFE { u16_le(bytes, at + 24)? } else { tag };
    let frame = channels * bits / 8;
    if tag != 1
        || !(1..=8).contains(&channels)
        || !matches!(bits, 8 | 16 | 24)
        || u16_le(bytes, at + 12)? != frame
    {
        return None;
    }
    Some((
        Kind::Audio {
            channels: channels as u8,
            bits: bits as u8,
            big_endian: false,
            signed: bits > 8,
        },
        frame,
    ))
}
