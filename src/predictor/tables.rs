//! The profiles: one table for each kind of stream, one row for each effort.
//!
//! Lists are in order of gain (greedy forward selection, see `docs/models-text.md` and `-binary`), so that a smaller
//! effort takes the first of them.

use super::primer::Primer;
use super::profile::{Profile, Selector};
use crate::block::Kind;
use crate::coder::leading::Leading;
use crate::error::Result;
use crate::level::{Effort, Level};
use crate::mix::mixer::Rate;
use crate::model::context::Context::{self, *};
use crate::model::signal;

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
            Effort::SortLong | Effort::Small if *kind == Kind::Exe => Self::Code,
            Effort::Sort | Effort::SortMost | Effort::SortText | Effort::SortLong | Effort::Small => Self::Small,
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
            Self::Wide => 24,
            Self::Huge => 56,
        }
    }
}

/// What selects the weight sets of one kind of stream, by size. A few sets are chosen together: what is best
/// beside many others, the length of a match say, is not among the best two.
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

/// Text: prose, source code, markup, logs.
const TEXT: [Context; 56] = [
    Order(1),
    Order(2),
    Order(3),
    Order(4),
    Order(6),
    Word,
    Shape,
    IndirectThree,
    WordTriple,
    NestTwo,
    WordPair,
    ExpectedTwo,
    IndirectOne,
    Table(4),
    AboveTwo,
    Order(5),
    WordGap,
    Folded(6),
    NestName,
    FieldAbove,
    WordSkip,
    Above,
    Field,
    Order(0),
    Masked(0xff00ff),
    Nest,
    WordLine,
    Long(12),
    Folded(4),
    IndirectTwo,
    Column,
    WordAbove,
    ShapeLast,
    Folded(8),
    Long(16),
    Expected,
    Masked(0xff_ff00),
    Masked(0xffff_ff00),
    Masked(0xff00_0000_00ff),
    Table(14),
    Masked(0xffff_0000),
    Table(22),
    Prose(4),
    Prose(17),
    Prose(21),
    Prose(15),
    Prose(5),
    Prose(12),
    Prose(11),
    Prose(13),
    Prose(1),
    Prose(7),
    Masked(0xff00_ffff),
    Number(0),
    Number(1),
    Number(2),
];
const TEXT_SETS: Sets = Sets {
    small: &[Selector::WordPartial, Selector::Kinds],
    large: &[Selector::Kinds, Selector::MatchPartial, Selector::WordPartial, Selector::Byte2],
    huge: &TEXT_HUGE,
};
const TEXT_HUGE: [Selector; 10] = [
    Selector::MatchPartial,
    Selector::Seen,
    Selector::Byte1,
    Selector::WordPartial,
    Selector::Expected,
    Selector::KindPartial,
    Selector::WordLength,
    Selector::Kinds,
    Selector::Byte2,
    Selector::Table(0),
];

/// Text as words. The first eight and sixteen were grown for streams of codes, the next eight for source code.
const WORDS: [Context; 56] = [
    Order(0),
    Order(1),
    Order(2),
    Order(4),
    Word,
    Folded(4),
    Prose(4),
    Shape,
    Nest,
    Prose(26),
    Above,
    Order(6),
    IndirectThree,
    Masked(0xff_ff00),
    IndirectOne,
    Folded(3),
    WordTriple,
    AboveTwo,
    Prose(17),
    Prose(5),
    Table(4),
    Field,
    WordLine,
    NestTwo,
    Order(3),
    Order(5),
    WordPair,
    WordGap,
    Folded(6),
    FieldAbove,
    WordSkip,
    IndirectTwo,
    Column,
    ShapeLast,
    Folded(8),
    Expected,
    Masked(0xffff_ff00),
    Masked(0xffff_0000),
    Table(22),
    Prose(21),
    Prose(15),
    Prose(12),
    Prose(11),
    Prose(13),
    Prose(1),
    Prose(7),
    Masked(0xff00_ffff),
    Number(0),
    Number(1),
    Number(2),
    Prose(27),
    Prose(23),
    Prose(24),
    Folded(5),
    Prose(25),
    Prose(28),
];
const WORDS_SETS: Sets = Sets {
    small: &[Selector::WordPartial, Selector::Kinds],
    large: &[Selector::Kinds, Selector::KindPartial, Selector::Byte2, Selector::Byte1],
    huge: &[
        Selector::MatchPartial,
        Selector::Seen,
        Selector::Byte1,
        Selector::WordPartial,
        Selector::Expected,
        Selector::KindPartial,
        Selector::WordLength,
        Selector::Kinds,
        Selector::Byte2,
        Selector::WordClass,
    ],
};

