//! One byte through a predictor, in either direction.

use std::borrow::Cow;

use super::Predictor;
use crate::coder::leading::LeadingBits;
use crate::coder::{BitCoder, Direction};
use crate::error::Result;
use crate::mix::mixer::WeightMixer;
use crate::simd::{Kernels, Work, accelerate};

/// The bytes of one stream: those that a predictor has read, and those that follow as far as they
/// are known.
///
/// A stream begins with bytes that are read without being coded: a primer, or the text of a base.
pub(super) struct StreamBytes<'a> {
    bytes: Cow<'a, [u8]>,
    /// How many of `bytes` the predictor has read.
    read: usize,
    /// How many bytes at the beginning are not coded.
    pub start: usize,
    /// Index of the first byte for which a long match is asked. The first byte that follows a base
    /// is coded without.
    asked_from: usize,
    /// Indices of the bytes whose leading bits are not zero, ascending, and how many of them were
    /// passed.
    exceptions: Vec<usize>,
    passed: usize,
}

impl<'a> StreamBytes<'a> {
    /// A stream whose first `start` bytes are not coded, of which the predictor has read `read`.
    pub fn new(
        bytes: Cow<'a, [u8]>,
        start: usize,
        read: usize,
        is_behind_base: bool,
        leading: &LeadingBits,
    ) -> Self {
        let exceptions = leading.exceptions.iter().map(|index| index + start).collect();
        StreamBytes {
            bytes,
            read,
            start,
            asked_from: start + usize::from(is_behind_base),
            exceptions,
            passed: 0,
        }
    }

    /// The bytes that were read.
    #[inline(always)]
    pub fn read(&self) -> &[u8] {
        &self.bytes[..self.read]
    }

    /// Goes on behind the primer, which the predictor has read already.
    pub fn pass_primer(&mut self) {
        self.read = self.start;
    }

    /// All bytes; after the last one has been read, the stream.
    pub fn into_bytes(self) -> Cow<'a, [u8]> {
        self.bytes
    }

    /// The next byte, zero where a decoder has to find it.
    #[inline(always)]
    fn known(&self) -> u8 {
        self.bytes.get(self.read).copied().unwrap_or(0)
    }

    /// Takes `byte` as read.
    #[inline(always)]
    fn take(&mut self, byte: u8) {
        if self.read == self.bytes.len() {
            self.bytes.to_mut().push(byte);
        }
        self.read += 1;
    }

    /// Whether the leading bits of the next byte are ones. Asked once a byte.
    #[inline(always)]
    fn is_exception(&mut self) -> bool {
        let is_exception = self.exceptions.get(self.passed) == Some(&self.read);
        self.passed += usize::from(is_exception);
        is_exception
    }
}

/// A predictor that reads one byte after the other. Its shape and its instruction set are known
/// only to who made it.
pub(super) trait BytePredictor: Send + Sync {
    /// Codes the next byte of `stream` with `coder`, and learns it. Says whether one decision was
    /// enough, since a long match foretold the byte.
    fn step(&mut self, coder: &mut Direction<'_>, stream: &mut StreamBytes<'_>) -> bool;

    /// Takes in the next byte of `stream`, which is known, without learning what it means:
    /// histories, runs and matches remember the byte. A third of the time of learning.
    fn observe(&mut self, stream: &mut StreamBytes<'_>);

    /// Whether networks rest: they take in bytes, but predict and learn nothing.
    fn rest_networks(&mut self, rest: bool);

    /// Makes room for what stands for `text` more bytes of text.
    ///
    /// # Errors
    /// The memory for that text cannot be had.
    fn expect_text(&mut self, text: usize) -> Result<()>;

    /// A copy, which predicts the same.
    fn copy(&self) -> Box<dyn BytePredictor>;
}

impl<
    K: Kernels,
    const N: usize,
    const R: usize,
    const D: usize,
    const P: usize,
    const S: usize,
    const I: bool,
    M: WeightMixer<P, S> + 'static,
> BytePredictor for Predictor<K, N, R, D, P, S, I, M>
{
    fn step(&mut self, coder: &mut Direction<'_>, stream: &mut StreamBytes<'_>) -> bool {
        accelerate(self.kernels.instruction_set(), Step { predictor: self, coder, stream })
    }

    fn observe(&mut self, stream: &mut StreamBytes<'_>) {
        accelerate(self.kernels.instruction_set(), Observe { predictor: self, stream });
    }

    fn rest_networks(&mut self, rest: bool) {
        self.networks_rest = rest;
    }

    fn expect_text(&mut self, text: usize) -> Result<()> {
        self.state.expect(text)
    }

    fn copy(&self) -> Box<dyn BytePredictor> {
        Box::new(self.clone())
    }
}

/// One byte that is coded.
struct Step<'a, 'b, 'c, T> {
    predictor: &'a mut T,
    coder: &'a mut Direction<'b>,
    stream: &'a mut StreamBytes<'c>,
}

impl<
    K: Kernels,
    const N: usize,
    const R: usize,
    const D: usize,
    const P: usize,
    const S: usize,
    const I: bool,
    M: WeightMixer<P, S>,
> Work for Step<'_, '_, '_, Predictor<K, N, R, D, P, S, I, M>>
{
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let Step { predictor, coder, stream } = self;
        let (byte, was_foretold) = code_byte(predictor, coder, stream);
        stream.take(byte);
        predictor.push(stream.read());
        was_foretold
    }
}

/// Codes one byte: by one decision where a long match makes the byte as good as sure, else bit by
/// bit. Says which.
#[inline(always)]
fn code_byte<
    K: Kernels,
    const N: usize,
    const R: usize,
    const D: usize,
    const P: usize,
    const S: usize,
    const I: bool,
    M: WeightMixer<P, S>,
>(
    predictor: &mut Predictor<K, N, R, D, P, S, I, M>,
    coder: &mut Direction<'_>,
    stream: &mut StreamBytes<'_>,
) -> (u8, bool) {
    let known = stream.known();
    let is_exception = stream.is_exception();
    if stream.read >= stream.asked_from
        && let Some(long_match) = predictor.long_match()
    {
        let expected = long_match.expected();
        if coder.code(u32::from(expected == known), long_match.probability()) == 1 {
            return (expected, true);
        }
        predictor.rule_out();
    }
    predictor.begin_byte();
    let skipped = predictor.skipped();
    let mut byte = 0;
    if skipped > 0 {
        byte = u32::from(is_exception);
        (0..skipped).for_each(|_| predictor.skip_bit(byte));
    }
    for shift in (0..8 - skipped).rev() {
        let bit = coder.code(u32::from(known >> shift) & 1, predictor.probability());
        // The last bit is learned with its byte.
        if shift > 0 {
            predictor.update_bit(bit);
        }
        byte = byte * 2 + bit;
    }
    predictor.end_byte(byte & 1);
    (byte as u8, false)
}

/// One byte that is observed.
struct Observe<'a, 'b, T> {
    predictor: &'a mut T,
    stream: &'a mut StreamBytes<'b>,
}

impl<
    K: Kernels,
    const N: usize,
    const R: usize,
    const D: usize,
    const P: usize,
    const S: usize,
    const I: bool,
    M: WeightMixer<P, S>,
> Work for Observe<'_, '_, Predictor<K, N, R, D, P, S, I, M>>
{
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.stream.read += 1;
        self.predictor.observe_byte(self.stream.read());
    }
}
