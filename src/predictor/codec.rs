//! From bytes to code and back: a predictor and the coder, compiled for each instruction set.

use super::Predictor;
use super::profile::Profile;
use crate::coder::{Decoder, Encoder};
use crate::error::{Error, Result};
use crate::block::Kind;
use crate::level::Level;
use crate::simd::{InstructionSet, Kernels, Scalar};

/// Codes `bytes`, which are of kind `kind`, at `level`.
///
/// # Errors
/// [`crate::Error::Limit`] when memory for the tables cannot be had.
pub fn encode(bytes: &[u8], level: &Level, kind: &Kind) -> Result<Vec<u8>> {
    encode_profile(&Profile::new(level, kind), bytes, level.memory, crate::simd::active())
}

/// Decodes what [`encode`] made of `raw_len` bytes.
///
/// # Errors
/// [`crate::Error::Limit`] when memory for the tables cannot be had, [`crate::Error::Corrupt`]
/// when the code ends long before the bytes do.
pub fn decode(coded: &[u8], raw_len: usize, level: &Level, kind: &Kind) -> Result<Vec<u8>> {
    decode_profile(&Profile::new(level, kind), coded, raw_len, level.memory, crate::simd::active())
}

#[inline(always)]
fn encode_with<K: Kernels, const N: usize, const P: usize, const S: usize>(profile: &Profile, raw: &[u8], memory: usize) -> Result<Vec<u8>> {
    let mut predictor = Predictor::<K, N, P, S>::new(profile, raw.len(), memory)?;
    let mut encoder = Encoder::new();
    for (index, &byte) in raw.iter().enumerate() {
        for shift in (0..8).rev() {
            let bit = u32::from(byte >> shift) & 1;
            encoder.encode(bit, predictor.probability());
            predictor.update_bit(bit);
        }
        predictor.end_byte(&raw[..=index]);
    }
    Ok(encoder.finish())
}

#[inline(always)]
fn decode_with<K: Kernels, const N: usize, const P: usize, const S: usize>(profile: &Profile, coded: &[u8], raw_len: usize, memory: usize) -> Result<Vec<u8>> {
    let mut predictor = Predictor::<K, N, P, S>::new(profile, raw_len, memory)?;
    let mut decoder = Decoder::new(coded);
    let mut raw = Vec::new();
    raw.try_reserve_exact(raw_len).map_err(|_| Error::Limit(format!("no memory for {raw_len} bytes")))?;
    for _ in 0..raw_len {
        if decoder.overrun() {
            return Err(Error::Corrupt("the code ends before its bytes do".into()));
        }
        let mut byte = 0;
        for _ in 0..8 {
            let bit = decoder.decode(predictor.probability());
            predictor.update_bit(bit);
            byte = byte * 2 + bit;
        }
        raw.push(byte as u8);
        predictor.end_byte(&raw);
    }
    Ok(raw)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
#[allow(unsafe_code)]
fn encode_avx2<const N: usize, const P: usize, const S: usize>(profile: &Profile, raw: &[u8], memory: usize) -> Result<Vec<u8>> {
    encode_with::<crate::simd::Avx2, N, P, S>(profile, raw, memory)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
#[allow(unsafe_code)]
fn decode_avx2<const N: usize, const P: usize, const S: usize>(profile: &Profile, coded: &[u8], raw_len: usize, memory: usize) -> Result<Vec<u8>> {
    decode_with::<crate::simd::Avx2, N, P, S>(profile, coded, raw_len, memory)
}

/// Codes `raw` with the predictor of `profile`.
///
/// # Errors
/// Memory for the tables cannot be had.
#[allow(unsafe_code)]
fn encode_sized<const N: usize, const P: usize, const S: usize>(profile: &Profile, raw: &[u8], memory: usize, set: InstructionSet) -> Result<Vec<u8>> {
    match set {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `InstructionSet::Avx2` is only ever named after detection.
        InstructionSet::Avx2 => unsafe { encode_avx2::<N, P, S>(profile, raw, memory) },
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Sse2 => encode_with::<crate::simd::Sse2, N, P, S>(profile, raw, memory),
        _ => encode_with::<Scalar, N, P, S>(profile, raw, memory),
    }
}

/// Decodes what [`encode_profile`] made of `raw_len` bytes.
///
/// # Errors
/// Memory for the tables cannot be had.
#[allow(unsafe_code)]
fn decode_sized<const N: usize, const P: usize, const S: usize>(profile: &Profile, coded: &[u8], raw_len: usize, memory: usize, set: InstructionSet) -> Result<Vec<u8>> {
    match set {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as in `encode_profile`.
        InstructionSet::Avx2 => unsafe { decode_avx2::<N, P, S>(profile, coded, raw_len, memory) },
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Sse2 => decode_with::<crate::simd::Sse2, N, P, S>(profile, coded, raw_len, memory),
        _ => decode_with::<Scalar, N, P, S>(profile, coded, raw_len, memory),
    }
}

/// Codes `raw` with the predictor of `profile`.
///
/// # Errors
/// Memory for the tables cannot be had.
pub fn encode_profile(profile: &Profile, raw: &[u8], memory: usize, set: InstructionSet) -> Result<Vec<u8>> {
    match (profile.contexts.len(), profile.selectors.len()) {
        (8, 3) => encode_sized::<8, 16, 3>(profile, raw, memory, set),
        (16, 5) => encode_sized::<16, 32, 5>(profile, raw, memory, set),
        (24, 7) => encode_sized::<24, 48, 7>(profile, raw, memory, set),
        (8, 1) => encode_sized::<8, 16, 1>(profile, raw, memory, set),
        (16, 4) => encode_sized::<16, 24, 4>(profile, raw, memory, set),
        (24, 6) => encode_sized::<24, 32, 6>(profile, raw, memory, set),
        _ => unreachable!(),
    }
}

/// Decodes what [`encode_profile`] made of `raw_len` bytes.
///
/// # Errors
/// Memory for the tables cannot be had.
pub fn decode_profile(profile: &Profile, coded: &[u8], raw_len: usize, memory: usize, set: InstructionSet) -> Result<Vec<u8>> {
    match (profile.contexts.len(), profile.selectors.len()) {
        (8, 3) => decode_sized::<8, 16, 3>(profile, coded, raw_len, memory, set),
        (16, 5) => decode_sized::<16, 32, 5>(profile, coded, raw_len, memory, set),
        (24, 7) => decode_sized::<24, 48, 7>(profile, coded, raw_len, memory, set),
        (8, 1) => decode_sized::<8, 16, 1>(profile, coded, raw_len, memory, set),
        (16, 4) => decode_sized::<16, 24, 4>(profile, coded, raw_len, memory, set),
        (24, 6) => decode_sized::<24, 32, 6>(profile, coded, raw_len, memory, set),
        _ => unreachable!(),
    }
}