/// Text of small files.
const WIDE_SETS: [Selector; 6] =
    [Selector::Kinds, Selector::KindPartial, Selector::Byte2, Selector::Byte1, Selector::MatchPartial, Selector::WordPartial];

/// Text tables: CSV, TSV.
const TABLE: [Context; 24] = [
    Order(1),
    Order(2),
    Table(3),
    Table(4),
    Table(18),
    Table(24),
    Table(2),
    Table(22),
    Table(12),
    Table(27),
    Shape,
    Table(28),
    Order(0),
    Table(11),
    Table(19),
    Order(4),
    Table(21),
    Field,
    IndirectTwo,
    Order(6),
    Table(10),
    Order(3),
    Column,
    Table(5),
];
const TABLE_SETS: Sets = Sets {
    small: &[Selector::Table(2), Selector::Table(1)],
    large: &[Selector::Table(2), Selector::MatchPartial, Selector::Byte2, Selector::Table(1)],
    huge: &[Selector::MatchPartial, Selector::Byte2, Selector::Table(2), Selector::Byte1, Selector::Table(1), Selector::Table(0)],
};

/// Anything that is neither text nor code nor samples.
const GENERIC: [Context; 56] = [
    Order(1),
    Order(2),
    Record(33),
    Record(19),
    Record(21),
    Record(34),
    Record(2),
    Order(3),
    Masked(0xf0f0f0f0),
    Order(0),
    Expected,
    Word,
    Masked(0xffff0000),
    Masked(0xff00),
    Record(4),
    Record(38),
    Order(5),
    Shape,
    Record(5),
    Record(22),
    Record(17),
    Order(8),
    Masked(0xffff00),
    Order(4),
    Record(9),
    Record(29),
    Record(28),
    Record(3),
    Record(36),
    Record(26),
    Record(32),
    Record(13),
    Record(45),
    IndirectTwo,
    Masked(0xff00ff),
    Record(35),
    Record(23),
    Record(11),
    Record(46),
    Record(24),
    Wasm(18),
    Wasm(5),
    Wasm(7),
    Wasm(0),
    Wasm(19),
    Wasm(8),
    Wasm(12),
    Order(6),
    IndirectThree,
    Record(20),
    Record(30),
    Record(39),
    Masked(0xf0ff),
    IndirectOne,
    Record(31),
    Masked(0xff_0000),
];
const GENERIC_SETS: Sets = Sets {
    small: &[Selector::Record(5), Selector::Byte2],
    large: &[Selector::Record(5), Selector::Kinds, Selector::Byte2, Selector::MatchLength],
    huge: &GENERIC_HUGE,
};
const GENERIC_HUGE: [Selector; 9] = [
    Selector::MatchLength,
    Selector::Seen,
    Selector::Byte1,
    Selector::Record(5),
    Selector::Byte2,
    Selector::Kinds,
    Selector::Wasm(1),
    Selector::Partial,
    Selector::Wasm(0),
];

