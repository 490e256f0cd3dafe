//! One block: raw bytes to coded bytes and back, with everything in between.
//!
//! The container treats the coded bytes as opaque: they describe themselves
//! (segments, transforms, profile). The layout is written down in `docs/format-block.md`.

mod detect;
mod form;
mod format;
mod kind;
mod piece;
mod program;
mod split;
mod streams;
mod varint;

pub use kind::{Kind, MAX_ROW};
pub use varint::Reader;

pub(crate) use varint::put as put_varint;

use crate::error::Result;
use crate::level::Level;
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
    encode_through(raw, level, verify, &|_, _| {})
}

/// [`encode`], with `damage` applied to every coded form before it is verified: the point where
/// tests play the part of a defect.
fn encode_through(raw: &[u8], level: &Level, verify: bool, damage: &dyn Fn(Form, &mut Vec<u8>)) -> Result<Encoded> {
    let mut failures: Vec<String> = Vec::new();
    for form in [Form::Split, Form::Single] {
        let Some(mut bytes) = form::encode(form, raw, level)? else { continue };
        damage(form, &mut bytes);
        match if verify { check(&bytes, raw) } else { Ok(()) } {
            Ok(()) => return Ok(Encoded { bytes: smaller(bytes, raw), fallback: report(&failures) }),
            Err(why) => failures.push(format!("{form}: {why}")),
        }
    }
    Ok(Encoded { bytes: form::stored(raw), fallback: report(&failures) })
}

/// `coded`, or the stored form where that is smaller.
fn smaller(coded: Vec<u8>, raw: &[u8]) -> Vec<u8> {
    if coded.len() > raw.len() { form::stored(raw) } else { coded }
}

/// Decodes and compares; says how they differ.
fn check(coded: &[u8], raw: &[u8]) -> std::result::Result<(), String> {
    match crate::transform::guarded("block", || decode(coded, raw.len())) {
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
/// [`crate::Error::Corrupt`] where the bytes cannot be right, [`crate::Error::Unsupported`] where they name
/// something unknown.
pub fn decode(coded: &[u8], raw_len: usize) -> Result<Vec<u8>> {
    form::decode(coded, raw_len)
}

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

/// How `raw` is cut, one line a piece, transformed ones followed by what their content is cut into.
#[must_use]
pub fn describe(raw: &[u8], level: &Level) -> String {
    piece::describe(&split::split(raw, level))
}

#[cfg(test)]
pub(crate) mod tests;
