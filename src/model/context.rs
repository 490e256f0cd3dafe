//! The contexts that a profile can name, and their hashes.

use super::byte_history::{ByteHistory, hash, hash_pair};
use super::indirect::Indirect;
use super::line::LineState;
use super::signal::Signal;
use super::stride::StrideDetector;
use super::word::WordState;

/// One context of a profile.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Context {
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
    /// The byte one stride back.
    Stride,
    /// The bytes one and two strides back.
    StrideTwo,
    /// The byte one stride back and the last byte.
    StrideLast,
    /// The place within the record, the byte one stride back.
    StridePhase,
    /// The bytes one stride back: above, above left; and the last.
    StrideCorner,
    /// The expected byte of the match model and the last byte.
    Expected,
    /// Kinds of the last eight bytes.
    Shape,
    /// One of the contexts of the stream's signal model.
    Signal(u8),
}

/// State of the families behind the contexts.
pub struct ContextState {
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
    /// Bytes one stride back: above, its left neighbour, its right neighbour, two strides back.
    pub above: [u8; 4],
    /// The model of samples, where the stream holds them.
    pub signal: Option<Box<Signal>>,
    indirect: Indirect,
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
        0x20..=0x7e => 12,
        0x80..=0xbf => 13,
        0xc0..=0xff => 14,
        0 => 15,
        _ => 0,
    }
}

impl ContextState {
    /// Nothing seen yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            history: ByteHistory::default(),
            words: WordState::default(),
            lines: LineState::default(),
            stride: StrideDetector::default(),
            expected: 0,
            shape: 0,
            above: [0; 4],
            signal: None,
            indirect: Indirect::new(),
        }
    }

    /// Nothing seen yet, with a signal model.
    #[must_use]
    pub fn with_signal(signal: Option<Signal>) -> Self {
        Self { signal: signal.map(Box::new), ..Self::new() }
    }

    /// Takes in the byte that `bytes` now ends with.
    #[inline(always)]
    pub fn push(&mut self, bytes: &[u8]) {
        self.history.push(bytes);
        let byte = self.history.byte(1) as u8;
        if let Some(signal) = &mut self.signal {
            signal.push(bytes);
        }
        self.words.push(byte);
        self.lines.push(bytes);
        self.stride.push(bytes);
        self.indirect.push(byte);
        self.shape = (self.shape << 4) | kind(byte);
        let (end, stride) = (bytes.len(), self.stride.stride as usize);
        let back = |distance: usize| end.checked_sub(distance).and_then(|at| bytes.get(at)).copied().unwrap_or(0);
        self.above = [back(stride), back(stride + 1), back(stride.max(2) - 1), back(2 * stride)];
    }

    /// The hash of one context.
    #[inline(always)]
    pub fn hash(&self, context: Context, salt: u32) -> u64 {
        let last = self.history.last;
        let words = &self.words;
        let pair = |a: u32, b: u32| (u64::from(a) << 32) | u64::from(b);
        let byte1 = last as u32 & 0xff;
        let stride = self.stride.stride;
        let above = self.above.map(u32::from);
        match context {
            Context::Order(0) => hash(0, salt),
            Context::Order(order) => hash(last & (u64::MAX >> (64 - 8 * u32::from(order))), salt),
            Context::Long(order) => hash_pair(self.history.older & (u64::MAX >> (128 - 8 * u32::from(order))), last, salt),
            Context::Masked(mask) => hash(last & mask, salt),
            Context::Word => hash(pair(words.word, if words.word == 0 { words.gap } else { 0 }), salt),
            Context::WordPair => {
                hash(pair(words.word, words.previous[0]).wrapping_add(u64::from(words.gap & 0xff) * u64::from(words.word == 0)), salt)
            }
            Context::WordTriple => hash(pair(words.word ^ words.previous[1].rotate_left(13), words.previous[0]), salt),
            Context::WordSkip => hash(pair(words.word, words.previous[1]), salt),
            Context::WordGap => hash(pair(words.word, byte1), salt),
            Context::IndirectOne => hash(pair(self.indirect.after_one() & 0xffff, byte1), salt),
            Context::IndirectTwo => hash(pair(self.indirect.after_two() & 0xffff, last as u32 & 0xffff), salt),
            Context::Above => hash(pair(self.lines.column.min(255), u32::from(self.lines.above[0]) << 8 | byte1), salt),
            Context::Column => hash(pair(self.lines.column.min(1023), self.lines.first), salt),
            Context::Field => hash(pair(self.lines.field, self.lines.in_field), salt),
            Context::FieldAbove => hash(pair(self.lines.field, u32::from(self.lines.above[0]) << 8 | byte1), salt),
            Context::Stride => hash(pair(stride, above[0]), salt),
            Context::StrideTwo => hash(pair(stride, above[0] << 8 | above[3]), salt),
            Context::StrideLast => hash(pair(stride, above[0] << 8 | byte1), salt),
            Context::StridePhase => hash(pair(stride << 16 | (self.history.position as u32 % stride), above[0]), salt),
            Context::StrideCorner => hash(pair(stride, above[0] << 16 | above[1] << 8 | byte1), salt),
            Context::Expected => hash(pair(self.expected, byte1), salt),
            Context::Signal(k) => self.signal.as_ref().map_or(0, |signal| signal.hash(k, salt)),
            Context::Shape => hash(pair(self.shape, 0), salt),
        }
    }
}

impl Default for ContextState {
    fn default() -> Self {
        Self::new()
    }
}
