//! Splits a deflate stream into its plain content and corrections, from which the same stream can
//! be made again.
//!
//! A deflate stream is a sequence of choices: which matches are taken, where blocks end, which
//! codes they have. Few encoders are in use, and most of their choices are alike. So the choices
//! are predicted as an encoder with known settings would make them, and only the differences are
//! stored. A stream of zlib needs no corrections. The checksum after the stream (zlib, gzip) is
//! left out if it is right.

mod bits;
mod code;
mod codes;
mod contexts;
mod corrections;
mod header;
mod lengths;
mod matcher;
mod parse;
mod predictor;
mod restorer;
mod search;
mod settings;
mod symbols;
#[cfg(test)]
mod tests;
mod write;

use std::cell::RefCell;

use super::{Parts, checksum};
use crate::error::{Error, Result};
use crate::varint::Reader;
use bits::{BitReader, BitWriter};
use corrections::{Chances, Reading, Writing};
use matcher::Matcher;
use parse::{Block, Form, Tables};
use restorer::Restorer;
use search::Sample;
use settings::Settings;
use symbols::{Frequencies, Token};

/// The stored id. Id 2 belonged to an earlier transform of deflate streams and is not used again.
pub const ID: u8 = 10;

/// Largest number of plain bytes of one stream. The rest of a longer stream is not transformed.
const MAX_PLAIN: usize = 256 << 20;
/// Smallest number of bytes of a stream without an end for which a transform pays.
const MIN_OPEN: usize = 1024;

/// The checksum after a deflate stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trailer {
    /// No checksum.
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

/// Was the checksum after the stream of `parts` present and right?
#[must_use]
pub fn has_trailer(parts: &Parts) -> bool {
    parts.params.first().is_some_and(|&trailer| trailer != Trailer::None as u8)
}

/// Memory that one stream needs. It is kept for the next stream, because files may have a great
/// many streams of a few bytes.
#[derive(Debug, Default)]
struct Scratch {
    tables: Tables,
    tokens: Vec<Token>,
    matcher: Matcher,
    chances: Chances,
    codes: write::Codes,
}

/// Largest number of tokens whose memory is kept for the next stream.
const MAX_KEPT_TOKENS: usize = 1 << 16;

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

fn with_scratch<T>(work: impl FnOnce(&mut Scratch) -> T) -> T {
    SCRATCH.with_borrow_mut(|scratch| {
        let result = work(scratch);
        scratch.tokens.clear();
        scratch.tokens.shrink_to(MAX_KEPT_TOKENS);
        result
    })
}

/// An attempt to unpack a stream.
#[derive(Debug)]
pub struct Attempt {
    /// The parts, and the number of bytes that they replace: the stream, and the checksum if it is
    /// right. Otherwise the number of bytes that were read in vain: there is no stream, it has
    /// fewer plain bytes than it should, the transform does not pay, or the inverse does not give
    /// the same bytes.
    pub result: std::result::Result<(Parts, usize), usize>,
    /// With this limit of plain bytes and with any higher one the result is the same.
    pub needed: usize,
}

/// Unpacks the stream at the start of `bytes`, to at least `least` and at most `limit` plain bytes.
pub fn forward(bytes: &[u8], trailer: Trailer, least: usize, limit: usize) -> Attempt {
    with_scratch(|scratch| {
        let stream = read(bytes, limit.min(MAX_PLAIN), scratch);
        let needed = stream.needed.min(MAX_PLAIN);
        Attempt { result: pack(bytes, trailer, least, stream, scratch), needed }
    })
}

fn pack(
    bytes: &[u8],
    trailer: Trailer,
    least: usize,
    stream: Stream,
    scratch: &mut Scratch,
) -> std::result::Result<(Parts, usize), usize> {
    let Stream { plain, sample, blocks, consumed, done, padding, worked, .. } = stream;
    if plain.len() < least.max(1) || !done && consumed < MIN_OPEN {
        return Err(worked);
    }
    let settings = search::settings(&sample, &plain, &mut scratch.matcher, &mut scratch.chances);
    let Some(side) = corrections(bytes, &plain, settings, (blocks, padding), consumed / 4, scratch)
    else {
        return Err(consumed);
    };
    let tail = trailer.bytes(&plain);
    let trailer =
        if done && bytes[consumed..].starts_with(&tail) { trailer } else { Trailer::None };
    let whole = consumed + if trailer == Trailer::None { 0 } else { tail.len() };
    let mut params = vec![trailer as u8];
    settings.write(&mut params);
    let parts = Parts { id: ID, params, side, compressed: Vec::new(), inner: plain };
    match restore(&parts, whole, scratch) {
        Ok(again) if again == bytes[..whole] => Ok((parts, whole)),
        _ => Err(consumed),
    }
}

/// A stream that has been read, and a sample of its beginning for the search for settings.
struct Stream {
    plain: Vec<u8>,
    sample: Sample,
    blocks: usize,
    /// Bytes of the stream.
    consumed: usize,
    /// Was the last block found?
    done: bool,
    /// The bits between the last block and the next byte boundary.
    padding: u8,
    /// Bytes that were read, of the stream or after it.
    worked: usize,
    /// Plain bytes that would have to be allowed at least for the same result.
    needed: usize,
}

