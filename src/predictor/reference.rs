//! Reference blocks: text that is coded once and that many streams go on from, each as if the
//! stream followed that text directly.
//!
//! Small files that stand in different blocks of an archive cannot learn from each other, for every
//! block has a predictor of its own. A reference block keeps the predictor after a text that is
//! like many of those files. Each stream that depends on the reference block starts with a copy of
//! that predictor, which takes the time of copying tables and not that of reading the text again.

use std::cell::Cell;
use std::sync::{PoisonError, RwLock};

use super::most_memory;
use super::primer::Text;
use super::profile::Profile;
use super::stream::{After, Reading, Task, decode_task, encode_task};
use crate::coder::growing::{CodeSource, Growing};
use crate::error::{Error, Result};
use crate::simd::InstructionSet;
use crate::{varint, words};

/// The text of a reference block, with the predictor that has read that text.
pub struct Reference {
    /// `None` once the last dependent stream has taken the predictor.
    state: RwLock<Option<Reading>>,
    /// Whether only one more stream depends on this.
    is_used_once: bool,
    profile: Profile,
    /// Most bytes of the table of histories.
    memory: usize,
    /// Bytes of memory of a copy of the tables, at most.
    copied_memory: u64,
    set: InstructionSet,
    /// The text.
    pub text: Vec<u8>,
}

/// Most codes that the tables of a reference block of `text` bytes may be made for beyond its own:
/// every dependent block copies the tables.
fn largest_room(text: usize) -> usize {
    text.saturating_mul(32).saturating_add(64 << 10)
}

impl Reference {
    /// Codes `text` with `profile`, which is [`Profile::as_words`] of the text, and a table of
    /// histories of at most `memory` bytes, for dependent streams of about `room` codes each.
    ///
    /// # Errors
    /// [`Error::Limit`] when memory cannot be had.
    pub fn encode(
        text: &[u8],
        profile: Profile,
        memory: usize,
        room: usize,
        growing: Option<&Growing>,
    ) -> Result<(Vec<u8>, Reference)> {
        let codes = words::encode(text)?;
        let mut out = Vec::new();
        let room = room.min(largest_room(text.len()));
        varint::put(&mut out, room as u64);
        varint::put(&mut out, codes.len() as u64);
        begin(growing, &out);
        let set = crate::simd::active();
        let task = task_of_reference(memory, set, room, text.len()).followed(growing);
        let (coded, state) = encode_task(&profile, &codes, &task)?;
        out.extend_from_slice(&coded);
        let copied_memory = most_memory(&profile, text.len() + room, memory);
        Ok((out, Reference::new(state, profile, (memory, copied_memory), set, text.to_vec())?))
    }

    /// Decodes what [`Reference::encode`] made of `raw_len` bytes.
    ///
    /// # Errors
    /// As for [`super::decode_profile`].
    pub fn decode(
        mut coded: CodeSource<'_>,
        raw_len: usize,
        profile: Profile,
        memory: usize,
    ) -> Result<Reference> {
        coded.need(2 * varint::MAX_LEN)?;
        let mut reader = varint::Reader::new(coded.bytes());
        let room = reader.len()?;
        let length = number_of_codes(&mut reader, raw_len)?;
        let passed = coded.bytes().len() - reader.rest().len();
        coded.pass(passed);
        if room > largest_room(raw_len) {
            return Err(Error::Corrupt("room behind a reference block".into()));
        }
        let set = crate::simd::active();
        let task = task_of_reference(memory, set, room, raw_len);
        let (codes, state) = decode_task(&profile, coded, length, &task, None)?;
        let text = words::decode(&codes, raw_len)?;
        let copied_memory = most_memory(&profile, raw_len.saturating_add(room), memory);
        Reference::new(state, profile, (memory, copied_memory), set, text)
    }

    fn new(
        state: Option<Reading>,
        mut profile: Profile,
        (memory, copied_memory): (usize, u64),
        set: InstructionSet,
        text: Vec<u8>,
    ) -> Result<Reference> {
        let state = state.ok_or_else(|| Error::Bug("no state of a reference block".into()))?;
        // Its text is in the state.
        profile.primer.text = Text::default();
        let state = RwLock::new(Some(state));
        Ok(Reference { state, is_used_once: false, profile, memory, copied_memory, set, text })
    }

    /// Bytes of memory that one dependent stream takes for its copy of the tables, at most.
    #[must_use]
    pub fn memory(&self) -> u64 {
        self.copied_memory
    }

    /// The same for one more stream to be decoded, which takes the predictor instead of a copy: a
    /// seventh of the time of one file.
    #[must_use]
    pub fn for_last_dependent(self) -> Reference {
        Reference { is_used_once: true, ..self }
    }

    fn task<'a>(&self, after: After<'a>, text: usize) -> Task<'a> {
        Task {
            memory: self.memory,
            set: self.set,
            after: Some(after),
            room: None,
            text: Some(text),
            growing: None,
        }
    }

    /// Codes `text` as it would be coded after the text of this.
    ///
    /// # Errors
    /// [`Error::Limit`] when memory cannot be had.
    pub fn encode_dependent(&self, text: &[u8], growing: Option<&Growing>) -> Result<Vec<u8>> {
        let codes = words::encode(text)?;
        let mut out = Vec::new();
        varint::put(&mut out, codes.len() as u64);
        begin(growing, &out);
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let after = After::Copy(state.as_ref().ok_or_else(taken)?);
        let task = self.task(after, text.len()).followed(growing);
        out.extend_from_slice(&encode_task(&self.profile, &codes, &task)?.0);
        Ok(out)
    }

    /// Decodes what [`Reference::encode_dependent`] made of `raw_len` bytes.
    ///
    /// # Errors
    /// As for [`super::decode_profile`].
    pub fn decode_dependent(&self, mut coded: CodeSource<'_>, raw_len: usize) -> Result<Vec<u8>> {
        coded.need(varint::MAX_LEN)?;
        let mut reader = varint::Reader::new(coded.bytes());
        let length = number_of_codes(&mut reader, raw_len)?;
        let passed = coded.bytes().len() - reader.rest().len();
        coded.pass(passed);
        let codes = if self.is_used_once {
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            let after = After::Take(Cell::new(Some(state.take().ok_or_else(taken)?)));
            decode_task(&self.profile, coded, length, &self.task(after, raw_len), None)?.0
        } else {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            let after = After::Copy(state.as_ref().ok_or_else(taken)?);
            decode_task(&self.profile, coded, length, &self.task(after, raw_len), None)?.0
        };
        words::decode(&codes, raw_len)
    }
}

impl std::fmt::Debug for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reference")
            .field("memory", &self.memory)
            .field("bytes", &self.text.len())
            .finish_non_exhaustive()
    }
}

/// Appends the numbers before a code to `growing`.
fn begin(growing: Option<&Growing>, numbers: &[u8]) {
    if let Some(growing) = growing {
        growing.append(numbers);
    }
}

fn taken() -> Error {
    Error::Bug("a reference block is used after its last dependent block".into())
}

fn task_of_reference(
    memory: usize,
    set: InstructionSet,
    room: usize,
    text: usize,
) -> Task<'static> {
    Task { memory, set, after: None, room: Some(room), text: Some(text), growing: None }
}

/// Reads how many codes stand for `raw_len` bytes of text.
fn number_of_codes(reader: &mut varint::Reader<'_>, raw_len: usize) -> Result<usize> {
    let length = reader.len()?;
    if length > raw_len.saturating_mul(words::MAX_EXPANSION) {
        return Err(Error::Corrupt("number of codes".into()));
    }
    Ok(length)
}
