//! The sorting codec of the fast levels: a Burrows-Wheeler transform, then a model of the last
//! column.
//!
//! The Burrows-Wheeler transform (`suffix`) sorts the bytes of a text by the text that follows each
//! byte. In the last column, most bytes equal the byte before, and most others equal a byte shortly
//! before. A small context-mixing model (`column`) codes the runs of the column with two to five
//! binary decisions for each byte, from tables that stay in the second-level cache. The decisions
//! of a symbol form a Huffman `tree`. Every decision (`decision`) mixes a few adaptive
//! probabilities. The decoder runs the same model and then inverts the transform (`inverse`).
//!
//! The text is cut into segments of at most 2^24 - 1 bytes. Each segment has one arithmetic code:
//!
//! | part | size |
//! |---|---|
//! | length of the code, except for the last segment | 4 bytes, little-endian |
//! | *either* the segment itself, if its code is not shorter | the length of the segment |
//! | *or* the code lengths of the tree | about 40 bytes of code |
//! | first rows of the chains of the inverse | 1 to 32 numbers, as many bits each as the length |
//! | runs: symbol, length | the rest of the code |
//!
//! A decoder tells the segment itself from a code by the length.

mod column;
mod decision;
mod inverse;
mod suffix;
mod tree;

use crate::budget;
use crate::coder::{BitCoder, Decoder, Encoder};
use crate::error::{Error, Limit, LimitKind, Result};
use crate::simd::{InstructionSet, accelerate};
use column::ColumnModel;
use suffix::{MAX_SEGMENT, chain_length};
use tree::{Tree, code_lengths, lengths_of};

/// Bytes of the longest segment that is sorted at once.
pub const LONGEST_PIECE: usize = MAX_SEGMENT;

/// Bytes of the length before the code of a segment.
const PREFIX: usize = 4;

/// Codes `raw`. The stream does not contain the length of `raw`; [`decode`] must be told.
///
/// # Errors
/// [`Error::Limit`] if memory is short.
pub fn encode(raw: &[u8], set: InstructionSet) -> Result<Vec<u8>> {
    encode_filled(raw, set, 0)
}

/// Like [`encode`]. If the stream would have fewer than `least` bytes, zeros are added after the
/// code of the first segment. `least` must be less than the length of that segment.
///
/// # Errors
/// As for [`encode`].
pub fn encode_filled(raw: &[u8], set: InstructionSet, least: usize) -> Result<Vec<u8>> {
    let mut codes = raw
        .chunks(MAX_SEGMENT)
        .map(|segment| encode_segment(segment, set))
        .collect::<Result<Vec<_>>>()?;
    let total = codes.iter().map(Vec::len).sum::<usize>();
    // Zeros after the last segment could make its code as long as the segment, and the code would
    // be taken for the segment itself.
    if let Some(first) = codes.first_mut() {
        first.resize(first.len() + least.saturating_sub(total), 0);
    }
    join(codes)
}

/// Joins the codes of segments to a stream.
fn join(codes: Vec<Vec<u8>>) -> Result<Vec<u8>> {
    let mut coded = Vec::new();
    let mut segments = codes.into_iter().peekable();
    while let Some(code) = segments.next() {
        if segments.peek().is_some() {
            let length = u32::try_from(code.len()).map_err(|_| {
                Error::Limit(Limit::new(LimitKind::Format, "a segment of more than 4 GiB"))
            })?;
            coded.extend_from_slice(&length.to_le_bytes());
        }
        coded.extend_from_slice(&code);
    }
    Ok(coded)
}

/// Decodes a stream of [`encode`] for `raw_len` bytes.
///
/// # Errors
/// [`Error::Corrupt`] if the stream cannot be right; [`Error::Limit`] if memory is short.
pub fn decode(coded: &[u8], raw_len: usize, set: InstructionSet) -> Result<Vec<u8>> {
    let cut = || Error::Corrupt("sorted stream cut short".into());
    let mut rest = coded;
    let mut raw = Vec::new();
    let mut left = raw_len;
    while left > 0 {
        let length = left.min(MAX_SEGMENT);
        left -= length;
        let code = if left > 0 {
            let (prefix, after) = rest.split_first_chunk::<PREFIX>().ok_or_else(cut)?;
            let size = u32::from_le_bytes(*prefix) as usize;
            rest = after;
            rest.split_off(..size).ok_or_else(cut)?
        } else {
            std::mem::take(&mut rest)
        };
        let segment =
            if code.len() == length { code.to_vec() } else { decode_segment(code, length, set)? };
        if raw.is_empty() && left == 0 {
            raw = segment;
        } else {
            raw.try_reserve_exact(segment.len()).map_err(|_| Error::no_memory("a block"))?;
            raw.extend_from_slice(&segment);
        }
    }
    if rest.is_empty() {
        Ok(raw)
    } else {
        Err(Error::Corrupt("bytes after a sorted stream".into()))
    }
}

/// Number of bits of a row number, for `length + 1` rows.
fn row_bits(length: usize) -> u32 {
    usize::BITS - length.leading_zeros()
}

/// The code of `text`, or `text` itself if the code is not shorter.
fn encode_segment(text: &[u8], set: InstructionSet) -> Result<Vec<u8>> {
    // Memory for the suffix array, the column, and the code.
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
        let mut column = ColumnModel::new(tree);
        for run in runs() {
            column.code(&mut encoder, run[0], run.len() as u32)?;
        }
        Ok(encoder.finish())
    })?;
    Ok(if code.len() < text.len() { code } else { text.to_vec() })
}

/// Does a column with these counts and code lengths hardly shrink? Then coding does not pay: there
/// are few runs, and all symbols are about equally frequent.
fn is_noise(length: usize, counts: &[u32; 256], lengths: &[u8; 256]) -> bool {
    let runs: u64 = counts.iter().map(|&count| u64::from(count)).sum();
    let steps: u64 = counts
        .iter()
        .zip(lengths)
        .map(|(&count, &length)| u64::from(count) * u64::from(length))
        .sum();
    runs * 64 > length as u64 * 63 && steps * 64 > runs * (8 * 64 - 1)
}

fn decode_segment(code: &[u8], length: usize, set: InstructionSet) -> Result<Vec<u8>> {
    let mut decoder = Decoder::new(code);
    let tree = Tree::new(&code_lengths(&mut decoder, &[0; 256]))?;
    let starts: Vec<u32> = (0..length.div_ceil(chain_length(length)))
        .map(|_| decoder.code_plain(0, row_bits(length)))
        .collect();
    // Memory for the column and the text. The inverse charges its table itself.
    let _charge = budget::charge(2 * length as u64, "what was sorted")?;
    let mut column = Vec::new();
    column.try_reserve_exact(length).map_err(|_| Error::no_memory("a block"))?;
    accelerate(set, || {
        let mut model = ColumnModel::new(tree);
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
