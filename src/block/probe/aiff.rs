//! AIFF with PCM samples, and AIFC where its samples are PCM too.

use super::{framed, u16_be, u32_be};
use crate::block::piece::Piece;
use crate::block::split::Context;
use crate::kind::Kind;

/// Chunks up to the samples, then the samples.
pub fn probe(bytes: &[u8], _context: &mut Context) -> Option<Vec<Piece>> {
    let form = bytes.get(8..12)?;
    if !bytes.starts_with(b"FORM") || form != b"AIFF" && form != b"AIFC" {
        return None;
    }
    let mut at = 12;
    let mut format = None;
    for _ in 0..64 {
        let (name, len) = (bytes.get(at..at + 4)?, u32_be(bytes, at + 4)?);
        let body = at + 8;
        match name {
            b"COMM" => {
                let (channels, bits) = (u16_be(bytes, body)?, u16_be(bytes, body + 6)?);
                let big_endian = match form {
                    b"AIFF" => true,
                    _ => match bytes.get(body + 18..body + 22)? {
                        b"NONE" | b"twos" => true,
                        b"sowt" => false,
                        _ => return None,
                    },
                };
                if !(1..=8).contains(&channels) || !matches!(bits, 8 | 16 | 24) {
                    return None;
                }
                format = Some((
                    Kind::Audio {
                        channels: channels as u8,
                        bits: bits as u8,
                        big_endian,
                        signed: true,
                    },
                    channels * bits / 8,
                ));
            }
            b"SSND" => {
                let (kind, frame) = format?;
                let start = body.checked_add(8)?.checked_add(u32_be(bytes, body)?)?;
                let len = len.saturating_sub(start - body).min(bytes.len().checked_sub(start)?);
                return Some(framed(start, kind, len - len % frame));
            }
            _ => {}
        }
        at = body.checked_add(len)?.checked_next_multiple_of(2)?;
    }
    None
}
