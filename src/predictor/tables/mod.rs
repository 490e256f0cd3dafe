//! The profiles: one table for each kind of stream, one row for each effort.
//!
//! Lists are in order of gain (greedy forward selection, see `docs/models-text.md` and `-binary`),
//! so that a smaller effort takes the first of them.

mod binary;
#[cfg(test)]
mod tests;
mod text;

use super::primer::Primer;
use super::profile::Profile;
use crate::coder::leading::Leading;
use crate::error::Result;
use crate::kind::Kind;
use crate::level::{Effort, Level};
use crate::mix::mixer::Rate;
use crate::model::byte_class::ClassSelector;
use crate::model::context::Context::{self, *};
use crate::model::long_match::Belief;
use crate::model::selector::Selector;
use crate::model::signal::{self, SignalContext, SignalSelector};
use crate::model::x86::X86Selector;
use binary::{
    EXE, EXE_CODE, EXE_SETS, FONT, FONT_SETS, GENERIC, GENERIC_SETS, TABLE, TABLE_SETS, WASM,
    WASM_SETS,
};
use std::ops::Range;
use text::{TEXT, TEXT_SETS, WIDE_SETS, WORDS, WORDS_SETS};

/// How much of the tables below one kind of stream gets at one effort.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Size {
    Small,
    /// Machine code where the rest is small: it gains most by more contexts.
    Code,
    Large,
    /// Text of many small files.
    Wide,
    Huge,
}

impl Size {
    fn of(effort: Effort, kind: &Kind) -> Self {
        match effort {
            Effort::SortLong if *kind == Kind::Exe => Self::Code,
            Effort::Small if *kind == Kind::Exe => Self::Large,
            Effort::Sort
            | Effort::SortMost
            | Effort::SortText
            | Effort::SortLong
            | Effort::Small => Self::Small,
            Effort::SmallFiles if matches!(kind, Kind::Text | Kind::Words) => Self::Wide,
            Effort::Middle | Effort::SmallFiles => Self::Large,
            Effort::Huge => Self::Huge,
        }
    }

    /// How many contexts at most.
    fn contexts(self) -> usize {
        match self {
            Self::Small => 8,
            Self::Code => 14,
            Self::Large => 16,
            Self::Wide => 40,
            Self::Huge => 56,
        }
    }
}

/// What selects the weight sets of one kind of stream, by size. A few sets are chosen together:
/// what is best beside many others, the length of a match say, is not among the best two.
struct Sets {
    small: &'static [Selector],
    large: &'static [Selector],
    huge: &'static [Selector],
}

impl Sets {
    fn of(&self, size: Size) -> &'static [Selector] {
        match size {
            Size::Small => self.small,
            Size::Code => &EXE_CODE,
            Size::Large => self.large,
            Size::Wide => &WIDE_SETS,
            Size::Huge => self.huge,
        }
    }
}

/// The first contexts of every profile are low orders, or others that many bytes follow.
const DENSE: usize = 4;
/// No context.
const NONE: Range<usize> = 0..0;

/// When long matches are believed beside up to 16 contexts, and beside more: measured in
/// `docs/architecture-engine.md`.
const BELIEF: Belief = Belief { shortest: 16, rarity: 11 };
const BELIEF_HUGE: Belief = Belief { shortest: 32, rarity: 14 };

/// How fast mixers of up to 16 contexts learn.
const RATE: Rate = Rate { first: 1200, last: 150, span: 1000, threshold: 500 };
/// With 40 contexts, of text of small files: first steps of 600 or 500 are 0.1 and 0.3 % larger;
/// with 24, 0.3 % against [`RATE`].
const RATE_WIDE: Rate = Rate { first: 800, last: 100, span: 500, threshold: 500 };
/// Many inputs want smaller steps: 0.6 % on binary data with 48 contexts.
const RATE_HUGE: Rate = Rate { first: 1200, last: 100, span: 300, threshold: 500 };
/// Text is more alike from end to end: 1 % against [`RATE_HUGE`] with 56 contexts.
const RATE_HUGE_TEXT: Rate = Rate { first: 500, last: 60, span: 300, threshold: 500 };

impl Profile {
    /// The profile of `level` for a stream of `kind` and `length`.
    #[must_use]
    pub fn new(level: &Level, kind: &Kind, length: usize) -> Self {
        Self {
            primer: Primer::of(level.effort, kind, length),
            leading: Leading::of(kind),
            ..Self::of_kind(level, kind)
        }
    }

    /// The profile of `level` for codes that stand for `length` bytes of text.
    ///
    /// # Errors
    /// Memory for the primer cannot be had.
    pub fn of_words(level: &Level, length: usize) -> Result<Self> {
        Self::new(level, &Kind::Words, length).as_words(length)
    }

    /// The same for `length` bytes of text as words, its primer in words too.
    ///
    /// # Errors
    /// Memory for the primer cannot be had.
    pub fn as_words(self, length: usize) -> Result<Self> {
        Ok(Self {
            primer: self.primer.as_words()?,
            words: Some(self.primer.text.len().saturating_add(length)),
            ..self
        })
    }

