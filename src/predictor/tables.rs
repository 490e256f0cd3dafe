//! The profiles: one table for each kind of stream, one row for each effort.
//!
//! Lists are in order of gain (greedy forward selection, see `docs/models.md`), so that a smaller
//! effort takes the first of them.

use super::profile::{Profile, Selector};
use crate::block::Kind;
use crate::level::{Effort, Level};
use crate::model::context::Context::{self, *};
use crate::model::signal;

/// Text: prose, source code, markup, logs.
const TEXT: [Context; 48] = [
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
    AboveTwo,
    Order(5),
    IndirectOne,
    Table(4),
    WordGap,
    Folded(6),
    Order(8),
    NestName,
    FieldAbove,
    WordSkip,
    Above,
    Table(27),
    Table(12),
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
    Order(7),
    Long(16),
    Expected,
    Masked(0xff_ff00),
    Masked(0xffff_ff00),
    Table(7),
    Table(19),
    Masked(0xff00_0000_00ff),
    Table(14),
    Masked(0xffff_0000),
    Table(22),
];
const TEXT_SELECTORS: [Selector; 10] = [
    Selector::MatchLength,
    Selector::Seen,
    Selector::Byte1,
    Selector::Partial,
    Selector::Expected,
    Selector::Nest,
    Selector::WordLength,
    Selector::Kinds,
    Selector::Byte2,
    Selector::Table(0),
];

/// Anything that is neither text nor code nor samples.
const GENERIC: [Context; 48] = [
    Order(1),
    Order(2),
    Order(3),
    Order(4),
    Order(6),
    Record(19),
    Record(21),
    Record(33),
    Record(39),
    Record(20),
    Record(10),
    Record(17),
    Record(30),
    Record(26),
    Masked(0xff00_0000),
    Record(31),
    IndirectOne,
    Shape,
    Order(0),
    Word,
    Masked(0xff00ff),
    Order(5),
    Wasm(0),
    Masked(0xff_ff00),
    Wasm(1),
    Wasm(2),
    Wasm(3),
    Record(0),
    Record(1),
    Record(2),
    Record(3),
    Record(4),
    Record(5),
    Record(6),
    Record(8),
    Record(12),
    Record(14),
    Record(24),
    Record(28),
    Record(36),
    Record(40),
    Record(44),
    Wasm(4),
    Wasm(5),
    Wasm(6),
    Wasm(7),
    Expected,
    IndirectTwo,
];
const GENERIC_SELECTORS: [Selector; 10] = [
    Selector::MatchLength,
    Selector::Seen,
    Selector::Record(0),
    Selector::Byte1,
    Selector::Partial,
    Selector::Record(3),
    Selector::Wasm(0),
    Selector::Record(2),
    Selector::Byte2,
    Selector::Record(1),
];

/// Machine code of x86 and x86-64.
const EXE: [Context; 40] = [
    Order(1),
    Order(2),
    Order(3),
    X86(19),
    X86(34),
    X86(30),
    X86(4),
    X86(15),
    X86(7),
    X86(23),
    X86(2),
    Masked(0xff_ff00),
    X86(40),
    X86(31),
    Masked(0xff00_0000),
    X86(29),
    X86(18),
    X86(28),
    X86(8),
    X86(13),
    X86(38),
    X86(42),
    IndirectOne,
    Order(4),
    X86(20),
    X86(26),
    Masked(0xf0f0_f0f0),
    X86(50),
    X86(48),
    X86(6),
    Masked(0xff_0000),
    IndirectTwo,
    Masked(0xff00),
    Order(0),
    Order(6),
    Word,
    X86(3),
    X86(5),
    X86(25),
    Record(19),
];
const EXE_SELECTORS: [Selector; 8] = [
    Selector::MatchLength,
    Selector::X86(0),
    Selector::Seen,
    Selector::Byte1,
    Selector::X86(7),
    Selector::Byte2,
    Selector::Partial,
    Selector::X86(1),
];

impl Profile {
    /// The profile of `level` for streams of `kind`.
    #[must_use]
    pub fn new(level: &Level, kind: &Kind) -> Self {
        let (contexts, sets) = match level.effort {
            Effort::Sort | Effort::Small => (8, 2),
            Effort::Middle => (16, 4),
            Effort::Large => (24, 6),
            Effort::Huge => (48, 10),
        };
        match kind {
            Kind::Text => Self::of(TEXT.to_vec(), &TEXT_SELECTORS, contexts, sets),
            Kind::Generic => Self::of(GENERIC.to_vec(), &GENERIC_SELECTORS, contexts, sets),
            Kind::Exe => Self::of(EXE.to_vec(), &EXE_SELECTORS, contexts, sets),
            Kind::Image { .. } | Kind::Image16 { .. } | Kind::Audio { .. } => Self::signal(level, kind),
        }
    }

    /// The first `contexts` of a list, its plain orders in front, and the first `sets` selectors.
    fn of(mut list: Vec<Context>, selectors: &[Selector], contexts: usize, sets: usize) -> Self {
        list.truncate(contexts);
        let order = |context: &Context| matches!(context, Order(_) | Long(_));
        let (mut orders, rest): (Vec<_>, Vec<_>) = list.into_iter().partition(order);
        orders.sort_by_key(|context| match context {
            Order(n) | Long(n) => *n,
            _ => 0,
        });
        let count = orders.len();
        orders.extend(rest);
        Self {
            contexts: orders,
            orders: count,
            matches: vec![20, 6],
            selectors: selectors[..sets.min(selectors.len())].to_vec(),
            signal: None,
            first_weight: 320 / contexts as u32,
        }
    }

    fn signal(level: &Level, kind: &Kind) -> Self {
        // Contexts 16 to 24 of an image brought 0.07 % and were left out of every level.
        let (contexts, sets, effort) = match level.effort {
            Effort::Sort | Effort::Small => (8, 3, signal::Effort::Small),
            Effort::Middle => (16, 6, signal::Effort::Middle),
            Effort::Large | Effort::Huge => (16, 6, signal::Effort::Large),
        };
        let selectors = [0, 1, 2, 3].map(Selector::Signal);
        let more = [Selector::Partial, Selector::MatchLength];
        Self {
            contexts: (0..contexts).map(Signal).collect(),
            orders: 0,
            matches: vec![20],
            selectors: [&selectors[..], &more].concat()[..sets].to_vec(),
            signal: Some((*kind, effort)),
            first_weight: 10,
        }
    }
}
