//! From bytes of a kind to code and back: sorted or mixed, as text or as words.

use std::sync::{Mutex, PoisonError};

use super::{Method, Mixing, work};
use crate::coder::costs::Costs;
use crate::coder::growing::{CodeSource, Growing};
use crate::error::{Error, Result};
use crate::kind::Kind;
use crate::predictor::profile::Profile;
use crate::predictor::{decode_source as decode_mixed, encode_growing as encode_mixed};
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

/// Like [`encode`], with threads that decode the code meanwhile. Appends mixed code to `growing`
/// while it is coded, as far as nothing changes it any more. Puts into `decoded` what threads
/// decoded of a sorted stream, if free ones decoded all of it.
///
/// # Errors
/// As for [`encode`].
pub fn encode_followed(
    bytes: &[u8],
    method: Method,
    kind: &Kind,
    growing: Option<&Growing>,
    decoded: Option<&Mutex<Option<Vec<u8>>>>,
) -> Result<Vec<u8>> {
    let set = crate::simd::active();
    let (Method::Sorted(column), Some(decoded)) = (method, decoded) else {
        return encode_to(bytes, method, kind, set, growing);
    };
    let least = work::fewest_bytes(bytes.len());
    let mut out = Vec::new();
    let again = if *kind == Kind::Words {
        let codes = words::encode(bytes)?;
        varint::put(&mut out, codes.len() as u64);
        let (code, again) = sort::encode_followed(&codes, column, set, least)?;
        out.extend_from_slice(&code);
        again.map(|codes| words::decode(&codes, bytes.len())).transpose().unwrap_or(None)
    } else {
        let (code, again) = sort::encode_followed(bytes, column, set, least)?;
        out = code;
        again
    };
    *decoded.lock().unwrap_or_else(PoisonError::into_inner) = again;
    Ok(out)
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
    encode_to(bytes, method, kind, set, None)
}

fn encode_to(
    bytes: &[u8],
    method: Method,
    kind: &Kind,
    set: InstructionSet,
    growing: Option<&Growing>,
) -> Result<Vec<u8>> {
    if *kind == Kind::Words && method != Method::Stored {
        let codes = words::encode(bytes)?;
        let mut out = Vec::new();
        varint::put(&mut out, codes.len() as u64);
        if let Some(growing) = growing {
            growing.append(&out);
        }
        out.extend_from_slice(&match method {
            Method::Mixed(mixing) => {
                let profile = mixing.profile(kind).as_words(bytes.len())?;
                encode_mixed(&profile, &codes, mixing.table_bytes(), set, growing)?
            }
            other => encode_plain(&codes, other, bytes.len(), set)?,
        });
        return Ok(out);
    }
    match method {
        Method::Mixed(mixing) => {
            let profile = mixing.profile(kind);
            let samples = reversed(bytes, kind);
            let samples = samples.as_deref().unwrap_or(bytes);
            encode_mixed(&profile, samples, mixing.table_bytes(), set, growing)
        }
        other => encode_plain(bytes, other, bytes.len(), set),
    }
}

/// Like [`encode`] by [`Method::Mixed`], with a profile that `change` has changed. Nothing decodes
/// it.
///
/// # Errors
/// As for [`encode`]; or no predictor holds the profile.
pub fn encode_varied(
    bytes: &[u8],
    mixing: Mixing,
    kind: &Kind,
    change: impl Fn(&mut Profile),
) -> Result<Vec<u8>> {
    let mut profile = mixing.profile(kind);
    let (memory, set) = (mixing.table_bytes(), crate::simd::active());
    if *kind == Kind::Words {
        let codes = words::encode(bytes)?;
        let mut out = Vec::new();
        varint::put(&mut out, codes.len() as u64);
        change(&mut profile);
        let profile = profile.as_words(bytes.len())?;
        out.extend_from_slice(&encode_mixed(&profile, &codes, memory, set, None)?);
        return Ok(out);
    }
    change(&mut profile);
    let samples = reversed(bytes, kind);
    encode_mixed(&profile, samples.as_deref().unwrap_or(bytes), memory, set, None)
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
        Method::Sorted(column) => {
            sort::encode_filled(bytes, column, set, work::fewest_bytes(raw_len))
        }
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
#[cfg(test)]
pub fn decode(coded: &[u8], raw_len: usize, method: Method, kind: &Kind) -> Result<Vec<u8>> {
    decode_as(coded, raw_len, method, kind, crate::simd::active())
}

/// Like [`decode`], with the kernels of `set`.
///
/// # Errors
/// As for [`decode`].
#[cfg(test)]
pub fn decode_as(
    coded: &[u8],
    raw_len: usize,
    method: Method,
    kind: &Kind,
    set: InstructionSet,
) -> Result<Vec<u8>> {
    decode_from(CodeSource::Whole(coded), raw_len, method, kind, set, None)
}

/// Like [`decode`], for code that may still be written.
///
/// # Errors
/// As for [`decode`]; or nobody needs the code any more.
pub fn decode_source(
    source: CodeSource<'_>,
    raw_len: usize,
    method: Method,
    kind: &Kind,
) -> Result<Vec<u8>> {
    decode_from(source, raw_len, method, kind, crate::simd::active(), None)
}

/// Like [`decode_source`] for the whole code of a mixed stream. Notes in `costs` what the bytes
/// cost; of other streams nothing is noted.
///
/// # Errors
/// As for [`decode_source`].
pub fn decode_measured(
    coded: &[u8],
    raw_len: usize,
    method: Method,
    kind: &Kind,
    costs: &mut Costs,
) -> Result<Vec<u8>> {
    let set = crate::simd::active();
    decode_from(CodeSource::Whole(coded), raw_len, method, kind, set, Some(costs))
}

fn decode_from(
    mut source: CodeSource<'_>,
    raw_len: usize,
    method: Method,
    kind: &Kind,
    set: InstructionSet,
    mut costs: Option<&mut Costs>,
) -> Result<Vec<u8>> {
    if *kind == Kind::Words && method != Method::Stored {
        source.need(varint::MAX_LEN)?;
        let mut reader = varint::Reader::new(source.bytes());
        let length = reader.len()?;
        if length > raw_len.saturating_mul(words::MAX_EXPANSION) {
            return Err(Error::Corrupt("number of codes".into()));
        }
        let passed = source.bytes().len() - reader.rest().len();
        source.pass(passed);
        let codes = match method {
            Method::Mixed(mixing) => {
                let profile = mixing.profile(kind).as_words(raw_len)?;
                let costs = costs.as_deref_mut();
                decode_mixed(&profile, source, length, mixing.table_bytes(), set, costs)?
            }
            other => decode_plain(source.need_all()?, length, other, set)?,
        };
        if let (Method::Mixed(_), Some(costs)) = (method, costs) {
            costs.stand_for(words::ends(&codes, costs.part())?);
        }
        return words::decode(&codes, raw_len);
    }
    match method {
        Method::Mixed(mixing) => {
            let (profile, memory) = (mixing.profile(kind), mixing.table_bytes());
            let bytes = decode_mixed(&profile, source, raw_len, memory, set, costs)?;
            Ok(reversed(&bytes, kind).unwrap_or(bytes))
        }
        other => decode_plain(source.need_all()?, raw_len, other, set),
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
        Method::Sorted(column) => sort::decode(coded, length, column, set),
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
