//! The program of a split block: which bytes come from where, as a list of operations.
//!
//! An operation starts with a number *v*. Even: copy from data stream *v*/2; a length follows.
//! *v* = 1: a run; its length and its byte follow. Other odd: transform *v*/2; the lengths of
//! inner, parameters, side and compressed bytes follow, then the parameters, then the operations
//! that make the inner bytes.

use std::ops::Range;

use super::anatomy::spread;
use super::piece::{Body, Piece};
use super::streams::Streams;
use crate::budget;
use crate::error::{Error, Result};
use crate::method::work;
use crate::transform::{self, Parts};
use crate::varint::{self, Reader};

/// Transforms within transforms: deeper programs are refused.
const MAX_DEPTH: usize = 8;

/// Fills `streams` with the bytes of `raw` as `pieces` cuts them, and with the program that puts
/// them together again.
pub fn write(raw: &[u8], pieces: &[Piece], streams: &mut Streams) {
    let mut at = 0;
    for piece in pieces {
        match &piece.body {
            Body::Copy(kind) => {
                let index = streams.index(*kind);
                streams.data[index].1.extend_from_slice(&raw[at..at + piece.len]);
                varint::put(&mut streams.program, (index as u64) << 1);
                varint::put(&mut streams.program, piece.len as u64);
            }
            Body::Fill(value) => {
                varint::put(&mut streams.program, 1);
                varint::put(&mut streams.program, piece.len as u64);
                streams.program.push(*value);
            }
            Body::Transformed(transformed) => {
                let Parts { id, params, side, compressed, inner } = &transformed.parts;
                varint::put(&mut streams.program, u64::from(*id) << 1 | 1);
                for len in [inner.len(), params.len(), side.len(), compressed.len()] {
                    varint::put(&mut streams.program, len as u64);
                }
                streams.program.extend_from_slice(params);
                streams.side.extend_from_slice(side);
                streams.compressed.extend_from_slice(compressed);
                streams.transformed += inner.len();
                write(inner, &transformed.pieces, streams);
            }
        }
        at += piece.len;
    }
}

/// Puts the block of `length` coded bytes together: exactly `raw_len` bytes.
///
/// # Errors
/// [`Error::Corrupt`] when the program asks for what is not there or leaves something over.
pub fn run(streams: &Streams, length: usize, raw_len: usize) -> Result<Vec<u8>> {
    Ok(run_noting(streams, length, raw_len, None)?.0)
}

/// A part of a stream, and the bytes of the block that the part stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// The part, in bytes of the stream.
    pub of_stream: Range<usize>,
    /// The bytes of the block. What a transform makes of its content is taken to be spread evenly.
    pub of_block: Range<usize>,
}

/// The stretches of each stream of a block: of the program, which has none, of the side and the
/// compressed stream, then of the data streams. Each has all bytes of its stream.
///
/// # Errors
/// As for [`run`].
pub fn stretches(streams: &Streams, length: usize, raw_len: usize) -> Result<Vec<Vec<Stretch>>> {
    let notes = vec![Vec::new(); FIRST_DATA + streams.data.len()];
    run_noting(streams, length, raw_len, Some(notes)).map(|(_, notes)| notes.unwrap_or_default())
}

/// Indices of the notes on the side and the compressed stream, and of the first data stream.
const SIDE: usize = 1;
const COMPRESSED: usize = 2;
const FIRST_DATA: usize = 3;

type Notes = Option<Vec<Vec<Stretch>>>;

/// [`run`], with notes on which bytes of the streams become which of the block.
fn run_noting(
    streams: &Streams,
    length: usize,
    raw_len: usize,
    notes: Notes,
) -> Result<(Vec<u8>, Notes)> {
    let mut machine = Machine {
        lengths: [streams.program.len(), streams.side.len(), streams.compressed.len()]
            .into_iter()
            .chain(streams.data.iter().map(|(_, bytes)| bytes.len()))
            .collect(),
        notes,
        program: Reader::new(&streams.program),
        side: Reader::new(&streams.side),
        compressed: Reader::new(&streams.compressed),
        data: streams.data.iter().map(|(_, bytes)| Reader::new(bytes)).collect(),
        length,
        budget: super::streams::limit(raw_len),
        coded: streams.coded,
        transformed: 0,
    };
    let out = machine.produce(raw_len, 0)?;
    let used = [&machine.program, &machine.side, &machine.compressed]
        .into_iter()
        .chain(&machine.data)
        .all(Reader::is_empty);
    if !used {
        return Err(Error::Corrupt("bytes of a block are left over".into()));
    }
    Ok((out, machine.notes))
}

