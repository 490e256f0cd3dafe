//! From bytes to code and back: a predictor and the coder, compiled for each instruction set.

use super::base::{State, Task};
use super::primed::{self, Found, Key};
use super::primer::Primer;
use super::profile::Profile;
use super::work::Work;
use super::{Predictor, Sizes};
use crate::block::Kind;
use crate::budget::{self, Charge};
use crate::coder::leading::{LeadingBits, Skipped};
use crate::coder::{Decoder, Encoder};
use crate::error::{Error, Result};
use crate::level::{Effort, Level};
use crate::mix::mixer::{Mixer, WeightMixer};
use crate::simd::{InstructionSet, Kernels, Scalar};
use crate::{block, words};
use std::borrow::Cow;

/// Codes `bytes`, which are of kind `kind`, at `level`.
///
/// # Errors
/// [`crate::Error::Limit`] when memory for the tables cannot be had.
pub fn encode(bytes: &[u8], level: &Level, kind: &Kind) -> Result<Vec<u8>> {
    encode_as(bytes, level, kind, crate::simd::active())
}

/// Like [`encode`], with the kernels of `set`: the same bytes whichever it is.
///
/// # Errors
/// As for [`encode`].
pub fn encode_as(bytes: &[u8], level: &Level, kind: &Kind, set: InstructionSet) -> Result<Vec<u8>> {
    if *kind == Kind::Words {
        return encode_words(bytes, level, set);
    }
    if sorted(level, kind, bytes.len()) {
        return crate::sort::encode_filled(bytes, set, block::fewest_bytes(bytes.len()));
    }
    let profile = Profile::new(level, kind, bytes.len());
    match reversed(bytes, kind) {
        Some(samples) => encode_profile(&profile, &samples, level.memory, set),
        None => encode_profile(&profile, bytes, level.memory, set),
    }
}

/// Decodes what [`encode`] made of `raw_len` bytes.
///
/// # Errors
/// [`crate::Error::Limit`] when memory for the tables cannot be had, [`crate::Error::Corrupt`]
/// when the code ends long before the bytes do.
pub fn decode(coded: &[u8], raw_len: usize, level: &Level, kind: &Kind) -> Result<Vec<u8>> {
    decode_as(coded, raw_len, level, kind, crate::simd::active())
}

/// Like [`decode`], with the kernels of `set`.
///
/// # Errors
/// As for [`decode`].
pub fn decode_as(coded: &[u8], raw_len: usize, level: &Level, kind: &Kind, set: InstructionSet) -> Result<Vec<u8>> {
    if *kind == Kind::Words {
        return decode_words(coded, raw_len, level, set);
    }
    if sorted(level, kind, raw_len) {
        return crate::sort::decode(coded, raw_len, set);
    }
    let bytes = decode_profile(&Profile::new(level, kind, raw_len), coded, raw_len, level.memory, set)?;
    Ok(reversed(&bytes, kind).unwrap_or(bytes))
}

/// Codes text as words: how many bytes its codes are, then these as any other stream.
fn encode_words(text: &[u8], level: &Level, set: InstructionSet) -> Result<Vec<u8>> {
    let codes = words::encode(text)?;
    let mut out = Vec::new();
    block::put_varint(&mut out, codes.len() as u64);
    let coded = if sorted(level, &Kind::Words, codes.len()) {
        crate::sort::encode_filled(&codes, set, block::fewest_bytes(text.len()))?
    } else {
        encode_profile(&Profile::of_words(level, text.len())?, &codes, level.memory, set)?
    };
    out.extend_from_slice(&coded);
    Ok(out)
}

/// Decodes what [`encode_words`] made of `raw_len` bytes.
fn decode_words(coded: &[u8], raw_len: usize, level: &Level, set: InstructionSet) -> Result<Vec<u8>> {
    let mut reader = block::Reader::new(coded);
    let length = reader.len()?;
    if length > raw_len.saturating_mul(words::MOST) {
        return Err(Error::Corrupt("number of codes".into()));
    }
    let codes = if sorted(level, &Kind::Words, length) {
        crate::sort::decode(reader.rest(), length, set)?
    } else {
        decode_profile(&Profile::of_words(level, raw_len)?, reader.rest(), length, level.memory, set)?
    };
    words::decode(&codes, raw_len)
}

