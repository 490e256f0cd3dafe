//! Classes of bytes: letters, digits, kinds of punctuation.

use super::context::ContextState;
use super::family::{Family, Reads, pair};
use super::name::named;
use super::selector::RowPart;

/// The class of a byte, below 16.
#[must_use]
pub const fn byte_class(byte: u8) -> u32 {
    match byte {
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        b'0'..=b'9' => 3,
        b' ' => 4,
        b'\n' | b'\r' => 5,
        b'\t' => 6,
        b'.' | b'!' | b'?' => 7,
        b',' | b';' | b':' => 8,
        b'"' | b'\'' | b'`' => 9,
        b'(' | b'[' | b'{' | b'<' => 10,
        b')' | b']' | b'}' | b'>' => 11,
        0x21..=0x7e => 12,
        0x80..=0xbf => 13,
        0xc0..=0xff => 14,
        0 => 15,
        _ => 0,
    }
}

named! {
    /// Contexts by classes of bytes.
    pub enum ClassContext {
        /// Classes of the last eight bytes.
        LastEight,
        /// Classes of the last four bytes, and the last byte.
        LastFourAndByte,
        /// Classes of the last twelve bytes.
        LastTwelve,
    }
}

named! {
    /// Selectors by classes of bytes.
    pub enum ClassSelector {
        /// Classes of the last two bytes, and the number of the bit.
        LastTwo,
        /// Class of the last byte, and the bits of this byte so far.
        LastAndBits,
    }
}

/// The classes of the last eight bytes.
#[derive(Clone, Default)]
pub struct ClassState {
    /// Four bits each, the newest lowest.
    classes: u64,
}

impl Family for ClassState {
    type Context = ClassContext;
    type Selector = ClassSelector;
    const READS: Reads = Reads::Stream;

    fn new(_: &[ClassContext]) -> Self {
        Self::default()
    }

    #[inline(always)]
    fn push(&mut self, bytes: &[u8]) {
        let byte = bytes.last().copied().unwrap_or(0);
        self.classes = (self.classes << 4) | u64::from(byte_class(byte));
    }

    #[inline(always)]
    fn value(&self, context: ClassContext, all: &ContextState) -> u64 {
        match context {
            ClassContext::LastEight => pair(self.classes as u32, 0),
            ClassContext::LastTwelve => self.classes & 0xffff_ffff_ffff,
            ClassContext::LastFourAndByte => {
                pair(self.classes as u32 & 0xffff, all.history.byte(1))
            }
        }
    }

    fn rows(selector: ClassSelector) -> usize {
        match selector {
            ClassSelector::LastTwo => 256 << 3,
            ClassSelector::LastAndBits => 16 << 8,
        }
    }

    #[inline(always)]
    fn row(&self, selector: ClassSelector, _: &ContextState) -> RowPart {
        match selector {
            ClassSelector::LastTwo => RowPart::with_bit(self.classes as u32 & 0xff),
            ClassSelector::LastAndBits => RowPart::with_partial(self.last()),
        }
    }
}

impl ClassState {
    /// The class of the last byte; 0 before the first.
    #[inline(always)]
    #[must_use]
    pub fn last(&self) -> u32 {
        self.classes as u32 & 15
    }
}
