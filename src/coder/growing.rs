//! Code that one thread decodes while another one writes it.
//!
//! So an encoder and the decoder that verifies its code run at the same time, and take the time of
//! one of them.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};

/// Code that is being written.
#[derive(Debug, Default)]
pub struct Growing {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// All bytes that nothing changes any more.
    bytes: Vec<u8>,
    end: End,
}

/// Whether more bytes will come.
#[derive(Debug, Default, PartialEq)]
enum End {
    #[default]
    NotYet,
    /// The code is whole.
    Whole,
    /// Nobody needs the code.
    Abandoned,
}

impl Growing {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends `bytes`.
    pub fn append(&self, bytes: &[u8]) {
        self.state().bytes.extend_from_slice(bytes);
        self.changed.notify_all();
    }

    /// Number of bytes so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.state().bytes.len()
    }

    /// Has nothing been written?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Says that `code` is the whole code.
    pub fn finish(&self, code: &[u8]) {
        let mut state = self.state();
        if state.end == End::NotYet {
            *state = State { bytes: code.to_vec(), end: End::Whole };
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Says that nobody needs the code: whoever decodes it stops.
    pub fn abandon(&self) {
        self.state().end = End::Abandoned;
        self.changed.notify_all();
    }

    /// Is `code` the whole code?
    #[must_use]
    pub fn is(&self, code: &[u8]) -> bool {
        let state = self.state();
        state.end == End::Whole && state.bytes == code
    }

    /// Waits for `length` bytes or the whole code. Appends the bytes that `have` lacks, and says
    /// whether the code is whole.
    fn wait_for(&self, length: usize, have: &mut Vec<u8>) -> Result<bool> {
        let mut state = self.state();
        while state.end == End::NotYet && state.bytes.len() < length {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.end == End::Abandoned {
            return Err(Error::Bug("code that nobody needs is decoded".into()));
        }
        let known = have.len().min(state.bytes.len());
        if state.bytes[..known] != have[..known] || have[known..].iter().any(|&byte| byte != 0) {
            return Err(Error::Bug("code changed after it was written".into()));
        }
        // The end of a code is left out where it is zeros.
        have.truncate(known);
        have.extend_from_slice(&state.bytes[known..]);
        Ok(state.end == End::Whole)
    }
}

/// Bytes that a decoder may read at once without asking for more.
pub const MARGIN: usize = 64;

/// Code to decode: all of it, or what another thread has written so far.
#[derive(Debug)]
pub enum CodeSource<'a> {
    /// The whole code.
    Whole(&'a [u8]),
    /// A code that grows, what is known of it, how many bytes of that were passed over, and whether
    /// all is known.
    Growing(&'a Growing, Vec<u8>, usize, bool),
}

impl<'a> CodeSource<'a> {
    /// The code that is written to `growing`.
    #[must_use]
    pub fn growing(growing: &'a Growing) -> Self {
        CodeSource::Growing(growing, Vec::new(), 0, false)
    }

    /// What is known of the code.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            CodeSource::Whole(bytes) => bytes,
            CodeSource::Growing(_, bytes, passed, _) => bytes.get(*passed..).unwrap_or(&[]),
        }
    }

    /// Is the whole code known?
    #[must_use]
    pub fn is_whole(&self) -> bool {
        matches!(self, CodeSource::Whole(_) | CodeSource::Growing(.., true))
    }

    /// Passes over the first `count` of [`CodeSource::bytes`].
    pub fn pass(&mut self, count: usize) {
        match self {
            CodeSource::Whole(bytes) => *bytes = bytes.get(count..).unwrap_or(&[]),
            CodeSource::Growing(_, _, passed, _) => *passed += count,
        }
    }

    /// Waits until `count` bytes are known, or all there are.
    ///
    /// # Errors
    /// Nobody needs the code any more.
    pub fn need(&mut self, count: usize) -> Result<()> {
        if let CodeSource::Growing(growing, bytes, passed, is_whole) = self {
            *is_whole = growing.wait_for(passed.saturating_add(count), bytes)?;
        }
        Ok(())
    }

    /// Waits for the whole code.
    ///
    /// # Errors
    /// As for [`CodeSource::need`].
    pub fn need_all(&mut self) -> Result<&[u8]> {
        self.need(usize::MAX)?;
        Ok(self.bytes())
    }

    /// The position up to which a decoder may have read before it reads [`MARGIN`] bytes more.
    #[must_use]
    pub fn safe_position(&self) -> usize {
        self.position_before(MARGIN)
    }

    /// The position up to which a decoder may have read before it reads `margin` bytes more.
    #[must_use]
    pub fn position_before(&self, margin: usize) -> usize {
        if self.is_whole() { usize::MAX } else { self.bytes().len().saturating_sub(margin) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Decoder, Encoder};
    use super::*;

    #[test]
    fn code_is_decoded_while_it_is_written() {
        // Bits that bring carries, which run through bytes that were written.
        let bits: Vec<(u32, u32)> = (0..200_000u32)
            .map(|index| {
                (u32::from(index.wrapping_mul(0x9E37_79B1) >> 30 != 0), 4_194_000 - index % 7)
            })
            .collect();
        let growing = Growing::default();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut encoder = Encoder::new();
                for (index, &(bit, probability)) in bits.iter().enumerate() {
                    if index % 1000 == 0 {
                        let settled = encoder.settled();
                        growing.append(settled.get(growing.len()..).unwrap_or(&[]));
                    }
                    encoder.encode(bit, probability);
                }
                growing.finish(&encoder.finish());
            });
            let mut source = CodeSource::growing(&growing);
            source.need(MARGIN).unwrap();
            let mut paused = Decoder::new(source.bytes()).pause();
            let mut index = 0;
            while index < bits.len() {
                source.need(paused.position() + MARGIN).unwrap();
                let mut decoder = paused.on(source.bytes());
                while index < bits.len() && decoder.position() <= source.safe_position() {
                    assert_eq!(decoder.decode(bits[index].1), bits[index].0, "bit {index}");
                    index += 1;
                }
                paused = decoder.pause();
            }
        });
    }

    #[test]
    fn an_abandoned_code_is_not_waited_for() {
        let growing = Growing::default();
        growing.append(&[1, 2, 3]);
        let mut source = CodeSource::growing(&growing);
        source.need(3).unwrap();
        assert_eq!((source.bytes(), source.is_whole()), (&[1, 2, 3][..], false));
        growing.abandon();
        assert!(source.need(4).is_err() && !growing.is(&[1, 2, 3]));
    }
}