/// Bytes from one note of progress to the next.
const PROGRESS: usize = 4096;

/// What a step of [`PROGRESS`] bytes counts for where `bytes` of them stand for `text` bytes of text.
fn step_of(text: Option<usize>, bytes: usize) -> u64 {
    text.map_or(PROGRESS as u64, |text| (PROGRESS as u64).saturating_mul(text as u64) / bytes.max(1) as u64)
}

/// Notes that `done` bytes of a stream are done.
#[inline(always)]
fn advance(step: u64, done: usize) {
    if done.is_multiple_of(PROGRESS) {
        crate::progress::advance(step);
    }
}

/// Text of this length and more is sorted at [`Effort::SortLong`]. Shorter text is 5 to 25 % larger when
/// sorted than when mixed, and takes little time either way.
const LONG_TEXT: usize = 512 << 10;

/// The same for the codes of text as words. Source code and markup would be half as large again if sorted, and codes are
/// mixed in three quarters of the time of their text.
const LONG_WORDS: usize = 1536 << 10;

/// Whether streams of `kind` and `length` are sorted at `level`.
pub(crate) fn sorted(level: &Level, kind: &Kind, length: usize) -> bool {
    match level.effort {
        Effort::Sort => true,
        Effort::SortMost => !matches!(kind, Kind::Exe),
        Effort::SortText => matches!(kind, Kind::Text | Kind::Words | Kind::Table | Kind::Image16 { .. }),
        Effort::SortLong => match kind {
            Kind::Image16 { .. } => true,
            Kind::Text => length >= LONG_TEXT,
            Kind::Words => length >= LONG_WORDS,
            _ => false,
        },
        Effort::Small | Effort::Middle | Effort::SmallFiles | Effort::Huge => false,
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

/// Takes the memory for the text that a stream of words stands for, its primer's included: models keep it.
fn charge_text(profile: &Profile, task: &Task) -> Result<Charge> {
    let primer = if profile.words.is_some() { 2 * profile.primer.text.len() } else { 0 };
    budget::charge((task.text.unwrap_or(0) + primer) as u64, "the text behind a stream of words")
}

/// What is learned first and what is coded, in one piece.
fn join(primer: &[u8], raw: &[u8]) -> Result<Vec<u8>> {
    let total = primer.len() + raw.len();
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(total).map_err(|_| Error::no_memory(format_args!("{total} bytes")))?;
    bytes.extend_from_slice(primer);
    bytes.extend_from_slice(raw);
    Ok(bytes)
}

/// Takes in the part of a primer that is not learned.
#[inline(always)]
fn note<K: Kernels, const N: usize, const R: usize, const D: usize, const P: usize, const S: usize, M: WeightMixer<P, S>>(
    predictor: &mut Predictor<K, N, R, D, P, S, M>,
    primer: &Primer,
) {
    for end in 1..=primer.noted {
        predictor.note_byte(&primer.text[..end]);
    }
}

/// A predictor at the beginning of a stream.
struct Start<T> {
    predictor: T,
    /// How many bytes of the primer it has read.
    read: usize,
    /// Whether the last of them has just been taken in, and the next may be as good as sure.
    is_primed: bool,
    /// What the predictor is to be kept under when it has read the primer, and the bytes of its tables.
    keep: Option<(Key, u64)>,
}

/// Makes a predictor that has read its primer, or taken in the part that is not learned.
#[inline(always)]
fn begin<K: Kernels, const N: usize, const R: usize, const D: usize, const P: usize, const S: usize, M: WeightMixer<P, S> + 'static>(
    kernels: K,
    profile: &Profile,
    length: usize,
    task: &Task,
    skipped: Skipped,
    is_coding: bool,
) -> Result<Start<Predictor<K, N, R, D, P, S, M>>> {
    let sizes = Sizes::of(N, length.saturating_add(task.room.unwrap_or(0)), task.memory);
    let key = if task.room.is_none() { Key::of::<Predictor<K, N, R, D, P, S, M>>(profile, sizes, skipped) } else { None };
    let mut keep = None;
    if let Some(key) = key {
        match primed::find(&key, is_coding)? {
            Found::Primed(predictor) => {
                // More than the text of the stream alone, which the task only estimates.
                let predictor = Predictor::go_on(Cow::Owned(predictor), profile.words)?;
                return Ok(Start { predictor, read: profile.primer.text.len(), is_primed: true, keep });
            }
            Found::Wanted => keep = Some((key, sizes.bytes())),
            Found::Unknown => {}
        }
    }
    let mut predictor = Predictor::with_sizes(kernels, profile, sizes, skipped)?;
    note(&mut predictor, &profile.primer);
    Ok(Start { predictor, read: profile.primer.noted, is_primed: false, keep })
}

#[inline(always)]
fn encode_with<K: Kernels, const N: usize, const R: usize, const D: usize, const P: usize, const S: usize, M: WeightMixer<P, S>>(
    kernels: K,
    profile: &Profile,
    raw: &[u8],
    task: &Task,
) -> Result<(Vec<u8>, Option<State>)> {
    let before = task.before::<Predictor<K, N, R, D, P, S, M>>()?;
    let (before, read) = before.unzip();
    let primer = read.as_deref().unwrap_or(&profile.primer.text);
    let start = primer.len();
    let primed = if start > 0 { join(primer, raw)? } else { Vec::new() };
    let bytes = if start > 0 { &primed } else { raw };
    let _charges = (budget::charge(primed.len() as u64, "a stream")?, charge_text(profile, task)?);
    let leading = LeadingBits::find(raw, profile.leading);
    let mut encoder = Encoder::new();
    leading.encode(profile.leading, &mut encoder);
    let Start { mut predictor, read: mut index, is_primed: mut is_taken, keep } = match before {
        Some(before) => Start { predictor: Predictor::go_on(before, task.text)?, read: start, is_primed: false, keep: None },
        None => begin::<K, N, R, D, P, S, M>(kernels, profile, bytes.len(), task, leading.skipped, true)?,
    };
    let step = step_of(task.text, raw.len());
    let mut work = Work::default();
    while let Some(&byte) = bytes.get(index) {
        if !is_taken {
            if index >= start {
                work.modelled();
            }
            predictor.begin_byte();
            let skipped = predictor.skipped();
            for shift in (8 - skipped..8).rev() {
                predictor.skip_bit(u32::from(byte >> shift) & 1);
            }
            for shift in (0..8 - skipped).rev() {
                let bit = u32::from(byte >> shift) & 1;
                if index >= start {
                    encoder.encode(bit, predictor.probability());
                }
                // The last bit is learned with its byte.
                if shift > 0 {
                    predictor.update_bit(bit);
                }
            }
            predictor.end_byte(u32::from(byte) & 1);
        }
        // The byte that has ended, then every byte after it that is as good as sure and comes.
        loop {
            if !std::mem::take(&mut is_taken) {
                predictor.push(&bytes[..=index]);
                index += 1;
                if let (Some((key, bytes)), true) = (&keep, index == start) {
                    primed::keep(key, &predictor, *bytes);
                }
            }
            if index < start || index == bytes.len() {
                break;
            }
            advance(step, index - start);
            let Some(bypass) = predictor.bypass() else { break };
            let came = u32::from(bypass.expected() == bytes[index]);
            encoder.encode(came, bypass.probability());
            if came == 0 {
                predictor.reject();
                break;
            }
            work.expected();
        }
    }
    let kept = if task.room.is_some() { task.keep(predictor, bytes.to_vec()) } else { None };
    let mut code = encoder.finish();
    work.fill(&mut code);
    Ok((code, kept))
}

#[inline(always)]
fn decode_with<K: Kernels, const N: usize, const R: usize, const D: usize, const P: usize, const S: usize>(
    kernels: K,
    profile: &Profile,
    coded: &[u8],
    raw_len: usize,
    task: &Task,
) -> Result<(Vec<u8>, Option<State>)> {
    let before = task.before::<Predictor<K, N, R, D, P, S>>()?;
    let (before, read) = before.unzip();
    let primer = read.as_deref().unwrap_or(&profile.primer.text);
    let start = primer.len();
    let total = raw_len.saturating_add(start);
    let mut decoder = Decoder::new(coded);
    let leading = LeadingBits::decode(profile.leading, raw_len, &mut decoder)?;
    let mut exceptions = leading.exceptions.iter().map(|position| position + start).peekable();
    let _charge = budget::charge(total as u64, "a stream")?;
    let _text = charge_text(profile, task)?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(total).map_err(|_| Error::no_memory(format_args!("{total} bytes")))?;
    let Start { mut predictor, read: first, is_primed: mut is_taken, keep } = match before {
        Some(before) => Start { predictor: Predictor::go_on(before, task.text)?, read: start, is_primed: false, keep: None },
        None => begin::<K, N, R, D, P, S, Mixer<P, S>>(kernels, profile, total, task, leading.skipped, false)?,
    };
    let step = step_of(task.text, raw_len);
    let mut work = Work::default();
    bytes.extend_from_slice(&primer[..first]);
    while bytes.len() < total {
        if decoder.overrun() {
            return Err(Error::Corrupt("the code ends before its bytes do".into()));
        }
        if work.is_too_much(coded.len()) {
            return Err(Work::error());
        }
        if !is_taken {
            if bytes.len() >= start {
                work.modelled();
            }
            let known = primer.get(bytes.len()).copied();
            predictor.begin_byte();
            let mut byte = 0;
            let skipped = predictor.skipped();
            if skipped > 0 {
                byte = u32::from(exceptions.next_if_eq(&bytes.len()).is_some());
                (0..skipped).for_each(|_| predictor.skip_bit(byte));
            }
            for shift in (0..8 - skipped).rev() {
                let bit = match known {
                    Some(known) => u32::from(known >> shift) & 1,
                    None => decoder.decode(predictor.probability()),
                };
                if shift > 0 {
                    predictor.update_bit(bit);
                }
                byte = byte * 2 + bit;
            }
            bytes.push(byte as u8);
            predictor.end_byte(byte & 1);
        }
        // As in `encode_with`.
        loop {
            if !std::mem::take(&mut is_taken) {
                predictor.push(&bytes);
                if let (Some((key, size)), true) = (&keep, bytes.len() == start) {
                    primed::keep(key, &predictor, *size);
                }
            }
            if bytes.len() < start || bytes.len() == total || decoder.overrun() || work.is_too_much(coded.len()) {
                break;
            }
            advance(step, bytes.len() - start);
            let Some(bypass) = predictor.bypass() else { break };
            let came = decoder.decode(bypass.probability());
            if came == 0 {
                predictor.reject();
                break;
            }
            exceptions.next_if_eq(&bytes.len());
            bytes.push(bypass.expected());
            work.expected();
        }
    }
    if task.room.is_none() {
        bytes.drain(..start);
        return Ok((bytes, None));
    }
    let raw = bytes[start..].to_vec();
    Ok((raw, task.keep(predictor, bytes)))
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
#[allow(unsafe_code)]
fn encode_avx2<const N: usize, const R: usize, const D: usize, const P: usize, const S: usize, M: WeightMixer<P, S>>(
    kernels: crate::simd::Avx2,
    profile: &Profile,
    raw: &[u8],
    task: &Task,
) -> Result<(Vec<u8>, Option<State>)> {
    encode_with::<_, N, R, D, P, S, M>(kernels, profile, raw, task)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
#[allow(unsafe_code)]
fn decode_avx2<const N: usize, const R: usize, const D: usize, const P: usize, const S: usize>(
    kernels: crate::simd::Avx2,
    profile: &Profile,
    coded: &[u8],
    raw_len: usize,
    task: &Task,
) -> Result<(Vec<u8>, Option<State>)> {
    decode_with::<_, N, R, D, P, S>(kernels, profile, coded, raw_len, task)
}

/// Codes `raw` with the predictor of `profile`.
///
/// # Errors
/// Memory for the tables cannot be had.
#[allow(unsafe_code)]
pub(super) fn encode_sized<const N: usize, const R: usize, const D: usize, const P: usize, const S: usize, M: WeightMixer<P, S>>(
    profile: &Profile,
    raw: &[u8],
    task: &Task,
) -> Result<(Vec<u8>, Option<State>)> {
    match task.set {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: only detection of the features that the function is compiled for makes an `Avx2`.
        InstructionSet::Avx2(kernels) => unsafe { encode_avx2::<N, R, D, P, S, M>(kernels, profile, raw, task) },
        #[cfg(target_arch = "aarch64")]
        InstructionSet::Neon(kernels) => encode_with::<_, N, R, D, P, S, M>(kernels, profile, raw, task),
        InstructionSet::Scalar => encode_with::<_, N, R, D, P, S, M>(Scalar, profile, raw, task),
    }
}

/// Decodes what [`encode_profile`] made of `raw_len` bytes.
///
/// # Errors
/// Memory for the tables cannot be had.
#[allow(unsafe_code)]
fn decode_sized<const N: usize, const R: usize, const D: usize, const P: usize, const S: usize>(
    profile: &Profile,
    coded: &[u8],
    raw_len: usize,
    task: &Task,
) -> Result<(Vec<u8>, Option<State>)> {
    match task.set {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as in `encode_sized`.
        InstructionSet::Avx2(kernels) => unsafe { decode_avx2::<N, R, D, P, S>(kernels, profile, coded, raw_len, task) },
        #[cfg(target_arch = "aarch64")]
        InstructionSet::Neon(kernels) => decode_with::<_, N, R, D, P, S>(kernels, profile, coded, raw_len, task),
        InstructionSet::Scalar => decode_with::<_, N, R, D, P, S>(Scalar, profile, coded, raw_len, task),
    }
}

/// Calls a sized function with the smallest shape that holds the profile.
macro_rules! with_shape {
    ($profile:expr, $function:ident<$($mixer:ident)?>($($argument:expr),*)) => {
        match ($profile.contexts.len(), $profile.selectors.len()) {
            // Signal models give direct inputs in place of runs.
            (..=8, _) if $profile.signal.is_some() => $function::<8, 0, 0, 16, 3 $(, $mixer<16, 3>)?>($($argument),*),
            (..=16, _) if $profile.signal.is_some() => $function::<16, 0, 0, 32, 6 $(, $mixer<32, 6>)?>($($argument),*),
            (..=8, ..=2) if !$profile.detailed => $function::<8, 0, 0, 16, 2 $(, $mixer<16, 2>)?>($($argument),*),
            (..=16, ..=3) if !$profile.detailed => $function::<16, 0, 0, 24, 3 $(, $mixer<24, 3>)?>($($argument),*),
            (..=8, ..=2) => $function::<8, 2, 0, 24, 2 $(, $mixer<24, 2>)?>($($argument),*),
            (..=16, ..=4) => $function::<16, 1, 0, 40, 4 $(, $mixer<40, 4>)?>($($argument),*),
            (..=24, ..=6) => $function::<24, 2, 0, 56, 6 $(, $mixer<56, 6>)?>($($argument),*),
            (..=40, ..=8) => $function::<40, 8, 0, 96, 8 $(, $mixer<96, 8>)?>($($argument),*),
            (..=56, ..=10) => $function::<56, 8, 11, 136, 10 $(, $mixer<136, 10>)?>($($argument),*),
            _ => Err(Error::Bug("a profile larger than every shape".into())),
        }
    };
}

/// Codes `raw` with the predictor of `profile`.
///
/// # Errors
/// Memory for the tables cannot be had.
pub fn encode_profile(profile: &Profile, raw: &[u8], memory: usize, set: InstructionSet) -> Result<Vec<u8>> {
    Ok(encode_task(profile, raw, &Task::alone(profile, raw.len(), memory, set))?.0)
}

/// Decodes what [`encode_profile`] made of `raw_len` bytes.
///
/// # Errors
/// Memory for the tables cannot be had.
pub fn decode_profile(profile: &Profile, coded: &[u8], raw_len: usize, memory: usize, set: InstructionSet) -> Result<Vec<u8>> {
    Ok(decode_task(profile, coded, raw_len, &Task::alone(profile, raw_len, memory, set))?.0)
}

/// Codes `raw` with the predictor of `profile`, or that of the base that `task` goes on from.
pub(super) fn encode_task(profile: &Profile, raw: &[u8], task: &Task) -> Result<(Vec<u8>, Option<State>)> {
    with_shape!(profile, encode_sized<Mixer>(profile, raw, task))
}

/// Decodes what [`encode_task`] made of `raw_len` bytes.
pub(super) fn decode_task(profile: &Profile, coded: &[u8], raw_len: usize, task: &Task) -> Result<(Vec<u8>, Option<State>)> {
    with_shape!(profile, decode_sized<>(profile, coded, raw_len, task))
}
