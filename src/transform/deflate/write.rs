//! Writes the blocks of a deflate stream.

use super::bits::BitWriter;
use super::code::{self, FIXED, FIXED_DISTANCES};
use super::parse::{Block, Form};
use super::symbols::{
    DISTANCE_BASE, DISTANCE_EXTRA, END, LENGTH_BASE, LENGTH_EXTRA, Token, distance_symbol,
    length_symbol,
};

/// Codes that the writer needs. They are used again for every block.
#[derive(Debug, Default)]
pub struct Codes {
    literals: Vec<u16>,
    distances: Vec<u16>,
}

/// Appends `block` with the content `plain` and these `tokens`.
pub fn block(
    writer: &mut BitWriter,
    block: &Block,
    tokens: &[Token],
    plain: &[u8],
    codes: &mut Codes,
) {
    writer.put(block.last.into(), 1);
    match &block.form {
        Form::Stored { length, padding } => {
            writer.put(0, 2);
            writer.pad(*padding);
            let length = *length as u32 & 0xFFFF;
            writer.put(length | (length ^ 0xFFFF) << 16, 32);
            writer.extend(plain);
        }
        Form::Fixed => {
            writer.put(1, 2);
            write_tokens(writer, tokens, &FIXED, &FIXED_DISTANCES, codes);
        }
        Form::Dynamic(header) => {
            writer.put(2, 2);
            header.write(writer);
            write_tokens(writer, tokens, header.literals(), header.distances(), codes);
        }
    }
}

fn write_tokens(
    writer: &mut BitWriter,
    tokens: &[Token],
    literals: &[u8],
    distances: &[u8],
    codes: &mut Codes,
) {
    code::canonical(literals, &mut codes.literals);
    code::canonical(distances, &mut codes.distances);
    // A symbol without a code takes no bits. Wrong corrections can ask for such a symbol.
    let put = |writer: &mut BitWriter, codes: &[u16], lengths: &[u8], symbol: usize| {
        if let (Some(&code), Some(&length)) = (codes.get(symbol), lengths.get(symbol)) {
            writer.put(code.into(), length.into());
        }
    };
    for token in tokens {
        if token.is_literal() {
            put(writer, &codes.literals, literals, usize::from(token.length));
            continue;
        }
        let symbol = length_symbol(token.length);
        put(writer, &codes.literals, literals, 257 + symbol);
        writer.put(u32::from(token.length - LENGTH_BASE[symbol]), LENGTH_EXTRA[symbol].into());
        let symbol = distance_symbol(token.distance);
        put(writer, &codes.distances, distances, symbol);
        writer
            .put(u32::from(token.distance - DISTANCE_BASE[symbol]), DISTANCE_EXTRA[symbol].into());
    }
    put(writer, &codes.literals, literals, END);
}
