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
//! The text is cut into segments of at most 2^24 - 1 bytes:
//!
//! | part | size |
//! |---|---|
//! | length of the code, except for the last segment | 4 bytes, little-endian |
//! | *either* the segment itself, if its code is not shorter | the length of the segment |
//! | *or* its code (`segment`) | the rest |
//!
//! A decoder tells the segment itself from a code by the length.
//!
//! With more time ([`ColumnCode`]) a column may also be coded by the contexts of its rows
//! (`by_context`): `intervals` walks over them, `counts` models how often each symbol is there.

mod by_context;
mod column;
mod counts;
mod decision;
mod intervals;
mod inverse;
mod segment;
mod suffix;
mod tree;

use crate::error::{Error, Limit, LimitKind, Result};
pub use crate::level::ColumnCode;
use crate::simd::InstructionSet;
use crate::threads::{Step, each};
use suffix::MAX_SEGMENT;

/// Bytes of the longest segment that is sorted at once.
pub const LONGEST_PIECE: usize = MAX_SEGMENT;

/// Bytes of memory for each byte of a segment whose column is coded as `code` says.
#[must_use]
pub fn memory_of(code: ColumnCode) -> u64 {
    // Positions, the column, and the code.
    6 + if code.has_choice() { by_context::MEMORY } else { 0 }
}

/// Bytes of the length before the code of a segment.
const PREFIX: usize = 4;

/// Codes `raw`. The stream does not contain the length of `raw`; [`decode`] must be told.
///
/// # Errors
/// [`Error::Limit`] if memory is short.
pub fn encode(raw: &[u8], code: ColumnCode, set: InstructionSet) -> Result<Vec<u8>> {
    encode_filled(raw, code, set, 0)
}

/// Like [`encode`]. If the stream would have fewer than `least` bytes, zeros are added after the
/// code of the first segment. `least` must be less than the length of that segment.
///
/// # Errors
/// As for [`encode`].
pub fn encode_filled(
    raw: &[u8],
    code: ColumnCode,
    set: InstructionSet,
    least: usize,
) -> Result<Vec<u8>> {
    let segments: Vec<&[u8]> = raw.chunks(MAX_SEGMENT).collect();
    let steps: Vec<Step> = segments.iter().map(|segment| step(segment.len(), code)).collect();
    let codes = each(&steps, |index| Ok(segment::encode(segments[index], set, code, false)?.0))?;
    fill_and_join(codes, least)
}

/// Like [`encode_filled`], with threads that decode the segments while these are coded. Returns
/// also what they decoded, if free threads decoded all.
///
/// # Errors
/// As for [`encode`].
pub fn encode_followed(
    raw: &[u8],
    code: ColumnCode,
    set: InstructionSet,
    least: usize,
) -> Result<(Vec<u8>, Option<Vec<u8>>)> {
    let segments: Vec<&[u8]> = raw.chunks(MAX_SEGMENT).collect();
    let steps: Vec<Step> = segments.iter().map(|segment| step(segment.len(), code)).collect();
    let both = each(&steps, |index| segment::encode(segments[index], set, code, true))?;
    let (codes, again): (Vec<_>, Vec<_>) = both.into_iter().unzip();
    // Zeros after a code were not decoded.
    let is_filled = codes.iter().map(Vec::len).sum::<usize>() < least;
    let again: Option<Vec<Vec<u8>>> = again.into_iter().collect();
    let again = again.filter(|_| !is_filled).map(|mut segments| match segments.len() {
        1 => segments.remove(0),
        _ => segments.concat(),
    });
    Ok((fill_and_join(codes, least)?, again))
}

/// What a segment of `length` bytes costs, in either direction.
fn step(length: usize, code: ColumnCode) -> Step {
    Step { length, memory: (2 + memory_of(code)) * length as u64 }
}

fn fill_and_join(mut codes: Vec<Vec<u8>>, least: usize) -> Result<Vec<u8>> {
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

/// Decodes a stream of [`encode_filled`] for `raw_len` bytes. `way` is that of the
/// encoder.
///
/// # Errors
/// [`Error::Corrupt`] if the stream cannot be right; [`Error::Limit`] if memory is short.
pub fn decode(
    coded: &[u8],
    raw_len: usize,
    way: ColumnCode,
    set: InstructionSet,
) -> Result<Vec<u8>> {
    let cut = || Error::Corrupt("sorted stream cut short".into());
    let mut rest = coded;
    let mut codes = Vec::new();
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
        codes.push((code, length));
    }
    if !rest.is_empty() {
        return Err(Error::Corrupt("bytes after a sorted stream".into()));
    }
    let steps: Vec<Step> = codes.iter().map(|&(_, length)| step(length, way)).collect();
    let mut segments = each(&steps, |index| match codes[index] {
        (code, length) if code.len() == length => Ok(code.to_vec()),
        (code, length) => segment::decode(code, length, way, set),
    })?;
    if segments.len() == 1 {
        return Ok(segments.remove(0));
    }
    let mut raw = Vec::new();
    raw.try_reserve_exact(raw_len).map_err(|_| Error::no_memory("a block"))?;
    // Each segment is freed when its copy is there.
    segments.into_iter().for_each(|segment| raw.extend_from_slice(&segment));
    Ok(raw)
}

#[cfg(test)]
mod tests;
