//! Bases: text that is coded once and that many streams go on from, each as if it followed that
//! text directly.
//!
//! Small files that stand in different blocks of an archive cannot learn from each other, for every
//! block has a predictor of its own. A base is the predictor after a text that is like many of
//! them. Each stream that goes on from it starts with a copy, which takes the time of copying its
//! tables and not that of reading the text again.

use crate::varint;
use std::borrow::Cow;
use std::cell::Cell;
use std::sync::{PoisonError, RwLock};

use super::primer::Primer;
use super::profile::Profile;
use super::stream::{After, Reading, Task, decode_task, encode_task};
use crate::error::{Error, Result};
use crate::kind::Kind;
use crate::level::Level;
use crate::simd::InstructionSet;
use crate::words;

/// A text that streams go on from.
pub struct Base {
    /// Gone where it went to the last stream.
    state: RwLock<Option<Reading>>,
    /// Whether only one more stream goes on from it.
    last: bool,
    profile: Profile,
    set: InstructionSet,
    /// The level that all its streams are of.
    pub level: Level,
    /// The text.
    pub text: Vec<u8>,
}

/// Most codes that the tables of a base of `text` bytes may be made for beyond its own: every block
/// copies them.
fn most_room(text: usize) -> usize {
    text.saturating_mul(32).saturating_add(64 << 10)
}

impl Base {
    /// Codes `text` as a base that `room` bytes of codes, more or less, will go on from.
    ///
    /// # Errors
    /// [`Error::Limit`] when memory cannot be had, [`Error::Corrupt`] for a level without bases.
    pub fn encode(text: &[u8], level: Level, room: usize) -> Result<(Vec<u8>, Base)> {
        let codes = words::encode(text)?;
        let mut out = Vec::new();
        let room = room.min(most_room(text.len()));
        varint::put(&mut out, room as u64);
        varint::put(&mut out, codes.len() as u64);
        let set = crate::simd::active();
        let profile = profile_of(&level, text.len())?;
        let task = Task {
            memory: memory_of(&level),
            set,
            after: None,
            room: Some(room),
            text: Some(text.len()),
        };
        let (coded, state) = encode_task(&profile, &codes, &task)?;
        out.extend_from_slice(&coded);
        Ok((out, Base::new(state, profile, level, set, text.to_vec())?))
    }

    /// Decodes what [`Base::encode`] made of `raw_len` bytes.
    ///
    /// # Errors
    /// As for [`super::decode`].
    pub fn decode(coded: &[u8], raw_len: usize, level: Level) -> Result<Base> {
        let mut reader = varint::Reader::new(coded);
        let room = reader.len()?;
        let length = codes_of(&mut reader, raw_len)?;
        if room > most_room(raw_len) {
            return Err(Error::Corrupt("room behind a base".into()));
        }
        let set = crate::simd::active();
        let profile = profile_of(&level, raw_len)?;
        let task = Task {
            memory: memory_of(&level),
            set,
            after: None,
            room: Some(room),
            text: Some(raw_len),
        };
        let (codes, state) = decode_task(&profile, reader.rest(), length, &task)?;
        let text = words::decode(&codes, raw_len)?;
        Base::new(state, profile, level, set, text)
    }

    fn new(
        state: Option<Reading>,
        mut profile: Profile,
        level: Level,
        set: InstructionSet,
        text: Vec<u8>,
    ) -> Result<Base> {
        let state = state.ok_or_else(|| Error::Bug("no state of a base".into()))?;
        // Its text is in the state.
        profile.primer.text = Cow::Borrowed(&[]);
        Ok(Base { state: RwLock::new(Some(state)), last: false, profile, set, level, text })
    }

    /// The same for one more stream to be decoded, which needs no copy then: a seventh of the time
    /// of one file.
    #[must_use]
    pub fn for_the_last_time(self) -> Base {
        Base { last: true, ..self }
    }

    fn task<'a>(&self, after: After<'a>, text: usize) -> Task<'a> {
        Task {
            memory: memory_of(&self.level),
            set: self.set,
            after: Some(after),
            room: None,
            text: Some(text),
        }
    }

    /// Codes `text` as it would be coded behind the base.
    ///
    /// # Errors
    /// [`Error::Limit`] when memory cannot be had.
    pub fn encode_behind(&self, text: &[u8]) -> Result<Vec<u8>> {
        let codes = words::encode(text)?;
        let mut out = Vec::new();
        varint::put(&mut out, codes.len() as u64);
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let after = After::Copy(state.as_ref().ok_or_else(gone)?);
        out.extend_from_slice(
            &encode_task(&self.profile, &codes, &self.task(after, text.len()))?.0,
        );
        Ok(out)
    }

    /// Decodes what [`Base::encode_behind`] made of `raw_len` bytes.
    ///
    /// # Errors
    /// As for [`super::decode`].
    pub fn decode_behind(&self, coded: &[u8], raw_len: usize) -> Result<Vec<u8>> {
        let mut reader = varint::Reader::new(coded);
        let length = codes_of(&mut reader, raw_len)?;
        let codes = if self.last {
            let state = self
                .state
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .take()
                .ok_or_else(gone)?;
            let after = After::Take(Cell::new(Some(state)));
            decode_task(&self.profile, reader.rest(), length, &self.task(after, raw_len))?.0
        } else {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            let after = After::Copy(state.as_ref().ok_or_else(gone)?);
            decode_task(&self.profile, reader.rest(), length, &self.task(after, raw_len))?.0
        };
        words::decode(&codes, raw_len)
    }
}

impl std::fmt::Debug for Base {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Base")
            .field("level", &self.level.number)
            .field("bytes", &self.text.len())
            .finish_non_exhaustive()
    }
}

fn gone() -> Error {
    Error::Bug("a base is used after the last time".into())
}

/// The profile of a base of `text` bytes.
fn profile_of(level: &Level, text: usize) -> Result<Profile> {
    if !level.has_bases() {
        return Err(Error::Corrupt("a base of a level that has none".into()));
    }
    let profile = Profile::new(level, &Kind::Words, text);
    Profile { primer: Primer::of_base(), ..profile }.as_words(text)
}

/// Most bytes of tables: base and copy together take what one stream does.
fn memory_of(level: &Level) -> usize {
    level.memory / 2
}

/// Reads how many codes stand for `raw_len` bytes of text.
fn codes_of(reader: &mut varint::Reader<'_>, raw_len: usize) -> Result<usize> {
    let length = reader.len()?;
    if length > raw_len.saturating_mul(words::MAX_EXPANSION) {
        return Err(Error::Corrupt("number of codes".into()));
    }
    Ok(length)
}