/// More plain bytes than a stored block or one token stands for.
const ONE_STEP: usize = 1 << 16;

/// Reads as many whole blocks as there are.
fn read(bytes: &[u8], limit: usize, scratch: &mut Scratch) -> Stream {
    let Scratch { tables, tokens, .. } = scratch;
    let mut stream = Stream {
        plain: Vec::new(),
        sample: Sample::default(),
        blocks: 0,
        consumed: 0,
        done: false,
        padding: 0,
        worked: 0,
        needed: 0,
    };
    let mut reader = BitReader::new(bytes);
    let mut end = reader.clone();
    while !stream.done && stream.blocks < restorer::most_blocks(stream.plain.len()) {
        let Some(block) = parse::block(
            &mut reader,
            tables,
            tokens,
            stream.plain.len(),
            limit - stream.plain.len(),
        ) else {
            // The block may be longer than it was allowed to be.
            let begun: usize = tokens.iter().map(|token| token.span()).sum();
            stream.needed = stream.plain.len() + begun + ONE_STEP;
            break;
        };
        note(&mut stream.sample, &block, tokens);
        parse::unpack(tokens, &mut stream.plain);
        stream.blocks += 1;
        stream.done = block.last;
        end = reader.clone();
    }
    stream.needed = stream.needed.max(stream.plain.len());
    stream.worked = reader.position() / 8;
    stream.padding = end.padding().unwrap_or(0);
    stream.consumed = end.position() / 8;
    stream
}

/// Adds a block to the sample, as far as the sample has room.
fn note(sample: &mut Sample, block: &Block, tokens: &[Token]) {
    if let Form::Stored { length, .. } = block.form {
        sample.parts.push((length, Vec::new()));
        return;
    }
    if !block.last && sample.sizes.len() < 1000 {
        sample.sizes.push(tokens.len());
    }
    for token in tokens.iter().filter(|token| !token.is_literal()) {
        let distance = usize::from(token.distance);
        sample.nearest = if sample.furthest == 0 { distance } else { sample.nearest.min(distance) };
        sample.furthest = sample.furthest.max(distance);
    }
    if sample.count >= search::SECOND_TOKENS {
        return;
    }
    let taken = &tokens[..tokens.len().min(search::SECOND_TOKENS - sample.count)];
    sample.count += taken.len();
    if let Form::Dynamic(header) = &block.form
        && sample.headers.len() < search::MAX_HEADERS
    {
        sample.headers.push((Frequencies::of(tokens), (**header).clone()));
    }
    sample.parts.push((0, taken.to_vec()));
}

/// The corrections of the stream at the start of `bytes`, which has `blocks` blocks and this
/// padding. `None` if the corrections take more than `most` bytes: the encoder is then unknown, and
/// the corrections would cost as much as the transform gains.
fn corrections(
    bytes: &[u8],
    plain: &[u8],
    settings: Settings,
    (blocks, padding): (usize, u8),
    most: usize,
    scratch: &mut Scratch,
) -> Option<Vec<u8>> {
    let Scratch { tables, tokens, matcher, chances, .. } = scratch;
    let mut reader = BitReader::new(bytes);
    let mut walk = Restorer::new(Writing::new(chances), matcher, plain, settings);
    for index in 0..blocks {
        let block =
            parse::block(&mut reader, tables, tokens, walk.position, plain.len() - walk.position)?;
        walk.block(&block, tokens).ok()?;
        if !block.last {
            walk.ends(index + 1 == blocks);
        }
        if walk.code.len() > most {
            return None;
        }
    }
    walk.padding(padding);
    let side = walk.code.finish();
    (side.len() <= most).then_some(side)
}

/// Undoes [`forward`].
///
/// # Errors
/// [`Error::Corrupt`] if parameters, corrections and content do not fit each other, or if the
/// result is longer than `limit`.
pub fn inverse(parts: Parts, limit: usize) -> Result<Vec<u8>> {
    with_scratch(|scratch| restore(&parts, limit, scratch))
}

fn restore(parts: &Parts, limit: usize, scratch: &mut Scratch) -> Result<Vec<u8>> {
    let bad = || Error::Corrupt("corrections of a deflate stream".into());
    let mut reader = Reader::new(&parts.params);
    let trailer = Trailer::read(reader.byte()?)?;
    let settings = Settings::read(&mut reader)?;
    let plain = &parts.inner[..];
    if !reader.is_empty()
        || !parts.compressed.is_empty()
        || plain.is_empty()
        || plain.len() > MAX_PLAIN
    {
        return Err(bad());
    }
    let Scratch { tokens, matcher, chances, codes, .. } = scratch;
    let mut walk = Restorer::new(Reading::new(chances, &parts.side), matcher, plain, settings);
    let mut writer = BitWriter::default();
    let untold = Block { last: false, form: Form::Fixed };
    loop {
        let start = walk.position;
        let block = walk.block(&untold, tokens)?;
        write::block(&mut writer, &block, tokens, &plain[start..walk.position], codes);
        if writer.len() > limit {
            return Err(bad());
        }
        if block.last || walk.ends(false) {
            break;
        }
    }
    writer.pad(walk.padding(0));
    let mut out = writer.into_bytes();
    out.extend_from_slice(&trailer.bytes(plain));
    if out.len() > limit { Err(bad()) } else { Ok(out) }
}
