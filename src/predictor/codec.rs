//! From bytes to code and back: a predictor and the coder, compiled for each instruction set.

use super::Predictor;
use super::profile::Profile;
use crate::coder::{Decoder, Encoder};
use crate::error::Result;
use crate::simd::{InstructionSet, Kernels, Scalar};

#[inline(always)]
fn encode_with<K: Kernels, const N: usize, const P: usize>(profile: &Profile, raw: &[u8], memory: usize) -> Result<Vec<u8>> {
    let mut predictor = Predictor::<K, N, P>::new(profile, raw.len(), memory)?;
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
fn decode_with<K: Kernels, const N: usize, const P: usize>(profile: &Profile, coded: &[u8], raw_len: usize, memory: usize) -> Result<Vec<u8>> {
    let mut predictor = Predictor::<K, N, P>::new(profile, raw_len, memory)?;
    let mut decoder = Decoder::new(coded);
    let mut raw = Vec::with_capacity(raw_len);
    for _ in 0..raw_len {
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
fn encode_avx2<const N: usize, const P: usize>(profile: &Profile, raw: &[u8], memory: usize) -> Result<Vec<u8>> {
    encode_with::<crate::simd::Avx2, N, P>(profile, raw, memory)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
#[allow(unsafe_code)]
fn decode_avx2<const N: usize, const P: usize>(profile: &Profile, coded: &[u8], raw_len: usize, memory: usize) -> Result<Vec<u8>> {
    decode_with::<crate::simd::Avx2, N, P>(profile, coded, raw_len, memory)
}

/// Codes `raw` with the predictor of `profile`.
///
/// # Errors
/// Memory for the tables cannot be had.
#[allow(unsafe_code)]
fn encode_sized<const N: usize, const P: usize>(profile: &Profile, raw: &[u8], memory: usize, set: InstructionSet) -> Result<Vec<u8>> {
    match set {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `InstructionSet::Avx2` is only ever named after detection.
        InstructionSet::Avx2 => unsafe { encode_avx2::<N, P>(profile, raw, memory) },
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Sse2 => encode_with::<crate::simd::Sse2, N, P>(profile, raw, memory),
        _ => encode_with::<Scalar, N, P>(profile, raw, memory),
    }
}

/// Decodes what [`encode_profile`] made of `raw_len` bytes.
///
/// # Errors
/// Memory for the tables cannot be had.
#[allow(unsafe_code)]
fn decode_sized<const N: usize, const P: usize>(profile: &Profile, coded: &[u8], raw_len: usize, memory: usize, set: InstructionSet) -> Result<Vec<u8>> {
    match set {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as in `encode_profile`.
        InstructionSet::Avx2 => unsafe { decode_avx2::<N, P>(profile, coded, raw_len, memory) },
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Sse2 => decode_with::<crate::simd::Sse2, N, P>(profile, coded, raw_len, memory),
        _ => decode_with::<Scalar, N, P>(profile, coded, raw_len, memory),
    }
}

/// Codes `raw` with the predictor of `profile`.
///
/// # Errors
/// Memory for the tables cannot be had.
pub fn encode_profile(profile: &Profile, raw: &[u8], memory: usize, set: InstructionSet) -> Result<Vec<u8>> {
    match profile.contexts.len() {
        8 => encode_sized::<8, 16>(profile, raw, memory, set),
        16 => encode_sized::<16, 24>(profile, raw, memory, set),
        24 if profile.signal.is_some() => encode_sized::<24, 40>(profile, raw, memory, set),
        24 => encode_sized::<24, 32>(profile, raw, memory, set),
        _ => unreachable!(),
    }
}

/// Decodes what [`encode_profile`] made of `raw_len` bytes.
///
/// # Errors
/// Memory for the tables cannot be had.
pub fn decode_profile(profile: &Profile, coded: &[u8], raw_len: usize, memory: usize, set: InstructionSet) -> Result<Vec<u8>> {
    match profile.contexts.len() {
        8 => decode_sized::<8, 16>(profile, coded, raw_len, memory, set),
        16 => decode_sized::<16, 24>(profile, coded, raw_len, memory, set),
        24 if profile.signal.is_some() => decode_sized::<24, 40>(profile, coded, raw_len, memory, set),
        24 => decode_sized::<24, 32>(profile, coded, raw_len, memory, set),
        _ => unreachable!(),
    }
}
