//! The table and the bodies of the streams of a split block.
//!
//! Order: program, side, compressed, then the data streams. Each is stored or coded on its own,
//! whichever is smaller; the compressed stream is always stored.

use super::anatomy::Body;
use super::follow::{Follow, Followed};
use super::streams::{self, Coded, MAX_DATA, Settings, Streams, limit};
use crate::budget;
use crate::coder::growing::CodeSource;
use crate::error::{Error, Result};
use crate::kind::Kind;
use crate::method::{Method, choice, work};
use crate::predictor::reference::Reference;
use crate::threads::{Step, each};
use crate::varint::{self, Reader};

/// Streams that every block has, before the data streams.
const FIXED: usize = 3;
/// Shorter streams are not coded.
const SHORTEST_CODED: usize = 8;
/// Bits of the number that tells the raw length of a stream, below that length: its method.
const METHOD_BITS: u32 = 4;

/// `bytes` as a stream of `kind`, stored where that is no longer.
fn coded(bytes: &[u8], kind: Kind, settings: &Settings<'_>) -> Result<Coded> {
    if bytes.len() >= SHORTEST_CODED {
        let coded = streams::encode(bytes, kind, settings)?;
        let mut settings = Vec::new();
        coded.method.write(&mut settings);
        // The length of the code takes two bytes or more of the table.
        if coded.code.len() + settings.len() + 2 < bytes.len() {
            return Ok(coded);
        }
    }
    Ok(Coded { kind, method: Method::Stored, code: bytes.to_vec() })
}

/// What [`write`] wrote.
#[derive(Debug, Clone, Copy)]
pub struct Written {
    /// Whether any stream depends on the reference block.
    pub is_dependent: bool,
    /// Bytes of the streams that are coded, before coding.
    pub coded: usize,
}

/// Appends the table and the bodies of `streams`. Threads that are free code some of them.
///
/// # Errors
/// Memory for the tables cannot be had.
pub fn write(streams: &Streams, settings: &Settings<'_>, out: &mut Vec<u8>) -> Result<Written> {
    let Streams { program, side, compressed, data, .. } = streams;
    let fixed = [program, side, compressed].map(|bytes| (Kind::Generic, bytes));
    let all: Vec<(Kind, &Vec<u8>)> =
        fixed.into_iter().chain(data.iter().map(|(kind, bytes)| (*kind, bytes))).collect();
    let steps: Vec<Step> = all
        .iter()
        .map(|(kind, bytes)| {
            let memory = settings.level.memory_for_stream(kind, bytes.len());
            let copied = settings.reference.map_or(0, Reference::memory);
            Step {
                length: choice::relative_time(settings.level, kind, bytes.len()),
                memory: memory.max(copied) + 4 * bytes.len() as u64,
            }
        })
        .collect();
    let bodies = each(&steps, |index| {
        let (kind, bytes) = all[index];
        match index {
            0 | 1 => coded(bytes, kind, &settings.alone()),
            2 => Ok(Coded { kind, method: Method::Stored, code: bytes.clone() }),
            _ => coded(bytes, kind, settings),
        }
    })?;
    varint::put(out, data.len() as u64);
    let mut total = 0;
    for (index, (stream, (_, bytes))) in bodies.iter().zip(&all).enumerate() {
        if index >= FIXED {
            stream.kind.write(out);
        }
        let raw_len = bytes.len();
        varint::put(out, (raw_len as u64) << METHOD_BITS | u64::from(stream.method.number()));
        if stream.method != Method::Stored {
            stream.method.write(out);
            varint::put(out, stream.code.len() as u64);
            total += raw_len;
        }
    }
    if streams.has_hash() {
        out.extend_from_slice(&streams.hash());
    }
    bodies.iter().for_each(|stream| out.extend_from_slice(&stream.code));
    let is_dependent = bodies.iter().any(|stream| stream.method == Method::Continued);
    Ok(Written { is_dependent, coded: total })
}

/// One line of the table.
struct Entry {
    kind: Kind,
    method: Method,
    raw_len: usize,
    coded_len: usize,
}

impl Entry {
    /// What decoding costs.
    fn step(&self, reference: Option<&Reference>) -> Step {
        let memory = match self.method {
            Method::Continued => reference.map_or(0, Reference::memory),
            _ => self.method.memory(&self.kind, self.raw_len),
        };
        let memory = memory.saturating_add(4 * self.raw_len as u64);
        Step { length: self.method.relative_time(self.raw_len), memory }
    }
}

