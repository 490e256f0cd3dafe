//! Profiles with a network: those of the level below, with a network and three more weight sets,
//! whose rows it selects.

use super::binary::{EXE, EXE_SETS, FONT, FONT_SETS, WASM, WASM_SETS};
use super::generic::{GENERIC_SETS, GENERIC_WIDE};
use super::rates::{RATE_HUGE_GENERIC, RATE_HUGE_TEXT};
use super::rows::{FIFTY_SIX, FORTY, first};
use super::table::{TABLE, TABLE_SETS};
use super::text::{TEXT, TEXT_SETS, TEXT_WIDE, WIDE_SETS, WORDS, WORDS_OF_CODE, WORDS_SETS};
use super::{Content, Row};
use crate::model::byte_class::ClassSelector;
use crate::model::network::Network;
use crate::model::selector::Selector;
use crate::model::x86::X86Selector;
use crate::network::start::Start;

/// `sets`, and those that a network selects rows of.
const fn with_network<const N: usize>(sets: &[Selector]) -> [Selector; N] {
    let mut all = [Selector::NetworkByte; N];
    let mut number = 0;
    while number < sets.len() {
        all[number] = sets[number];
        number += 1;
    }
    all[number + 1] = Selector::NetworkConfidence;
    all[number + 2] = Selector::NetworkLean;
    all
}

static GENERIC_NETWORK: [Selector; GENERIC_SETS.huge.len() + 3] = with_network(GENERIC_SETS.huge);
static TEXT_NETWORK: [Selector; TEXT_SETS.huge.len() + 3] = with_network(TEXT_SETS.huge);
static WIDE_NETWORK: [Selector; WIDE_SETS.len() + 3] = with_network(&WIDE_SETS);
static WORDS_NETWORK: [Selector; WORDS_SETS.huge.len() + 3] = with_network(WORDS_SETS.huge);
static TABLE_NETWORK: [Selector; TABLE_SETS.huge.len() + 3] = with_network(TABLE_SETS.huge);
static EXE_NETWORK: [Selector; EXE_SETS.huge.len() + 3] = with_network(EXE_SETS.huge);
static FONT_NETWORK: [Selector; FONT_SETS.huge.len() + 3] = with_network(FONT_SETS.huge);
static WASM_NETWORK: [Selector; WASM_SETS.huge.len() + 3] = with_network(WASM_SETS.huge);

pub(super) const GENERIC_80_NETWORK: Row = Row {
    number: 48,
    name: "generic-80-network",
    content: Content::Generic,
    contexts: &GENERIC_WIDE,
    selectors: &GENERIC_NETWORK,
    networks: &[Network::Lstm(Start::Binary)],
    residuals: true,
    rate: RATE_HUGE_GENERIC,
    first_weight: 3,
    ..FIFTY_SIX
};

pub(super) const TEXT_56_NETWORK: Row = Row {
    number: 49,
    name: "text-56-network",
    content: Content::Text,
    contexts: &TEXT_WIDE,
    selectors: &TEXT_NETWORK,
    networks: &[Network::Lstm(Start::Text)],
    rate: RATE_HUGE_TEXT,
    final_selector: Some(Selector::Class(ClassSelector::LastTwo)),
    ..FIFTY_SIX
};

pub(super) const WORDS_56_NETWORK: Row = Row {
    number: 50,
    name: "words-56-network",
    content: Content::Words,
    contexts: &WORDS,
    selectors: &WORDS_NETWORK,
    networks: &[Network::Lstm(Start::Words)],
    rate: RATE_HUGE_TEXT,
    final_selector: Some(Selector::Class(ClassSelector::LastTwo)),
    ..FIFTY_SIX
};

pub(super) const WORDS_56_CODE_NETWORK: Row =
    Row { number: 61, name: "words-56-code-network", contexts: &WORDS_OF_CODE, ..WORDS_56_NETWORK };

pub(super) const TABLE_64_NETWORK: Row = Row {
    number: 63,
    name: "table-64-network",
    content: Content::Table,
    contexts: &TABLE,
    selectors: &TABLE_NETWORK,
    networks: &[Network::Lstm(Start::Binary)],
    residuals: true,
    rate: RATE_HUGE_TEXT,
    final_selector: Some(Selector::Class(ClassSelector::LastTwo)),
    ..FIFTY_SIX
};

pub(super) const EXE_56_NETWORK: Row = Row {
    number: 52,
    name: "exe-56-network",
    content: Content::Exe,
    contexts: &EXE,
    selectors: &EXE_NETWORK,
    networks: &[Network::Lstm(Start::Binary)],
    final_selector: Some(Selector::X86(X86Selector::OpcodeAndPhase)),
    final_rate: 100,
    ..FIFTY_SIX
};

pub(super) const FONT_56_NETWORK: Row = Row {
    number: 53,
    name: "font-56-network",
    content: Content::Font,
    contexts: &FONT,
    selectors: &FONT_NETWORK,
    networks: &[Network::Lstm(Start::Binary)],
    ..FIFTY_SIX
};

pub(super) const WASM_56_NETWORK: Row = Row {
    number: 54,
    name: "wasm-56-network",
    content: Content::Wasm,
    contexts: &WASM,
    selectors: &WASM_NETWORK,
    networks: &[Network::Lstm(Start::Binary)],
    ..FIFTY_SIX
};

pub(super) const TEXT_40_NETWORK: Row = Row {
    number: 55,
    name: "text-40-network",
    content: Content::Text,
    contexts: &TEXT,
    selectors: &WIDE_NETWORK,
    networks: &[Network::Lstm(Start::Text)],
    ..FORTY
};

pub(super) const WORDS_40_NETWORK: Row = Row {
    number: 56,
    name: "words-40-network",
    content: Content::Words,
    contexts: first(&WORDS, 40),
    selectors: &WIDE_NETWORK,
    networks: &[Network::Lstm(Start::Words)],
    ..FORTY
};
