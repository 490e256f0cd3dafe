//! Where the bytes of an archive go: by stream, along the content, and by how sure the models were.
//!
//! An archive of a stream is decoded, and each coded bit tells its cost. All bytes of the archive
//! are accounted for: those of the container, those of the blocks that are in no stream, and the
//! code of each stream, of which the costs of bits differ by a few bytes that end a code.

mod ablation;
mod names;
mod strips;

use std::io::{BufReader, Read};

use crate::block::{self, Anatomy, Role, Stream};
use crate::coder::costs::Costs;
use crate::container::compact::Compact;
use crate::container::fields::Fields;
use crate::container::footer::Footer;
use crate::container::header::Header;
use crate::container::record::{Record, RecordKind, read_kind};
use crate::error::{Error, Limit, LimitKind, Result};
use crate::kind::Kind;
use crate::method::Method;
use crate::options::DecodeOptions;
use crate::threads::Ordered;

pub use crate::coder::costs::{BIT, CLASSES, LEAST_PROBABILITY, Tally};
pub use ablation::{Ablation, Parts};
pub use strips::{Share, Strip, Strips};

/// What an explanation tells.
#[derive(Debug)]
pub struct Explanation {
    /// Bytes of content.
    pub raw: u64,
    /// Bytes of the archive.
    pub coded: u64,
    /// Bytes of the archive that are in no block: headers, index, hashes.
    pub container: u64,
    /// Bytes of the blocks that are in no stream: tables of streams, filling.
    pub heads: u64,
    /// The blocks, in order.
    pub blocks: Vec<Block>,
    /// The streams of all blocks, those that are coded alike together.
    pub streams: Vec<StreamSum>,
    /// What the content costs, from its first byte to its last. [`Share::stream`] is an index of
    /// `streams`.
    pub strips: Strips,
    /// What the streams would take without parts of their models, if that was asked for.
    pub ablations: Vec<Ablation>,
}

/// A block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Bytes of content.
    pub raw: u64,
    /// Coded bytes.
    pub coded: u64,
    /// Number of streams that have any byte.
    pub streams: u64,
}

/// The streams of all blocks that have one role, one kind and one method.
#[derive(Debug)]
pub struct StreamSum {
    role: Role,
    kind: Kind,
    method: Method,
    /// What the streams hold, in words.
    pub name: String,
    /// How they are coded, in words.
    pub coding: String,
    /// The number of streams.
    pub streams: u64,
    /// Bytes before coding. Transforms may have unpacked them.
    pub raw: u64,
    /// Bytes of code.
    pub coded: u64,
    /// What the bytes cost together, in units of 1/[`BIT`] bits: of mixed streams the sum over
    /// their bits, of others all of their code.
    pub cost: u64,
    /// Bits that models predicted, by class of certainty; none but in mixed streams.
    pub classes: [Tally; CLASSES],
    /// Bytes that one decision coded, since a long match foretold them.
    pub foretold: Tally,
    /// Such decisions that were wrong.
    pub refuted: Tally,
    /// How often each byte value occurs.
    counts: Box<[u64; 256]>,
}

impl StreamSum {
    fn of(stream: &Stream) -> Self {
        StreamSum {
            role: stream.role,
            kind: stream.kind,
            method: stream.method,
            name: names::of_content(stream.role, &stream.kind),
            coding: names::of_method(&stream.method),
            streams: 0,
            raw: 0,
            coded: 0,
            cost: 0,
            classes: [Tally::default(); CLASSES],
            foretold: Tally::default(),
            refuted: Tally::default(),
            counts: Box::new([0; 256]),
        }
    }

    fn is_of(&self, stream: &Stream) -> bool {
        (self.role, self.kind, self.method) == (stream.role, stream.kind, stream.method)
    }

    fn add(&mut self, stream: &Stream) {
        self.streams += 1;
        self.raw += stream.bytes.len() as u64;
        self.coded += stream.coded as u64;
        self.cost += cost_of(stream);
        stream.bytes.iter().for_each(|&byte| self.counts[usize::from(byte)] += 1);
        if let Some(Costs { classes, foretold, refuted, .. }) = &stream.costs {
            self.classes.iter_mut().zip(classes).for_each(|(sum, class)| sum.join(*class));
            self.foretold.join(*foretold);
            self.refuted.join(*refuted);
        }
    }

    /// Whether models predicted each bit.
    #[must_use]
    pub fn is_mixed(&self) -> bool {
        matches!(self.method, Method::Mixed(_))
    }

    /// Whether the streams hold content; the others tell how blocks are put together.
    #[must_use]
    pub fn is_content(&self) -> bool {
        self.role == Role::Content
    }

    /// Entropy of single bytes, in bits a byte: what a code without any context takes.
    #[must_use]
    pub fn entropy(&self) -> f64 {
        let total = self.raw.max(1) as f64;
        let of_value = |&count: &u64| match count {
            0 => 0.0,
            count => count as f64 / total * (total / count as f64).log2(),
        };
        self.counts.iter().map(of_value).sum()
    }

    /// Bytes that begin and end codes, what the code has beyond the costs of its bits: numbers and
    /// lists before the first byte, the last few bytes, filling.
    #[must_use]
    pub fn ends(&self) -> f64 {
        self.coded as f64 - self.cost as f64 / (8 * BIT) as f64
    }
}

