//! Blocks of a deflate stream, as RFC 1951 defines them.

use super::bits::BitReader;
use super::code::{FIXED, FIXED_DISTANCES, Table};
use super::header::{self, Header};
use super::symbols::{
    DISTANCE_BASE, DISTANCE_EXTRA, DISTANCES, END, LENGTH_BASE, LENGTH_EXTRA, LITERALS, MAX_MATCH,
    Token,
};

/// More tokens in one block, and the stream ends before that block: a token takes four bytes.
pub const MAX_TOKENS: usize = 1 << 24;

/// What a block is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// So many plain bytes as they are; the bits before the length are `padding`.
    Stored {
        /// Plain bytes, at most 65,535.
        length: usize,
        /// The bits that fill up the byte before the length.
        padding: u8,
    },
    /// Tokens in the fixed codes.
    Fixed,
    /// Tokens in codes of its own.
    Dynamic(Box<Header>),
}

/// One block; its tokens are kept apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Whether the stream ends with it.
    pub last: bool,
    /// What it is made of.
    pub form: Form,
}

/// Tables that one parser needs, used again for every block.
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

/// Reads the block at `reader`. Its tokens replace those in `tokens`; `before` says how many plain
/// bytes come before it, `room` how many it may have. `None` where there is no such block.
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
        // A literal and a copy take 15 and 48 bits at most: one filling holds one token.
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
    // 258 has a symbol of its own: other ways to write it are not taken.
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

/// Appends the bytes that `tokens` stand for; distances reach no further than to the start.
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
