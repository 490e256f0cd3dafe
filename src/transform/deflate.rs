//! A deflate stream to its plain content and the little that makes the same stream of it again.
//!
//! The work is done by the crate `preflate-rs`: it finds which encoder and which settings made
//! the stream, and records where the stream departs from what these would give. Long streams are
//! taken in chunks, so that memory stays bounded. The checksum behind the stream (zlib, gzip) is
//! left out where it is right.

use std::io::Cursor;

use preflate_rs::{ExitCode, PreflateConfig, PreflateStreamProcessor, RecreateStreamProcessor};

use super::{Parts, checksum, guarded};
use crate::block::{Reader, put_varint};
use crate::error::{Error, Result};

/// The stored id.
pub const ID: u8 = 2;

/// Compressed bytes that are unpacked at a time.
const CHUNK: usize = 4 << 20;
/// Compressed bytes that are looked at first.
const GLANCE: usize = 16 << 10;
/// Plain bytes of one chunk: more means a bomb.
const CHUNK_PLAIN: usize = 128 << 20;

/// What follows the deflate stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trailer {
    /// Nothing that belongs to it.
    None,
    /// Adler-32, big-endian (zlib).
    Adler,
    /// CRC-32 and length, little-endian (gzip).
    Gzip,
}

impl Trailer {
    fn bytes(self, plain: &[u8]) -> Vec<u8> {
        match self {
            Trailer::None => Vec::new(),
            Trailer::Adler => checksum::adler32(plain).to_be_bytes().to_vec(),
            Trailer::Gzip => {
                let mut out = checksum::crc32(plain).to_le_bytes().to_vec();
                out.extend_from_slice(&(plain.len() as u32).to_le_bytes());
                out
            }
        }
    }

    fn read(byte: u8) -> Result<Self> {
        match byte {
            0 => Ok(Trailer::None),
            1 => Ok(Trailer::Adler),
            2 => Ok(Trailer::Gzip),
            _ => Err(Error::Corrupt("trailer of a deflate stream".into())),
        }
    }
}

/// Unpacks the stream at the start of `bytes`, to at most `limit` plain bytes. Gives the parts and
/// how many bytes they stand for: the stream, and the trailer where it is right.
///
/// # Errors
/// About how many bytes were worked through in vain, where there is no stream, where it does not pay, or where it does
/// not come back exactly.
pub fn forward(bytes: &[u8], trailer: Trailer, limit: usize) -> std::result::Result<(Parts, usize), usize> {
    let unpacked = guarded("deflate", || Ok(unpack(bytes, limit))).unwrap_or(Err(CHUNK))?;
    // Corrections of this size mean an unknown encoder: they cost what the content gains.
    if unpacked.corrections.len() * 4 > unpacked.consumed || unpacked.plain.is_empty() {
        return Err(unpacked.consumed);
    }
    let tail = trailer.bytes(&unpacked.plain);
    let trailer = if unpacked.done && bytes[unpacked.consumed..].starts_with(&tail) { trailer } else { Trailer::None };
    let consumed = unpacked.consumed + if trailer == Trailer::None { 0 } else { tail.len() };
    let mut params = vec![trailer as u8];
    put_varint(&mut params, unpacked.chunks.len() as u64);
    // The lengths of the last chunk follow from the others.
    for (plain, corrections) in &unpacked.chunks[..unpacked.chunks.len() - 1] {
        put_varint(&mut params, *plain as u64);
        put_varint(&mut params, *corrections as u64);
    }
    let parts = Parts { id: ID, params, side: unpacked.corrections, packed: Vec::new(), inner: unpacked.plain };
    if super::restores(&parts, &bytes[..consumed]) { Ok((parts, consumed)) } else { Err(consumed) }
}

#[derive(Default)]
struct Unpacked {
    plain: Vec<u8>,
    corrections: Vec<u8>,
    /// Plain and correction bytes of each chunk.
    chunks: Vec<(usize, usize)>,
    consumed: usize,
    done: bool,
}

/// Whole streams that are short, and whatever may be a longer one; false starts fall here, for the cost of a glance.
fn unpack(bytes: &[u8], limit: usize) -> std::result::Result<Unpacked, usize> {
    let glance = &bytes[..bytes.len().min(GLANCE)];
    let short = unpack_chunks(glance, GLANCE, limit);
    match short {
        Ok(unpacked) if unpacked.done || glance.len() == bytes.len() => Ok(unpacked),
        // The settings are found from the first chunk: the longer the better.
        Ok(_) | Err(ExitCode::ShortRead) => unpack_chunks(bytes, CHUNK, limit).map_err(|_| CHUNK.min(bytes.len())),
        Err(_) => Err(GLANCE / 4),
    }
}

/// As much as can be unpacked; a stream that is cut short or goes bad gives its whole blocks.
fn unpack_chunks(bytes: &[u8], chunk: usize, limit: usize) -> std::result::Result<Unpacked, ExitCode> {
    let config = PreflateConfig { max_chain_length: 4096, plain_text_limit: limit.min(CHUNK_PLAIN), verify_compression: false };
    let mut processor = PreflateStreamProcessor::new(&config);
    let mut all = Unpacked::default();
    while !processor.is_done() {
        let end = all.consumed.saturating_add(chunk).min(bytes.len());
        let step = match processor.decompress(&bytes[all.consumed..end]) {
            Ok(step) if step.compressed_size > 0 => step,
            Ok(_) => break,
            Err(error) if all.chunks.is_empty() => return Err(error.exit_code()),
            Err(_) => break,
        };
        let plain = processor.plain_text().text();
        if all.plain.len() + plain.len() > limit {
            break;
        }
        all.plain.extend_from_slice(plain);
        all.corrections.extend_from_slice(&step.corrections);
        all.chunks.push((plain.len(), step.corrections.len()));
        all.consumed += step.compressed_size;
        processor.shrink_to_dictionary();
    }
    all.done = processor.is_done();
    if all.chunks.is_empty() { Err(ExitCode::PlainTextLimit) } else { Ok(all) }
}

/// Undoes [`forward`].
///
/// # Errors
/// [`Error::Corrupt`] where parameters, corrections and content do not fit, or for a result above `limit`.
pub fn inverse(parts: Parts, limit: usize) -> Result<Vec<u8>> {
    let bad = || Error::Corrupt("corrections of a deflate stream".into());
    let mut reader = Reader::new(&parts.params);
    let trailer = Trailer::read(reader.byte()?)?;
    let count = reader.len()?;
    let (mut plain, mut corrections) = (&parts.inner[..], &parts.side[..]);
    if count == 0 || count > parts.params.len() {
        return Err(bad());
    }
    let mut processor = RecreateStreamProcessor::new();
    let mut out = Vec::new();
    for index in 0..count {
        let last = index + 1 == count;
        let (plain_len, corrections_len) = if last { (plain.len(), corrections.len()) } else { (reader.len()?, reader.len()?) };
        let (now, rest) = plain.split_at_checked(plain_len).ok_or_else(bad)?;
        let (fix, fixes) = corrections.split_at_checked(corrections_len).ok_or_else(bad)?;
        (plain, corrections) = (rest, fixes);
        let made = guarded("deflate", || processor.recompress(&mut Cursor::new(now), fix).map_err(|_| bad()))?;
        out.extend_from_slice(&made.0);
        if out.len() > limit {
            return Err(bad());
        }
    }
    if !reader.is_empty() {
        return Err(bad());
    }
    out.extend_from_slice(&trailer.bytes(&parts.inner));
    Ok(out)
}
