//! The forms of a coded block: stored, one stream, split into streams; a base, and the last two
//! behind one.
//!
//! The first byte holds the form (high four bits) and the level (low four). *Stored*: the raw bytes
//! follow. *Single*: the kind of the one stream, then its coded bytes to the end. *Split*: the
//! streams of [`super::streams`]. *Base*: text that streams of words in other blocks go on from.

use std::fmt;

use super::piece::{self, Body, Piece};
use super::streams::{self, Streams};
use super::{program, split};
use crate::budget;
use crate::error::{Error, Result};
use crate::kind::Kind;
use crate::level::{self, Level};
use crate::method::work;
use crate::predictor::base::Base;
use crate::varint::Reader;

/// How a block is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One stream, no transform, kind Generic or what the whole block is.
    Single,
    /// Streams by kind, with transforms.
    Split,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Form::Single => "without transforms",
            Form::Split => "with transforms",
        })
    }
}

const STORED: u8 = 0;
const SINGLE: u8 = 1;
const SPLIT: u8 = 2;
const BASE: u8 = 3;
const SINGLE_BEHIND: u8 = 4;
const SPLIT_BEHIND: u8 = 5;

/// Blocks up to here that would be split are coded both ways, and the smaller is kept.
const TRY_BOTH: usize = 128 << 10;

/// The block as it is, behind one byte.
pub fn stored(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len() + 1);
    out.push(STORED << 4);
    out.extend_from_slice(raw);
    out
}

/// Codes `raw` behind `base`, if there is one; `None` where the form has nothing to offer beyond
/// the stored one.
///
/// # Errors
/// Memory for the tables cannot be had.
pub fn encode(
    form: Form,
    raw: &[u8],
    level: &Level,
    base: Option<&Base>,
) -> Result<Option<Vec<u8>>> {
    if raw.is_empty() {
        return Ok(None);
    }
    let _both = budget::charge(2 * raw.len() as u64, "a block")?;
    match form {
        Form::Single => single(raw, level, Kind::Generic, None).map(Some),
        Form::Split => {
            let pieces = split::split(raw, level);
            if let [Piece { body: Body::Copy(kind), .. }] = pieces[..] {
                return single(raw, level, kind, base).map(Some);
            }
            let split = split_form(raw, level, &pieces, base)?;
            if raw.len() <= TRY_BOTH {
                let whole = single(raw, level, piece::main_kind(&pieces), base)?;
                if whole.len() <= split.len() {
                    return Ok(Some(whole));
                }
            }
            Ok(Some(split))
        }
    }
}

fn single(raw: &[u8], level: &Level, kind: Kind, base: Option<&Base>) -> Result<Vec<u8>> {
    let kind = streams::coded_as(raw, kind)?;
    let base = base.filter(|_| kind == Kind::Words);
    let form = if base.is_some() { SINGLE_BEHIND } else { SINGLE };
    let (kind, coded) = streams::encode(raw, kind, level, base)?;
    let mut out = vec![form << 4 | level.number];
    kind.write(&mut out);
    out.extend_from_slice(&coded);
    work::fill(&mut out, raw.len(), 0);
    Ok(out)
}

fn split_form(raw: &[u8], level: &Level, pieces: &[Piece], base: Option<&Base>) -> Result<Vec<u8>> {
    let mut streams = Streams::default();
    program::write(raw, pieces, &mut streams);
    // The streams, what transforms unpacked, and what a decoder has of their results.
    let _streams =
        budget::charge((2 * streams.total() + raw.len()) as u64, "the streams of a block")?;
    let mut out = vec![0];
    let written = streams::write(&streams, level, base, &mut out)?;
    out[0] = if written.behind { SPLIT_BEHIND } else { SPLIT } << 4 | level.number;
    work::fill(&mut out, written.coded, streams.transformed);
    Ok(out)
}

/// Codes `raw`, a text, as a base that `room` codes will go on from.
///
/// # Errors
/// Memory for the tables cannot be had.
pub fn encode_base(raw: &[u8], level: Level, room: usize) -> Result<(Vec<u8>, Base)> {
    let (coded, base) = Base::encode(raw, level, room)?;
    let mut out = vec![BASE << 4 | level.number];
    out.extend_from_slice(&coded);
    work::fill(&mut out, raw.len(), 0);
    Ok((out, base))
}

