//! The forms of a coded block: stored, one stream, split into streams; a reference block, and the
//! forms of the blocks that depend on one.
//!
//! The first byte holds the form in its high four bits and, where the block is one stream, the
//! method of that stream in its low four. `docs/format-block.md` says what follows.

use std::fmt;

use super::follow::{Follow, Followed};
use super::piece::{self, Body, Piece};
use super::streams::{self, Settings, Streams};
use super::{program, split, stream_table};
use crate::budget;
use crate::coder::growing::{CodeSource, Growing};
use crate::error::{Error, Result};
use crate::kind::Kind;
use crate::level::{LARGEST_BLOCK, Level};
use crate::method::{Method, Mixing, choice, work};
use crate::predictor::primer;
use crate::predictor::reference::Reference;
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

pub(super) const STORED: u8 = 0;
pub(super) const SINGLE: u8 = 1;
pub(super) const SPLIT: u8 = 2;
const REFERENCE: u8 = 3;
const DEPENDENT_SINGLE: u8 = 4;
const DEPENDENT_SPLIT: u8 = 5;

/// Blocks of up to so many bytes that would be split are coded both ways, and the smaller is kept.
const SHORT_BLOCK: usize = 128 << 10;

/// Shorter blocks are stored: the head of a coded one is as long.
const SHORTEST_CODED: usize = 5;

/// Largest [`Mixing::table_bits`] of a reference block.
const LARGEST_REFERENCE_TABLE: u8 = 30;

/// Bytes at the beginning of a coded block that say what it needs ([`memory`]): no stream table is
/// longer.
#[cfg(test)]
pub const HEAD: usize = 4096;

/// The block as it is after one byte.
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
pub fn encode(form: Form, raw: &[u8], settings: &Settings<'_>) -> Result<Option<Vec<u8>>> {
    if raw.len() < SHORTEST_CODED {
        return Ok(None);
    }
    let _both = budget::charge(2 * raw.len() as u64, "a block")?;
    match form {
        Form::Single => single(raw, Kind::Generic, &settings.alone()).map(Some),
        Form::Split => {
            let pieces = split::split(raw, settings.level);
            if let [Piece { body: Body::Copy(kind), .. }] = pieces[..] {
                return single(raw, kind, settings).map(Some);
            }
            if pieces.iter().all(Piece::is_noise) {
                return Ok(Some(stored(raw)));
            }
            // A tar file is coded as a folder's small files are.
            let small_files = settings.level.for_small_files();
            let is_tar = piece::is_tar(&pieces, raw.len());
            let level = if is_tar { &small_files } else { settings.level };
            let settings = &Settings { level, ..*settings };
            if raw.len() > SHORT_BLOCK {
                return split_form(raw, &pieces, settings).map(Some);
            }
            // Only one of both is decoded again.
            let settings = Settings { follow: None, ..*settings };
            let split = split_form(raw, &pieces, &settings)?;
            let whole = single(raw, piece::main_kind(&pieces), &settings)?;
            Ok(Some(if whole.len() <= split.len() { whole } else { split }))
        }
    }
}

fn single(raw: &[u8], kind: Kind, settings: &Settings<'_>) -> Result<Vec<u8>> {
    let stream = streams::encode(raw, kind, settings)?;
    let form = if stream.method == Method::Continued { DEPENDENT_SINGLE } else { SINGLE };
    let mut out = vec![form << 4 | stream.method.number()];
    stream.kind.write(&mut out);
    stream.method.write(&mut out);
    out.extend_from_slice(&stream.code);
    work::fill(&mut out, raw.len(), 0);
    Ok(out)
}

fn split_form(raw: &[u8], pieces: &[Piece], settings: &Settings<'_>) -> Result<Vec<u8>> {
    let mut streams = Streams::default();
    program::write(raw, pieces, &mut streams);
    // The streams, what transforms unpacked, and what a decoder has of their results.
    let _streams =
        budget::charge((2 * streams.total() + raw.len()) as u64, "the streams of a block")?;
    let mut out = vec![0];
    let written = stream_table::write(&streams, settings, &mut out)?;
    out[0] = if written.is_dependent { DEPENDENT_SPLIT } else { SPLIT } << 4;
    work::fill(&mut out, written.coded, streams.transformed);
    Ok(out)
}

