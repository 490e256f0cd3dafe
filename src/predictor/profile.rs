//! Profiles: which models, weight-set selectors and stages a stream's predictor uses.

use super::primer::Primer;
use crate::coder::leading::Leading;
use crate::kind::Kind;
use crate::mix::mixer::Rate;
use crate::model::bypass::Belief;
use crate::model::context::{Context, ContextState, Families, kind};
use crate::model::signal::Effort;
use std::ops::Range;

/// What picks the row of a weight set. Each has a part that is fixed for a byte and a part that
/// moves with every bit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Selector {
    /// Always row 0.
    Constant,
    /// The bits of this byte so far.
    Partial,
    /// Class of the match length, and the place of the bit.
    MatchLength,
    /// The last byte.
    Byte1,
    /// The byte before the last.
    Byte2,
    /// How many orders were seen before, and the place of the bit.
    Seen,
    /// Kinds of the last two bytes, and the place of the bit.
    Kinds,
    /// Kind of the last byte, and the bits of this byte so far.
    KindPartial,
    /// Length of the word so far, and the bits of this byte so far.
    WordPartial,
    /// Class of the match length, and the bits of this byte so far.
    MatchPartial,
    /// Length of the word so far and kind of the last byte.
    WordLength,
    /// The class of the last word, and the kind of the last byte.
    WordClass,
    /// Depth and kind of the innermost bracket.
    Nest,
    /// The byte expected by the match model.
    Expected,
    /// A selector of the x86 model, by number.
    X86(u8),
    /// A selector of the x86 model below 32, and the bits of this byte so far.
    X86Partial(u8),
    /// A selector of the record model, by number.
    Record(u8),
    /// A selector of the text table model, by number.
    Table(u8),
    /// A selector of the WebAssembly model, by number.
    Wasm(u8),
    /// A selector of the font model, by number.
    Font(u8),
    /// A class of the signal model (0 to 255), and the place of the bit.
    Signal(u8),
}

impl Selector {
    /// Rows of its weight set.
    #[must_use]
    pub const fn rows(self) -> usize {
        match self {
            Self::Constant => 1,
            Self::Partial | Self::Byte1 | Self::Byte2 => 256,
            Self::MatchLength => 128,
            Self::Seen => 256,
            Self::Kinds => 2048,
            Self::KindPartial | Self::WordPartial | Self::MatchPartial => 4096,
            Self::WordLength => 256,
            Self::WordClass => 2048 * 16,
            Self::Nest => 1024,
            Self::Expected => 512,
            Self::X86(_) => crate::model::x86::ROWS,
            Self::X86Partial(_) => 32 << 8,
            Self::Record(_) => crate::model::record::ROWS,
            Self::Table(_) => crate::model::table::ROWS,
            Self::Wasm(_) => crate::model::wasm::ROWS,
            Self::Font(_) => crate::model::font::ROWS,
            Self::Signal(_) => 2048,
        }
    }

    /// The part that is fixed for a byte.
    #[inline(always)]
    #[must_use]
    pub fn of_byte(self, state: &ContextState, seen: u32) -> RowPart {
        let fixed = |base| RowPart { base, ..RowPart::default() };
        let placed = |base| RowPart { base, by_bit: 1, ..RowPart::default() };
        let with_bit = |base: u32| RowPart { base: base << 3, by_bit: 1, ..RowPart::default() };
        let with_partial =
            |base: u32| RowPart { base: base << 8, by_partial: 1, ..RowPart::default() };
        match self {
            Self::Constant => fixed(0),
            Self::Partial => RowPart { by_partial: 1, ..RowPart::default() },
            Self::MatchLength => RowPart { by_length: 8, by_bit: 1, ..RowPart::default() },
            Self::Byte1 => fixed(state.history.byte(1)),
            Self::Byte2 => fixed(state.history.byte(2)),
            Self::Seen => with_bit(seen.min(31)),
            Self::Kinds => with_bit(state.shape & 0xff),
            Self::KindPartial => with_partial(state.shape & 15),
            Self::WordPartial => with_partial(state.word_length()),
            Self::MatchPartial => RowPart { by_length: 256, by_partial: 1, ..RowPart::default() },
            Self::WordLength => fixed(state.word_length() << 4 | kind(state.history.byte(1) as u8)),
            Self::X86(number) => placed(state.x86.as_ref().map_or(0, |x86| x86.selected(number))),
            Self::X86Partial(number) => {
                with_partial(state.x86.as_ref().map_or(0, |x86| x86.selected(number) >> 3 & 31))
            }
            Self::Record(number) => {
                placed(state.record.as_ref().map_or(0, |record| record.selected(number)))
            }
            Self::Table(number) => {
                placed(state.table.as_ref().map_or(0, |table| table.selected(number)))
            }
            Self::Wasm(number) => {
                placed(state.wasm.as_ref().map_or(0, |wasm| wasm.selected(number)))
            }
            Self::Font(number) => {
                placed(state.font.as_ref().map_or(0, |font| font.selected(number)))
            }
            Self::WordClass => {
                fixed(state.prose.as_ref().map_or(0, |prose| prose.class()) << 4 | state.shape & 15)
            }
            Self::Nest => with_bit(state.nest.class()),
            Self::Expected => fixed(state.expected & 511),
            Self::Signal(k) => with_bit(state.signal.as_ref().map_or(0, |signal| signal.select(k))),
        }
    }
}