/// Whether `coded` is a base.
pub fn is_base(coded: &[u8]) -> bool {
    coded.first().is_some_and(|first| first >> 4 == BASE)
}

/// Whether `coded` can only be decoded behind a base.
pub fn is_behind(coded: &[u8]) -> bool {
    coded.first().is_some_and(|first| matches!(first >> 4, SINGLE_BEHIND | SPLIT_BEHIND))
}

/// The split form of `raw`, whatever else would be smaller.
#[cfg(test)]
pub fn encode_split(raw: &[u8], level: &Level) -> Result<Vec<u8>> {
    split_form(raw, level, &split::split(raw, level), None)
}

/// The memory of the level that `coded` names; 0 for the stored form, and for what [`decode`]
/// refuses.
pub fn memory(coded: &[u8]) -> u64 {
    let named = coded.first().filter(|&&first| first >> 4 != STORED);
    named.and_then(|first| level::of_block(first & 15)).map_or(0, |level| level.memory as u64)
}

/// Most bytes that a block which begins like `coded` may stand for: the block size of the level
/// that it names. A stored one stands for its own, and what [`decode`] refuses for nothing.
pub fn longest(coded: &[u8]) -> u64 {
    match coded.first() {
        Some(first) if first >> 4 != STORED => {
            level::of_block(first & 15).map_or(u64::MAX, |level| level.block_size() as u64)
        }
        _ => coded.len().saturating_sub(1) as u64,
    }
}

/// The level that the first byte names.
fn level_of(first: u8) -> Result<&'static Level> {
    level::of_block(first & 15)
        .ok_or_else(|| Error::Unsupported(format!("level {} in a block", first & 15)))
}

/// Decodes a base.
///
/// # Errors
/// As for [`decode`]; [`Error::Corrupt`] for any other form.
pub fn decode_base(coded: &[u8], raw_len: usize) -> Result<Base> {
    match coded.split_first() {
        Some((&first, rest)) if first >> 4 == BASE => {
            work::check(coded.len(), raw_len, 0)?;
            Base::decode(rest, raw_len, *level_of(first)?)
        }
        _ => Err(Error::Corrupt("the first block is no base".into())),
    }
}

/// Decodes any form; with `base` those behind it too.
///
/// # Errors
/// [`Error::Corrupt`], [`Error::Unsupported`], [`Error::Limit`].
pub fn decode(coded: &[u8], raw_len: usize, base: Option<&Base>) -> Result<Vec<u8>> {
    let _both = budget::charge(coded.len() as u64 + raw_len as u64, "a block")?;
    let mut reader = Reader::new(coded);
    let first = reader.byte()?;
    let form = first >> 4;
    if form == STORED {
        if first != STORED << 4 || reader.rest().len() != raw_len {
            return Err(Error::Corrupt("length of a stored block".into()));
        }
        return Ok(reader.rest().to_vec());
    }
    let level = level_of(first)?;
    let base = if matches!(form, SINGLE_BEHIND | SPLIT_BEHIND) {
        let base =
            base.ok_or_else(|| Error::Corrupt("a block behind a base, without one".into()))?;
        if base.level != *level {
            return Err(Error::Corrupt("a block of another level than its base".into()));
        }
        Some(base)
    } else {
        None
    };
    match form {
        SINGLE | SINGLE_BEHIND => {
            let kind = Kind::read(&mut reader)?;
            work::check(coded.len(), raw_len, 0)?;
            streams::decode(reader.rest(), raw_len, kind, level, base)
        }
        SPLIT | SPLIT_BEHIND => {
            let streams = streams::read(&mut reader, coded.len(), raw_len, level, base)?;
            program::run(&streams, coded.len(), raw_len)
        }
        BASE => Ok(decode_base(coded, raw_len)?.text),
        other => Err(Error::Unsupported(format!("block form {other}"))),
    }
}