/// Codes `raw`, a text, as a reference block for dependent blocks of about `room` codes each.
/// Appends its code to `growing` while it is coded, without what stands before the code.
///
/// # Errors
/// Memory for the tables cannot be had, or the level has no reference blocks.
pub fn encode_reference(
    raw: &[u8],
    level: &Level,
    room: usize,
    growing: Option<&Growing>,
) -> Result<(Vec<u8>, Reference)> {
    let mixing = mixing_of_reference(level, raw)?;
    let profile = mixing.profile(&Kind::Words).as_words(raw.len())?;
    let (coded, reference) = Reference::encode(raw, profile, mixing.table_bytes(), room, growing)?;
    let mut out = head_of_reference(mixing);
    let before = out.len();
    out.extend_from_slice(&coded);
    work::fill(&mut out, raw.len(), 0);
    if let Some(growing) = growing {
        growing.finish(&out[before..]);
    }
    Ok((out, reference))
}

fn mixing_of_reference(level: &Level, raw: &[u8]) -> Result<Mixing> {
    choice::reference(level, raw)
        .ok_or_else(|| Error::Bug("a reference block of a level that has none".into()))
}

/// The bytes of a reference block before its code.
fn head_of_reference(mixing: Mixing) -> Vec<u8> {
    let mut head = vec![REFERENCE << 4 | Method::Mixed(mixing).number()];
    mixing.write(&mut head);
    head
}