struct Machine<'a> {
    program: Reader<'a>,
    side: Reader<'a>,
    compressed: Reader<'a>,
    data: Vec<Reader<'a>>,
    /// Bytes of the coded block.
    length: usize,
    /// Bytes of the streams that were coded.
    coded: usize,
    /// Bytes that transforms were given.
    transformed: usize,
    /// Bytes that they may still be given.
    budget: usize,
    /// Bytes of each stream, in the order of the notes.
    lengths: Vec<usize>,
    /// What is noted of the streams, if anything is. Places are those in the content of the
    /// innermost transform.
    notes: Notes,
}

impl Machine<'_> {
    fn produce(&mut self, len: usize, depth: usize) -> Result<Vec<u8>> {
        let bad = |what: &str| Error::Corrupt(format!("program of a block: {what}"));
        // The block itself is charged for with its coded form.
        let _inner = budget::charge(if depth == 0 { 0 } else { len as u64 }, "a transform")?;
        let mut out = Vec::new();
        out.try_reserve_exact(len).map_err(|_| Error::no_memory("a block"))?;
        while out.len() < len {
            let room = len - out.len();
            let op = self.program.varint()?;
            if op & 1 == 0 {
                let count = self.program.len()?;
                let index = usize::try_from(op >> 1).map_err(|_| bad("stream"))?;
                let stream = self.data.get_mut(index).ok_or_else(|| bad("stream"))?;
                if count == 0 || count > room {
                    return Err(bad("length"));
                }
                let copied = stream.take(count)?;
                let end = self.lengths[FIRST_DATA + index] - stream.rest().len();
                if let Some(notes) = &mut self.notes {
                    notes[FIRST_DATA + index].push(Stretch {
                        of_stream: end - count..end,
                        of_block: out.len()..out.len() + count,
                    });
                }
                out.extend_from_slice(copied);
            } else if op == 1 {
                let count = self.program.len()?;
                let value = self.program.byte()?;
                if count == 0 || count > room {
                    return Err(bad("length"));
                }
                out.resize(out.len() + count, value);
            } else {
                let before: Vec<usize> = self.notes.iter().flatten().map(Vec::len).collect();
                let (made, inner) = self.transform(op >> 1, room, depth)?;
                if made.is_empty() || made.len() > room {
                    return Err(bad("length of a transform's result"));
                }
                let outer = out.len()..out.len() + made.len();
                for (notes, before) in self.notes.iter_mut().flatten().zip(before) {
                    spread(&mut notes[before..], inner, outer.clone());
                }
                out.extend_from_slice(&made);
            }
        }
        Ok(out)
    }

    /// What transform `id` makes, and the number of bytes of its content.
    fn transform(&mut self, id: u64, room: usize, depth: usize) -> Result<(Vec<u8>, usize)> {
        let id = u8::try_from(id).map_err(|_| Error::Unsupported(format!("transform {id}")))?;
        if depth >= MAX_DEPTH {
            return Err(Error::Corrupt("transforms nest too deep".into()));
        }
        let [inner, params, side, compressed] =
            [self.program.len()?, self.program.len()?, self.program.len()?, self.program.len()?];
        self.budget = self
            .budget
            .checked_sub(inner)
            .ok_or_else(|| Error::Corrupt("transforms ask for too much".into()))?;
        self.transformed += inner;
        work::check(self.length, self.coded, self.transformed)?;
        let params = self.program.take(params)?.to_vec();
        let side = self.side.take(side)?.to_vec();
        let compressed = self.compressed.take(compressed)?.to_vec();
        self.note_all_of(inner, SIDE, side.len(), self.side.rest().len());
        self.note_all_of(inner, COMPRESSED, compressed.len(), self.compressed.rest().len());
        // What is taken here, and what comes out: no content more than doubles.
        let taken = params.len()
            + side.len()
            + compressed.len()
            + room.min(2 * inner + side.len() + (64 << 10));
        let _result = budget::charge(taken as u64, "a transform")?;
        let length = inner;
        let inner = self.produce(inner, depth + 1)?;
        let made = transform::inverse(Parts { id, params, side, compressed, inner }, room)?;
        Ok((made, length))
    }

    /// Notes that `count` bytes of stream `stream`, behind which there are `left`, belong to a
    /// transform with `inner` bytes of content.
    fn note_all_of(&mut self, inner: usize, stream: usize, count: usize, left: usize) {
        if let (Some(notes), 1..) = (&mut self.notes, count) {
            let end = self.lengths[stream] - left;
            notes[stream].push(Stretch { of_stream: end - count..end, of_block: 0..inner.max(1) });
        }
    }
}
