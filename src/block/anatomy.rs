//! What the bytes of a coded block are for: its streams, what each of their parts costs, and which
//! bytes of the content they stand for.

use std::mem::take;
use std::ops::Range;

use super::program::{self, Stretch};
use super::streams::{self, Streams};
use super::{form, stream_table};
use crate::budget::{self, Charge};
use crate::coder::costs::Costs;
use crate::coder::growing::CodeSource;
use crate::error::{Error, Result};
use crate::kind::Kind;
use crate::method::{self, Method, work};
use crate::varint::Reader;

/// What a stream holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// How the block is put together.
    Program,
    /// What transforms need besides.
    Side,
    /// Bytes that another codec compressed.
    Compressed,
    /// Content of one kind.
    Content,
}

/// A coded stream.
#[derive(Debug)]
pub struct Stream {
    /// What the stream holds.
    pub role: Role,
    /// The kind of its bytes.
    pub kind: Kind,
    /// How they are coded.
    pub method: Method,
    /// The bytes; of words the text.
    pub bytes: Vec<u8>,
    /// Number of bytes of code.
    pub coded: usize,
    /// What the bytes cost, if the stream is mixed.
    pub costs: Option<Costs>,
    /// Which bytes of the block the stream stands for.
    pub stretches: Vec<Stretch>,
}

/// A coded block, taken apart.
#[derive(Debug)]
pub struct Anatomy {
    /// Number of coded bytes that are in no stream: form, table, hash, filling.
    pub head: usize,
    /// The streams.
    pub streams: Vec<Stream>,
    /// What they take of the budget of the job.
    _charge: Charge,
}

/// Takes the block `coded`, which stands for `raw_len` bytes, apart. A block that depends on a
/// reference block is refused.
///
/// # Errors
/// As for [`super::decode`].
pub fn take_apart(coded: &[u8], raw_len: usize) -> Result<Anatomy> {
    let _both = budget::charge(coded.len() as u64 + raw_len as u64, "a block")?;
    let mut reader = Reader::new(coded);
    let first = reader.byte()?;
    let (kind, method) = match first >> 4 {
        form::STORED if reader.rest().len() == raw_len => (Kind::Generic, Method::Stored),
        form::SINGLE => {
            let kind = Kind::read(&mut reader)?;
            (kind, Method::read(first & 15, &mut reader, &kind, raw_len)?)
        }
        form::SPLIT => return split(reader, coded.len(), raw_len),
        form => return Err(Error::Unsupported(format!("block form {form} of a stream"))),
    };
    work::check(coded.len(), raw_len, 0)?;
    let charge = budget::charge(raw_len as u64, "the streams of a block")?;
    let mut stream = Body { kind, method, raw_len, code: reader.rest() }.open(Role::Content)?;
    stream.stretches = vec![Stretch { of_stream: 0..raw_len, of_block: 0..raw_len }];
    Ok(Anatomy { head: coded.len() - stream.coded, streams: vec![stream], _charge: charge })
}

/// One stream of a split block, coded.
pub(super) struct Body<'a> {
    pub kind: Kind,
    pub method: Method,
    pub raw_len: usize,
    pub code: &'a [u8],
}

impl Body<'_> {
    /// Decodes the stream, and measures what its bytes cost.
    fn open(self, role: Role) -> Result<Stream> {
        let Body { kind, method, raw_len, code } = self;
        let mut costs = None;
        let bytes = match method {
            Method::Mixed(_) => {
                let costs = costs.insert(Costs::default());
                method::decode_measured(code, raw_len, method, &kind, costs)?
            }
            _ => streams::decode(CodeSource::Whole(code), raw_len, kind, method, None)?,
        };
        let (coded, stretches) = (code.len(), Vec::new());
        Ok(Stream { role, kind, method, bytes, coded, costs, stretches })
    }
}

fn split(mut reader: Reader<'_>, length: usize, raw_len: usize) -> Result<Anatomy> {
    let (bodies, hash) = stream_table::bodies(&mut reader, length, raw_len)?;
    let total = bodies.iter().map(|body| body.raw_len).sum::<usize>();
    let coded = bodies.iter().filter(|body| body.method != Method::Stored);
    let coded = coded.map(|body| body.raw_len).sum();
    // Each operation has two bytes at least, and may leave a note.
    let notes = bodies.first().map_or(0, |program| program.raw_len / 2) * size_of::<Stretch>();
    let charge = budget::charge((total + notes) as u64, "the streams of a block")?;
    let roles = [Role::Program, Role::Side, Role::Compressed].into_iter();
    let roles = roles.chain(std::iter::repeat(Role::Content));
    let opened = bodies.into_iter().zip(roles).map(|(body, role)| body.open(role));
    let mut opened: Vec<Stream> = opened.collect::<Result<_>>()?;
    let mut taken = opened.iter_mut().map(|stream| (stream.kind, take(&mut stream.bytes)));
    let mut next = || taken.next().map(|(_, bytes)| bytes).unwrap_or_default();
    let (program, side, compressed) = (next(), next(), next());
    let data = taken.collect();
    let streams = Streams { program, side, compressed, data, coded, ..Streams::default() };
    // Transforms are run on streams that arrived whole alone.
    if hash.is_some_and(|hash| hash != streams.hash()) {
        return Err(Error::Corrupt("hash of the streams".into()));
    }
    let stretches = program::stretches(&streams, length, raw_len)?;
    let Streams { program, side, compressed, data, .. } = streams;
    let data = data.into_iter().map(|(_, bytes)| bytes);
    let all = [program, side, compressed].into_iter().chain(data);
    for ((stream, bytes), stretches) in opened.iter_mut().zip(all).zip(stretches) {
        (stream.bytes, stream.stretches) = (bytes, stretches);
    }
    let end = opened.iter().map(|stream| stream.coded).sum::<usize>();
    Ok(Anatomy { head: length - end, streams: opened, _charge: charge })
}

/// Moves `stretches`, whose bytes lie in the content of a transform of `inner` bytes, to where the
/// `outer` bytes lie that the transform makes of them. Nothing tells which byte becomes which, so
/// all are moved alike.
pub(super) fn spread(stretches: &mut [Stretch], inner: usize, outer: Range<usize>) {
    let place = |at: usize| {
        outer.start + (at as u128 * outer.len() as u128 / inner.max(1) as u128) as usize
    };
    for stretch in stretches {
        let Range { start, end } = stretch.of_block;
        stretch.of_block = place(start)..place(end);
    }
}
