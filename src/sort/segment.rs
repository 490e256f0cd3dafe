//! The code of a segment. The last column of a long one is cut into parts, which threads code and
//! decode at the same time, each with a model of its own.
//!
//! | part | size |
//! |---|---|
//! | of a segment of at least 2^20 bytes: number of parts, 1 to 8 | 1 byte |
//! | for each part but the last: its rows, the length of its code | 4 bytes each, little-endian |
//! | the code of the first part: the code lengths of the tree | about 40 bytes |
//! | first rows of the chains of the inverse | 1 to 32 numbers, as many bits each as the length |
//! | runs: symbol, length | the rest of the code of the part |
//! | the code of each further part: runs | |
//!
//! Where there is a choice ([`ColumnCode`]), the code of the first part begins with one bit: a one says
//! that there is one part, coded by contexts ([`super::by_context`]).

use std::ops::Range;

use super::by_context;
use super::column::ColumnModel;
use super::suffix::{self, Transformed, chain_length};
use super::tree::{Tree, code_lengths, lengths_of};
use super::{ColumnCode, PREFIX, inverse};
use crate::budget;
use crate::coder::growing::{CodeSource, Growing};
use crate::coder::{BitCoder, Decoder, Encoder, Paused};
use crate::error::{Error, Result};
use crate::numeric::PROBABILITY_ONE;
use crate::simd::{InstructionSet, accelerate};
use crate::threads::{Step, beside, each};

/// Bytes of the shortest segment that says how many parts its column has.
const LEAST_CUT: usize = 1 << 20;
/// A column has two parts from four times as many runs on, and twice as many parts for every four
/// times as many. A model that begins anew costs 0.5 to 0.9 KB, so that all cost up to 0.35 % of the
/// code: 0.09 % of 10 MB of prose and 0.35 % of a tar file of 10 MB in four parts, 0.04 to 0.19 % of
/// tar files of 4 MB in two.
const RUNS_OF_PART: usize = 75_000;
/// Most parts of a column.
const MOST_PARTS: usize = 8;

/// Runs from one look at the code that is written to the next.
const RUNS: usize = 4096;
/// More bytes than the code of one run takes.
const LONGEST_RUN: usize = 1024;

/// The rows of each part of `column`, and the number of runs of each symbol. The parts have equally
/// many runs, which take equally long. Their number is a power of two, so that as many threads
/// have as much to do.
fn cut(column: &[u8]) -> (Vec<Range<usize>>, [u32; 256]) {
    let mut counts = [0; 256];
    for run in runs(column) {
        counts[usize::from(run[0])] += 1;
    }
    let total = counts.iter().sum::<u32>() as usize;
    let most = if column.len() < LEAST_CUT { 1 } else { MOST_PARTS };
    let count = 1 << (total / RUNS_OF_PART).isqrt().clamp(1, most).ilog2();
    let (mut parts, mut start, mut end) = (Vec::new(), 0, 0);
    for (number, run) in (1..).zip(runs(column)) {
        end += run.len();
        if number * count >= total * (parts.len() + 1) {
            parts.push(start..end);
            start = end;
        }
    }
    (parts, counts)
}

/// What coding or decoding some rows costs.
fn steps(parts: &[Range<usize>]) -> Vec<Step> {
    parts.iter().map(|rows| Step { length: rows.len(), memory: 2 * rows.len() as u64 }).collect()
}

/// Number of bits of a row number, for `length + 1` rows.
fn row_bits(length: usize) -> u32 {
    usize::BITS - length.leading_zeros()
}

/// What the first part tells of all: the code lengths of the tree, and the first rows of chains.
#[derive(Clone, PartialEq)]
struct Head {
    lengths: [u8; 256],
    starts: Vec<u32>,
}

/// A code, and what a thread decoded of it meanwhile.
pub type Followed = (Vec<u8>, Option<Vec<u8>>);

/// The code of `text`, or `text` itself if the code is not shorter. With `is_followed` also what
/// threads decoded of the code meanwhile, if free ones decoded all of it.
///
/// # Errors
/// Memory is short.
pub fn encode(
    text: &[u8],
    set: InstructionSet,
    code: ColumnCode,
    is_followed: bool,
) -> Result<Followed> {
    // Memory for the suffix array, the column, and the code.
    let _charge = budget::charge(6 * text.len() as u64, "sorting")?;
    let transformed = suffix::transform(text)?;
    let (parts, counts) = cut(&transformed.column);
    let lengths = lengths_of(&counts);
    if is_noise(text.len(), &counts, &lengths) {
        return Ok((text.to_vec(), None));
    }
    let column = Column { transformed, parts, lengths, code };
    let (code, again) = if code.has_choice() && has_contexts(text.len(), &counts) {
        encode_choice(&column, set, is_followed)?
    } else {
        encode_runs(column, set, is_followed)?
    };
    if code.len() >= text.len() {
        return Ok((text.to_vec(), None));
    }
    Ok((code, again))
}

