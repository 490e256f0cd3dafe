//! Nesting: which brackets, quotes and tags are open, and what they were opened with.

use super::byte_history::join;
use super::context::ContextState;
use super::families::FamilyName;
use super::family::{Family, Reads};
use super::name::named;
use super::selector::RowPart;

named! {
    /// Contexts of open brackets and tags.
    pub enum NestContext {
        /// The innermost open bracket or tag, the word so far, the last byte.
        InnermostAndWord,
        /// The two innermost open brackets or tags, and the last two bytes.
        InnermostTwo,
        /// The name read last, and the last three bytes.
        LastName,
        /// The punctuation marks of this line or sentence in any order, and the open brackets.
        Marks,
    }
}

named! {
    /// Selectors of open brackets and tags.
    pub enum NestSelector {
        /// How many are open, the kind of the innermost one, and the number of the bit.
        DepthAndBracket,
    }
}

/// Deepest nesting that is remembered; deeper levels overwrite the deepest.
const DEEPEST: usize = 32;

/// The open brackets and tags of structured text (source code, JSON, XML).
#[derive(Clone, Default)]
pub struct NestState {
    stack: [(u8, u32); DEEPEST],
    depth: usize,
    /// The tag or key being read, hashed.
    name: u32,
    /// The last whole name.
    last_name: u32,
    /// Sums of the weights of punctuation marks since the line or sentence began, and of open
    /// brackets.
    marks: u32,
    open_brackets: u32,
    in_tag: bool,
    closing: bool,
}

impl Family for NestState {
    type Context = NestContext;
    type Selector = NestSelector;
    const READS: Reads = Reads::Text;
    const NEEDS: &'static [FamilyName] = &[FamilyName::Word];

    fn new(_: &[NestContext]) -> Self {
        Self::default()
    }

    fn push(&mut self, text: &[u8]) {
        let byte = text.last().copied().unwrap_or(0);
        self.weigh(byte);
        match byte {
            b'(' | b'[' | b'{' => self.open(byte, self.last_name),
            b')' | b']' | b'}' => self.close(),
            b'<' => {
                self.in_tag = true;
                self.closing = false;
                self.name = 0;
                return;
            }
            b'/' if self.in_tag && self.name == 0 => self.closing = true,
            b'>' if self.in_tag => {
                self.end_name();
                self.in_tag = false;
                if self.closing {
                    self.close();
                } else {
                    self.open(byte, self.last_name);
                }
                return;
            }
            _ => {}
        }
        if byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 128 {
            self.name = (self.name.wrapping_add(u32::from(byte)).wrapping_add(1))
                .wrapping_mul(0x2F0B_4C47)
                .rotate_left(7);
        } else if !self.in_tag || byte == b' ' {
            self.end_name();
        }
    }

    #[inline(always)]
    fn value(&self, context: NestContext, all: &ContextState) -> u64 {
        let last = all.history.last;
        match context {
            NestContext::InnermostAndWord => {
                let word = all.families.word.as_ref().map_or(0, |word| word.word);
                join(self.innermost(), u64::from(word) << 8 | last & 0xff)
            }
            NestContext::InnermostTwo => join(self.two_innermost(), last & 0xffff),
            NestContext::Marks => u64::from(self.marks) << 32 | u64::from(self.open_brackets),
            NestContext::LastName => join(u64::from(self.last_name), last & 0xff_ffff),
        }
    }

    fn rows(selector: NestSelector) -> usize {
        match selector {
            NestSelector::DepthAndBracket => 128 << 3,
        }
    }

    #[inline(always)]
    fn row(&self, selector: NestSelector, _: &ContextState) -> RowPart {
        match selector {
            NestSelector::DepthAndBracket => RowPart::with_bit(self.class()),
        }
    }
}

impl NestState {
    fn end_name(&mut self) {
        if self.name != 0 {
            self.last_name = self.name;
        }
        self.name = 0;
    }

    /// Adds what `byte` weighs to the sums.
    #[inline(always)]
    fn weigh(&mut self, byte: u8) {
        let weight = |byte: u8| u32::from(byte).wrapping_mul(0x9E37_79B1);
        match byte {
            b'(' | b'[' | b'{' | b'<' => {
                self.open_brackets = self.open_brackets.wrapping_add(weight(byte));
            }
            b')' => self.open_brackets = self.open_brackets.wrapping_sub(weight(b'(')),
            // The opening bracket is the second byte before the closing one.
            b']' | b'}' | b'>' => {
                self.open_brackets = self.open_brackets.wrapping_sub(weight(byte - 2));
            }
            b'\n' | b'.' | b'!' | b'?' => self.marks = 0,
            b',' => {}
            _ if byte.is_ascii_punctuation() => {
                self.marks = self.marks.wrapping_add(weight(byte));
            }
            _ => {}
        }
    }

    fn open(&mut self, byte: u8, name: u32) {
        self.stack[self.depth.min(DEEPEST - 1)] = (byte, name);
        self.depth = (self.depth + 1).min(DEEPEST);
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// The innermost open bracket or tag, and the name before or in it.
    fn innermost(&self) -> u64 {
        let (byte, name) = if self.depth > 0 { self.stack[self.depth - 1] } else { (0, 0) };
        u64::from(byte) << 32 | u64::from(name)
    }

    /// The two innermost ones, hashed together.
    fn two_innermost(&self) -> u64 {
        let outer = if self.depth > 1 { self.stack[self.depth - 2].1 } else { 0 };
        self.innermost().wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ u64::from(outer)
    }

    /// How deep, and inside which kind of bracket: below 128.
    fn class(&self) -> u32 {
        let kind = match self.innermost() >> 32 {
            0 => 0,
            40 => 1,
            91 => 2,
            123 => 3,
            _ => 4,
        };
        (self.depth as u32).min(15) << 3 | kind
    }
}