/// What decodes the code of a reference block.
pub type FollowReference = Box<dyn FnOnce(CodeSource<'_>) -> Result<Reference> + Send>;

/// What decodes the code of the reference block of `raw` while [`encode_reference`] writes that code, and the bytes of memory that this takes.
///
/// # Errors
/// As for [`encode_reference`].
pub fn follow_reference(raw: &[u8], level: &Level, room: usize) -> Result<(u64, FollowReference)> {
    let raw_len = raw.len();
    let mixing = mixing_of_reference(level, raw)?;
    let profile = mixing.profile(&Kind::Words).as_words(raw_len)?;
    let tables = Method::Mixed(mixing).memory(&Kind::Words, raw_len.saturating_add(room));
    let follow =
        move |code: CodeSource<'_>| Reference::decode(code, raw_len, profile, mixing.table_bytes());
    Ok((tables.saturating_add(4 * raw_len as u64), Box::new(follow)))
}

/// Whether what [`follow_reference`] decoded of `code` is what `coded`, the reference block of `raw`,
/// stands for.
pub fn is_reference_of(coded: &[u8], raw: &[u8], level: &Level, code: &Growing) -> bool {
    let head = choice::reference(level, raw).map(head_of_reference);
    head.and_then(|head| coded.strip_prefix(&head[..])).is_some_and(|rest| code.is(rest))
}

/// Whether `coded`, of which the first byte is enough, is a reference block.
pub fn is_reference(coded: &[u8]) -> bool {
    coded.first().is_some_and(|first| first >> 4 == REFERENCE)
}

/// Whether `coded`, of which the first byte is enough, depends on a reference block.
pub fn is_dependent(coded: &[u8]) -> bool {
    coded.first().is_some_and(|first| matches!(first >> 4, DEPENDENT_SINGLE | DEPENDENT_SPLIT))
}

/// The split form of `raw`, whatever else would be smaller.
#[cfg(test)]
pub fn encode_split(raw: &[u8], level: &Level) -> Result<Vec<u8>> {
    let settings = Settings { level, reference: None, follow: None };
    split_form(raw, &split::split(raw, level), &settings)
}

/// Bytes of memory that decoding a block takes which begins with `head`, has `coded_len` coded
/// bytes and stands for `raw_len`: tables, streams, and the block itself; beside the tables of a
/// reference block. 0 for what [`decode`] refuses.
pub fn memory(head: &[u8], coded_len: usize, raw_len: usize) -> u64 {
    let both = coded_len as u64 + raw_len as u64;
    let mut reader = Reader::new(head);
    let mut streams = || -> Result<u64> {
        let first = reader.byte()?;
        match first >> 4 {
            STORED => Ok(0),
            SINGLE | DEPENDENT_SINGLE => {
                let kind = Kind::read(&mut reader)?;
                Ok(Method::read(first & 15, &mut reader, &kind, raw_len)?.memory(&kind, raw_len))
            }
            SPLIT | DEPENDENT_SPLIT => stream_table::memory(&mut reader, raw_len),
            REFERENCE => {
                let mixing = Mixing::read(&mut reader, &Kind::Words, raw_len)?;
                let room = reader.len()?.saturating_add(raw_len);
                Ok(Method::Mixed(mixing).memory(&Kind::Words, room))
            }
            other => Err(Error::Unsupported(format!("block form {other}"))),
        }
    };
    streams().map_or(0, |streams| streams + both)
}

/// Most bytes that a block which begins like `coded` may stand for: the largest block size of any
/// level. A stored one stands for its own.
pub fn longest(coded: &[u8]) -> u64 {
    match coded.first() {
        Some(first) if first >> 4 != STORED => LARGEST_BLOCK as u64,
        _ => coded.len().saturating_sub(1) as u64,
    }
}

/// Decodes a reference block.
///
/// # Errors
/// As for [`decode`]; [`Error::Corrupt`] for any other form.
pub fn decode_reference(coded: &[u8], raw_len: usize) -> Result<Reference> {
    let mut reader = Reader::new(coded);
    let first = reader.byte()?;
    if first >> 4 != REFERENCE {
        return Err(Error::Corrupt("the first block is no reference block".into()));
    }
    match Method::read(first & 15, &mut reader, &Kind::Words, raw_len)? {
        // Every dependent block copies the tables, so these are smaller than those of one stream.
        Method::Mixed(mixing)
            if !matches!(mixing.primer, primer::OF_REFERENCES | primer::OF_NAMED_PRIOR)
                || mixing.table_bits > LARGEST_REFERENCE_TABLE =>
        {
            Err(Error::Corrupt("the primer or the tables of a reference block".into()))
        }
        Method::Mixed(mixing) => {
            work::check(coded.len(), raw_len, 0)?;
            let profile = mixing.profile(&Kind::Words).as_words(raw_len)?;
            let code = CodeSource::Whole(reader.rest());
            Reference::decode(code, raw_len, profile, mixing.table_bytes())
        }
        _ => Err(Error::Corrupt("a reference block without a profile".into())),
    }
}

/// Decodes any form; with `reference` dependent ones too. Streams that `follow` decoded are not
/// decoded again.
///
/// # Errors
/// [`Error::Corrupt`], [`Error::Unsupported`], [`Error::Limit`].
pub fn decode(
    coded: &[u8],
    raw_len: usize,
    reference: Option<&Reference>,
    follow: Option<&dyn Follow>,
) -> Result<Vec<u8>> {
    let _both = budget::charge(coded.len() as u64 + raw_len as u64, "a block")?;
    let mut reader = Reader::new(coded);
    let first = reader.byte()?;
    let (form, low) = (first >> 4, first & 15);
    if matches!(form, STORED | SPLIT | DEPENDENT_SPLIT) && low != 0 {
        return Err(Error::Unsupported(format!("block form {form} with {low}")));
    }
    if form == STORED {
        if reader.rest().len() != raw_len {
            return Err(Error::Corrupt("length of a stored block".into()));
        }
        return Ok(reader.rest().to_vec());
    }
    let reference = if matches!(form, DEPENDENT_SINGLE | DEPENDENT_SPLIT) {
        Some(reference.ok_or_else(|| {
            Error::Corrupt("a block that depends on a reference block, without one".into())
        })?)
    } else {
        None
    };
    match form {
        SINGLE | DEPENDENT_SINGLE => {
            let kind = Kind::read(&mut reader)?;
            let method = Method::read(low, &mut reader, &kind, raw_len)?;
            if method == Method::Stored {
                return Err(Error::Corrupt("a stored stream where a block is stored".into()));
            }
            work::check(coded.len(), raw_len, 0)?;
            let followed = Followed { kind, method, length: raw_len };
            match follow.and_then(|follow| follow.take(followed, reader.rest())) {
                Some(decoded) => Ok(decoded),
                None => {
                    let code = CodeSource::Whole(reader.rest());
                    streams::decode(code, raw_len, kind, method, reference)
                }
            }
        }
        SPLIT | DEPENDENT_SPLIT => {
            let streams = stream_table::read(&mut reader, coded.len(), raw_len, reference, follow)?;
            program::run(&streams, coded.len(), raw_len)
        }
        REFERENCE => Ok(decode_reference(coded, raw_len)?.text),
        other => Err(Error::Unsupported(format!("block form {other}"))),
    }
}