/// Whether a code by contexts can be worth its time: not where nearly every run has length one, for
/// there contexts tell little, and many symbols make their code slow.
fn has_contexts(length: usize, counts: &[u32; 256]) -> bool {
    let runs: u64 = counts.iter().map(|&count| u64::from(count)).sum();
    runs * 10 < length as u64 * 9
}

/// A transformed text, the parts of its column, and the code lengths of its symbols.
#[derive(Clone)]
struct Column {
    transformed: Transformed,
    parts: Vec<Range<usize>>,
    lengths: [u8; 256],
    code: ColumnCode,
}

/// The code of a column by contexts, or the smaller one of both codes. A thread may decode the one by
/// contexts, which takes longer.
fn encode_choice(column: &Column, set: InstructionSet, is_followed: bool) -> Result<Followed> {
    let length = column.transformed.column.len();
    let step = Step { length, memory: (by_context::MEMORY + 2) * length as u64 };
    let code = |index| {
        if index == 1 {
            return encode_runs(column.clone(), set, false).map(Some);
        }
        let (code, again) = by_context::encode_followed(&column.transformed, set, is_followed)?;
        Ok(code.map(|mut code| {
            if length >= LEAST_CUT {
                code.insert(0, 1);
            }
            (code, again)
        }))
    };
    if column.code == ColumnCode::Contexts {
        return match code(0)? {
            Some(code) => Ok(code),
            None => encode_runs(column.clone(), set, is_followed),
        };
    }
    let both = match is_followed {
        true => vec![code(0)?, code(1)?],
        false => each(&[step; 2], code)?,
    };
    Ok(both.into_iter().flatten().min_by_key(|(code, _)| code.len()).unwrap_or_default())
}

/// The code of a column by runs.
fn encode_runs(column: Column, set: InstructionSet, is_followed: bool) -> Result<Followed> {
    let Column { transformed: Transformed { column, starts }, parts, lengths, code: way } = column;
    let length = column.len();
    let (head, tree) = (Head { lengths, starts }, Tree::new(&lengths)?);
    let steps = steps(&parts);
    let coded = each(&steps, |index| {
        let rows = &column[parts[index].clone()];
        let head = (index == 0).then_some((&head, length));
        if !is_followed {
            return Ok((encode_part(rows, head, &tree, way, set, None)?, None));
        }
        let growing = Growing::default();
        let decode = || {
            let source = CodeSource::growing(&growing);
            let head = head.map(|(_, length)| length);
            decode_part(source, head, Some(&tree), rows.len(), way, set)
        };
        beside(
            steps[index],
            decode,
            || growing.abandon(),
            |is_followed| {
                let growing = Some(&growing).filter(|_| is_followed);
                let code = encode_part(rows, head, &tree, way, set, growing)?;
                if let Some(growing) = growing {
                    growing.finish(&code);
                }
                Ok(code)
            },
        )
    })?;
    let (codes, again): (Vec<_>, Vec<_>) = coded.into_iter().unzip();
    drop(column);
    let mut code = Vec::new();
    if length >= LEAST_CUT {
        code.push(codes.len() as u8);
        for (part, rows) in codes.iter().zip(&parts).take(codes.len() - 1) {
            // Shorter than a segment.
            code.extend((rows.len() as u32).to_le_bytes());
            code.extend((part.len() as u32).to_le_bytes());
        }
    }
    codes.iter().for_each(|part| code.extend_from_slice(part));
    let again: Option<Vec<Part>> = again.into_iter().collect();
    let again = again.and_then(|again| restore(again, Some(&head)).unwrap_or(None));
    Ok((code, again))
}

fn runs(rows: &[u8]) -> impl Iterator<Item = &[u8]> {
    rows.chunk_by(|a, b| a == b)
}

/// The code of some rows. `head` with the length of the text comes before the first ones. Appends
/// the code to `growing` while it is coded.
fn encode_part(
    rows: &[u8],
    head: Option<(&Head, usize)>,
    tree: &Tree,
    way: ColumnCode,
    set: InstructionSet,
    growing: Option<&Growing>,
) -> Result<Vec<u8>> {
    let mut encoder = Encoder::new();
    if let Some((head, length)) = head {
        if way.has_choice() {
            encoder.code(0, PROBABILITY_ONE / 2);
        }
        code_lengths(&mut encoder, &head.lengths);
        for &start in &head.starts {
            encoder.code_plain(start, row_bits(length));
        }
    }
    accelerate(set, || match way {
        ColumnCode::Runs => {
            encode_rows(rows, &mut ColumnModel::<false>::new(tree.clone()), &mut encoder, growing)
        }
        _ => encode_rows(rows, &mut ColumnModel::<true>::new(tree.clone()), &mut encoder, growing),
    })?;
    Ok(encoder.finish())
}

