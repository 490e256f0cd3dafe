//! A stream through a predictor: what is read before it, and its bytes one after the other.

use std::borrow::Cow;
use std::cell::Cell;

use super::Sizes;
use super::primed::{self, Found, Key};
use super::profile::Profile;
use super::shape::Shape;
use super::step::{BytePredictor, StreamBytes};
use super::work::Work;
use crate::budget::{self, Charge};
use crate::coder::costs::Costs;
use crate::coder::growing::{CodeSource, Growing, MARGIN};
use crate::coder::leading::{LeadingBits, Skipped};
use crate::coder::{Decoder, Direction, Encoder, Paused};
use crate::error::{Error, Result};
use crate::simd::InstructionSet;

/// A predictor in the middle of a text, and the text that it has read.
pub(super) struct Reading {
    pub predictor: Box<dyn BytePredictor>,
    pub bytes: Vec<u8>,
}

/// Where a stream goes on from.
pub(super) enum After<'a> {
    /// A copy of this.
    Copy(&'a Reading),
    /// This itself.
    Take(Cell<Option<Reading>>),
}

/// A predictor to go on with, and the text that it has read.
type Before<'a> = (Box<dyn BytePredictor>, Cow<'a, [u8]>);

/// How one stream is coded, apart from its profile.
pub(super) struct Task<'a> {
    /// Most bytes of tables.
    pub memory: usize,
    pub set: InstructionSet,
    /// Where the stream goes on from; at the beginning by default.
    pub after: Option<After<'a>>,
    /// Whether the predictor is kept, and how many bytes may follow then.
    pub room: Option<usize>,
    /// How many bytes of text the stream stands for, if its own bytes are codes.
    pub text: Option<usize>,
    /// Where an encoder writes its code while it codes, for a thread that decodes it.
    pub growing: Option<&'a Growing>,
}

impl<'a> Task<'a> {
    /// Of a stream of `length` bytes that stands for itself.
    pub fn alone(profile: &Profile, length: usize, memory: usize, set: InstructionSet) -> Self {
        // The primer counts on both sides.
        let primer = profile.primer.text.len();
        let text = profile.words.map(|text| text.saturating_mul(length) / (length + primer).max(1));
        Task { memory, set, after: None, room: None, text, growing: None }
    }

    /// The same, with the code written to `growing` while it is coded.
    pub fn followed(self, growing: Option<&'a Growing>) -> Self {
        Task { growing, ..self }
    }

    /// The predictor that the stream goes on from, and what that has read.
    fn before(&self) -> Result<Option<Before<'_>>> {
        let Some(after) = &self.after else { return Ok(None) };
        let (mut predictor, bytes) = match after {
            After::Copy(reading) => (reading.predictor.copy(), Cow::Borrowed(&reading.bytes[..])),
            After::Take(reading) => {
                let reading = reading
                    .take()
                    .ok_or_else(|| Error::Bug("a base is used after the last time".into()))?;
                (reading.predictor, Cow::Owned(reading.bytes))
            }
        };
        predictor.expect_text(self.text.unwrap_or(0))?;
        Ok(Some((predictor, bytes)))
    }
}

/// Codes `raw` with the predictor of `profile`, or that of the base that `task` goes on from.
///
/// # Errors
/// Memory for the tables cannot be had.
pub(super) fn encode_task(
    profile: &Profile,
    raw: &[u8],
    task: &Task,
) -> Result<(Vec<u8>, Option<Reading>)> {
    encode_in(Shape::of(profile)?, profile, raw, task)
}

