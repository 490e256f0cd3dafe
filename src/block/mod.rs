//! One block: raw bytes to coded bytes and back, with everything in between.
//!
//! The container treats the coded bytes as opaque: they describe themselves
//! (segments, transforms, profile). The layout is written down in `docs/format-block.md`.

mod ahead;
mod anatomy;
mod detect;
mod follow;
mod form;
mod piece;
mod probe;
mod program;
mod split;
mod stream_table;
mod streams;

use crate::budget::Budget;
use crate::coder::growing::{CodeSource, Growing};
use crate::error::Result;
use crate::kind::Kind;
use crate::level::Level;
use crate::method::{Method, choice};
pub use crate::predictor::reference::Reference;
use crate::threads::{Step, URGENT, beside};
use crate::transform::Parts;
pub use anatomy::{Anatomy, Role, Stream, take_apart};
use follow::{Follow, with_followers};
use form::Form;
use streams::Settings;

/// A coded block.
#[derive(Debug)]
pub struct Encoded {
    /// The coded bytes.
    pub bytes: Vec<u8>,
    /// Set when verification failed and a simpler method had to be used: what happened.
    pub fallback: Option<String>,
}

/// Codes `raw` at `level`. With `verify` the result is decoded again and compared; when that
/// fails a simpler method is used and [`Encoded::fallback`] says so.
///
/// # Errors
/// Memory for the tables cannot be had.
pub fn encode(raw: &[u8], level: &Level, verify: bool) -> Result<Encoded> {
    encode_through(raw, level, None, verify, &|_, _| {})
}

/// Like [`encode`], but text is coded as if it followed that of `reference`.
///
/// # Errors
/// As for [`encode`].
pub fn encode_dependent(
    raw: &[u8],
    level: &Level,
    reference: &Reference,
    verify: bool,
) -> Result<Encoded> {
    encode_through(raw, level, Some(reference), verify, &|_, _| {})
}

/// Bytes of memory that a dependent block at `level` takes for its copy of the tables of a
/// reference block, at most. `length` is that of the reference block and of the room behind it.
#[must_use]
pub fn reference_memory(level: &Level, length: usize) -> u64 {
    let of_mixing = |mixing| Method::Mixed(mixing).memory(&Kind::Words, length);
    // Those of code take as much as those of prose.
    choice::reference(level, &[]).map_or(0, of_mixing)
}

/// Like [`encode`], as a reference block for dependent blocks of about `room` codes each; `None` in
/// its place if the block could not be verified, and what stands for it is no reference block.
///
/// # Errors
/// As for [`encode`].
pub fn encode_reference(
    raw: &[u8],
    level: &Level,
    room: usize,
    verify: bool,
) -> Result<(Encoded, Option<Reference>)> {
    if !verify {
        let (bytes, reference) = form::encode_reference(raw, level, room, None)?;
        return Ok((Encoded { bytes, fallback: None }, Some(reference)));
    }
    let before = refusals();
    // Dependent blocks go on from the decoder's state, so it is that state which is verified.
    let (memory, follow) = form::follow_reference(raw, level, room)?;
    let growing = Growing::default();
    let (bytes, followed) = beside(
        // All dependent blocks wait for the reference block.
        Step { length: URGENT, memory },
        || follow(CodeSource::growing(&growing)),
        || growing.abandon(),
        |is_followed| {
            let growing = Some(&growing).filter(|_| is_followed);
            form::encode_reference(raw, level, room, growing).map(|(bytes, _)| bytes)
        },
    )?;
    check_memory(before)?;
    let again = match followed.filter(|_| form::is_reference_of(&bytes, raw, level, &growing)) {
        Some(reference) => Ok(reference),
        None => crate::transform::catch_panic("block", || decode_reference(&bytes, raw.len())),
    };
    check_memory(before)?;
    match again {
        Ok(reference) if reference.text == raw => {
            Ok((Encoded { bytes, fallback: None }, Some(reference)))
        }
        other => {
            let why = other.map_or_else(
                |error| error.to_string(),
                |_| "the decoded reference block differs".into(),
            );
            let encoded = encode(raw, level, verify)?;
            let fallback: Vec<String> = [Some(format!("reference block: {why}")), encoded.fallback]
                .into_iter()
                .flatten()
                .collect();
            Ok((Encoded { fallback: report(&fallback), ..encoded }, None))
        }
    }
}

/// [`encode`], with `damage` applied to every coded form before it is verified: the point where
/// tests play the part of a defect.
fn encode_through(
    raw: &[u8],
    level: &Level,
    reference: Option<&Reference>,
    verify: bool,
    damage: &dyn Fn(Form, &mut Vec<u8>),
) -> Result<Encoded> {
    let before = refusals();
    let mut failures: Vec<String> = Vec::new();
    let code = |form: Form, follow: Option<&dyn Follow>| -> Result<_> {
        let settings = Settings { level, reference, follow };
        let Some(mut bytes) = form::encode(form, raw, &settings)? else { return Ok(None) };
        damage(form, &mut bytes);
        let checked = if verify { check(&bytes, raw, reference, follow) } else { Ok(()) };
        Ok(Some((bytes, checked)))
    };
    for form in [Form::Split, Form::Single] {
        let coded = if verify {
            with_followers(reference, |follow| code(form, follow))?
        } else {
            code(form, None)?
        };
        let Some((bytes, checked)) = coded else { continue };
        // What was left out or failed for want of memory must not decide about the bytes.
        check_memory(before)?;
        match checked {
            Ok(()) => {
                return Ok(Encoded { bytes: smaller(bytes, raw), fallback: report(&failures) });
            }
            Err(why) => failures.push(format!("{form}: {why}")),
        }
    }
    Ok(Encoded { bytes: form::stored(raw), fallback: report(&failures) })
}

