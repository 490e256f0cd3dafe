//! Profiles: which models, weight-set selectors and stages a stream's predictor uses.

use super::primer::Primer;
use crate::coder::leading::Leading;
use crate::kind::Kind;
use crate::mix::final_stage::FinalMixing;
use crate::mix::mixer::Rate;
use crate::model::context::Context;
use crate::model::families::FamilyName;
use crate::model::long_match::Belief;
use crate::model::network::Network;
use crate::model::selector::Selector;
use crate::model::signal::Options;
use crate::network::start::Origin;
use std::ops::Range;

/// What a predictor is made of.
#[derive(Clone, PartialEq, Debug)]
pub struct Profile {
    /// Hashed contexts; the first `orders` of them are plain orders, shortest first.
    pub contexts: Vec<Context>,
    /// How many of the contexts count as orders seen.
    pub orders: usize,
    /// How many of the first contexts are followed by many different bytes: their second nibbles
    /// are spread over more lines of the table of histories, and are never deferred.
    pub dense: usize,
    /// Indices of the contexts that also remember runs ([`crate::model::run_map`]).
    pub runs: Range<usize>,
    /// Indices of the contexts that also have stationary maps ([`crate::model::stationary_map`]).
    pub stationary: Range<usize>,
    /// Whether each context gives a second pair of inputs: how sure its history is.
    pub confidences: bool,
    /// When a long match is believed ([`crate::model::long_match`]).
    pub belief: Belief,
    /// Bytes of the table of histories for each context and byte of the stream, before rounding; at
    /// least four where the table stays small.
    pub bytes_per_context: usize,
    /// Shortest lengths of the match models, the most trusted first.
    pub matches: Vec<usize>,
    /// One weight set each.
    pub selectors: Vec<Selector>,
    /// Models of whole bytes.
    pub networks: Vec<Network>,
    /// Where the weights of the networks come from.
    pub origin: Origin,
    /// Whether the next byte is guessed from series and records, and how far bytes were from such
    /// guesses gives inputs ([`crate::model::residual`]).
    pub residuals: bool,
    /// The samples that the stream holds: chooses the signal model and its direct inputs.
    pub signal: Option<(Kind, Options)>,
    /// How fast the first layer of the mixer learns.
    pub rate: Rate,
    /// Bits that were coded with an error below this (16 fractional bits) teach the maps of
    /// contexts nothing; the histories themselves take in every bit.
    pub least_error: u32,
    /// What selects the weights of a second mixer in the second layer, beside that by the bits of
    /// this byte.
    pub final_selector: Option<Selector>,
    /// What the second layer is.
    pub final_mixing: FinalMixing,
    /// How fast gradient mixers of the second layer learn.
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
    /// The families of the selectors of weight sets and of the final mixer, and those that guesses
    /// are made from.
    pub fn selected_families(&self) -> impl Iterator<Item = FamilyName> {
        let selectors = self.selectors.iter().chain(&self.final_selector);
        selectors
            .filter_map(|selector| selector.family())
            .chain(self.residuals.then_some(FamilyName::Similar))
    }
}
