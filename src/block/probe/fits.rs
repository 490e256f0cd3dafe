//! FITS, the format of astronomy: images of 8 or 16 bits a sample.
//!
//! Source: FITS Standard 4.0, sections 3.3, 4.1 and 4.2.

use super::framed;
use crate::block::piece::Piece;
use crate::block::split::Context;
use crate::kind::{Kind, MAX_ROW};

/// Bytes of one line of a header.
const CARD: usize = 80;
/// Headers are filled up to multiples of this many bytes.
const UNIT: usize = 2880;

/// One header, then its samples. A file may have several pairs of header and samples; the next
/// header has a probe of its own.
pub fn probe(bytes: &[u8], context: &mut Context) -> Option<Vec<Piece>> {
    if !bytes.starts_with(b"SIMPLE  =") && !bytes.starts_with(b"XTENSION= 'IMAGE   '") {
        return None;
    }
    let (mut bits, mut axes, mut lengths) = (0, 0, [1usize; 9]);
    for (index, card) in bytes.chunks_exact(CARD).enumerate() {
        context.charge(CARD)?;
        match &card[..8] {
            b"BITPIX  " => bits = integer(card)?,
            b"NAXIS   " => axes = integer(card)?,
            [b'N', b'A', b'X', b'I', b'S', axis @ b'1'..=b'9', b' ', b' '] => {
                lengths[usize::from(axis - b'1')] = integer(card)?;
            }
            b"END     " => {
                let start = ((index + 1) * CARD).next_multiple_of(UNIT);
                return image(start, bits, lengths.get(..axes)?, bytes.len());
            }
            keyword if !keyword.iter().all(|byte| matches!(byte, b' '..=b'~')) => return None,
            _ => {}
        }
    }
    None
}

/// The pieces of a header of `start` bytes and of the samples that follow, of which a cut file may
/// lack some.
fn image(start: usize, bits: usize, lengths: &[usize], len: usize) -> Option<Vec<Piece>> {
    let (&columns, rows) = lengths.split_first()?;
    let rows = rows.iter().try_fold(1usize, |product, &rows| product.checked_mul(rows))?;
    let row = columns.checked_mul(bits / 8)?;
    if lengths.len() < 2 || row == 0 || row > MAX_ROW as usize {
        return None;
    }
    let row_bytes = row as u32;
    let kind = match bits {
        8 => Kind::Image { bits: 8, row_bytes },
        16 => Kind::Image16 { row_bytes, big_endian: true },
        _ => return None,
    };
    let rows = rows.min(len.checked_sub(start)? / row);
    (rows > 0).then(|| framed(start, kind, rows * row))
}

/// The value of a card, if it is an integer from 0 on.
fn integer(card: &[u8]) -> Option<usize> {
    let value = card[8..].strip_prefix(b"= ")?;
    let end = value.iter().position(|&byte| byte == b'/').unwrap_or(value.len());
    std::str::from_utf8(&value[..end]).ok()?.trim().parse().ok()
}