/// A row of a weight set: what is fixed for a byte, and how it moves with the bits of it.
#[derive(Clone, Copy, Default, Debug)]
pub struct RowPart {
    base: u32,
    by_partial: u32,
    by_bit: u32,
    by_length: u32,
}

impl RowPart {
    /// The row for the next bit.
    #[inline(always)]
    #[must_use]
    pub fn row(self, partial: u32, bit_position: u32, length_class: u32) -> u32 {
        self.base
            + self.by_partial * partial
            + self.by_bit * bit_position
            + self.by_length * length_class
    }
}

/// What a predictor is made of.
#[derive(Clone, PartialEq, Debug)]
pub struct Profile {
    /// Hashed contexts; the first `orders` of them are plain orders, shortest first.
    pub contexts: Vec<Context>,
    /// How many of the contexts count as orders seen.
    pub orders: usize,
    /// How many of the first contexts are followed by many different bytes: their second nibbles are
    /// spread over more lines of the table of histories, and are never deferred.
    pub dense: usize,
    /// Indices of the contexts that also remember runs ([`crate::model::run_map`]).
    pub runs: Range<usize>,
    /// Indices of the contexts that also have stationary maps ([`crate::model::stationary_map`]).
    pub stationary: Range<usize>,
    /// Whether each context gives a second pair of inputs: how sure its history is.
    pub confidences: bool,
    /// When a long match is believed ([`crate::model::bypass`]).
    pub belief: Belief,
    /// Bytes of the table of histories for each context and byte of the stream, before rounding; at
    /// least four where the table stays small.
    pub bytes_per_context: usize,
    /// Shortest lengths of the match models, the most trusted first.
    pub matches: Vec<usize>,
    /// One weight set each.
    pub selectors: Vec<Selector>,
    /// The samples that the stream holds: chooses the signal model and its direct inputs.
    pub signal: Option<(Kind, Effort)>,
    /// How fast the first layer of the mixer learns.
    pub rate: Rate,
    /// What selects the weights of a second mixer in the second layer, beside that by the bits of
    /// this byte.
    pub final_selector: Option<Selector>,
    /// How fast the second layer learns.
    pub final_rate: u32,
    /// Where all mixer weights start, in 256ths.
    pub first_weight: u32,
    /// What is read before the stream.
    pub primer: Primer,
    /// Of a stream of words: how many bytes of text it stands for, the primer's included.
    pub words: Option<usize>,
    /// Which leading bits its streams may leave out.
    pub leading: Leading,
}

impl Profile {
    /// What its contexts and selectors need to know.
    #[must_use]
    pub fn families(&self) -> Families {
        let mut families = Families::default();
        self.contexts.iter().for_each(|&context| families.add(context));
        for selector in &self.selectors {
            match selector {
                Selector::WordLength | Selector::WordPartial => families.words = true,
                Selector::Nest => families.nest = true,
                Selector::Font(_) => families.font = true,
                Selector::WordClass => families.prose = true,
                _ => {}
            }
        }
        families
    }
}