/// As [`encode_task`], with a predictor of `shape`.
pub(super) fn encode_in(
    shape: &'static Shape,
    profile: &Profile,
    raw: &[u8],
    task: &Task,
) -> Result<(Vec<u8>, Option<Reading>)> {
    let leading = LeadingBits::find(raw, profile.leading);
    let mut encoder = Encoder::new();
    leading.encode(profile.leading, &mut encoder);
    let mut stream = StreamCoder::begin(shape, profile, raw, raw.len(), &leading, task, true)?;
    let mut coder = Direction::Encode(encoder);
    let before = task.growing.map_or(0, Growing::len);
    while !stream.is_done() {
        if let (Some(growing), true, Direction::Encode(encoder)) =
            (task.growing, stream.is_at_note(), &coder)
        {
            let known = growing.len() - before;
            growing.append(encoder.settled().get(known..).unwrap_or(&[]));
        }
        stream.step(&mut coder);
    }
    let Direction::Encode(encoder) = coder else {
        return Err(changed_direction());
    };
    let mut code = encoder.finish();
    stream.work.fill(&mut code);
    Ok((code, task.room.map(|_| stream.into_reading())))
}

fn changed_direction() -> Error {
    Error::Bug("the direction of a stream changed".into())
}

/// Decodes what [`encode_task`] made of `raw_len` bytes. Notes in `costs`, if there is one, what
/// each byte costs.
///
/// # Errors
/// Memory cannot be had, or the code ends long before the bytes do.
pub(super) fn decode_task(
    profile: &Profile,
    mut source: CodeSource<'_>,
    raw_len: usize,
    task: &Task,
    mut costs: Option<&mut Costs>,
) -> Result<(Vec<u8>, Option<Reading>)> {
    if let Some(costs) = &mut costs {
        costs.begin(raw_len);
    }
    let (leading, mut paused) = loop {
        let mut decoder = Decoder::new(source.bytes());
        let leading = LeadingBits::decode(profile.leading, raw_len, &mut decoder);
        if decoder.position() <= source.safe_position() {
            break (leading?, decoder.pause());
        }
        source.need(decoder.position() + MARGIN)?;
    };
    let mut stream =
        StreamCoder::begin(Shape::of(profile)?, profile, &[], raw_len, &leading, task, false)?;
    while !stream.is_done() {
        source.need(paused.position() + MARGIN)?;
        paused = stream.decode(paused, &source, costs.as_deref_mut())?;
    }
    if !source.is_whole() && stream.work.is_too_much(source.need_all()?.len()) {
        return Err(Work::error());
    }
    let start = stream.bytes.start;
    let mut reading = stream.into_reading();
    if task.room.is_none() {
        reading.bytes.drain(..start);
        return Ok((reading.bytes, None));
    }
    Ok((reading.bytes[start..].to_vec(), Some(reading)))
}

/// A stream between two of its bytes.
struct StreamCoder<'a> {
    predictor: Box<dyn BytePredictor>,
    bytes: StreamBytes<'a>,
    /// Length of the stream with all that is read before.
    total: usize,
    /// What [`PROGRESS`] bytes count for.
    progress: u64,
    work: Work,
    skipped: Skipped,
    _charges: [Charge; 2],
}

/// Bytes from one note of progress to the next.
const PROGRESS: usize = 4096;

impl<'a> StreamCoder<'a> {
    /// A predictor of `shape` that has read all that comes before a stream of `length` bytes. `raw`
    /// is the whole stream for an encoder, nothing for a decoder.
    fn begin(
        shape: &'static Shape,
        profile: &Profile,
        raw: &'a [u8],
        length: usize,
        leading: &LeadingBits,
        task: &Task,
        is_coding: bool,
    ) -> Result<Self> {
        let (copy, before) = task.before()?.unzip();
        let is_behind_base = copy.is_some();
        let before = before.unwrap_or(Cow::Borrowed(&profile.primer.text[..]));
        let start = before.len();
        let total = length.saturating_add(start);
        let is_copied = start > 0 || !is_coding;
        let charges = [
            budget::charge(if is_copied { total as u64 } else { 0 }, "a stream")?,
            charge_text(profile, task)?,
        ];
        let bytes =
            if is_copied { Cow::Owned(join(before, raw, total)?) } else { Cow::Borrowed(raw) };
        let read = if is_behind_base { start } else { 0 };
        let mut bytes = StreamBytes::new(bytes, start, read, is_behind_base, leading);
        let predictor = match copy {
            Some(predictor) => predictor,
            None => primed_predictor(shape, profile, &mut bytes, total, leading, task, is_coding)?,
        };
        let of_text = |text| (PROGRESS as u64).saturating_mul(text as u64) / length.max(1) as u64;
        let progress = task.text.map_or(PROGRESS as u64, of_text);
        Ok(StreamCoder {
            predictor,
            bytes,
            total,
            progress,
            work: Work::of(profile),
            skipped: leading.skipped,
            _charges: charges,
        })
    }

