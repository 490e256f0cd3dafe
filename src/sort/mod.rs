//! The codec of the fast levels: sort, then model what sorting made easy.
//!
//! A Burrows-Wheeler transform (`suffix`) puts bytes that are followed by the same text next to
//! each other. In the column this gives, most bytes repeat the one before, and the rest mostly
//! return to a symbol seen a moment ago; a small context-mixing model (`column`) codes its
//! runs with two to five binary decisions a byte, from tables that stay in the second-level
//! cache. The symbol goes down a Huffman-shaped `tree`; every decision (`decision`) mixes a
//! few adaptive probabilities. Decoding runs the same model and follows the rows back (`inverse`).
//!
//! The coded stream, one arithmetic code for each piece of at most 2^24 - 1 bytes:
//!
//! | part | size |
//! |---|---|
//! | length of the code, unless it is the last piece's | 4 bytes, little-endian |
//! | *either* the piece itself, when its code would be no shorter | the piece's length: what tells it from a code |
//! | *or* the tree's code lengths | about 40 bytes of code |
//! | first rows of the inverse's chains | 1 to 32, as many bits each as the length has |
//! | runs: symbol, length | the rest of the code |

mod column;
mod decision;
mod inverse;
mod suffix;
mod tree;

use crate::budget;
use crate::coder::{BitCoder, Decoder, Encoder};
use crate::error::{Error, Limit, LimitKind, Result};
use crate::simd::{InstructionSet, accelerate};
use column::Column;
use suffix::{LONGEST, chain_length};
use tree::{Tree, code_lengths, lengths_of};

/// Bytes of the length before a piece's code.
const PREFIX: usize = 4;

/// Codes `raw`. The stream says nothing of its length: [`decode`] must be told.
///
/// # Errors
/// [`Error::Limit`] when memory runs out.
pub fn encode(raw: &[u8], set: InstructionSet) -> Result<Vec<u8>> {
    encode_filled(raw, set, 0)
}

/// Like [`encode`], with zeros behind the code of the first piece where the stream would have fewer
/// than `least` bytes, which must be fewer than that piece has.
///
/// # Errors
/// As for [`encode`].
pub fn encode_filled(raw: &[u8], set: InstructionSet, least: usize) -> Result<Vec<u8>> {
    let mut codes =
        raw.chunks(LONGEST).map(|piece| encode_piece(piece, set)).collect::<Result<Vec<_>>>()?;
    let total = codes.iter().map(Vec::len).sum::<usize>();
    // Behind the last piece they could be taken for the piece itself, as its code is told by its
    // length.
    if let Some(first) = codes.first_mut() {
        first.resize(first.len() + least.saturating_sub(total), 0);
    }
    join(codes)
}

/// The stream of these codes of pieces.
fn join(codes: Vec<Vec<u8>>) -> Result<Vec<u8>> {
    let mut coded = Vec::new();
    let mut pieces = codes.into_iter().peekable();
    while let Some(code) = pieces.next() {
        if pieces.peek().is_some() {
            let length = u32::try_from(code.len()).map_err(|_| {
                Error::Limit(Limit::new(LimitKind::Format, "a piece of more than 4 GiB"))
            })?;
            coded.extend_from_slice(&length.to_le_bytes());
        }
        coded.extend_from_slice(&code);
    }
    Ok(coded)
}

