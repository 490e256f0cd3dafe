//! The streams of a split block and their place in it.
//!
//! Order: program, side, compressed, then the data streams. Each is stored or coded by a predictor
//! of its own, whichever is smaller; `compressed` holds what another codec has already compressed and
//! is never tried.

use xxhash_rust::xxh3::xxh3_64;

use crate::budget::{self, Charge};
use crate::error::{Error, Result};
use crate::kind::Kind;
use crate::level::Level;
use crate::method::{self, work};
use crate::predictor::base::Base;
use crate::varint::{self, Reader};

/// The streams of a block.
#[derive(Debug, Default)]
pub struct Streams {
    /// The segment list, see [`super::program`].
    pub program: Vec<u8>,
    /// Small facts that transforms need for their inverse.
    pub side: Vec<u8>,
    /// Bytes that another codec compressed.
    pub compressed: Vec<u8>,
    /// The content, one stream a kind.
    pub data: Vec<(Kind, Vec<u8>)>,
    /// Of a program that is written: bytes that its transforms are given.
    pub transformed: usize,
    /// Of streams that were read: how many bytes were coded.
    pub coded: usize,
    /// What they take of the budget of the job.
    _charge: Charge,
}

/// More kinds than this in one block, and the rest goes to Generic.
pub const MAX_DATA: usize = 64;

impl Streams {
    /// The index of the stream of `kind`, made where there is none yet and room for it.
    pub fn index(&mut self, kind: Kind) -> usize {
        if let Some(at) = self.data.iter().position(|(have, _)| *have == kind) {
            return at;
        }
        // Room is kept for Generic, Text and Exe.
        if self.data.len() + 3 >= MAX_DATA
            && matches!(kind, Kind::Image { .. } | Kind::Image16 { .. } | Kind::Audio { .. })
        {
            return self.index(Kind::Generic);
        }
        self.data.push((kind, Vec::new()));
        self.data.len() - 1
    }

    /// Bytes of all streams.
    pub fn total(&self) -> usize {
        let data = self.data.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
        self.program.len() + self.side.len() + self.compressed.len() + data
    }

    /// Over what the transforms read: they are only run on streams that arrived whole, since the
    /// codecs behind them were not all written for bytes that lie.
    fn streams_hash(&self) -> [u8; 4] {
        if cfg!(cmx_no_hashes) {
            return [0; 4];
        }
        let mut hashes = Vec::new();
        for bytes in [&self.program, &self.side, &self.compressed]
            .into_iter()
            .chain(self.data.iter().map(|(_, bytes)| bytes))
        {
            hashes.extend_from_slice(&xxh3_64(bytes).to_le_bytes());
        }
        (xxh3_64(&hashes) as u32).to_le_bytes()
    }

    fn has_streams_hash(&self) -> bool {
        !self.side.is_empty() || !self.compressed.is_empty()
    }
}

/// Most bytes that the streams of a block of `raw_len` bytes may hold together: deflate expands
/// by up to a thousand times, and a decoder must not.
#[must_use]
pub fn limit(raw_len: usize) -> usize {
    raw_len.saturating_mul(32).saturating_add(64 << 10).min(raw_len.saturating_add(1 << 30))
}

/// Bytes of samples that a byte of code stands for at most, beyond [`FEW_SAMPLES`]. Of other data
/// repeats are passed over, one decision a byte (see [`crate::model::long_match`]); the models of
/// samples see every bit, 0.6 to 1.3 seconds for a megabyte at -4 to -7. So images of one colour
/// are coded as anything else is.
const MOST_SAMPLES: usize = 512;
/// So many may come for nothing.
const FEW_SAMPLES: usize = 4096;

/// Whether so long a code of samples would keep a decoder busy for too long.
fn is_too_dense(kind: Kind, level: &Level, raw_len: usize, coded_len: usize) -> bool {
    let is_signal = matches!(kind, Kind::Image { .. } | Kind::Image16 { .. } | Kind::Audio { .. });
    is_signal
        && raw_len > coded_len.saturating_mul(MOST_SAMPLES).saturating_add(FEW_SAMPLES)
        && !method::sorted(level, &kind, raw_len)
}

