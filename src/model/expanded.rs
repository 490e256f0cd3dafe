//! The text that the codes of a stream of words stand for: models of text read it in place of the
//! codes.

use super::families::Families;
use super::family::Reads;
use crate::error::{Error, Result};
use crate::words::dictionary;
use crate::words::expander::Expander;

/// The text of a stream of words so far.
#[derive(Clone)]
pub struct ExpandedText {
    expander: Expander,
    text: Vec<u8>,
}

impl ExpandedText {
    /// No text yet, and room for `length` bytes of it.
    ///
    /// # Errors
    /// The memory cannot be had.
    pub fn new(length: usize) -> Result<Self> {
        dictionary::prepare()?;
        let mut expanded = Self { expander: Expander::default(), text: Vec::new() };
        expanded.reserve(length)?;
        Ok(expanded)
    }

    /// Makes room for `more` bytes of text.
    ///
    /// # Errors
    /// The memory cannot be had.
    pub fn reserve(&mut self, more: usize) -> Result<()> {
        self.text
            .try_reserve_exact(more)
            .map_err(|_| Error::no_memory(format_args!("{more} bytes")))
    }

    /// Takes in the next byte of the stream, and shows `families` the text that it completes.
    #[inline(always)]
    pub fn push(&mut self, byte: u8, families: &mut Families) {
        let letters = self.expander.push(byte);
        for &letter in letters.as_slice() {
            // Only a damaged stream stands for more than there is room for.
            if self.text.len() < self.text.capacity() {
                self.text.push(letter);
                families.push(&self.text, Reads::Text);
            }
        }
        if letters.len() > 1 {
            families.push_code(self.expander.code());
        }
    }

    /// What of a code or of its capital has begun; 0 between codes.
    #[inline(always)]
    #[must_use]
    pub fn pending(&self) -> u32 {
        self.expander.pending()
    }

    /// Bytes of a code that have begun: 0 where only its capital has.
    #[inline(always)]
    #[must_use]
    pub fn begun(&self) -> u32 {
        self.expander.begun() as u32
    }
}