/// Decodes what [`encode`] made of `raw_len` bytes.
///
/// # Errors
/// [`Error::Corrupt`] where the stream cannot be right; [`Error::Limit`] when memory runs out.
pub fn decode(coded: &[u8], raw_len: usize, set: InstructionSet) -> Result<Vec<u8>> {
    let cut = || Error::Corrupt("sorted stream cut short".into());
    let mut rest = coded;
    let mut raw = Vec::new();
    let mut left = raw_len;
    while left > 0 {
        let length = left.min(LONGEST);
        left -= length;
        let code = if left > 0 {
            let (prefix, after) = rest.split_first_chunk::<PREFIX>().ok_or_else(cut)?;
            let size = u32::from_le_bytes(*prefix) as usize;
            rest = after;
            rest.split_off(..size).ok_or_else(cut)?
        } else {
            std::mem::take(&mut rest)
        };
        let piece =
            if code.len() == length { code.to_vec() } else { decode_piece(code, length, set)? };
        if raw.is_empty() && left == 0 {
            raw = piece;
        } else {
            raw.try_reserve_exact(piece.len()).map_err(|_| Error::no_memory("a block"))?;
            raw.extend_from_slice(&piece);
        }
    }
    if rest.is_empty() {
        Ok(raw)
    } else {
        Err(Error::Corrupt("bytes after a sorted stream".into()))
    }
}

/// Bits of a row number among `length + 1` rows.
fn row_bits(length: usize) -> u32 {
    usize::BITS - length.leading_zeros()
}

/// The code of `text`, or `text` itself when that is no longer.
fn encode_piece(text: &[u8], set: InstructionSet) -> Result<Vec<u8>> {
    // Positions, the column, and the code.
    let _charge = budget::charge(6 * text.len() as u64, "sorting")?;
    let transformed = suffix::transform(text)?;
    let mut counts = [0; 256];
    let runs = || transformed.column.chunk_by(|a, b| a == b);
    for run in runs() {
        counts[usize::from(run[0])] += 1;
    }
    let lengths = lengths_of(&counts);
    if is_noise(text.len(), &counts, &lengths) {
        return Ok(text.to_vec());
    }
    let mut encoder = Encoder::new();
    code_lengths(&mut encoder, &lengths);
    for &start in &transformed.starts {
        encoder.code_plain(start, row_bits(text.len()));
    }
    let tree = Tree::new(&lengths)?;
    let code = accelerate(set, || -> Result<_> {
        let mut column = Column::new(tree);
        for run in runs() {
            column.code(&mut encoder, run[0], run.len() as u32)?;
        }
        Ok(encoder.finish())
    })?;
    Ok(if code.len() < text.len() { code } else { text.to_vec() })
}

/// Whether a column of these runs and path lengths is not worth its long time: hardly a repeat,
/// and all symbols about as frequent.
fn is_noise(length: usize, counts: &[u32; 256], lengths: &[u8; 256]) -> bool {
    let runs: u64 = counts.iter().map(|&count| u64::from(count)).sum();
    let steps: u64 = counts
        .iter()
        .zip(lengths)
        .map(|(&count, &length)| u64::from(count) * u64::from(length))
        .sum();
    runs * 64 > length as u64 * 63 && steps * 64 > runs * (8 * 64 - 1)
}

fn decode_piece(code: &[u8], length: usize, set: InstructionSet) -> Result<Vec<u8>> {
    let mut decoder = Decoder::new(code);
    let tree = Tree::new(&code_lengths(&mut decoder, &[0; 256]))?;
    let starts: Vec<u32> = (0..length.div_ceil(chain_length(length)))
        .map(|_| decoder.code_plain(0, row_bits(length)))
        .collect();
    // The column and the text, beside the table of the inverse.
    let _charge = budget::charge(2 * length as u64, "what was sorted")?;
    let mut column = Vec::new();
    column.try_reserve_exact(length).map_err(|_| Error::no_memory("a block"))?;
    accelerate(set, || {
        let mut model = Column::new(tree);
        while column.len() < length {
            let (symbol, run) = model.code(&mut decoder, 0, 1)?;
            let end = column.len() + run as usize;
            if end > length || decoder.overrun() {
                return Err(Error::Corrupt("run past the end of its block".into()));
            }
            column.resize(end, symbol);
        }
        Ok(())
    })?;
    inverse::inverse(&column, &starts)
}

#[cfg(test)]
mod tests;