enum Body {
    Stored,
    Coded(Vec<u8>),
}

/// The kind that a stream of `kind` is coded as: text as words, where it has enough of them.
///
/// # Errors
/// [`Error::Limit`] where memory runs out.
pub fn coded_as(bytes: &[u8], kind: Kind) -> Result<Kind> {
    Ok(if kind == Kind::Text && crate::words::suits(bytes)? { Kind::Words } else { kind })
}

/// Codes a stream of `kind`: words behind `base`, if there is one; samples that repeat too much as
/// anything else. Says as what kind it was coded.
///
/// # Errors
/// Memory for the tables cannot be had.
pub fn encode(
    bytes: &[u8],
    kind: Kind,
    level: &Level,
    base: Option<&Base>,
) -> Result<(Kind, Vec<u8>)> {
    let coded = match base {
        Some(base) if kind == Kind::Words => base.encode_behind(bytes)?,
        _ => method::encode(bytes, level, &kind)?,
    };
    if is_too_dense(kind, level, bytes.len(), coded.len()) {
        return Ok((Kind::Generic, method::encode(bytes, level, &Kind::Generic)?));
    }
    Ok((kind, coded))
}

/// Decodes what [`encode`] made of `raw_len` bytes.
///
/// # Errors
/// [`Error::Corrupt`], [`Error::Limit`].
pub fn decode(
    coded: &[u8],
    raw_len: usize,
    kind: Kind,
    level: &Level,
    base: Option<&Base>,
) -> Result<Vec<u8>> {
    if is_too_dense(kind, level, raw_len, coded.len()) {
        return Err(Error::Corrupt(format!(
            "{raw_len} bytes of samples in {} bytes of code",
            coded.len()
        )));
    }
    match base {
        Some(base) if kind == Kind::Words => base.decode_behind(coded, raw_len),
        _ => method::decode(coded, raw_len, level, &kind),
    }
}

fn coded(bytes: &[u8], kind: Kind, level: &Level, base: Option<&Base>) -> Result<(Kind, Body)> {
    if bytes.len() < 8 {
        return Ok((kind, Body::Stored));
    }
    let (kind, coded) = encode(bytes, kind, level, base)?;
    Ok((kind, if coded.len() + 2 < bytes.len() { Body::Coded(coded) } else { Body::Stored }))
}

/// What [`write`] wrote.
#[derive(Debug, Clone, Copy)]
pub struct Written {
    /// Whether any stream goes on from the base.
    pub behind: bool,
    /// Bytes of the streams that are coded, before coding.
    pub coded: usize,
}

/// Appends the table and the bodies of `streams`; behind `base`, if there is one.
///
/// # Errors
/// Memory for the tables cannot be had.
pub fn write(
    streams: &Streams,
    level: &Level,
    base: Option<&Base>,
    out: &mut Vec<u8>,
) -> Result<Written> {
    let mut bodies: Vec<(&[u8], Body)> = Vec::with_capacity(streams.data.len() + 3);
    bodies.push((&streams.program, coded(&streams.program, Kind::Generic, level, None)?.1));
    bodies.push((&streams.side, coded(&streams.side, Kind::Generic, level, None)?.1));
    bodies.push((&streams.compressed, Body::Stored));
    let mut kinds: Vec<Kind> = Vec::with_capacity(streams.data.len());
    for (kind, bytes) in &streams.data {
        let (kind, body) = coded(bytes, coded_as(bytes, *kind)?, level, base)?;
        kinds.push(kind);
        bodies.push((bytes, body));
    }
    varint::put(out, streams.data.len() as u64);
    let mut total = 0;
    for (index, (raw, body)) in bodies.iter().enumerate() {
        if let Some(kind) = index.checked_sub(3).and_then(|index| kinds.get(index)) {
            kind.write(out);
        }
        match body {
            Body::Stored => varint::put(out, (raw.len() as u64) << 1),
            Body::Coded(coded) => {
                total += raw.len();
                varint::put(out, (raw.len() as u64) << 1 | 1);
                varint::put(out, coded.len() as u64);
            }
        }
    }
    if streams.has_streams_hash() {
        out.extend_from_slice(&streams.streams_hash());
    }
    for (raw, body) in &bodies {
        out.extend_from_slice(match body {
            Body::Stored => raw,
            Body::Coded(coded) => coded,
        });
    }
    Ok(Written { behind: base.is_some() && kinds.contains(&Kind::Words), coded: total })
}

