//! The contexts that a profile can name, and their hashes.

use super::byte_history::{ByteHistory, hash, hash_pair};
use super::font::FontState;
use super::indirect::Indirect;
use super::line::LineState;
use super::nest::NestState;
use super::number::NumberState;
use super::prose::ProseState;
use super::record::RecordState;
use super::signal::Signal;
use super::stride::StrideDetector;
use super::table::TableState;
use super::wasm::WasmState;
use super::word::WordState;
use super::x86::X86State;
use crate::error::{Error, Result};
use crate::words::dictionary;
use crate::words::expander::Expander;

/// One context of a profile.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Context {
    /// Never the same twice: says nothing, fills a list up to a multiple of eight.
    Nothing,
    /// The last 0 to 8 bytes.
    Order(u8),
    /// The last 9 to 16 bytes.
    Long(u8),
    /// The bytes under a mask over the last eight (newest lowest).
    Masked(u64),
    /// The word so far.
    Word,
    /// The word so far and the one before.
    WordPair,
    /// The word so far and the two before.
    WordTriple,
    /// The word so far and the one before the previous.
    WordSkip,
    /// The word so far and the last byte of the gap.
    WordGap,
    /// Bytes that followed the last byte, and that byte.
    IndirectOne,
    /// Bytes that followed the last two bytes, and the last byte.
    IndirectTwo,
    /// The byte above, the column, the last byte.
    Above,
    /// Column and the first bytes of the line.
    Column,
    /// Field number and what it holds so far.
    Field,
    /// The field's number, the byte above, the last byte.
    FieldAbove,
    /// The expected byte of the match model and the last byte.
    Expected,
    /// Kinds of the last eight bytes.
    Shape,
    /// Kinds of the last four bytes and the last byte.
    ShapeLast,
    /// The last 1 to 8 bytes with case folded, digits alike and white space collapsed.
    Folded(u8),
    /// The expected byte of the match model, its length and the last two bytes.
    ExpectedTwo,
    /// Bytes that followed the last three bytes, and the last byte.
    IndirectThree,
    /// The innermost open bracket or tag and the word so far.
    Nest,
    /// The two innermost open brackets or tags and the last byte.
    NestTwo,
    /// The name read last and the bytes since.
    NestName,
    /// The previous word and the first byte of the line.
    WordLine,
    /// The word so far and the byte above.
    WordAbove,
    /// The column and the byte above and that after it.
    AboveTwo,
    /// A context of the x86 model, by number.
    X86(u8),
    /// A context of the record model, by number.
    Record(u8),
    /// A context of the text table model, by number.
    Table(u8),
    /// A context of the WebAssembly model, by number.
    Wasm(u8),
    /// A context of the font model, by number.
    Font(u8),
    /// A context of the number model, by number.
    Number(u8),
    /// A context of the prose model, by number.
    Prose(u8),
    /// One of the contexts of the stream's signal model.
    Signal(u8),
}

/// What a profile's contexts and selectors need to know; the rest is not kept.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Families {
    /// Words and gaps.
    pub words: bool,
    /// Lines and fields.
    pub lines: bool,
    /// Record lengths.
    pub stride: bool,
    /// Which bytes followed.
    pub indirect: bool,
    /// The last bytes, folded.
    pub folded: bool,
    /// Brackets and tags.
    pub nest: bool,
    /// Numbers.
    pub numbers: bool,
    /// Prose.
    pub prose: bool,
    /// x86 code.
    pub x86: bool,
    /// x86 code, with where its values come from.
    pub x86_deep: bool,
    /// Binary records.
    pub record: bool,
    /// Text tables, and how many parents of a cell their contexts ask for.
    pub table: Option<usize>,
    /// WebAssembly code.
    pub wasm: bool,
    /// TrueType fonts.
    pub font: bool,
}