/// Charges that were refused so far.
fn refusals() -> u64 {
    Budget::current().map_or(0, |budget| budget.refusals())
}

/// Whether everything that asked for memory got it since there were `before` refusals.
fn check_memory(before: u64) -> Result<()> {
    Budget::current().map_or(Ok(()), |budget| budget.check(before))
}

/// `coded`, or the stored form where that is smaller.
fn smaller(coded: Vec<u8>, raw: &[u8]) -> Vec<u8> {
    if coded.len() > raw.len() { form::stored(raw) } else { coded }
}

/// Decodes and compares; says how they differ.
fn check(
    coded: &[u8],
    raw: &[u8],
    reference: Option<&Reference>,
    follow: Option<&dyn Follow>,
) -> std::result::Result<(), String> {
    match crate::transform::catch_panic("block", || {
        form::decode(coded, raw.len(), reference, follow)
    }) {
        Ok(again) if again == raw => Ok(()),
        Ok(again) => {
            let at = again.iter().zip(raw).take_while(|(a, b)| a == b).count();
            Err(format!("the decoded block differs at byte {at} of {}", raw.len()))
        }
        Err(error) => Err(error.to_string()),
    }
}

fn report(failures: &[String]) -> Option<String> {
    (!failures.is_empty()).then(|| failures.join("; "))
}

/// Decodes what [`encode`] made. `raw_len` is the length the container promises, already checked
/// against the limits. No more than that is ever produced.
///
/// # Errors
/// [`crate::Error::Corrupt`] where the bytes cannot be right, [`crate::Error::Unsupported`] where
/// they name something unknown.
pub fn decode(coded: &[u8], raw_len: usize) -> Result<Vec<u8>> {
    form::decode(coded, raw_len, None, None)
}

/// Decodes what [`encode_dependent`] made.
///
/// # Errors
/// As for [`decode`].
pub fn decode_dependent(coded: &[u8], raw_len: usize, reference: &Reference) -> Result<Vec<u8>> {
    form::decode(coded, raw_len, Some(reference), None)
}

/// Decodes what [`encode_reference`] made.
///
/// # Errors
/// As for [`decode`]; also where `coded` is no reference block.
pub fn decode_reference(coded: &[u8], raw_len: usize) -> Result<Reference> {
    form::decode_reference(coded, raw_len)
}

#[cfg(test)]
use form::HEAD;
pub use form::{is_dependent, is_reference};

/// The one of Text, Table, Exe and Generic that most of `raw` is.
#[must_use]
pub fn main_kind(raw: &[u8], level: &Level) -> Kind {
    piece::main_kind(&split::split(raw, level))
}

/// Bytes of memory that decoding a block takes which begins with `head`, has `coded_len` coded bytes
/// and stands for `raw_len`: what its streams name, and their lengths. The first 4096 bytes are
/// enough. A dependent block takes [`Reference::memory`] besides, and
/// transforms take what their codecs need. 0 for what [`decode`] refuses.
#[must_use]
pub fn memory(head: &[u8], coded_len: usize, raw_len: usize) -> u64 {
    form::memory(head, coded_len, raw_len)
}

/// Most bytes that a block which begins like `coded` may stand for: the largest block size of any
/// level, or what is stored in it.
#[must_use]
pub fn longest(coded: &[u8]) -> u64 {
    form::longest(coded)
}

/// How `raw` is cut, one line a piece, transformed ones followed by what their content is cut into.
#[cfg(test)]
#[must_use]
pub fn describe(raw: &[u8], level: &Level) -> String {
    piece::describe(&split::split(raw, level))
}

/// The streams that `raw` is cut into, as predictors see them: text that suits it as words.
///
/// # Errors
/// Memory cannot be had.
pub fn streams_of(raw: &[u8], level: &Level) -> Result<Vec<(Kind, Vec<u8>)>> {
    let mut streams = streams::Streams::default();
    program::write(raw, &split::split(raw, level), &mut streams);
    let as_coded = |(kind, bytes): (Kind, Vec<u8>)| {
        Ok(if kind == Kind::Text && crate::words::suits(&bytes)? {
            (Kind::Words, crate::words::encode(&bytes)?)
        } else {
            (kind, bytes)
        })
    };
    streams.data.into_iter().map(as_coded).collect()
}

/// The parts of all transforms that `raw` is cut into, outer ones first.
#[must_use]
pub fn transforms(raw: &[u8], level: &Level) -> Vec<Parts> {
    piece::transforms(&split::split(raw, level))
}

#[cfg(test)]
pub(crate) mod tests;
