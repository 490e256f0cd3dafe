//! The table of profiles: adding a profile is adding a row.

use std::ops::Range;

use super::binary::{EXE, EXE_CODE, EXE_SETS, FONT, FONT_SETS, WASM, WASM_SETS};
use super::generic::{GENERIC_8, GENERIC_16, GENERIC_24, GENERIC_SETS, GENERIC_WIDE};
use super::network_rows::{
    EXE_56_NETWORK, FONT_56_NETWORK, GENERIC_80_NETWORK, TABLE_64_NETWORK, TEXT_40_NETWORK,
    TEXT_56_NETWORK, WASM_56_NETWORK, WORDS_40_NETWORK, WORDS_56_CODE_NETWORK, WORDS_56_NETWORK,
};
use super::rates::{RATE, RATE_HUGE, RATE_HUGE_GENERIC, RATE_HUGE_TEXT, RATE_TEXT, RATE_WIDE};
use super::samples::{SAMPLES_8, SAMPLES_16};
use super::table::{TABLE, TABLE_SETS};
use super::text::{TEXT, TEXT_SETS, TEXT_WIDE, WIDE_SETS, WORDS, WORDS_OF_CODE, WORDS_SETS};
use super::{Content, Row};
use crate::mix::final_stage::FinalMixing;
use crate::model::byte_class::ClassSelector;
use crate::model::long_match::Belief;
use crate::model::selector::Selector;
use crate::model::x86::X86Selector;

/// No context.
pub(super) const NONE: Range<usize> = 0..0;

/// When long matches are believed beside up to 16 contexts, and beside more: measured in
/// `docs/architecture-engine.md`.
const BELIEF: Belief = Belief { shortest: 16, rarity: 11 };
const BELIEF_HUGE: Belief = Belief { shortest: 32, rarity: 14 };

/// Errors that teach maps nothing, with up to 16 contexts and with more: measured in
/// `docs/architecture-engine.md`.
const LEAST_ERROR: u32 = 250;
const LEAST_ERROR_WIDE: u32 = 100;

/// What rows of 8 contexts have in common.
pub(super) const EIGHT: Row = Row {
    number: 0,
    name: "",
    content: Content::Generic,
    contexts: &[],
    // Low orders, and others that many different bytes follow.
    dense: 4,
    runs: NONE,
    stationary: NONE,
    confidences: false,
    belief: BELIEF,
    // Twice as many are measured in `docs/architecture-engine.md`.
    bytes_per_context: 1,
    // A third gains 0.02 % at -5 and 0.11 % at -7, and takes 3 and 2 % of the time.
    matches: &[12, 5],
    selectors: &[],
    networks: &[],
    residuals: false,
    signal: None,
    rate: RATE,
    least_error: LEAST_ERROR,
    final_selector: None,
    final_mixing: FinalMixing::Gradient,
    final_rate: 150,
    first_weight: 40,
};

/// What rows of 6 contexts have in common. Against 8 contexts text is 3 to 4 % larger and takes
/// three quarters of the time.
const SIX: Row = Row { dense: 3, matches: &[6], least_error: 500, ..EIGHT };

/// What rows of 16 contexts have in common.
const SIXTEEN: Row = Row { confidences: true, runs: 2..3, first_weight: 20, ..EIGHT };

/// What rows of 24 contexts have in common.
const TWENTY_FOUR: Row = Row {
    confidences: true,
    runs: 2..4,
    // For text, twice that gains 0.5 % and takes an eighth more time, half of it costs 0.6 to 1 %.
    bytes_per_context: 4,
    matches: &[20, 11, 6],
    least_error: LEAST_ERROR_WIDE,
    first_weight: 14,
    ..EIGHT
};

/// The same for text.
const TWENTY_FOUR_TEXT: Row = Row {
    matches: &[32, 12, 6],
    // [`RATE`] makes text 0.1 % larger, and binary data 0.4 % smaller.
    rate: RATE_WIDE,
    final_selector: Some(Selector::Class(ClassSelector::LastTwo)),
    final_rate: 100,
    first_weight: 12,
    ..TWENTY_FOUR
};

/// What rows of 40 contexts for text of small files have in common.
pub(super) const FORTY: Row = Row {
    confidences: true,
    runs: 2..10,
    belief: BELIEF_HUGE,
    bytes_per_context: 8,
    matches: &[32, 12, 6],
    selectors: &WIDE_SETS,
    rate: RATE_WIDE,
    least_error: LEAST_ERROR_WIDE,
    final_selector: Some(Selector::Class(ClassSelector::LastTwo)),
    final_rate: 100,
    first_weight: 8,
    ..EIGHT
};