    fn is_done(&self) -> bool {
        self.bytes.read().len() >= self.total
    }

    /// Whether the number of coded bytes is a multiple of [`PROGRESS`].
    #[inline(always)]
    fn is_at_note(&self) -> bool {
        (self.bytes.read().len() - self.bytes.start).is_multiple_of(PROGRESS)
    }

    /// Codes the next byte. Says whether one decision was enough.
    fn step(&mut self, coder: &mut Direction<'_>) -> bool {
        if self.is_at_note() {
            crate::progress::advance(self.progress);
        }
        let was_foretold = self.predictor.step(coder, &mut self.bytes);
        if was_foretold {
            self.work.expected();
        } else {
            self.work.modelled();
        }
        was_foretold
    }

    /// Decodes up to [`PROGRESS`] bytes, as far as the code in `source` is known.
    fn decode(
        &mut self,
        paused: Paused,
        source: &CodeSource<'_>,
        costs: Option<&mut Costs>,
    ) -> Result<Paused> {
        let is_measured = costs.is_some();
        let mut coder = Direction::Decode(match costs {
            Some(costs) => paused.on_measured(source.bytes(), costs),
            None => paused.on(source.bytes()),
        });
        let end = source.safe_position();
        let length = if source.is_whole() { source.bytes().len() } else { usize::MAX >> 32 };
        for _ in 0..PROGRESS {
            match &coder {
                Direction::Decode(decoder) if decoder.position() > end => break,
                Direction::Decode(decoder) if decoder.overrun() => {
                    return Err(Error::Corrupt("the code ends before its bytes do".into()));
                }
                _ if self.is_done() => break,
                _ if self.work.is_too_much(length) => return Err(Work::error()),
                _ => {
                    let at = self.bytes.read().len();
                    let was_foretold = self.step(&mut coder);
                    if is_measured {
                        self.note_byte(&mut coder, at, was_foretold);
                    }
                }
            }
        }
        match coder {
            Direction::Decode(decoder) => Ok(decoder.pause()),
            _ => Err(changed_direction()),
        }
    }

    /// Ends the costs of the byte at index `at`.
    #[cold]
    fn note_byte(&self, coder: &mut Direction<'_>, at: usize, was_foretold: bool) {
        if let Direction::Decode(decoder) = coder
            && let Some(costs) = decoder.costs()
        {
            costs.end_byte(self.skipped.at(at), was_foretold);
        }
    }

    fn into_reading(self) -> Reading {
        Reading { predictor: self.predictor, bytes: self.bytes.into_bytes().into_owned() }
    }
}