/// What the bytes of a stream cost, in units of 1/[`BIT`] bits.
fn cost_of(stream: &Stream) -> u64 {
    stream.costs.as_ref().map_or(stream.coded as u64 * 8 * BIT, Costs::total)
}

/// Explains the archive `input`, and measures what `parts` of the models are worth. Content must
/// not be that of named files.
///
/// # Errors
/// The archive is damaged, holds named files, or passes a limit of `options`; or reading fails.
pub fn explain(input: impl Read, parts: Parts, options: &DecodeOptions) -> Result<Explanation> {
    options.budget().run(|| {
        let mut explainer = Explainer {
            fields: Fields::new(BufReader::with_capacity(1 << 16, input), 0),
            queue: Ordered::new(options.threads),
            parts,
            most: options.max_output,
            explanation: Explanation {
                raw: 0,
                coded: 0,
                container: 0,
                heads: 0,
                blocks: Vec::new(),
                streams: Vec::new(),
                strips: Strips::default(),
                ablations: Vec::new(),
            },
        };
        while explainer.member()? {}
        Ok(explainer.end())
    })
}

struct Explainer<R: Read> {
    fields: Fields<BufReader<R>>,
    queue: Ordered<()>,
    parts: Parts,
    /// Most bytes of content.
    most: u64,
    explanation: Explanation,
}

impl<R: Read> Explainer<R> {
    /// Takes in the next member, if there is one.
    fn member(&mut self) -> Result<bool> {
        let start = self.fields.offset();
        let Some(header) = Header::read_from(&mut self.fields)? else {
            return if start == 0 {
                Err(Error::NotAnArchive("it is empty".into()))
            } else {
                Ok(false)
            };
        };
        if header.is_named() {
            return Err(Error::NamedFiles(start));
        }
        if header.is_compact() {
            let Compact { raw_len, coded, .. } = Compact::read_rest(&mut self.fields)?;
            if raw_len > 0 {
                self.block(&coded, raw_len)?;
            }
            return Ok(true);
        }
        loop {
            let kind = read_kind(&mut self.fields)?;
            if kind == RecordKind::Footer {
                Footer::read_rest(&mut self.fields)?;
                return Ok(true);
            }
            let record = Record::read_rest(kind, &mut self.fields)?;
            let coded = self.fields.payload(record.coded_len)?;
            record.check_coded(&coded)?;
            if kind == RecordKind::Block {
                self.block(&coded, record.raw_len)?;
            }
        }
    }

    fn block(&mut self, coded: &[u8], raw_len: u64) -> Result<()> {
        if raw_len > block::longest(coded) {
            return Err(Error::Corrupt(format!("a block of {raw_len} bytes")));
        }
        if raw_len > self.most.saturating_sub(self.explanation.raw) {
            let text = format!("the content passes {} bytes", self.most);
            return Err(Error::Limit(Limit::new(LimitKind::Output, text)));
        }
        let length = usize::try_from(raw_len)
            .map_err(|_| Error::no_memory(format_args!("{raw_len} bytes")))?;
        let memory = block::memory(coded, coded.len(), length);
        let parts = self.parts;
        let take_apart = || {
            let anatomy = block::take_apart(coded, length)?;
            let ablations = ablation::of_block(&anatomy, parts)?;
            Ok((anatomy, ablations))
        };
        let (anatomy, ablations) = self.queue.run(memory, take_apart)?;
        self.explanation.add(&anatomy, coded.len() as u64, raw_len);
        ablation::join(&mut self.explanation.ablations, ablations);
        Ok(())
    }

    fn end(self) -> Explanation {
        let mut explanation = self.explanation;
        explanation.coded = self.fields.offset();
        let in_blocks: u64 = explanation.blocks.iter().map(|block| block.coded).sum();
        explanation.container = explanation.coded - in_blocks;
        explanation.ablations.sort_by_key(|ablation| std::cmp::Reverse(ablation.worth()));
        explanation
    }
}

impl Explanation {
    fn add(&mut self, anatomy: &Anatomy, coded: u64, raw: u64) {
        let streams = anatomy.streams.iter().filter(|stream| !stream.bytes.is_empty());
        self.strips.begin(raw);
        let of_content = |is_wanted: bool| {
            streams.clone().filter(move |stream| (stream.role == Role::Content) == is_wanted)
        };
        for stream in of_content(true).chain(of_content(false)) {
            let known = self.streams.iter().position(|sum| sum.is_of(stream));
            let index = known.unwrap_or_else(|| {
                self.streams.push(StreamSum::of(stream));
                self.streams.len() - 1
            });
            self.streams[index].add(stream);
            self.strips.add(index, stream, self.raw);
        }
        self.blocks.push(Block { raw, coded, streams: streams.count() as u64 });
        self.heads += anatomy.head as u64;
        self.raw += raw;
    }

    /// The sums over all streams: bits by class of certainty, bytes that were foretold, decisions
    /// that were wrong.
    #[must_use]
    pub fn certainty(&self) -> ([Tally; CLASSES], Tally, Tally) {
        let mut classes = [Tally::default(); CLASSES];
        let (mut foretold, mut refuted) = (Tally::default(), Tally::default());
        for stream in &self.streams {
            classes.iter_mut().zip(stream.classes).for_each(|(sum, class)| sum.join(class));
            foretold.join(stream.foretold);
            refuted.join(stream.refuted);
        }
        (classes, foretold, refuted)
    }
}

#[cfg(test)]
mod tests;