    fn of_kind(level: &Level, kind: &Kind) -> Self {
        let has_details = matches!(
            level.effort,
            Effort::Small | Effort::Middle | Effort::SmallFiles | Effort::Huge
        );
        let size = Size::of(level.effort, kind);
        let contexts = size.contexts();
        let profile = match kind {
            Kind::Words => Self::of(WORDS.to_vec(), WORDS_SETS.of(size), contexts, RATE_HUGE_TEXT),
            Kind::Text => Self::of(TEXT.to_vec(), TEXT_SETS.of(size), contexts, RATE_HUGE_TEXT),
            Kind::Table => Self::of(TABLE.to_vec(), TABLE_SETS.of(size), contexts, RATE_HUGE),
            Kind::Generic => Self::of(GENERIC.to_vec(), GENERIC_SETS.of(size), contexts, RATE_HUGE),
            Kind::Font => Self::of(FONT.to_vec(), FONT_SETS.of(size), contexts, RATE_HUGE),
            Kind::Wasm => Self::of(WASM.to_vec(), WASM_SETS.of(size), contexts, RATE_HUGE),
            Kind::Exe => Self::of(EXE.to_vec(), EXE_SETS.of(size), contexts, RATE_HUGE),
            Kind::Image { .. } | Kind::Image16 { .. } | Kind::Audio { .. } => {
                Self::signal(level, kind)
            }
        };
        let profile =
            if has_details && profile.signal.is_none() { profile.with_details() } else { profile };
        match (size, kind) {
            // With a last rate of 60, as elsewhere, 0.1 % larger.
            (Size::Huge, Kind::Exe) => Self {
                final_selector: Some(Selector::X86(X86Selector::OpcodeAndPhase)),
                final_rate: 100,
                ..profile
            },
            (Size::Huge, Kind::Words | Kind::Text) => {
                Self { final_selector: Some(Selector::Class(ClassSelector::LastTwo)), ..profile }
            }
            (Size::Wide, _) => Self {
                rate: RATE_WIDE,
                final_rate: 100,
                final_selector: Some(Selector::Class(ClassSelector::LastTwo)),
                matches: vec![32, 12, 6],
                ..profile
            },
            (Size::Huge, Kind::Generic | Kind::Wasm) => {
                Self { final_selector: Some(Selector::LastByte), ..profile }
            }
            _ => profile,
        }
    }

    /// The first `contexts` of a list, its plain orders in front; mixers of more than 16 contexts
    /// learn as `huge` says.
    fn of(mut list: Vec<Context>, selectors: &[Selector], contexts: usize, huge: Rate) -> Self {
        list.truncate(contexts);
        let order = |context: &Context| matches!(context, Order(_) | Long(_));
        let (mut orders, rest): (Vec<_>, Vec<_>) = list.into_iter().partition(order);
        orders.sort_by_key(|context| match context {
            Order(n) | Long(n) => *n,
            _ => 0,
        });
        let count = orders.len();
        let rate = match contexts {
            ..=16 => RATE,
            _ => huge,
        };
        orders.extend(rest);
        let matches = match orders.len() {
            // A third gains 0.02 % at -5 and 0.11 % at -7, and takes 3 and 2 % of the time.
            ..=16 => vec![12, 5],
            // Text tables: the longer list makes them 0.8 % larger.
            17..=24 => vec![32, 20, 11, 6],
            _ => vec![64, 20, 9, 5],
        };
        Self {
            contexts: orders,
            orders: count,
            dense: DENSE,
            runs: NONE,
            stationary: NONE,
            confidences: false,
            belief: if contexts > 16 { BELIEF_HUGE } else { BELIEF },
            bytes_per_context: if contexts > 16 { 8 } else { 1 },
            matches,
            selectors: selectors.to_vec(),
            networks: Vec::new(),
            signal: None,
            rate,
            final_selector: None,
            final_rate: if contexts > 16 { 60 } else { 150 },
            first_weight: 320 / contexts as u32,
            primer: Primer::default(),
            words: None,
            leading: Leading::Coded,
        }
    }

    /// The same with more inputs than one pair for each context: how sure its history is, and of
    /// the first contexts runs and stationary maps.
    #[must_use]
    pub fn with_details(self) -> Self {
        // The lowest orders have no runs worth remembering.
        let (runs, stationary) = match self.contexts.len() {
            ..=8 => (2..4, NONE),
            9..=16 => (2..3, NONE),
            17..=24 => (2..4, NONE),
            25..=40 => (2..10, NONE),
            _ => (2..10, 1..12),
        };
        Self { confidences: true, runs, stationary, ..self }
    }

    fn signal(level: &Level, kind: &Kind) -> Self {
        // Contexts 16 to 24 of an image brought 0.07 % and were left out of every level.
        let (contexts, sets, effort) = match level.effort {
            Effort::Huge => (16, 6, signal::Effort::Large),
            _ => (8, 3, signal::Effort::Small),
        };
        let selectors = [
            Selector::Signal(SignalSelector::First),
            Selector::Signal(SignalSelector::Third),
            Selector::Bits,
        ];
        let more = [
            Selector::Signal(SignalSelector::Second),
            Selector::Signal(SignalSelector::Fourth),
            Selector::MatchLength,
        ];
        Self {
            contexts: (0..contexts).map(SignalContext).map(Signal).collect(),
            orders: 0,
            dense: DENSE,
            runs: NONE,
            stationary: NONE,
            confidences: false,
            belief: BELIEF,
            bytes_per_context: 1,
            matches: vec![20],
            selectors: [&selectors[..], &more].concat()[..sets].to_vec(),
            networks: Vec::new(),
            signal: Some((*kind, effort)),
            rate: RATE,
            final_selector: None,
            final_rate: 150,
            first_weight: 10,
            primer: Primer::default(),
            words: None,
            leading: Leading::Coded,
        }
    }
}