/// A predictor that has read the primer of `profile`, with which `bytes` begin: a copy where one is
/// kept.
fn primed_predictor(
    shape: &'static Shape,
    profile: &Profile,
    bytes: &mut StreamBytes<'_>,
    total: usize,
    leading: &LeadingBits,
    task: &Task,
    is_coding: bool,
) -> Result<Box<dyn BytePredictor>> {
    let sizes = Sizes::of(profile, total.saturating_add(task.room.unwrap_or(0)), task.memory);
    let key = if task.room.is_none() {
        Key::of(shape, profile, sizes, leading.skipped, task.set)
    } else {
        None
    };
    let mut is_wanted = false;
    if let Some(key) = &key {
        match primed::find(key, is_coding)? {
            Found::Primed(mut predictor) => {
                // More than the text of the stream alone, which the task only estimates.
                predictor.expect_text(profile.words.unwrap_or(0))?;
                bytes.pass_primer();
                return Ok(predictor);
            }
            Found::Wanted => is_wanted = true,
            Found::Unknown => {}
        }
    }
    let mut predictor = shape.predictor(profile, sizes, leading.skipped, task.set)?;
    while bytes.read().len() < profile.primer.noted {
        predictor.observe(bytes);
    }
    // Networks learn slowly, and only the end of what is read before a stream.
    predictor.rest_networks(true);
    while bytes.read().len() < bytes.start {
        if bytes.read().len() + sizes.learned_by_networks >= bytes.start {
            predictor.rest_networks(false);
        }
        predictor.step(&mut Direction::Prime, bytes);
    }
    predictor.rest_networks(false);
    if let Some(key) = key.filter(|_| is_wanted) {
        primed::keep(key, &*predictor);
    }
    Ok(predictor)
}

/// Takes the memory for the text that a stream of words stands for, its primer's included: models
/// keep it.
fn charge_text(profile: &Profile, task: &Task) -> Result<Charge> {
    let primer = if profile.words.is_some() { 2 * profile.primer.text.len() } else { 0 };
    budget::charge((task.text.unwrap_or(0) + primer) as u64, "the text behind a stream of words")
}

/// What is read first and what is coded, in one piece with room for `total` bytes.
fn join(first: Cow<'_, [u8]>, raw: &[u8], total: usize) -> Result<Vec<u8>> {
    let no_memory = |_| Error::no_memory(format_args!("{total} bytes"));
    let mut bytes = match first {
        Cow::Owned(bytes) => bytes,
        Cow::Borrowed(first) => {
            let mut bytes = Vec::new();
            bytes.try_reserve_exact(total).map_err(no_memory)?;
            bytes.extend_from_slice(first);
            bytes
        }
    };
    bytes.try_reserve_exact(total - bytes.len()).map_err(no_memory)?;
    bytes.extend_from_slice(raw);
    Ok(bytes)
}

/// Codes `raw` with the predictor of `profile`.
///
/// # Errors
/// Memory for the tables cannot be had.
pub fn encode_profile(
    profile: &Profile,
    raw: &[u8],
    memory: usize,
    set: InstructionSet,
) -> Result<Vec<u8>> {
    encode_growing(profile, raw, memory, set, None)
}

/// Like [`encode_profile`]. Appends the code to `growing` while it is coded, as far as nothing
/// changes it any more.
///
/// # Errors
/// As for [`encode_profile`].
pub fn encode_growing(
    profile: &Profile,
    raw: &[u8],
    memory: usize,
    set: InstructionSet,
    growing: Option<&Growing>,
) -> Result<Vec<u8>> {
    let task = Task::alone(profile, raw.len(), memory, set).followed(growing);
    Ok(encode_task(profile, raw, &task)?.0)
}

/// Decodes what [`encode_profile`] made of `raw_len` bytes.
///
/// # Errors
/// Memory for the tables cannot be had.
#[cfg(test)]
pub fn decode_profile(
    profile: &Profile,
    coded: &[u8],
    raw_len: usize,
    memory: usize,
    set: InstructionSet,
) -> Result<Vec<u8>> {
    decode_source(profile, CodeSource::Whole(coded), raw_len, memory, set, None)
}

/// Like [`decode_profile`], for code that may still be written. Notes in `costs`, if there is one,
/// what each byte costs.
///
/// # Errors
/// As for [`decode_profile`]; or nobody needs the code any more.
pub fn decode_source(
    profile: &Profile,
    coded: CodeSource<'_>,
    raw_len: usize,
    memory: usize,
    set: InstructionSet,
    costs: Option<&mut Costs>,
) -> Result<Vec<u8>> {
    let task = Task::alone(profile, raw_len, memory, set);
    Ok(decode_task(profile, coded, raw_len, &task, costs)?.0)
}
