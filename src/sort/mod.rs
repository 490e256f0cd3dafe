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
use crate::coder::growing::{CodeSource, Growing};
use crate::coder::{BitCoder, Decoder, Encoder};
use crate::error::{Error, Limit, LimitKind, Result};
use crate::simd::{InstructionSet, accelerate};
use crate::threads::{Step, beside, each};
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
    let segments: Vec<&[u8]> = raw.chunks(MAX_SEGMENT).collect();
    let steps: Vec<Step> = segments.iter().map(|segment| step(segment.len())).collect();
    let codes = each(&steps, |index| encode_segment(segments[index], set, None))?;
    fill_and_join(codes, least)
}

/// Like [`encode_filled`], with threads that decode the segments while these are coded. Returns
/// also what they decoded, if free threads decoded all.
///
/// # Errors
/// As for [`encode`].
pub fn encode_followed(
    raw: &[u8],
    set: InstructionSet,
    least: usize,
) -> Result<(Vec<u8>, Option<Vec<u8>>)> {
    let segments: Vec<&[u8]> = raw.chunks(MAX_SEGMENT).collect();
    let steps: Vec<Step> = segments.iter().map(|segment| step(segment.len())).collect();
    let both = each(&steps, |index| {
        let (segment, growing) = (segments[index], Growing::default());
        let (code, again) = beside(
            steps[index],
            || decode_segment(CodeSource::growing(&growing), segment.len(), set),
            || growing.abandon(),
            |is_followed| {
                let code = encode_segment(segment, set, Some(&growing).filter(|_| is_followed))?;
                if code.len() < segment.len() {
                    growing.finish(&code);
                } else {
                    growing.abandon();
                }
                Ok(code)
            },
        )?;
        Ok((code, again))
    })?;
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
fn step(length: usize) -> Step {
    Step { length, memory: 8 * length as u64 }
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

/// Decodes a stream of [`encode`] for `raw_len` bytes.
///
/// # Errors
/// [`Error::Corrupt`] if the stream cannot be right; [`Error::Limit`] if memory is short.
pub fn decode(coded: &[u8], raw_len: usize, set: InstructionSet) -> Result<Vec<u8>> {
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
    let steps: Vec<Step> = codes.iter().map(|&(_, length)| step(length)).collect();
    let mut segments = each(&steps, |index| match codes[index] {
        (code, length) if code.len() == length => Ok(code.to_vec()),
        (code, length) => decode_segment(CodeSource::Whole(code), length, set),
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

/// Number of bits of a row number, for `length + 1` rows.
fn row_bits(length: usize) -> u32 {
    usize::BITS - length.leading_zeros()
}

/// Runs from one look at the code that is written to the next.
const RUNS: usize = 4096;
/// More bytes than the code of one run takes.
const LONGEST_RUN: usize = 1024;

/// The code of `text`, or `text` itself if the code is not shorter. Appends the code to `growing`
/// while it is coded.
fn encode_segment(text: &[u8], set: InstructionSet, growing: Option<&Growing>) -> Result<Vec<u8>> {
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
        for (number, run) in runs().enumerate() {
            if let (0, Some(growing)) = (number % RUNS, growing) {
                growing.append(encoder.settled().get(growing.len()..).unwrap_or(&[]));
            }
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

fn decode_segment(mut code: CodeSource<'_>, length: usize, set: InstructionSet) -> Result<Vec<u8>> {
    let (lengths, starts, mut paused) = loop {
        let mut decoder = Decoder::new(code.bytes());
        let lengths = code_lengths(&mut decoder, &[0; 256]);
        let starts: Vec<u32> = (0..length.div_ceil(chain_length(length)))
            .map(|_| decoder.code_plain(0, row_bits(length)))
            .collect();
        if decoder.position() <= code.position_before(LONGEST_RUN) {
            break (lengths, starts, decoder.pause());
        }
        code.need(decoder.position() + LONGEST_RUN)?;
    };
    let tree = Tree::new(&lengths)?;
    // Memory for the column and the text. The inverse charges its table itself.
    let _charge = budget::charge(2 * length as u64, "what was sorted")?;
    let mut column = Vec::new();
    column.try_reserve_exact(length).map_err(|_| Error::no_memory("a block"))?;
    let mut model = ColumnModel::new(tree);
    while column.len() < length {
        code.need(paused.position() + LONGEST_RUN)?;
        let last = code.position_before(LONGEST_RUN);
        let mut decoder = paused.on(code.bytes());
        accelerate(set, || {
            while column.len() < length && decoder.position() <= last {
                let (symbol, run) = model.code(&mut decoder, 0, 1)?;
                let end = column.len() + run as usize;
                if end > length || decoder.overrun() {
                    return Err(Error::Corrupt("run past the end of its block".into()));
                }
                column.resize(end, symbol);
            }
            Ok(())
        })?;
        paused = decoder.pause();
    }
    // The code that was decoded is compared with the whole one.
    code.need_all()?;
    inverse::inverse(&column, &starts)
}

#[cfg(test)]
mod tests;
