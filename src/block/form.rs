//! The three forms of a coded block: stored, one stream, split into streams.
//!
//! The first byte holds the form (high four bits) and the level (low four). *Stored*: the raw
//! bytes follow. *Single*: the kind of the one stream, then its coded bytes to the end.
//! *Split*: the streams of [`super::streams`].

use std::fmt;

use super::kind::Kind;
use super::piece::{self, Body, Piece};
use super::streams::{self, Streams};
use super::varint::Reader;
use super::{program, split};
use crate::error::{Error, Result};
use crate::level::{self, Level};
use crate::predictor;

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

/// Blocks up to here that would be split are coded both ways, and the smaller is kept.
const TRY_BOTH: usize = 128 << 10;

/// The block as it is, behind one byte.
pub fn stored(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len() + 1);
    out.push(STORED << 4);
    out.extend_from_slice(raw);
    out
}

/// Codes `raw`; `None` where the form has nothing to offer beyond the stored one.
///
/// # Errors
/// Memory for the tables cannot be had.
pub fn encode(form: Form, raw: &[u8], level: &Level) -> Result<Option<Vec<u8>>> {
    if raw.is_empty() {
        return Ok(None);
    }
    match form {
        Form::Single => single(raw, level, Kind::Generic).map(Some),
        Form::Split => {
            let pieces = split::split(raw, level);
            if let [Piece { body: Body::Copy(kind), .. }] = pieces[..] {
                return single(raw, level, kind).map(Some);
            }
            let split = split_form(raw, level, &pieces)?;
            if raw.len() <= TRY_BOTH {
                let whole = single(raw, level, piece::main_kind(&pieces))?;
                if whole.len() <= split.len() {
                    return Ok(Some(whole));
                }
            }
            Ok(Some(split))
        }
    }
}

fn single(raw: &[u8], level: &Level, kind: Kind) -> Result<Vec<u8>> {
    let kind = streams::coded_as(raw, kind)?;
    let mut out = vec![SINGLE << 4 | level.number];
    kind.write(&mut out);
    out.extend_from_slice(&predictor::encode(raw, level, &kind)?);
    Ok(out)
}

fn split_form(raw: &[u8], level: &Level, pieces: &[Piece]) -> Result<Vec<u8>> {
    let mut streams = Streams::default();
    program::write(raw, pieces, &mut streams);
    let mut out = vec![SPLIT << 4 | level.number];
    streams::write(&streams, level, &mut out)?;
    Ok(out)
}

/// The split form of `raw`, whatever else would be smaller.
#[cfg(test)]
pub fn encode_split(raw: &[u8], level: &Level) -> Result<Vec<u8>> {
    split_form(raw, level, &split::split(raw, level))
}

/// The memory of the level that `coded` names; 0 for the stored form, and for what [`decode`] refuses.
pub fn memory(coded: &[u8]) -> u64 {
    let named = coded.first().filter(|&&first| first >> 4 != STORED);
    named.and_then(|first| level::of_block(first & 15)).map_or(0, |level| level.memory as u64)
}

/// Decodes any form.
///
/// # Errors
/// [`Error::Corrupt`], [`Error::Unsupported`], [`Error::Limit`].
pub fn decode(coded: &[u8], raw_len: usize) -> Result<Vec<u8>> {
    let mut reader = Reader::new(coded);
    let first = reader.byte()?;
    let form = first >> 4;
    if form == STORED {
        if first != STORED << 4 || reader.rest().len() != raw_len {
            return Err(Error::Corrupt("length of a stored block".into()));
        }
        return Ok(reader.rest().to_vec());
    }
    let level = level::of_block(first & 15).ok_or_else(|| Error::Unsupported(format!("level {} in a block", first & 15)))?;
    match form {
        SINGLE => {
            let kind = Kind::read(&mut reader)?;
            predictor::decode(reader.rest(), raw_len, level, &kind)
        }
        SPLIT => {
            let streams = streams::read(&mut reader, raw_len, level)?;
            program::run(&streams, raw_len)
        }
        other => Err(Error::Unsupported(format!("block form {other}"))),
    }
}