impl Families {
    /// Adds what `context` needs.
    pub fn add(&mut self, context: Context) {
        use Context::*;
        match context {
            Word | WordPair | WordTriple | WordSkip | WordGap => self.words = true,
            WordLine | WordAbove => (self.words, self.lines) = (true, true),
            Above | Column | Field | FieldAbove | AboveTwo => self.lines = true,
            Record(_) => (self.record, self.stride) = (true, true),
            IndirectOne | IndirectTwo | IndirectThree => self.indirect = true,
            Folded(_) => self.folded = true,
            Nest => (self.nest, self.words) = (true, true),
            NestTwo | NestName => self.nest = true,
            Number(_) => self.numbers = true,
            Prose(_) => self.prose = true,
            X86(number) => {
                self.x86 = true;
                self.x86_deep |= number >= super::x86::FIRST_DEEP;
            }
            Table(number) => self.table = self.table.max(Some(super::table::parents(number))),
            Wasm(_) => self.wasm = true,
            Font(_) => self.font = true,
            Nothing | Order(_) | Long(_) | Masked(_) | Expected | ExpectedTwo | Shape
            | ShapeLast | Signal(_) => {}
        }
    }
}

/// State of the families behind the contexts.
#[derive(Clone)]
pub struct ContextState {
    families: Families,
    /// The last bytes.
    pub history: ByteHistory,
    /// Words.
    pub words: WordState,
    /// Lines.
    pub lines: LineState,
    /// Records.
    pub stride: StrideDetector,
    /// What the match model expects next: 0, or 256 + byte.
    pub expected: u32,
    /// Kinds of the last bytes, four bits each.
    pub shape: u32,
    /// The model of samples, where the stream holds them.
    pub signal: Option<Box<Signal>>,
    indirect: Indirect,
    /// The last bytes, folded.
    pub folded: u64,
    /// Brackets and tags.
    pub nest: NestState,
    /// x86 code, in profiles that ask for it.
    pub x86: Option<Box<X86State>>,
    /// Binary records, in profiles that ask for them.
    pub record: Option<Box<RecordState>>,
    /// Text tables, in profiles that ask for them.
    pub table: Option<Box<TableState>>,
    /// Numbers.
    numbers: NumberState,
    /// Prose, in profiles that ask for it.
    pub prose: Option<Box<ProseState>>,
    /// WebAssembly code, in profiles that ask for it.
    pub wasm: Option<Box<WasmState>>,
    /// TrueType fonts, in profiles that ask for them.
    pub font: Option<Box<FontState>>,
    /// The text behind a stream of words.
    text: Option<Box<Expanded>>,
    /// What of a code or its capital has begun: see [`Expander::pending`].
    pending: u32,
}

/// The text that the codes of a stream of words stand for.
#[derive(Clone)]
struct Expanded {
    expander: Expander,
    text: Vec<u8>,
}

