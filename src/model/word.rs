//! Words: the letters since the last gap, and the words before.

use super::byte_class::byte_class;
use super::context::ContextState;
use super::family::{Family, Reads, pair};
use super::name::named;
use super::selector::RowPart;

named! {
    /// Contexts of words; all hold the word so far.
    pub enum WordContext {
        /// The word so far, or the gap after the last word.
        SoFar,
        /// And the last word.
        WithLast,
        /// And the last two words.
        WithLastTwo,
        /// And the word before the last.
        WithSecondLast,
        /// And the last byte.
        WithLastByte,
    }
}

named! {
    /// Selectors of words.
    pub enum WordSelector {
        /// Length of the word so far, and the bits of this byte so far.
        LengthAndBits,
        /// Length of the word so far, and class of the last byte.
        LengthAndClass,
    }
}

/// Hashes of the current and the previous words.
#[derive(Clone, Default)]
pub struct WordState {
    /// The word so far, 0 between words; case is ignored.
    pub word: u32,
    /// The last whole words, newest first.
    pub previous: [u32; 2],
    /// What stood between this word and the one before.
    pub gap: u32,
    /// Letters so far in this word.
    pub length: u32,
}

impl Family for WordState {
    type Context = WordContext;
    type Selector = WordSelector;
    const READS: Reads = Reads::Text;

    fn new(_: &[WordContext]) -> Self {
        Self::default()
    }

    #[inline(always)]
    fn push(&mut self, text: &[u8]) {
        let byte = text.last().copied().unwrap_or(0);
        let letter = byte.is_ascii_alphabetic() || byte >= 128;
        if letter {
            let folded = u32::from(byte.to_ascii_lowercase());
            self.word = (self.word.wrapping_add(folded).wrapping_add(1))
                .wrapping_mul(0x2F0B_4C47)
                .rotate_left(7);
            self.length += 1;
        } else {
            if self.word != 0 {
                self.previous = [self.word, self.previous[0]];
                self.gap = 0;
            }
            self.word = 0;
            self.length = 0;
            self.gap =
                self.gap.wrapping_add(u32::from(byte) + 1).wrapping_mul(0x3D4D_51CB).rotate_left(9);
        }
    }
    #[inline(always)]
    fn value(&self, context: WordContext, all: &ContextState) -> u64 {
        let word = self.word;
        let [last, second_last] = self.previous;
        match context {
            WordContext::SoFar => pair(word, if word == 0 { self.gap } else { 0 }),
            WordContext::WithLast => {
                pair(word, last).wrapping_add(u64::from(self.gap & 0xff) * u64::from(word == 0))
            }
            WordContext::WithLastTwo => pair(word ^ second_last.rotate_left(13), last),
            WordContext::WithSecondLast => pair(word, second_last),
            WordContext::WithLastByte => pair(word, all.history.byte(1)),
        }
    }

    fn rows(selector: WordSelector) -> usize {
        match selector {
            WordSelector::LengthAndBits => 16 << 8,
            WordSelector::LengthAndClass => 16 << 4,
        }
    }

    #[inline(always)]
    fn row(&self, selector: WordSelector, all: &ContextState) -> RowPart {
        let length = all.word_length();
        match selector {
            WordSelector::LengthAndBits => RowPart::with_partial(length),
            WordSelector::LengthAndClass => {
                RowPart::fixed(length << 4 | byte_class(all.history.byte(1) as u8))
            }
        }
    }
}
