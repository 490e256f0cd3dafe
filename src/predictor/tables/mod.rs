//! The profiles: a row for each, in [`PROFILES`], with contexts and selectors from the lists of
//! this folder.
//!
//! A coded stream names its profile by the number of the row. So a row keeps its number for good,
//! and a row that changes what it codes is a new numeric contract. The rows that a level chooses
//! stand in the row of the level, `src/level/mod.rs`.
//!
//! Lists of contexts are in order of gain (greedy forward selection, see `docs/models-text.md` and
//! `docs/models-binary.md`), so a smaller profile takes the first of them.

mod binary;
mod generic;
mod network_rows;
mod rates;
mod rows;
mod samples;
mod table;
#[cfg(test)]
mod tests;
mod text;

use std::ops::Range;

use super::primer::Primer;
use super::profile::Profile;
use crate::coder::leading::Leading;
use crate::error::Result;
use crate::kind::Kind;
use crate::mix::final_stage::FinalMixing;
use crate::mix::mixer::Rate;
use crate::model::context::Context::{self, *};
use crate::model::long_match::Belief;
use crate::model::network::Network;
use crate::model::selector::Selector;
use crate::model::signal;
use crate::network::start::Origin;

pub(crate) use rows::PROFILES;

/// What a profile may code. A decoder refuses a stream of another kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// [`Kind::Generic`].
    Generic,
    /// [`Kind::Text`].
    Text,
    /// [`Kind::Words`].
    Words,
    /// [`Kind::Table`].
    Table,
    /// [`Kind::Exe`].
    Exe,
    /// [`Kind::Font`].
    Font,
    /// [`Kind::Wasm`].
    Wasm,
    /// Images and audio of all sorts.
    Samples,
}

impl Content {
    /// What streams of `kind` are.
    #[must_use]
    pub fn of(kind: &Kind) -> Self {
        match kind {
            Kind::Generic => Self::Generic,
            Kind::Text => Self::Text,
            Kind::Words => Self::Words,
            Kind::Table => Self::Table,
            Kind::Exe => Self::Exe,
            Kind::Font => Self::Font,
            Kind::Wasm => Self::Wasm,
            Kind::Image { .. } | Kind::Image16 { .. } | Kind::Audio { .. } => Self::Samples,
        }
    }
}

/// A row of [`PROFILES`]: all of a profile that does not depend on the stream. The fields that are
/// not described here are those of [`Profile`].
#[derive(Debug, PartialEq)]
pub struct Row {
    /// What a coded stream calls the row.
    pub number: u8,
    /// What a level calls the row, and what people do.
    pub name: &'static str,
    /// What streams the row codes.
    pub content: Content,
    /// Hashed contexts, the first ones of a list. The profile has the plain orders among them in
    /// front, shortest first, and counts those as orders seen.
    contexts: &'static [Context],
    dense: usize,
    runs: Range<usize>,
    stationary: Range<usize>,
    confidences: bool,
    belief: Belief,
    bytes_per_context: usize,
    matches: &'static [usize],
    selectors: &'static [Selector],
    networks: &'static [Network],
    residuals: bool,
    /// How hard the signal model works, if there is one.
    signal: Option<signal::Options>,
    rate: Rate,
    least_error: u32,
    final_selector: Option<Selector>,
    final_mixing: FinalMixing,
    final_rate: u32,
    first_weight: u32,
}

/// What selects the weight sets of one kind of stream, by size. A few sets are chosen together:
/// what is best beside many others, the length of a match say, is not among the best two.
struct Sets {
    small: &'static [Selector],
    large: &'static [Selector],
    huge: &'static [Selector],
}

impl Row {
    /// The row that a coded stream calls `number`.
    #[must_use]
    pub fn numbered(number: u8) -> Option<&'static Row> {
        PROFILES.iter().find(|row| row.number == number)
    }

    /// The row that a level calls `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Row> {
        PROFILES.iter().find(|row| row.name == name)
    }

    /// Bytes of memory that the networks of the row take, at most.
    #[must_use]
    pub fn network_memory(&self) -> u64 {
        self.networks.iter().map(|network| network.memory()).sum()
    }

    /// Whether the row has networks.
    #[must_use]
    pub fn has_networks(&self) -> bool {
        !self.networks.is_empty()
    }

    /// Whether the row codes streams of `kind`.
    #[must_use]
    pub fn codes(&self, kind: &Kind) -> bool {
        self.content == Content::of(kind)
    }

    /// The profile of a stream of `kind` that is read after `primer`.
    #[must_use]
    pub fn profile(&self, kind: &Kind, primer: Primer) -> Profile {
        let order = |context: &Context| matches!(context, Order(_) | Long(_));
        let (mut orders, rest): (Vec<_>, Vec<_>) = self.contexts.iter().copied().partition(order);
        orders.sort_by_key(|context| match context {
            Order(n) | Long(n) => *n,
            _ => 0,
        });
        let count = orders.len();
        orders.extend(rest);
        Profile {
            contexts: orders,
            orders: count,
            dense: self.dense,
            runs: self.runs.clone(),
            stationary: self.stationary.clone(),
            confidences: self.confidences,
            belief: self.belief,
            bytes_per_context: self.bytes_per_context,
            matches: self.matches.to_vec(),
            selectors: self.selectors.to_vec(),
            networks: self.networks.to_vec(),
            origin: Origin::default(),
            residuals: self.residuals,
            signal: self.signal.map(|options| (*kind, options)),
            rate: self.rate,
            least_error: self.least_error,
            final_selector: self.final_selector,
            final_mixing: self.final_mixing,
            final_rate: self.final_rate,
            first_weight: self.first_weight,
            primer,
            words: None,
            leading: Leading::of(kind),
        }
    }
}

impl Profile {
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
}