/// A coarse kind of a byte, in 0..16.
#[must_use]
pub const fn kind(byte: u8) -> u32 {
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

impl ContextState {
    /// Nothing seen yet; only `families` are kept. A stream of words stands for `words` bytes of
    /// text.
    ///
    /// # Errors
    /// Memory for that text cannot be had.
    pub fn new(families: Families, signal: Option<Signal>, words: Option<usize>) -> Result<Self> {
        let expanded = |length: usize| -> Result<_> {
            dictionary::prepare()?;
            let mut text = Vec::new();
            text.try_reserve_exact(length)
                .map_err(|_| Error::no_memory(format_args!("{length} bytes")))?;
            Ok(Box::new(Expanded { expander: Expander::default(), text }))
        };
        Ok(Self {
            families,
            history: ByteHistory::default(),
            words: WordState::default(),
            lines: LineState::default(),
            stride: StrideDetector::default(),
            expected: 0,
            shape: 0,
            signal: signal.map(Box::new),
            indirect: Indirect::new(),
            folded: 0,
            nest: NestState::default(),
            numbers: NumberState::default(),
            x86: families.x86.then(|| {
                let mut state = Box::<X86State>::default();
                if families.x86_deep {
                    state.deepen();
                }
                state
            }),
            record: families.record.then(Box::default),
            table: families.table.map(|parents| Box::new(TableState::new(parents))),
            prose: families.prose.then(Box::default),
            wasm: families.wasm.then(Box::default),
            font: families.font.then(Box::default),
            text: words.map(expanded).transpose()?,
            pending: 0,
        })
    }

    /// Makes room for `more` bytes of text, if the stream is one of words.
    ///
    /// # Errors
    /// The memory cannot be had.
    pub fn expect(&mut self, more: usize) -> Result<()> {
        let Some(expanded) = &mut self.text else { return Ok(()) };
        expanded
            .text
            .try_reserve_exact(more)
            .map_err(|_| Error::no_memory(format_args!("{more} bytes")))
    }

    /// Takes in the byte that `bytes` now ends with.
    #[inline(always)]
    pub fn push(&mut self, bytes: &[u8]) {
        self.history.push(bytes);
        let byte = self.history.byte(1) as u8;
        if let Some(signal) = &mut self.signal {
            signal.push(bytes);
        }
        if self.families.stride {
            self.stride.push(bytes);
        }
        if self.families.indirect {
            self.indirect.push(byte);
        }
        if let Some(x86) = &mut self.x86 {
            x86.push(byte);
        }
        if let Some(record) = &mut self.record {
            record.push(bytes, &self.stride);
        }
        if let Some(wasm) = &mut self.wasm {
            wasm.push(byte);
        }
        if let Some(font) = &mut self.font {
            font.push(bytes);
        }
        self.shape = (self.shape << 4) | kind(byte);
        match self.text.take() {
            None => self.push_text(bytes),
            Some(mut expanded) => {
                let letters = expanded.expander.push(byte);
                for &letter in letters.as_slice() {
                    // Only a damaged stream stands for more than there is room for.
                    if expanded.text.len() < expanded.text.capacity() {
                        expanded.text.push(letter);
                        self.push_text(&expanded.text);
                    }
                }
                if let Some(prose) = &mut self.prose
                    && letters.len() > 1
                {
                    prose.classify(expanded.expander.code());
                }
                self.pending = expanded.expander.pending();
                self.text = Some(expanded);
            }
        }
    }

    /// Takes in the byte that `text` now ends with: the stream itself, or what its codes stand for.
    #[inline(always)]
    fn push_text(&mut self, text: &[u8]) {
        let byte = text.last().copied().unwrap_or(0);
        if self.families.words {
            self.words.push(byte);
        }
        if self.families.lines {
            self.lines.push(text);
        }
        if self.families.nest {
            self.nest.push(byte);
        }
        if self.families.folded {
            self.push_folded(byte);
        }
        if self.families.numbers {
            self.numbers.push(byte);
        }
        if let Some(prose) = &mut self.prose {
            prose.push(byte);
        }
        if let Some(table) = &mut self.table {
            table.push(text);
        }
    }

    #[inline(always)]
    fn push_folded(&mut self, byte: u8) {
        let folded = match byte {
            b'0'..=b'9' => b'0',
            b' ' | b'\n' | b'\r' | b'\t' => b' ',
            _ => byte.to_ascii_lowercase(),
        };
        if folded != b' ' || self.folded as u8 != b' ' {
            self.folded = self.folded << 8 | u64::from(folded);
        }
    }

    /// Letters of the word so far, at most 15. In a stream of words: of a word that is spelled out,
    /// at most 11; 12 after a code; 13 to 15 where a capital, one or two bytes of a code have
    /// begun.
    #[inline(always)]
    #[must_use]
    pub fn word_length(&self) -> u32 {
        match &self.text {
            None => self.words.length.min(15),
            Some(expanded) if self.pending != 0 => 13 + expanded.expander.begun() as u32,
            Some(_) if self.history.byte(1) >= 128 => 12,
            Some(_) => self.words.length.min(11),
        }
    }

    /// The hash of one context.
    #[inline(always)]
    pub fn hash(&self, context: Context, salt: u32) -> u64 {
        let last = self.history.last;
        let words = &self.words;
        let pair = |a: u32, b: u32| (u64::from(a) << 32) | u64::from(b);
        let byte1 = last as u32 & 0xff;
        // What is known of the text lags behind a code that has begun.
        let text = salt | self.pending << 8;
        match context {
            Context::Nothing => hash(self.history.position as u64, salt),
            Context::Order(0) => hash(0, salt),
            Context::Order(order) => hash(last & (u64::MAX >> (64 - 8 * u32::from(order))), salt),
            Context::Long(order) => hash_pair(
                self.history.older & (u64::MAX >> (128 - 8 * u32::from(order))),
                last,
                salt,
            ),
            Context::Masked(mask) => hash(last & mask, salt),
            Context::Word => {
                hash(pair(words.word, if words.word == 0 { words.gap } else { 0 }), text)
            }
            Context::WordPair => hash(
                pair(words.word, words.previous[0])
                    .wrapping_add(u64::from(words.gap & 0xff) * u64::from(words.word == 0)),
                text,
            ),
            Context::WordTriple => {
                hash(pair(words.word ^ words.previous[1].rotate_left(13), words.previous[0]), text)
            }
            Context::WordSkip => hash(pair(words.word, words.previous[1]), text),
            Context::WordGap => hash(pair(words.word, byte1), text),
            Context::IndirectOne => hash(pair(self.indirect.after_one() & 0xffff, byte1), salt),
            Context::IndirectTwo => {
                hash(pair(self.indirect.after_two() & 0xffff, last as u32 & 0xffff), salt)
            }
            Context::Above => hash(
                pair(self.lines.column.min(255), u32::from(self.lines.above[0]) << 8 | byte1),
                text,
            ),
            Context::Column => hash(pair(self.lines.column.min(1023), self.lines.first), text),
            Context::Field => hash(pair(self.lines.field, self.lines.in_field), text),
            Context::FieldAbove => {
                hash(pair(self.lines.field, u32::from(self.lines.above[0]) << 8 | byte1), text)
            }
            Context::Expected => hash(pair(self.expected, byte1), salt),
            Context::Signal(k) => self.signal.as_ref().map_or(0, |signal| signal.hash(k, salt)),
            Context::Shape => hash(pair(self.shape, 0), salt),
            Context::ShapeLast => hash(pair(self.shape & 0xffff, byte1), salt),
            Context::Folded(order) => {
                hash(self.folded & (u64::MAX >> (64 - 8 * u32::from(order))), text)
            }
            Context::ExpectedTwo => hash(pair(self.expected, last as u32 & 0xffff), salt),
            Context::IndirectThree => hash(pair(self.indirect.after_three() & 0xffff, byte1), salt),
            Context::Nest => hash_pair(
                self.nest.innermost(),
                u64::from(words.word) << 8 | u64::from(byte1),
                text,
            ),
            Context::NestTwo => hash_pair(self.nest.two_innermost(), last & 0xffff, text),
            Context::NestName => hash_pair(u64::from(self.nest.last_name), last & 0xff_ffff, text),
            Context::WordLine => {
                hash(pair(words.previous[0] ^ words.word.rotate_left(9), self.lines.first), text)
            }
            Context::WordAbove => hash(pair(words.word, u32::from(self.lines.above[0])), text),
            Context::AboveTwo => hash(
                pair(u32::from(self.lines.above[1]), u32::from(self.lines.above[0]) << 8 | byte1),
                text,
            ),
            Context::X86(number) => {
                hash(self.x86.as_ref().map_or(0, |x86| x86.context(number)), salt)
            }
            Context::Record(number) => {
                hash(self.record.as_ref().map_or(0, |record| record.context(number)), salt)
            }
            Context::Number(number) => hash(self.numbers.context(number), text),
            Context::Prose(number) => {
                hash(self.prose.as_ref().map_or(0, |prose| prose.context(number)), text)
            }
            Context::Wasm(number) => {
                hash(self.wasm.as_ref().map_or(0, |wasm| wasm.context(number)), salt)
            }
            Context::Font(number) => {
                hash(self.font.as_ref().map_or(0, |font| font.context(number)), salt)
            }
            Context::Table(number) => {
                hash(self.table.as_ref().map_or(0, |table| table.context(number)), text)
            }
        }
    }
}
