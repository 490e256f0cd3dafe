//! From bytes of a kind to code and back: sorted or mixed, as text or as words.

use super::{Method, work};
use crate::error::{Error, Result};
use crate::kind::Kind;
use crate::predictor::{decode_profile, encode_profile};
use crate::simd::InstructionSet;
use crate::{sort, varint, words};

/// Codes `bytes`, which are of kind `kind`, by `method`.
///
/// # Errors
/// [`crate::Error::Limit`] when memory for the tables cannot be had, [`crate::Error::Bug`] for
/// [`Method::Continued`], whose streams need a reference block.
pub fn encode(bytes: &[u8], method: Method, kind: &Kind) -> Result<Vec<u8>> {
    encode_as(bytes, method, kind, crate::simd::active())
}

/// Like [`encode`], with the kernels of `set`: the same bytes whichever it is.
///
/// # Errors
/// As for [`encode`].
pub fn encode_as(
    bytes: &[u8],
    method: Method,
    kind: &Kind,
    set: InstructionSet,
) -> Result<Vec<u8>> {
    if *kind == Kind::Words && method != Method::Stored {
        let codes = words::encode(bytes)?;
        let mut out = Vec::new();
        varint::put(&mut out, codes.len() as u64);
        out.extend_from_slice(&match method {
            Method::Mixed(mixing) => {
                let profile = mixing.profile(kind).as_words(bytes.len())?;
                encode_profile(&profile, &codes, mixing.table_bytes(), set)?
            }
            other => encode_plain(&codes, other, bytes.len(), set)?,
        });
        return Ok(out);
    }
    match method {
        Method::Mixed(mixing) => {
            let profile = mixing.profile(kind);
            let samples = reversed(bytes, kind);
            encode_profile(&profile, samples.as_deref().unwrap_or(bytes), mixing.table_bytes(), set)
        }
        other => encode_plain(bytes, other, bytes.len(), set),
    }
}

/// Codes `bytes`, which stand for `raw_len`, without a predictor.
fn encode_plain(
    bytes: &[u8],
    method: Method,
    raw_len: usize,
    set: InstructionSet,
) -> Result<Vec<u8>> {
    match method {
        Method::Stored => Ok(bytes.to_vec()),
        Method::Sorted => sort::encode_filled(bytes, set, work::fewest_bytes(raw_len)),
        Method::Mixed(_) | Method::Continued => Err(no_predictor()),
    }
}

fn no_predictor() -> Error {
    Error::Bug("a stream without the predictor that codes it".into())
}

/// Decodes what [`encode`] made of `raw_len` bytes.
///
/// # Errors
/// [`crate::Error::Limit`] when memory for the tables cannot be had, [`crate::Error::Corrupt`]
/// when the code ends long before the bytes do.
pub fn decode(coded: &[u8], raw_len: usize, method: Method, kind: &Kind) -> Result<Vec<u8>> {
    decode_as(coded, raw_len, method, kind, crate::simd::active())
}

/// Like [`decode`], with the kernels of `set`.
///
/// # Errors
/// As for [`decode`].
pub fn decode_as(
    coded: &[u8],
    raw_len: usize,
    method: Method,
    kind: &Kind,
    set: InstructionSet,
) -> Result<Vec<u8>> {
    if *kind == Kind::Words && method != Method::Stored {
        let mut reader = varint::Reader::new(coded);
        let length = reader.len()?;
        if length > raw_len.saturating_mul(words::MAX_EXPANSION) {
            return Err(Error::Corrupt("number of codes".into()));
        }
        let codes = match method {
            Method::Mixed(mixing) => {
                let profile = mixing.profile(kind).as_words(raw_len)?;
                decode_profile(&profile, reader.rest(), length, mixing.table_bytes(), set)?
            }
            other => decode_plain(reader.rest(), length, other, set)?,
        };
        return words::decode(&codes, raw_len);
    }
    match method {
        Method::Mixed(mixing) => {
            let bytes =
                decode_profile(&mixing.profile(kind), coded, raw_len, mixing.table_bytes(), set)?;
            Ok(reversed(&bytes, kind).unwrap_or(bytes))
        }
        other => decode_plain(coded, raw_len, other, set),
    }
}

/// Decodes what [`encode_plain`] made of `length` bytes.
fn decode_plain(
    coded: &[u8],
    length: usize,
    method: Method,
    set: InstructionSet,
) -> Result<Vec<u8>> {
    match method {
        Method::Stored if coded.len() == length => Ok(coded.to_vec()),
        Method::Stored => Err(Error::Corrupt("length of a stored stream".into())),
        Method::Sorted => sort::decode(coded, length, set),
        Method::Mixed(_) | Method::Continued => Err(no_predictor()),
    }
}

/// Little-endian samples with their high bytes first, as the signal models take them; the
/// excess over whole samples stays as it is.
fn reversed(bytes: &[u8], kind: &Kind) -> Option<Vec<u8>> {
    let width = match *kind {
        Kind::Image16 { big_endian: false, .. } => 2,
        Kind::Audio { bits, big_endian: false, .. } if bits > 8 => usize::from(bits / 8),
        _ => return None,
    };
    let mut samples = bytes.to_vec();
    samples.chunks_exact_mut(width).for_each(<[u8]>::reverse);
    Some(samples)
}