/// Machine code of x86 and x86-64.
const EXE: [Context; 56] = [
    Order(1),
    Order(2),
    Order(3),
    X86(19),
    X86(34),
    X86(4),
    X86(15),
    X86(7),
    X86(23),
    X86(2),
    Masked(0xff_ff00),
    X86(31),
    Masked(0xff00_0000),
    X86(29),
    X86(30),
    X86(40),
    X86(18),
    X86(28),
    X86(8),
    X86(13),
    X86(63),
    X86(42),
    IndirectOne,
    Order(4),
    X86(62),
    X86(26),
    Masked(0xf0f0_f0f0),
    X86(50),
    X86(48),
    X86(6),
    Masked(0xff_0000),
    IndirectTwo,
    Masked(0xff00),
    Order(0),
    X86(60),
    Word,
    X86(3),
    X86(5),
    X86(25),
    X86(61),
    Masked(0xffff_0000),
    X86(14),
    Shape,
    X86(43),
    X86(17),
    X86(21),
    X86(24),
    X86(45),
    X86(52),
    X86(53),
    X86(54),
    X86(55),
    X86(56),
    X86(57),
    X86(58),
    X86(59),
];
const EXE_CODE: [Selector; 3] = [Selector::X86(7), Selector::X86(11), Selector::Byte2];
const EXE_SETS: Sets = Sets {
    small: &[Selector::X86(7), Selector::X86(11)],
    large: &[Selector::X86(7), Selector::X86(11), Selector::Byte2, Selector::KindPartial],
    huge: &[
        Selector::MatchPartial,
        Selector::KindPartial,
        Selector::X86(0),
        Selector::Byte1,
        Selector::X86(11),
        Selector::Byte2,
        Selector::X86Partial(13),
        Selector::X86(7),
        Selector::X86(12),
        Selector::X86(5),
    ],
};

/// TrueType fonts.
const FONT: [Context; 56] = [
    Order(1),
    Order(2),
    Font(4),
    Font(11),
    Font(39),
    Font(24),
    Font(6),
    Font(14),
    Font(18),
    Font(17),
    Record(21),
    Font(3),
    Order(3),
    Order(0),
    Font(15),
    Font(7),
    Font(0),
    Font(1),
    Font(2),
    Font(5),
    Font(8),
    Font(9),
    Font(10),
    Font(12),
    Font(13),
    Font(16),
    Font(19),
    Font(20),
    Font(21),
    Font(22),
    Font(23),
    Font(25),
    Font(26),
    Font(27),
    Font(28),
    Font(29),
    Font(30),
    Font(31),
    Font(32),
    Font(33),
    Font(34),
    Font(35),
    Font(36),
    Font(37),
    Font(38),
    Order(4),
    Order(6),
    Record(33),
    Record(19),
    Record(34),
    Record(2),
    Expected,
    Masked(0xffff0000),
    Record(4),
    Word,
    IndirectTwo,
];
const FONT_SETS: Sets = Sets {
    small: &[Selector::Font(0), Selector::Font(3)],
    large: &[Selector::Font(0), Selector::Font(3), Selector::Byte1, Selector::Font(1)],
    huge: &FONT_HUGE,
};
const FONT_HUGE: [Selector; 9] = [
    Selector::MatchLength,
    Selector::Seen,
    Selector::Byte1,
    Selector::Font(0),
    Selector::Font(1),
    Selector::Font(2),
    Selector::Font(3),
    Selector::Byte2,
    Selector::Kinds,
];

/// How fast mixers of up to 16 contexts learn.
const RATE: Rate = Rate { first: 1200, last: 150, span: 1000, threshold: 500 };
/// With 24 contexts, of text: 0.3 % against [`RATE`].
const RATE_WIDE: Rate = Rate { first: 800, last: 100, span: 500, threshold: 500 };
/// Many inputs want smaller steps: 0.6 % on binary data with 48 contexts.
const RATE_HUGE: Rate = Rate { first: 1200, last: 100, span: 300, threshold: 500 };
/// Text is more alike from end to end: 1 % against [`RATE_HUGE`] with 56 contexts.
const RATE_HUGE_TEXT: Rate = Rate { first: 500, last: 60, span: 300, threshold: 500 };

impl Profile {
    /// The profile of `level` for a stream of `kind` and `length`.
    #[must_use]
    pub fn new(level: &Level, kind: &Kind, length: usize) -> Self {
        Self { primer: Primer::of(level.effort, kind, length), leading: Leading::of(kind), ..Self::of_kind(level, kind) }
    }