/// Reads the table of the streams of a block of `raw_len` bytes: every length is checked before
/// anything is allocated.
fn read_table(reader: &mut Reader<'_>, raw_len: usize) -> Result<Vec<Entry>> {
    let count = reader.len()?;
    if count > MAX_DATA {
        return Err(Error::Corrupt("number of streams".into()));
    }
    let mut entries = Vec::with_capacity(count + FIXED);
    let mut total = 0usize;
    for index in 0..count + FIXED {
        let kind = if index < FIXED { Kind::Generic } else { Kind::read(reader)? };
        let number = reader.varint()?;
        let raw_len = usize::try_from(number >> METHOD_BITS)
            .map_err(|_| Error::Corrupt("length of a stream".into()))?;
        let method = (number & ((1 << METHOD_BITS) - 1)) as u8;
        let method = Method::read(method, reader, &kind, raw_len)?;
        let coded_len = if method == Method::Stored { raw_len } else { reader.len()? };
        total = total.saturating_add(raw_len);
        entries.push(Entry { kind, method, raw_len, coded_len });
    }
    if total > limit(raw_len) {
        return Err(Error::Corrupt("streams are longer than the block can need".into()));
    }
    // All text of a block is one stream. Each would read a primer, and the predictor of a
    // reference block may have gone to the first.
    if entries.iter().filter(|entry| matches!(entry.kind, Kind::Text | Kind::Words)).count() > 1 {
        return Err(Error::Corrupt("two streams of text in one block".into()));
    }
    Ok(entries)
}

/// Bytes of memory that the streams of a block of `raw_len` bytes take at the same time: all of
/// them, and what one takes to be decoded. `reader` stands before the table.
///
/// # Errors
/// The table cannot be right.
pub fn memory(reader: &mut Reader<'_>, raw_len: usize) -> Result<u64> {
    let entries = read_table(reader, raw_len)?;
    let total: usize = entries.iter().map(|entry| entry.raw_len).sum();
    let needed = entries.iter().map(|entry| entry.method.memory(&entry.kind, entry.raw_len));
    Ok(total as u64 + needed.max().unwrap_or(0))
}

/// What a table tells, and the coded bytes behind it.
struct Located<'a> {
    entries: Vec<Entry>,
    /// The hash of the streams, if there is one.
    hash: Option<&'a [u8]>,
    /// The coded bytes of each stream.
    bodies: Vec<&'a [u8]>,
    /// Bytes of the streams that are coded, before coding.
    coded: usize,
}

/// Finds the bodies of the streams: all must be there before the first is decoded.
fn locate<'a>(reader: &mut Reader<'a>, length: usize, raw_len: usize) -> Result<Located<'a>> {
    let entries = read_table(reader, raw_len)?;
    let coded = entries.iter().filter(|entry| entry.method != Method::Stored);
    let coded = coded.map(|entry| entry.raw_len).sum();
    work::check(length, coded, 0)?;
    let hash =
        if entries[1].raw_len + entries[2].raw_len > 0 { Some(reader.take(4)?) } else { None };
    let mut bodies = Vec::with_capacity(entries.len());
    for entry in &entries {
        bodies.push(reader.take(entry.coded_len)?);
    }
    if reader.rest().iter().any(|&byte| byte != 0) {
        return Err(Error::Corrupt("bytes after the last stream".into()));
    }
    Ok(Located { entries, hash, bodies, coded })
}

/// The streams of a block, still coded, and their hash, if there is one.
pub type Bodies<'a> = (Vec<Body<'a>>, Option<&'a [u8]>);

/// The streams of a block of `length` bytes, still coded.
///
/// # Errors
/// As for [`read`].
pub fn bodies<'a>(reader: &mut Reader<'a>, length: usize, raw_len: usize) -> Result<Bodies<'a>> {
    let Located { entries, hash, bodies, .. } = locate(reader, length, raw_len)?;
    let body = |(entry, code): (Entry, &'a [u8])| {
        let Entry { kind, method, raw_len, .. } = entry;
        Body { kind, method, raw_len, code }
    };
    Ok((entries.into_iter().zip(bodies).map(body).collect(), hash))
}

/// Reads what [`write`] wrote, to the end of the block, which has `length` bytes. Streams that
/// `follow` decoded are not decoded again. Threads that are free decode some of the others.
///
/// # Errors
/// [`Error::Corrupt`], [`Error::Unsupported`], [`Error::Limit`].
pub fn read(
    reader: &mut Reader<'_>,
    length: usize,
    raw_len: usize,
    reference: Option<&Reference>,
    follow: Option<&dyn Follow>,
) -> Result<Streams> {
    let Located { entries, hash, bodies, coded } = locate(reader, length, raw_len)?;
    let total = entries.iter().map(|entry| entry.raw_len).sum::<usize>();
    let charge = budget::charge(total as u64, "the streams of a block")?;
    let steps: Vec<Step> = entries.iter().map(|entry| entry.step(reference)).collect();
    let mut decoded = each(&steps, |index| {
        let (&Entry { kind, method, raw_len, .. }, body) = (&entries[index], bodies[index]);
        let followed = Followed { kind, method, length: raw_len };
        match follow.and_then(|follow| follow.take(followed, body)) {
            Some(decoded) => Ok(decoded),
            None => streams::decode(CodeSource::Whole(body), raw_len, kind, method, reference),
        }
    })?;
    let kinds = entries.iter().skip(FIXED).map(|entry| entry.kind);
    let data = kinds.zip(decoded.split_off(FIXED)).collect();
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
    match hash {
        Some(hash) if hash != streams.hash() => Err(Error::Corrupt("hash of the streams".into())),
        _ => Ok(streams),
    }
}
