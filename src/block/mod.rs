//! One block: raw bytes to coded bytes and back, with everything in between.
//!
//! The container treats the coded bytes as opaque: they describe themselves
//! (segments, transforms, profile). The layout is written down in `docs/format-block.md`.

mod detect;
mod form;
mod piece;
mod probe;
mod program;
mod split;
mod streams;

use crate::budget::Budget;
use crate::error::Result;
use crate::kind::Kind;
use crate::level::Level;
pub use crate::predictor::base::Base;
use crate::transform::Parts;
use form::Form;

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

/// Like [`encode`], at the level of `base`: text is coded as if it followed that of the base.
///
/// # Errors
/// As for [`encode`].
pub fn encode_behind(raw: &[u8], base: &Base, verify: bool) -> Result<Encoded> {
    encode_through(raw, &base.level, Some(base), verify, &|_, _| {})
}

/// Like [`encode`], as a base that about `room` bytes of text will go on from; `None` in its place
/// if it could not be verified, and what stands for it is no base.
///
/// # Errors
/// As for [`encode`].
pub fn encode_base(
    raw: &[u8],
    level: Level,
    room: usize,
    verify: bool,
) -> Result<(Encoded, Option<Base>)> {
    let (bytes, base) = form::encode_base(raw, level, room)?;
    if !verify {
        return Ok((Encoded { bytes, fallback: None }, Some(base)));
    }
    drop(base);
    check_memory()?;
    // What follows goes on from the decoder's state, so that it is that state which is verified.
    let again = crate::transform::catch_panic("block", || decode_base(&bytes, raw.len()));
    check_memory()?;
    match again {
        Ok(base) if base.text == raw => Ok((Encoded { bytes, fallback: None }, Some(base))),
        other => {
            let why =
                other.map_or_else(|error| error.to_string(), |_| "the decoded base differs".into());
            let encoded = encode(raw, &level, verify)?;
            let fallback: Vec<String> =
                [Some(format!("base: {why}")), encoded.fallback].into_iter().flatten().collect();
            Ok((Encoded { fallback: report(&fallback), ..encoded }, None))
        }
    }
}

/// [`encode`], with `damage` applied to every coded form before it is verified: the point where
/// tests play the part of a defect.
fn encode_through(
    raw: &[u8],
    level: &Level,
    base: Option<&Base>,
    verify: bool,
    damage: &dyn Fn(Form, &mut Vec<u8>),
) -> Result<Encoded> {
    let mut failures: Vec<String> = Vec::new();
    for form in [Form::Split, Form::Single] {
        let Some(mut bytes) = form::encode(form, raw, level, base)? else { continue };
        damage(form, &mut bytes);
        let checked = if verify { check(&bytes, raw, base) } else { Ok(()) };
        // What was left out or failed for want of memory must not decide about the bytes.
        check_memory()?;
        match checked {
            Ok(()) => {
                return Ok(Encoded { bytes: smaller(bytes, raw), fallback: report(&failures) });
            }
            Err(why) => failures.push(format!("{form}: {why}")),
        }
    }
    Ok(Encoded { bytes: form::stored(raw), fallback: report(&failures) })
}

/// Whether everything that asked for memory got it.
fn check_memory() -> Result<()> {
    Budget::current().map_or(Ok(()), |budget| budget.check())
}

/// `coded`, or the stored form where that is smaller.
fn smaller(coded: Vec<u8>, raw: &[u8]) -> Vec<u8> {
    if coded.len() > raw.len() { form::stored(raw) } else { coded }
}

/// Decodes and compares; says how they differ.
fn check(coded: &[u8], raw: &[u8], base: Option<&Base>) -> std::result::Result<(), String> {
    match crate::transform::catch_panic("block", || form::decode(coded, raw.len(), base)) {
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
    form::decode(coded, raw_len, None)
}

/// Decodes what [`encode_behind`] made.
///
/// # Errors
/// As for [`decode`].
pub fn decode_behind(coded: &[u8], raw_len: usize, base: &Base) -> Result<Vec<u8>> {
    form::decode(coded, raw_len, Some(base))
}

/// Decodes what [`encode_base`] made.
///
/// # Errors
/// As for [`decode`]; also where `coded` is no base.
pub fn decode_base(coded: &[u8], raw_len: usize) -> Result<Base> {
    form::decode_base(coded, raw_len)
}

pub use form::{is_base, is_behind};

/// The one of Text, Table, Exe and Generic that most of `raw` is.
#[must_use]
pub fn main_kind(raw: &[u8], level: &Level) -> Kind {
    piece::main_kind(&split::split(raw, level))
}

/// Most bytes of memory that the tables for `coded` may take; 0 where it needs none.
#[must_use]
pub fn memory(coded: &[u8]) -> u64 {
    form::memory(coded)
}

/// Most bytes that a block which begins like `coded` may stand for: its level's block size, or what
/// is stored in it.
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

/// The parts of all transforms that `raw` is cut into, outer ones first.
#[must_use]
pub fn transforms(raw: &[u8], level: &Level) -> Vec<Parts> {
    piece::transforms(&split::split(raw, level))
}

#[cfg(test)]
pub(crate) mod tests;