#[inline(always)]
fn encode_rows<const LONG: bool>(
    rows: &[u8],
    model: &mut ColumnModel<LONG>,
    encoder: &mut Encoder,
    growing: Option<&Growing>,
) -> Result<()> {
    for (number, run) in runs(rows).enumerate() {
        if let (0, Some(growing)) = (number % RUNS, growing) {
            growing.append(encoder.settled().get(growing.len()..).unwrap_or(&[]));
        }
        model.code(encoder, run[0], run.len() as u32)?;
    }
    Ok(())
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

/// Reads the bit that says that a column is coded by runs.
fn pass_choice(decoder: &mut Decoder<'_>, way: ColumnCode) -> Result<()> {
    if way.has_choice() && decoder.code(0, PROBABILITY_ONE / 2) == 1 {
        return Err(Error::Corrupt("parts of a sorted stream".into()));
    }
    Ok(())
}

/// Rows that were decoded, with the head if they are the first.
type Part = (Option<Head>, Vec<u8>);

/// Decodes what [`encode`] made of `length` bytes, if that was no longer than they are. `way` is
/// that of the encoder.
///
/// # Errors
/// [`Error::Corrupt`] if the code cannot be right; [`Error::Limit`] if memory is short.
pub fn decode(code: &[u8], length: usize, way: ColumnCode, set: InstructionSet) -> Result<Vec<u8>> {
    let cut = || Error::Corrupt("sorted stream cut short".into());
    let mut rest = code;
    let mut count = 1;
    if length >= LEAST_CUT {
        let first = rest.split_off_first().ok_or_else(cut)?;
        count = usize::from(*first);
    }
    if !(1..=MOST_PARTS).contains(&count) {
        return Err(Error::Corrupt("parts of a sorted stream".into()));
    }
    let mut number = || {
        let (number, after) = rest.split_first_chunk::<PREFIX>().ok_or_else(cut)?;
        rest = after;
        Result::Ok(u32::from_le_bytes(*number) as usize)
    };
    let sizes = (1..count).map(|_| Ok((number()?, number()?))).collect::<Result<Vec<_>>>()?;
    let (mut parts, mut codes, mut start) = (Vec::new(), Vec::new(), 0usize);
    for (rows, size) in sizes {
        let end = start.saturating_add(rows);
        if rows == 0 || end >= length {
            return Err(Error::Corrupt("rows of a sorted stream".into()));
        }
        parts.push(start..end);
        codes.push(rest.split_off(..size).ok_or_else(cut)?);
        start = end;
    }
    parts.push(start..length);
    codes.push(rest);
    // Memory for the column and the text. The inverse charges its table itself.
    let _charge = budget::charge(2 * length as u64, "what was sorted")?;
    if way.has_choice() && codes.len() == 1 && by_context::is_of_contexts(codes[0]) {
        let memory = by_context::MEMORY * length as u64 + by_context::TABLES;
        let _charge = budget::charge(memory, "the contexts of a sorted text")?;
        return by_context::decode(CodeSource::Whole(codes[0]), length, set);
    }
    let tree = match codes.len() {
        1 => None,
        _ => {
            let mut decoder = Decoder::new(codes[0]);
            pass_choice(&mut decoder, way)?;
            Some(Tree::new(&code_lengths(&mut decoder, &[0; 256]))?)
        }
    };
    let decoded = each(&steps(&parts), |index| {
        let head = (index == 0).then_some(length);
        let code = CodeSource::Whole(codes[index]);
        decode_part(code, head, tree.as_ref(), parts[index].len(), way, set)
    })?;
    restore(decoded, None)?.ok_or_else(cut)
}

/// The text of which `parts` are the column; `None` if its head is not `expected`.
fn restore(mut parts: Vec<Part>, expected: Option<&Head>) -> Result<Option<Vec<u8>>> {
    let Some(head) = parts.first_mut().and_then(|(head, _)| head.take()) else { return Ok(None) };
    if expected.is_some_and(|expected| *expected != head) {
        return Ok(None);
    }
    let column = match parts.len() {
        1 => std::mem::take(&mut parts[0].1),
        _ => {
            let mut column = Vec::new();
            let length = parts.iter().map(|(_, rows)| rows.len()).sum();
            column.try_reserve_exact(length).map_err(|_| Error::no_memory("a block"))?;
            parts.drain(..).for_each(|(_, rows)| column.extend_from_slice(&rows));
            column
        }
    };
    inverse::inverse(&column, &head.starts).map(Some)
}

/// Decodes `count` rows: the first ones of a text of length `head`, if that is given, else others
/// with the symbols of `tree`.
fn decode_part(
    mut code: CodeSource<'_>,
    head: Option<usize>,
    tree: Option<&Tree>,
    count: usize,
    way: ColumnCode,
    set: InstructionSet,
) -> Result<Part> {
    let (head, paused) = match head {
        None => {
            code.need(LONGEST_RUN)?;
            (None, Decoder::new(code.bytes()).pause())
        }
        Some(length) => loop {
            let mut decoder = Decoder::new(code.bytes());
            pass_choice(&mut decoder, way)?;
            let lengths = code_lengths(&mut decoder, &[0; 256]);
            let starts: Vec<u32> = (0..length.div_ceil(chain_length(length)))
                .map(|_| decoder.code_plain(0, row_bits(length)))
                .collect();
            if decoder.position() <= code.position_before(LONGEST_RUN) {
                break (Some(Head { lengths, starts }), decoder.pause());
            }
            code.need(decoder.position() + LONGEST_RUN)?;
        },
    };
    let tree = match (&head, tree) {
        (Some(head), _) => Tree::new(&head.lengths)?,
        (None, Some(tree)) => tree.clone(),
        (None, None) => return Err(Error::Bug("rows without a tree".into())),
    };
    let mut column = Vec::new();
    column.try_reserve_exact(count).map_err(|_| Error::no_memory("a block"))?;
    if way == ColumnCode::Runs {
        decode_rows(code, paused, ColumnModel::<false>::new(tree), &mut column, count, set)?;
    } else {
        decode_rows(code, paused, ColumnModel::<true>::new(tree), &mut column, count, set)?;
    }
    Ok((head, column))
}

/// Decodes rows until `column` has `count` of them.
fn decode_rows<const LONG: bool>(
    mut code: CodeSource<'_>,
    mut paused: Paused,
    mut model: ColumnModel<LONG>,
    column: &mut Vec<u8>,
    count: usize,
    set: InstructionSet,
) -> Result<()> {
    while column.len() < count {
        code.need(paused.position() + LONGEST_RUN)?;
        let last = code.position_before(LONGEST_RUN);
        let mut decoder = paused.on(code.bytes());
        accelerate(set, || {
            while column.len() < count && decoder.position() <= last {
                let (symbol, run) = model.code(&mut decoder, 0, 1)?;
                let end = column.len() + run as usize;
                if end > count || decoder.overrun() {
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
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::active;

    fn digits(count: u32) -> Vec<u8> {
        (0..count)
            .flat_map(|number| format!("{} ", number.wrapping_mul(number) >> 9).into_bytes())
            .collect()
    }

    #[test]
    fn parts_have_equally_many_runs() {
        let column = digits(300_000);
        let (parts, counts) = cut(&column);
        let in_parts: Vec<usize> =
            parts.iter().map(|rows| runs(&column[rows.clone()]).count()).collect();
        assert!(parts.len() > 3 && parts.len().is_power_of_two(), "{in_parts:?}");
        assert!(in_parts.iter().all(|&runs| runs.abs_diff(in_parts[0]) < 3), "{in_parts:?}");
        assert_eq!(in_parts.iter().sum::<usize>(), counts.iter().sum::<u32>() as usize);
        assert_eq!(parts.iter().map(|rows| rows.len()).sum::<usize>(), column.len());
        assert_eq!(cut(&column[..LEAST_CUT - 1]).0.len(), 1);
        assert_eq!(cut(&vec![7; LEAST_CUT]).0.len(), 1);
    }

    /// Whatever the table of parts says, decoding ends with an error or with some text.
    #[test]
    fn damaged_tables_are_errors() {
        let text = digits(300_000);
        let (code, _) = encode(&text, active(), ColumnCode::Runs, false).unwrap();
        assert!(
            code[0] > 1 && decode(&code, text.len(), ColumnCode::Runs, active()).unwrap() == text
        );
        for (at, value) in [(0, 0), (0, 9), (0, 255), (4, 255), (8, 255)] {
            let mut damaged = code.clone();
            damaged[at] = value;
            assert!(
                decode(&damaged, text.len(), ColumnCode::Runs, active()).is_err(),
                "{at} {value}"
            );
        }
    }
}