/// What rows of 56 contexts have in common.
pub(super) const FIFTY_SIX: Row = Row {
    confidences: true,
    runs: 2..10,
    stationary: 1..12,
    belief: BELIEF_HUGE,
    // Twice that gains 0.03 %, half of it costs 0.1 %.
    bytes_per_context: 8,
    matches: &[64, 20, 9, 5],
    rate: RATE_HUGE,
    least_error: LEAST_ERROR_WIDE,
    final_selector: Some(Selector::LastByte),
    // 0.25 % against gradient mixers: `docs/architecture-engine.md`.
    final_mixing: FinalMixing::GradientAndFilter,
    final_rate: 60,
    first_weight: 5,
    ..EIGHT
};

/// The first `count` elements of `list`.
pub(super) const fn first<T>(list: &'static [T], count: usize) -> &'static [T] {
    list.split_at(count).0
}

/// Every profile. A row keeps its number for good; numbers of rows that are gone are not given
/// again.
pub(crate) static PROFILES: [Row; 47] = [
    Row {
        number: 0,
        name: "generic-8",
        content: Content::Generic,
        contexts: &GENERIC_8,
        selectors: GENERIC_SETS.small,
        ..EIGHT
    },
    Row {
        number: 2,
        name: "generic-16",
        content: Content::Generic,
        contexts: &GENERIC_16,
        selectors: GENERIC_SETS.large,
        ..SIXTEEN
    },
    Row {
        number: 3,
        name: "generic-64",
        content: Content::Generic,
        contexts: first(&GENERIC_WIDE, 64),
        residuals: true,
        selectors: GENERIC_SETS.huge,
        rate: RATE_HUGE_GENERIC,
        first_weight: 4,
        ..FIFTY_SIX
    },
    Row {
        number: 4,
        name: "text-8",
        content: Content::Text,
        contexts: first(&TEXT, 8),
        selectors: TEXT_SETS.small,
        ..EIGHT
    },
    Row {
        number: 6,
        name: "text-16",
        content: Content::Text,
        contexts: first(&TEXT, 16),
        selectors: TEXT_SETS.large,
        rate: RATE_TEXT,
        ..SIXTEEN
    },
    Row { number: 7, name: "text-40", content: Content::Text, contexts: &TEXT, ..FORTY },
    Row {
        number: 8,
        name: "text-56",
        content: Content::Text,
        contexts: &TEXT_WIDE,
        selectors: TEXT_SETS.huge,
        rate: RATE_HUGE_TEXT,
        final_selector: Some(Selector::Class(ClassSelector::LastTwo)),
        ..FIFTY_SIX
    },
    Row {
        number: 9,
        name: "words-8",
        content: Content::Words,
        contexts: first(&WORDS, 8),
        selectors: WORDS_SETS.small,
        ..EIGHT
    },
    Row {
        number: 11,
        name: "words-16",
        content: Content::Words,
        contexts: first(&WORDS, 16),
        selectors: WORDS_SETS.large,
        rate: RATE_TEXT,
        ..SIXTEEN
    },
    Row {
        number: 12,
        name: "words-40",
        content: Content::Words,
        contexts: first(&WORDS, 40),
        ..FORTY
    },
    Row {
        number: 13,
        name: "words-56",
        content: Content::Words,
        contexts: &WORDS,
        selectors: WORDS_SETS.huge,
        rate: RATE_HUGE_TEXT,
        final_selector: Some(Selector::Class(ClassSelector::LastTwo)),
        ..FIFTY_SIX
    },
    Row {
        number: 60,
        name: "words-56-code",
        content: Content::Words,
        contexts: &WORDS_OF_CODE,
        selectors: WORDS_SETS.huge,
        rate: RATE_HUGE_TEXT,
        final_selector: Some(Selector::Class(ClassSelector::LastTwo)),
        ..FIFTY_SIX
    },
    Row {
        number: 14,
        name: "table-8",
        content: Content::Table,
        contexts: first(&TABLE, 8),
        selectors: TABLE_SETS.small,
        ..EIGHT
    },
    Row {
        number: 16,
        name: "table-16",
        content: Content::Table,
        contexts: first(&TABLE, 16),
        selectors: TABLE_SETS.large,
        ..SIXTEEN
    },
    Row {
        number: 17,
        name: "table-24",
        content: Content::Table,
        contexts: first(&TABLE, 24),
        selectors: first(TABLE_SETS.huge, 6),
        runs: 2..4,
        stationary: NONE,
        // The longer list makes tables 0.8 % larger.
        matches: &[32, 20, 11, 6],
        ..FIFTY_SIX
    },
    Row {
        number: 62,
        name: "table-64",
        content: Content::Table,
        contexts: &TABLE,
        selectors: TABLE_SETS.huge,
        residuals: true,
        // 0.4 % against [`RATE_HUGE`], 0.1 % against [`RATE_HUGE_GENERIC`].
        rate: RATE_HUGE_TEXT,
        final_selector: Some(Selector::Class(ClassSelector::LastTwo)),
        ..FIFTY_SIX
    },
    Row {
        number: 18,
        name: "exe-8",
        content: Content::Exe,
        contexts: first(&EXE, 8),
        selectors: EXE_SETS.small,
        ..EIGHT
    },
    Row {
        number: 19,
        name: "exe-14",
        content: Content::Exe,
        contexts: first(&EXE, 14),
        selectors: &EXE_CODE,
        first_weight: 22,
        ..EIGHT
    },
    Row {
        number: 20,
        name: "exe-16",
        content: Content::Exe,
        contexts: first(&EXE, 16),
        selectors: EXE_SETS.large,
        ..SIXTEEN
    },
    Row {
        number: 21,
        name: "exe-56",
        content: Content::Exe,
        contexts: &EXE,
        selectors: EXE_SETS.huge,
        final_selector: Some(Selector::X86(X86Selector::OpcodeAndPhase)),
        // With 60, as elsewhere, 0.1 % larger.
        final_rate: 100,
        ..FIFTY_SIX
    },
    Row {
        number: 22,
        name: "font-8",
        content: Content::Font,
        contexts: first(&FONT, 8),
        selectors: FONT_SETS.small,
        ..EIGHT
    },
    Row {
        number: 24,
        name: "font-16",
        content: Content::Font,
        contexts: first(&FONT, 16),
        selectors: FONT_SETS.large,
        ..SIXTEEN
    },
    Row {
        number: 25,
        name: "font-56",
        content: Content::Font,
        contexts: &FONT,
        selectors: FONT_SETS.huge,
        ..FIFTY_SIX
    },
    Row {
        number: 26,
        name: "wasm-8",
        content: Content::Wasm,
        contexts: first(&WASM, 8),
        selectors: WASM_SETS.small,
        ..EIGHT
    },
    Row {
        number: 28,
        name: "wasm-16",
        content: Content::Wasm,
        contexts: first(&WASM, 16),
        selectors: WASM_SETS.large,
        ..SIXTEEN
    },
    Row {
        number: 29,
        name: "wasm-56",
        content: Content::Wasm,
        contexts: &WASM,
        selectors: WASM_SETS.huge,
        ..FIFTY_SIX
    },
    SAMPLES_8,
    SAMPLES_16,
    Row {
        number: 32,
        name: "text-24",
        content: Content::Text,
        contexts: first(&TEXT, 24),
        selectors: first(&WIDE_SETS, 6),
        ..TWENTY_FOUR_TEXT
    },
    Row {
        number: 33,
        name: "words-24",
        content: Content::Words,
        contexts: first(&WORDS, 24),
        selectors: first(&WIDE_SETS, 6),
        ..TWENTY_FOUR_TEXT
    },
    Row {
        number: 34,
        name: "generic-24",
        content: Content::Generic,
        contexts: &GENERIC_24,
        selectors: first(GENERIC_SETS.huge, 6),
        ..TWENTY_FOUR
    },
    Row {
        number: 35,
        name: "exe-24",
        content: Content::Exe,
        contexts: first(&EXE, 24),
        selectors: first(EXE_SETS.huge, 6),
        ..TWENTY_FOUR
    },
    Row {
        number: 36,
        name: "font-24",
        content: Content::Font,
        contexts: first(&FONT, 24),
        selectors: first(FONT_SETS.huge, 6),
        ..TWENTY_FOUR
    },
    Row {
        number: 37,
        name: "wasm-24",
        content: Content::Wasm,
        contexts: first(&WASM, 24),
        selectors: first(WASM_SETS.huge, 6),
        ..TWENTY_FOUR
    },
    Row {
        number: 38,
        name: "words-8-one-match",
        content: Content::Words,
        contexts: first(&WORDS, 8),
        selectors: WORDS_SETS.small,
        // A second match model is 0.7 % smaller and takes an eighth more time.
        matches: &[8],
        ..EIGHT
    },
    Row {
        number: 57,
        name: "text-6",
        content: Content::Text,
        contexts: first(&TEXT, 6),
        selectors: TEXT_SETS.small,
        ..SIX
    },
    Row {
        number: 58,
        name: "words-6",
        content: Content::Words,
        contexts: first(&WORDS, 6),
        selectors: WORDS_SETS.small,
        ..SIX
    },
    GENERIC_80_NETWORK,
    TEXT_56_NETWORK,
    WORDS_56_NETWORK,
    WORDS_56_CODE_NETWORK,
    TABLE_64_NETWORK,
    EXE_56_NETWORK,
    FONT_56_NETWORK,
    WASM_56_NETWORK,
    TEXT_40_NETWORK,
    WORDS_40_NETWORK,
];