    /// The profile of `level` for codes that stand for `length` bytes of text.
    ///
    /// # Errors
    /// Memory for the primer cannot be had.
    pub fn of_words(level: &Level, length: usize) -> Result<Self> {
        let profile = Self::new(level, &Kind::Words, length);
        Ok(Self { primer: profile.primer.as_words()?, words: Some(profile.primer.text.len().saturating_add(length)), ..profile })
    }

    fn of_kind(level: &Level, kind: &Kind) -> Self {
        let detailed = matches!(level.effort, Effort::Small | Effort::Middle | Effort::SmallFiles | Effort::Huge);
        let size = Size::of(level.effort, kind);
        let contexts = size.contexts();
        let profile = match kind {
            Kind::Words => Self::of(WORDS.to_vec(), WORDS_SETS.of(size), contexts, RATE_HUGE_TEXT),
            Kind::Text => Self::of(TEXT.to_vec(), TEXT_SETS.of(size), contexts, RATE_HUGE_TEXT),
            Kind::Table => Self::of(TABLE.to_vec(), TABLE_SETS.of(size), contexts, RATE_HUGE),
            Kind::Generic => Self::of(GENERIC.to_vec(), GENERIC_SETS.of(size), contexts, RATE_HUGE),
            Kind::Font => Self::of(FONT.to_vec(), FONT_SETS.of(size), contexts, RATE_HUGE),
            Kind::Exe => Self::of(EXE.to_vec(), EXE_SETS.of(size), contexts, RATE_HUGE),
            Kind::Image { .. } | Kind::Image16 { .. } | Kind::Audio { .. } => Self::signal(level, kind),
        };
        let profile = Self { detailed, ..profile };
        match (size, kind) {
            // With a last rate of 60, as elsewhere, 0.1 % larger.
            (Size::Huge, Kind::Exe) => Self { last_selector: Some(Selector::X86(14)), last_rate: 100, ..profile },
            (Size::Huge, Kind::Words | Kind::Text) => Self { last_selector: Some(Selector::Kinds), ..profile },
            (Size::Wide, _) => {
                Self { rate: RATE_WIDE, last_rate: 100, last_selector: Some(Selector::Kinds), matches: vec![32, 12, 6], ..profile }
            }
            (Size::Huge, Kind::Generic) => Self { last_selector: Some(Selector::Byte1), ..profile },
            _ => profile,
        }
    }

    /// The first `contexts` of a list, its plain orders in front; mixers of more than 16 contexts learn as
    /// `huge` says.
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
            ..=16 => vec![32, 12, 6],
            // Text tables: the longer list makes them 0.8 % larger.
            17..=24 => vec![32, 20, 11, 6],
            _ => vec![64, 20, 9, 5],
        };
        Self {
            contexts: orders,
            orders: count,
            detailed: false,
            matches,
            selectors: selectors.to_vec(),
            signal: None,
            rate,
            last_selector: None,
            last_rate: if contexts > 16 { 60 } else { 150 },
            first_weight: 320 / contexts as u32,
            primer: Primer::default(),
            words: None,
            leading: Leading::Coded,
        }
    }

    fn signal(level: &Level, kind: &Kind) -> Self {
        // Contexts 16 to 24 of an image brought 0.07 % and were left out of every level.
        let (contexts, sets, effort) = match level.effort {
            Effort::Huge => (16, 6, signal::Effort::Large),
            _ => (8, 3, signal::Effort::Small),
        };
        let selectors = [Selector::Signal(0), Selector::Signal(2), Selector::Partial];
        let more = [Selector::Signal(1), Selector::Signal(3), Selector::MatchLength];
        Self {
            contexts: (0..contexts).map(Signal).collect(),
            orders: 0,
            detailed: false,
            matches: vec![20],
            selectors: [&selectors[..], &more].concat()[..sets].to_vec(),
            signal: Some((*kind, effort)),
            rate: RATE,
            last_selector: None,
            last_rate: 150,
            first_weight: 10,
            primer: Primer::default(),
            words: None,
            leading: Leading::Coded,
        }
    }
}
