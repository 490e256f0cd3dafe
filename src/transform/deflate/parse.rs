//! Reads blocks of a deflate stream, as RFC 1951 defines them.

use super::bits::BitReader;
use super::code::{FIXED, FIXED_DISTANCES, Table};
use super::header::{self, Header};
use super::symbols::{
    DISTANCE_BASE, DISTANCE_EXTRA, DISTANCES, END, LENGTH_BASE, LENGTH_EXTRA, LITERALS, MAX_MATCH,
    Token,
};

/// Largest number of tokens in one block. The stream counts as ended before a longer block, because
/// a token takes four bytes of memory.
pub const MAX_TOKENS: usize = 1 << 24;

/// The form of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// Plain bytes without a code.
    Stored {
        /// Number of plain bytes, at most 65,535.
        length: usize,
        /// The bits between the block header and the byte boundary before the length.
        padding: u8,
    },
    /// Tokens in the fixed codes.
    Fixed,
    /// Tokens in the codes of this header.
    Dynamic(Box<Header>),
}

/// One block without its tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Is this the last block of the stream?
    pub last: bool,
    /// The form of the block.
    pub form: Form,
}

/// Tables of one parser. They are used again for every block.
#[derive(Debug)]
pub struct Tables {
    literals: Table,
    distances: Table,
    repeats: Table,
}

impl Default for Tables {
    fn default() -> Self {
        Self { literals: Table::new(), distances: Table::new(), repeats: Table::new() }
    }
}

/// Reads the block at `reader`. `tokens` is replaced by the tokens of the block. `before` is the
/// number of plain bytes before the block, `room` the largest number that the block may have.
/// `None` if there is no such block.
pub fn block(
    reader: &mut BitReader<'_>,
    tables: &mut Tables,
    tokens: &mut Vec<Token>,
    before: usize,
    room: usize,
) -> Option<Block> {
    tokens.clear();
    let last = reader.take(1)? == 1;
    let form = match reader.take(2)? {
        0 => {
            let padding = reader.padding()?;
            let (length, check) = (reader.take(16)?, reader.take(16)?);
            if length ^ check != 0xFFFF || length as usize > room {
                return None;
            }
            let bytes = reader.bytes(length as usize)?;
            tokens.extend(bytes.iter().map(|&byte| Token::literal(byte)));
            return Some(Block { last, form: Form::Stored { length: length as usize, padding } });
        }
        1 => {
            tables.literals.set(&FIXED, false)?;
            tables.distances.set(&FIXED_DISTANCES, false)?;
            Form::Fixed
        }
        2 => {
            let header = header::read(reader, &mut tables.repeats)?;
            tables.literals.set(header.literals(), false)?;
            tables.distances.set(header.distances(), true)?;
            Form::Dynamic(Box::new(header))
        }
        _ => return None,
    };
    let (mut at, end) = (before, before.saturating_add(room));
    loop {
        // A literal takes at most 15 bits and a copy at most 48. So one filling of the buffer holds
        // one token.
        reader.fill();
        let symbol = tables.literals.read(reader)?;
        if symbol == END {
            return Some(Block { last, form });
        }
        let token = if symbol < END {
            Token::literal(symbol as u8)
        } else {
            copy(reader, &tables.distances, symbol, at)?
        };
        at += token.span();
        if at > end || tokens.len() >= MAX_TOKENS {
            return None;
        }
        tokens.push(token);
    }
}

#[inline(always)]
fn copy(reader: &mut BitReader<'_>, distances: &Table, symbol: usize, at: usize) -> Option<Token> {
    if symbol >= LITERALS {
        return None;
    }
    let length =
        LENGTH_BASE[symbol - 257] + reader.buffered(LENGTH_EXTRA[symbol - 257].into())? as u16;
    // Length 258 has a symbol of its own. Other codes for it are refused.
    if usize::from(length) == MAX_MATCH && symbol != LITERALS - 1 {
        return None;
    }
    let symbol = distances.read(reader)?;
    if symbol >= DISTANCES {
        return None;
    }
    let distance = DISTANCE_BASE[symbol] + reader.buffered(DISTANCE_EXTRA[symbol].into())? as u16;
    (usize::from(distance) <= at).then_some(Token { distance, length })
}

/// Appends the bytes that `tokens` stand for. No distance may reach beyond the start of `plain`.
pub fn unpack(tokens: &[Token], plain: &mut Vec<u8>) {
    for token in tokens {
        if token.is_literal() {
            plain.push(token.length as u8);
            continue;
        }
        let (distance, length) = (usize::from(token.distance), usize::from(token.length));
        let start = plain.len() - distance;
        if distance >= length {
            plain.extend_from_within(start..start + length);
        } else {
            (start..start + length).for_each(|from| plain.push(plain[from]));
        }
    }
}
