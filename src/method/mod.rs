//! From bytes of a kind to code and back: sorted or mixed, as text or as words.

pub mod work;

use crate::error::{Error, Result};
use crate::kind::Kind;
use crate::level::{Effort, Level};
use crate::predictor::profile::Profile;
use crate::predictor::{decode_profile, encode_profile, most_memory};
use crate::simd::InstructionSet;
use crate::varint;
use crate::words;

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
        return crate::sort::encode_filled(bytes, set, work::fewest_bytes(bytes.len()));
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
pub fn decode_as(
    coded: &[u8],
    raw_len: usize,
    level: &Level,
    kind: &Kind,
    set: InstructionSet,
) -> Result<Vec<u8>> {
    if *kind == Kind::Words {
        return decode_words(coded, raw_len, level, set);
    }
    if sorted(level, kind, raw_len) {
        return crate::sort::decode(coded, raw_len, set);
    }
    let bytes =
        decode_profile(&Profile::new(level, kind, raw_len), coded, raw_len, level.memory, set)?;
    Ok(reversed(&bytes, kind).unwrap_or(bytes))
}

/// Codes text as words: how many bytes its codes are, then these as any other stream.
fn encode_words(text: &[u8], level: &Level, set: InstructionSet) -> Result<Vec<u8>> {
    let codes = words::encode(text)?;
    let mut out = Vec::new();
    varint::put(&mut out, codes.len() as u64);
    let coded = if sorted(level, &Kind::Words, codes.len()) {
        crate::sort::encode_filled(&codes, set, work::fewest_bytes(text.len()))?
    } else {
        encode_profile(&Profile::of_words(level, text.len())?, &codes, level.memory, set)?
    };
    out.extend_from_slice(&coded);
    Ok(out)
}

/// Decodes what [`encode_words`] made of `raw_len` bytes.
fn decode_words(
    coded: &[u8],
    raw_len: usize,
    level: &Level,
    set: InstructionSet,
) -> Result<Vec<u8>> {
    let mut reader = varint::Reader::new(coded);
    let length = reader.len()?;
    if length > raw_len.saturating_mul(words::MAX_EXPANSION) {
        return Err(Error::Corrupt("number of codes".into()));
    }
    let codes = if sorted(level, &Kind::Words, length) {
        crate::sort::decode(reader.rest(), length, set)?
    } else {
        decode_profile(
            &Profile::of_words(level, raw_len)?,
            reader.rest(),
            length,
            level.memory,
            set,
        )?
    };
    words::decode(&codes, raw_len)
}

/// Text of this length and more is sorted at [`Effort::SortLong`]. Shorter text is 5 to 25 % larger
/// when sorted than when mixed, and takes little time either way.
const LONG_TEXT: usize = 512 << 10;

/// The same for the codes of text as words. Source code and markup would be half as large again if
/// sorted, and codes are mixed in three quarters of the time of their text.
const LONG_WORDS: usize = 1536 << 10;

/// Whether streams of `kind` and `length` are sorted at `level`.
pub(crate) fn sorted(level: &Level, kind: &Kind, length: usize) -> bool {
    match level.effort {
        Effort::Sort => true,
        Effort::SortMost => !matches!(kind, Kind::Exe),
        Effort::SortText => {
            matches!(kind, Kind::Text | Kind::Words | Kind::Table | Kind::Image16 { .. })
        }
        Effort::SortLong => match kind {
            Kind::Image16 { .. } => true,
            Kind::Text => length >= LONG_TEXT,
            Kind::Words => length >= LONG_WORDS,
            _ => false,
        },
        Effort::Small | Effort::Middle | Effort::SmallFiles | Effort::Huge => false,
    }
}

impl Level {
    /// Bytes of memory that coding or decoding a block of `length` bytes takes, at most, whatever
    /// is in the block.
    #[must_use]
    pub fn memory_for(&self, length: usize) -> u64 {
        let kinds = [
            Kind::Text,
            Kind::Words,
            Kind::Table,
            Kind::Generic,
            Kind::Exe,
            Kind::Font,
            Kind::Wasm,
        ];
        let of_stream = |kind: &Kind| {
            if sorted(self, kind, length) {
                // Positions, the column, and the code.
                return 6 * length as u64;
            }
            most_memory(&Profile::new(self, kind, length), length, self.memory)
        };
        // The block and its streams, before and after coding.
        kinds.iter().map(of_stream).max().unwrap_or(0) + 4 * length as u64
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
