//! A deflate stream to its plain content and the little that makes the same stream of it again.
//!
//! The work is done by the crate `preflate-rs`: it finds which encoder and which settings made
//! the stream, and records where the stream departs from what these would give. Long streams are
//! taken in chunks, so that memory stays bounded. The checksum behind the stream (zlib, gzip) is
//! left out where it is right.

use std::io::Cursor;

use preflate_rs::{PreflateConfig, PreflateStreamProcessor, RecreateStreamProcessor};

use super::{Parts, checksum, guarded};
use crate::block::{Reader, put_varint};
use crate::error::{Error, Result};

/// The stored id.
pub const ID: u8 = 2;

/// Compressed bytes that are unpacked at a time.
const CHUNK: usize = 4 << 20;
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
/// how many bytes they stand for: the stream, and the trailer where it is right. `None` where there is no
/// stream, where it does not pay, or where it does not come back exactly.
#[must_use]
pub fn forward(bytes: &[u8], trailer: Trailer, limit: usize) -> Option<(Parts, usize)> {
    let unpacked = guarded("deflate", || Ok(unpack(bytes, limit))).ok()??;
    // Corrections of this size mean an unknown encoder: they cost what the content gains.
    if unpacked.corrections.len() * 4 > unpacked.consumed || unpacked.plain.is_empty() {
        return None;
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
    super::restores(&parts, &bytes[..consumed]).then_some((parts, consumed))
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

/// As much as can be unpacked; a stream that is cut short or goes bad gives its whole blocks.
fn unpack(bytes: &[u8], limit: usize) -> Option<Unpacked> {
    let config = PreflateConfig { max_chain_length: 4096, plain_text_limit: limit.min(CHUNK_PLAIN), verify_compression: false };
    let mut processor = PreflateStreamProcessor::new(&config);
    let mut all = Unpacked::default();
    let mut reach = CHUNK;
    while !processor.is_done() {
        let end = all.consumed.saturating_add(reach).min(bytes.len());
        let before = all.consumed;
        match processor.decompress(&bytes[before..end]) {
            Ok(chunk) if chunk.compressed_size > 0 => {
                let plain = processor.plain_text().text();
                if all.plain.len() + plain.len() > limit {
                    break;
                }
                all.plain.extend_from_slice(plain);
                all.corrections.extend_from_slice(&chunk.corrections);
                all.chunks.push((plain.len(), chunk.corrections.len()));
                all.consumed += chunk.compressed_size;
                processor.shrink_to_dictionary();
            }
            _ => break,
        }
        reach = CHUNK;
    }
    all.done = processor.is_done();
    (!all.chunks.is_empty()).then_some(all)
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
