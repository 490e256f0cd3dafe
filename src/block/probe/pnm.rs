//! Binary PBM, PGM and PPM.

use super::framed;
use crate::block::piece::Piece;
use crate::block::split::Context;
use crate::kind::{Kind, MAX_ROW};

/// Header, then pixels.
pub fn probe(bytes: &[u8], _context: &mut Context) -> Option<Vec<Piece>> {
    let channels = if bytes[1] == b'6' { 3 } else { 1 };
    let mut header = Header { bytes: &bytes[..bytes.len().min(1024)], at: 2 };
    let (width, height) = (header.number()?, header.number()?);
    let bilevel = bytes[1] == b'4';
    let max = if bilevel { 1 } else { header.number()? };
    if !header.bytes.get(header.at)?.is_ascii_whitespace() {
        return None;
    }
    let start = header.at + 1;
    let sample = match max {
        1..=255 => 1,
        256..=65535 => 2,
        _ => return None,
    };
    let row = if bilevel { width.div_ceil(8) } else { width.checked_mul(channels * sample)? };
    let body = row.checked_mul(height)?;
    if row == 0 || row > MAX_ROW as usize || body == 0 || body > bytes.len() - start {
        return None;
    }
    let row_bytes = row as u32;
    let kind = match (sample, channels) {
        _ if bilevel => Kind::Image { bits: 1, row_bytes },
        (1, 1) => Kind::Image { bits: 8, row_bytes },
        (1, _) => Kind::Image { bits: 24, row_bytes },
        (_, 1) => Kind::Image16 { row_bytes, big_endian: true },
        _ => return None,
    };
    Some(framed(start, kind, body))
}

struct Header<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Header<'_> {
    /// The next decimal number behind blanks and comments.
    fn number(&mut self) -> Option<usize> {
        let start = self.at;
        loop {
            match self.bytes.get(self.at)? {
                b'#' if self.at > start => {
                    self.at += self.bytes[self.at..].iter().position(|&byte| byte == b'\n')?
                }
                byte if byte.is_ascii_whitespace() => self.at += 1,
                _ => break,
            }
        }
        let digits = self.bytes[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if self.at == start || !(1..=7).contains(&digits) {
            return None;
        }
        let text = std::str::from_utf8(&self.bytes[self.at..self.at + digits]).ok()?;
        self.at += digits;
        text.parse().ok()
    }
}