/// One line of the table.
struct Entry {
    kind: Kind,
    raw_len: usize,
    coded_len: Option<usize>,
}

/// Reads what [`write`] wrote, to the end of the block, which has `length` bytes; every length is
/// checked before anything is allocated.
///
/// # Errors
/// [`Error::Corrupt`], [`Error::Unsupported`], [`Error::Limit`].
pub fn read(
    reader: &mut Reader<'_>,
    length: usize,
    raw_len: usize,
    level: &Level,
    base: Option<&Base>,
) -> Result<Streams> {
    let count = reader.len()?;
    if count > MAX_DATA {
        return Err(Error::Corrupt("number of streams".into()));
    }
    let mut entries = Vec::with_capacity(count + 3);
    let mut total = 0usize;
    for index in 0..count + 3 {
        let kind = if index < 3 { Kind::Generic } else { Kind::read(reader)? };
        let word = reader.varint()?;
        let raw_len =
            usize::try_from(word >> 1).map_err(|_| Error::Corrupt("length of a stream".into()))?;
        let coded_len = if word & 1 == 1 { Some(reader.len()?) } else { None };
        total = total.saturating_add(raw_len);
        entries.push(Entry { kind, raw_len, coded_len });
    }
    if total > limit(raw_len) {
        return Err(Error::Corrupt("streams are longer than the block can need".into()));
    }
    let coded = entries
        .iter()
        .filter(|entry| entry.coded_len.is_some())
        .fold(0usize, |sum, entry| sum.saturating_add(entry.raw_len));
    work::check(length, coded, 0)?;
    // All text of a block is one stream. Each would read a primer, and a base may have gone to the
    // first.
    if entries.iter().filter(|entry| matches!(entry.kind, Kind::Text | Kind::Words)).count() > 1 {
        return Err(Error::Corrupt("two streams of text in one block".into()));
    }
    let streams_hash =
        if entries[1].raw_len + entries[2].raw_len > 0 { Some(reader.take(4)?) } else { None };
    // All bodies must be there before the first is decoded.
    let mut bodies = Vec::with_capacity(entries.len());
    for entry in &entries {
        bodies.push(reader.take(entry.coded_len.unwrap_or(entry.raw_len))?);
    }
    if reader.rest().iter().any(|&byte| byte != 0) {
        return Err(Error::Corrupt("bytes after the last stream".into()));
    }
    let charge = budget::charge(total as u64, "the streams of a block")?;
    let mut decoded = Vec::with_capacity(entries.len());
    for (entry, body) in entries.iter().zip(bodies) {
        decoded.push(match entry.coded_len {
            None => body.to_vec(),
            Some(_) => decode(body, entry.raw_len, entry.kind, level, base)?,
        });
    }
    let kinds = entries.iter().skip(3).map(|entry| entry.kind);
    let data = kinds.zip(decoded.split_off(3)).collect();
    let mut fixed = decoded.into_iter();
    let mut next = || fixed.next().unwrap_or_default();
    let streams = Streams {
        program: next(),
        side: next(),
        compressed: next(),
        data,
        transformed: 0,
        coded,
        _charge: charge,
    };
    match streams_hash {
        Some(streams_hash) if streams_hash != streams.streams_hash() => {
            Err(Error::Corrupt("hash of the streams".into()))
        }
        _ => Ok(streams),
    }
}
