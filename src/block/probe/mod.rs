//! File formats, recognised by structure wherever they start; nothing they say is trusted.
//!
//! Each format is one file with `probe`, given the bytes from its first one to the end of what is
//! being cut. A probe looks at a few bytes before it does anything dear.

mod aiff;
pub mod base64;
mod bmp;
mod dicom;
mod fits;
mod gzip;
mod jpeg;
mod pe;
mod png;
mod pnm;
mod sfnt;
mod tiff;
mod wasm;
mod wav;
mod zip;
mod zlib;

use std::ops::Range;

use super::ahead::Ahead;
use super::piece::{self, Piece};
use super::split::{self, Context};
use crate::kind::Kind;
use crate::transform::deflate::{self, Attempt, Trailer};

/// The pieces of a format found at the start of `bytes`; they cover as much of it as their lengths
/// add up to.
type Probe = fn(bytes: &[u8], context: &mut Context) -> Option<Vec<Piece>>;

/// The formats: first two bytes, then the probe.
const FORMATS: &[(&[u8], Probe)] = &[
    (b"BM", bmp::probe),
    (b"MZ", pe::probe),
    (b"P4", pnm::probe),
    (b"P5", pnm::probe),
    (b"P6", pnm::probe),
    (b"PK", zip::probe),
    (b"II", tiff::probe),
    (b"MM", tiff::probe),
    (b"RI", wav::probe),
    (b"FO", aiff::probe),
    (b"DI", dicom::probe),
    (b"\x08\0", dicom::probe),
    (b"\0\x08", dicom::probe),
    (b"SI", fits::probe),
    (b"XT", fits::probe),
    (b"\x89P", png::probe),
    (b"\xFF\xD8", jpeg::probe),
    (b"\x1F\x8B", gzip::probe),
    (b"\0\x01", sfnt::probe),
    (b"\0a", wasm::probe),
];

/// Whether a format can start with this byte: all that is asked of most bytes.
const STARTS: [bool; 256] = {
    let mut table = [false; 256];
    let mut index = 0;
    while index < FORMATS.len() {
        table[FORMATS[index].0[0] as usize] = true;
        index += 1;
    }
    // zlib, by window size.
    let mut window = 0;
    while window < 8 {
        table[window << 4 | 8] = true;
        window += 1;
    }
    table
};

/// The next place from `from` on where a format starts, and its pieces. In the `gaps`, which are
/// runs of one value, only the last byte may be the first of one. What `ahead` knows is not probed.
/// Base64 starts where `stretches` say.
pub fn find(
    bytes: &[u8],
    from: usize,
    gaps: &[Range<usize>],
    stretches: &[base64::Stretch],
    ahead: &mut Ahead,
    context: &mut Context,
) -> Option<(usize, Vec<Piece>)> {
    let mut from = from;
    loop {
        let at = start(bytes, from, gaps);
        if let Some(stretch) = base64::next(stretches, from)
            && at.is_none_or(|at| stretch.start <= at)
        {
            if let Some(pieces) = base64::probe(bytes, stretch, context) {
                return Some((stretch.start, pieces));
            }
            from = stretch.start + 1;
            continue;
        }
        let at = at?;
        let known = ahead.take(at, context);
        if let Some(pieces) = known.unwrap_or_else(|| probe(bytes, at, context)) {
            return Some((at, pieces));
        }
        from = at + 1;
    }
}

/// The next place from `from` on where a format may start by its first byte.
pub fn start(bytes: &[u8], from: usize, gaps: &[Range<usize>]) -> Option<usize> {
    let mut at = from;
    let mut gaps = gaps[gaps.partition_point(|gap| gap.end <= from)..].iter();
    loop {
        let gap = gaps.next();
        let end = gap.map_or(bytes.len(), |gap| gap.start.max(at));
        let is_start = |&byte: &u8| STARTS[usize::from(byte)];
        if let Some(step) = bytes[at..end].iter().position(is_start) {
            return (at + step + 8 <= bytes.len()).then_some(at + step);
        }
        at = at.max(gap?.end - 1);
    }
}

/// The pieces of a format at `at`.
pub fn probe(bytes: &[u8], at: usize, context: &mut Context) -> Option<Vec<Piece>> {
    let here = &bytes[at..];
    let magic = here.get(..2)?;
    // Zeros are common and start nothing but fonts, WebAssembly and DICOM.
    if magic[0] == 0 && !matches!(magic[1], 1 | 8 | b'a') {
        return None;
    }
    let named = FORMATS
        .iter()
        .filter(|(start, _)| *start == magic)
        .find_map(|(_, probe)| probe(here, context));
    named.or_else(|| if zlib::may_start(bytes, at) { zlib::probe(here, context) } else { None })
}

/// A deflate stream at the start of `bytes` as a piece, its content cut by `cut`.
fn deflated(
    bytes: &[u8],
    trailer: Trailer,
    least: usize,
    context: &mut Context,
    cut: impl FnOnce(&[u8], &mut Context) -> Vec<Piece>,
) -> Option<Piece> {
    if context.depth >= split::MAX_DEPTH || context.level.unpacked.deflate == 0 {
        return None;
    }
    let Attempt { result: unpacked, needed } =
        deflate::forward(bytes, trailer, least, context.budget);
    context.need(needed);
    let cost = match &unpacked {
        Ok((_, consumed)) => *consumed,
        Err(cost) => *cost,
    };
    context.charge(cost)?;
    let (parts, consumed) = unpacked.ok()?;
    if parts.inner.len() / consumed > context.level.unpacked.deflate {
        return None;
    }
    // What the content takes beyond the stream's own length is gone from the budget for good.
    context.take(parts.inner.len())?;
    context.depth += 1;
    let pieces = cut(&parts.inner, context);
    context.depth -= 1;
    Some(Piece::transformed(consumed, parts, pieces))
}

/// A header as it is, then `body` as one stream of `kind`.
fn framed(header: usize, kind: Kind, body: usize) -> Vec<Piece> {
    let mut pieces = Vec::new();
    piece::push(&mut pieces, Piece::copy(Kind::Generic, header));
    piece::push(&mut pieces, Piece::copy(kind, body));
    pieces
}

fn u16_le(bytes: &[u8], at: usize) -> Option<usize> {
    bytes.get(at..)?.first_chunk().map(|&word| u16::from_le_bytes(word).into())
}

fn u32_le(bytes: &[u8], at: usize) -> Option<usize> {
    bytes.get(at..)?.first_chunk().map(|&word| u32::from_le_bytes(word) as usize)
}

fn u16_be(bytes: &[u8], at: usize) -> Option<usize> {
    bytes.get(at..)?.first_chunk().map(|&word| u16::from_be_bytes(word).into())
}

fn u32_be(bytes: &[u8], at: usize) -> Option<usize> {
    bytes.get(at..)?.first_chunk().map(|&word| u32::from_be_bytes(word) as usize)
}
