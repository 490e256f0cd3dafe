//! A predictor: models, mixer and final stages put together as a profile says.

mod intake;
pub mod learning;
mod lookup;
mod primed;
pub mod primer;
pub mod profile;
pub mod reference;
mod shape;
mod sizes;
mod step;
mod stream;
pub mod tables;
#[cfg(test)]
pub(crate) mod tests;
mod work;

use sizes::Sizes;
pub(crate) use sizes::most_memory;
#[cfg(test)]
pub use stream::decode_profile;
pub use stream::{decode_source, encode_growing, encode_profile};

use crate::coder::leading::Skipped;
use crate::error::{Error, Result};
use crate::mix::apm::Apm;
use crate::mix::final_stage::FinalStage;
use crate::mix::mixer::{Mixer, WeightMixer};
use crate::model::context::ContextState;
use crate::model::input_model::{BitPosition, InputModel};
use crate::model::long_match::LongMatch;
use crate::model::match_model::MatchModel;
use crate::model::network::BoxedModel;
use crate::model::residual::Residuals;
use crate::model::run_map::RunMap;
use crate::model::selector::{BitView, RowPart, Selector, lean};
use crate::model::signal::Signal;
use crate::model::slots::{NONE_DEFERRED, SlotTable};
use crate::model::stationary_map::StationaryMaps;
use crate::numeric::{PROBABILITY_BITS, PROBABILITY_ONE};
use crate::simd::{Histories, Kernels, LINE};
use lookup::LowOrders;
use profile::Profile;
use shape::Layout;

/// Updates after which a map entry keeps its rate: 0.1 % smaller than 255, on text and code.
const MAP_LIMIT: u32 = 1020;

/// Predicts the next bit.
///
/// Up to `N` contexts (a multiple of eight) give `P` pairs of mixer inputs together with the rest;
/// `S` weight sets; `R` contexts also remember runs, `D` have stationary maps; `I` says whether
/// input models may be others than match models, which costs a look for each at every bit.
#[derive(Clone)]
pub struct Predictor<
    K: Kernels,
    const N: usize,
    const R: usize,
    const D: usize,
    const P: usize,
    const S: usize,
    const I: bool,
    M = Mixer<P, S>,
> {
    histories: Histories<N>,
    /// Contexts of the profile; the rest of the shape reads histories of its own, outside the
    /// table.
    used: usize,
    low_orders: LowOrders<N>,
    hashes: [u64; N],
    /// The lines of the first nibble's slots.
    lines: [u32; N],
    /// The lines of the second nibble's slots.
    second: [u32; N],
    /// Contexts that were new at the start of this byte, whose second nibble is deferred.
    fresh: [bool; N],
    /// Bytes from the start of the table to the first nibble's slot.
    offsets: [u32; N],
    /// The byte that followed a context the one time it was seen, or [`NONE_DEFERRED`].
    once: [u32; N],
    runs: RunMap<R>,
    stationary: StationaryMaps<D>,
    /// That of the profile, with [`PROBABILITY_BITS`] fractional bits.
    least_error: u32,
    inputs: [[i16; 2]; P],
    parts: [RowPart; S],
    matches: Vec<MatchModel>,
    residuals: Option<Box<Residuals>>,
    networks: Vec<Box<dyn BoxedModel>>,
    /// Index of the first network's pair of inputs.
    network_pair: Option<usize>,
    /// Whether networks take in bytes, but predict and learn nothing.
    networks_rest: bool,
    long_match: LongMatch,
    mixer: M,
    final_stage: FinalStage<S>,
    /// What selects the rows of the second final mixer.
    final_selector: Option<(Selector, RowPart)>,
    apm: Apm<{ 1 << 16 }>,
    /// A second one, of streams with a signal model or a network.
    second_apm: Option<Apm<{ 1 << 16 }>>,
    apm_contexts: [usize; 2],
    partial: u32,
    node: usize,
    bit_position: u32,
    skipped: Skipped,
    probability: u32,
    /// How many of the profile's orders were seen before.
    seen: u32,
    /// The last bit of a byte that the mixers have yet to learn, and its draw.
    unlearned: Option<(u32, u32)>,
    table: SlotTable,
    state: ContextState,
    profile: Profile,
    kernels: K,
}

/// Evaluates `$body` for each input model of a predictor, the most trusted first: match models, the
/// signal model, residuals, networks. The types are known to the compiler, but for networks.
macro_rules! each_model {
    ($predictor:ident, $model:ident => $body:expr) => {
        for $model in &mut $predictor.matches {
            $body
        }
        if let (true, Some($model)) = (I, &mut $predictor.state.signal) {
            $body
        }
        if let (true, Some($model)) = (I, &mut $predictor.residuals) {
            $body
        }
        if I && !$predictor.networks_rest {
            for $model in &mut $predictor.networks {
                $body
            }
        }
    };
}

impl<
    K: Kernels,
    const N: usize,
    const R: usize,
    const D: usize,
    const P: usize,
    const S: usize,
    const I: bool,
    M: WeightMixer<P, S>,
> Predictor<K, N, R, D, P, S, I, M>
{
    const LAYOUT: Layout = Layout::of(N, R, D, P);

    /// A predictor with tables of these sizes, which passes over `skipped` bits and computes with
    /// `kernels`.
    ///
    /// # Errors
    /// The memory cannot be had.
    fn with_sizes(kernels: K, profile: &Profile, sizes: Sizes, skipped: Skipped) -> Result<Self> {
        let signal = profile.signal.and_then(|(kind, effort)| {
            Signal::new(&kind, effort, skipped, kernels.instruction_set())
        });
        let networks: Vec<_> = profile
            .networks
            .iter()
            .map(|network| network.model(kernels.instruction_set(), &profile.origin))
            .collect();
        let residuals = profile.residuals.then(Box::<Residuals>::default);
        let others = profile.matches.len()
            + signal.as_ref().map_or(0, InputModel::pairs)
            + residuals.as_ref().map_or(0, |residuals| residuals.pairs());
        let models = others + networks.iter().map(|network| network.pairs()).sum::<usize>();
        if Self::LAYOUT.models + models > Self::LAYOUT.stationary
            || (!I && models > profile.matches.len())
            || signal.is_none() != profile.signal.is_none()
        {
            return Err(Error::Bug(
                "a profile with input models that its shape does not hold".into(),
            ));
        }
        let mut profile = profile.clone();
        let used = profile.contexts.len();
        profile.selectors.resize(S, Selector::Constant);
        let matches = profile
            .matches
            .iter()
            .map(|&shortest| MatchModel::new(shortest, sizes.match_bits))
            .collect::<Result<Vec<_>>>()?;
        let rows: [usize; S] = std::array::from_fn(|k| profile.selectors[k].rows());
        let table_bytes = sizes.table_bytes;
        let rate = profile.rate;
        let mut predictor = Self {
            histories: Histories::new(table_bytes / LINE)?,
            used,
            low_orders: LowOrders::of(&profile.contexts),
            hashes: [0; N],
            lines: [0; N],
            second: [0; N],
            fresh: [false; N],
            offsets: [0; N],
            once: [NONE_DEFERRED; N],
            runs: RunMap::new(table_bytes / N / 4)?,
            stationary: StationaryMaps::new(sizes.stationary)?,
            least_error: profile.least_error << (PROBABILITY_BITS - 16),
            inputs: [[0; 2]; P],
            parts: [RowPart::default(); S],
            matches,
            residuals,
            network_pair: (!networks.is_empty()).then_some(Self::LAYOUT.models + others),
            networks,
            networks_rest: false,
            long_match: LongMatch::new(sizes.decisions, profile.belief)?,
            mixer: M::new(rows, (profile.first_weight * 16384 / 256) as i16, rate),
            final_stage: FinalStage::new(
                profile.final_mixing,
                profile.final_rate,
                profile.final_selector.map(Selector::rows),
            ),
            final_selector: profile.final_selector.map(|selector| (selector, RowPart::default())),
            apm: Apm::new(7)?,
            second_apm: (profile.signal.is_some() || !profile.networks.is_empty())
                .then(|| Apm::new(7))
                .transpose()?,
            apm_contexts: [0; 2],
            partial: 1,
            node: 1,
            bit_position: 0,
            skipped,
            probability: PROBABILITY_ONE / 2,
            seen: 0,
            unlearned: None,
            table: SlotTable::new(table_bytes),
            state: ContextState::new(
                &profile.contexts,
                profile.selected_families(),
                signal,
                profile.words,
            )?,
            profile,
            kernels,
        };
        (used..N).for_each(|i| predictor.histories.set_scratch(i));
        Ok(predictor)
    }

    /// The probability of a one.
    #[inline(always)]
    fn probability(&self) -> u32 {
        self.probability
    }

    /// Asks for the slots of the next byte, then leaves the byte before.
    #[inline(always)]
    fn next_byte(&mut self) {
        // Memory is asked for as early as can be: all that follows hides a part of the wait for it.
        self.find_first_slots();
        self.find_runs();
        if let Some((bit, draw)) = self.unlearned.take() {
            self.train_mixers(bit, draw);
        }
        if self.partial > 1 {
            self.defer_fresh();
        }
        self.partial = 1;
        self.node = 1;
        self.bit_position = 0;
        self.load_first_slots();
        self.runs.load();
    }

    /// Makes the first prediction of a byte.
    #[inline(always)]
    fn begin_byte(&mut self) {
        self.next_byte();
        let of_network = (self.state.expected_of_network & 255) as usize;
        self.apm_contexts = [(self.state.history.byte(1) as usize) << 8, of_network << 8];
        each_model!(self, model => {
            if let Some(contexts) = model.apm_contexts() {
                self.apm_contexts = contexts.map(|context| context << 8);
            }
        });
        if let Some(context) = self.state.families.apm_context() {
            self.apm_contexts[0] = context << 8;
        }
        if let Some((selector, part)) = &mut self.final_selector {
            *part = selector.of_byte(&self.state, self.seen);
        }
        for k in 0..S {
            self.parts[k] = self.profile.selectors[k].of_byte(&self.state, self.seen);
        }
        if self.skipped() == 0 {
            self.predict_bit();
        }
    }

    /// How many of this byte's leading bits are to be passed to [`Predictor::skip_bit`].
    #[inline(always)]
    fn skipped(&self) -> u32 {
        self.skipped.at(self.state.history.position)
    }

    /// A number below eight that is different at every bit, here that at `bit_position` of this
    /// byte: which transitions bit histories make.
    #[inline(always)]
    fn draw(&self, bit_position: u32) -> u32 {
        (self.state.history.position as u32 * 8 + bit_position).wrapping_mul(0x9E37_79B1) >> 29
    }

    #[inline(always)]
    fn train_models(&mut self, bit: u32) {
        // The bit is part of `partial` already.
        let at = BitPosition { partial: self.partial >> 1, index: self.bit_position };
        each_model!(self, model => model.update(bit, at));
        self.runs.update(bit, self.bit_position);
    }

    #[inline(always)]
    fn train_mixers(&mut self, bit: u32, draw: u32) {
        if (bit << PROBABILITY_BITS).abs_diff(self.probability) >= self.least_error {
            self.histories.learn(self.kernels, self.node, bit, draw, MAP_LIMIT);
            self.stationary.update(bit, MAP_LIMIT);
        } else {
            self.histories.skip(self.node, bit, draw);
        }
        self.mixer.update(self.kernels, &self.inputs, bit, self.probability);
        self.final_stage.update(bit, self.probability);
        self.apm.update(bit);
        if let (true, Some(second)) = (I, &mut self.second_apm) {
            second.update(bit);
        }
    }

    /// Learns one of the first seven bits of a byte.
    #[inline(always)]
    fn update_bit(&mut self, bit: u32) {
        let draw = self.draw(self.bit_position);
        self.find_second(bit);
        self.train_models(bit);
        self.train_mixers(bit, draw);
        self.next_bit(bit);
        self.predict_bit();
    }

    /// Passes over a leading bit of a byte, which both sides know. Histories take it in, for they
    /// tell which contexts were seen before; nothing else learns from it.
    #[inline(always)]
    fn skip_bit(&mut self, bit: u32) {
        let draw = self.draw(self.bit_position);
        self.find_second(bit);
        let at = BitPosition { partial: self.partial >> 1, index: self.bit_position };
        each_model!(self, model => model.skip(bit, at));
        self.histories.skip(self.node, bit, draw);
        self.next_bit(bit);
        if self.bit_position == self.skipped() {
            self.predict_bit();
        }
    }

    /// Adds `bit` to the byte and asks for a part of the second nibble's slots: before the bit is
    /// learned, for that work hides a part of the wait for memory.
    #[inline(always)]
    fn find_second(&mut self, bit: u32) {
        self.partial = self.partial * 2 + bit;
        match self.bit_position {
            0..3 => self.find_neighbours(self.bit_position as usize),
            3 => self.find_second_slots(),
            _ => {}
        }
    }

    #[inline(always)]
    fn next_bit(&mut self, bit: u32) {
        self.node = self.node * 2 + bit as usize;
        self.bit_position += 1;
        if self.bit_position == 4 {
            self.load_second_slots();
            self.node = 1;
        }
    }

    /// Takes in the last bit of a byte. [`Predictor::push`] is next.
    #[inline(always)]
    fn end_byte(&mut self, bit: u32) {
        let draw = self.draw(self.bit_position);
        self.partial = self.partial * 2 + bit;
        self.train_models(bit);
        self.runs.end_byte(self.partial as u8);
        self.unlearned = Some((bit, draw));
    }

    /// The byte that is as good as sure to come next, if there is one: whether it does is coded
    /// first. Then [`Predictor::push`] is next if it did, else [`Predictor::rule_out`].
    #[inline(always)]
    fn long_match(&self) -> Option<&LongMatch> {
        // Where signals repeat, their models need to see it.
        (self.long_match.sure() && self.state.signal.is_none()).then_some(&self.long_match)
    }

    /// Takes in that the byte of [`Predictor::long_match`] does not come: what does is predicted
    /// without it.
    #[inline(always)]
    fn rule_out(&mut self) {
        let byte = self.long_match.expected();
        each_model!(self, model => model.rule_out(byte));
        self.state.expected = 0;
    }

    #[inline(always)]
    fn predict_bit(&mut self) {
        self.histories.predict(self.kernels, self.node, &mut self.inputs);
        self.runs.predict(self.partial, self.bit_position, &mut self.inputs[N..]);
        if Self::LAYOUT.has_confidences {
            self.histories.confidence(self.kernels, &mut self.inputs, N + R);
        }
        let at = BitPosition { partial: self.partial, index: self.bit_position };
        let mut next = Self::LAYOUT.models;
        // Of the most trusted model that expects a byte.
        let mut confidence = 0;
        each_model!(self, model => {
            let first = next;
            next += model.pairs();
            model.inputs(at, &mut self.inputs[first..next]);
            if confidence == 0 {
                confidence = model.confidence();
            }
        });
        self.stationary
            .predict(self.node, &mut self.inputs[Self::LAYOUT.stationary..Self::LAYOUT.bias]);
        self.inputs[Self::LAYOUT.bias][0] = 256;
        let network = self.networks.first().filter(|_| I);
        let bit = BitView {
            partial: self.partial,
            index: self.bit_position,
            length: confidence,
            confidence: network.map_or(0, |network| network.confidence()),
            lean: self.network_pair.filter(|_| I).map_or(0, |pair| lean(self.inputs[pair][0])),
        };
        let mut rows = [0; S];
        for k in 0..S {
            rows[k] = self.parts[k].row(bit);
        }
        let sets = self.mixer.mix(self.kernels, &self.inputs, &rows);
        let second = self.final_selector.map_or(0, |(_, part)| part.row(bit) as usize);
        let (stretched, p0) = self.final_stage.mix(&sets, self.partial as usize, second);
        let partial = self.partial as usize;
        let p1 = self.apm.refine(stretched, self.apm_contexts[0] + partial);
        self.apm.prefetch(self.apm_contexts[0] ^ ((2 * partial) & 0xff));
        let mixed = if let (true, Some(second)) = (I, &mut self.second_apm) {
            let p2 = second.refine(stretched, self.apm_contexts[1] ^ partial);
            second.prefetch(self.apm_contexts[1] ^ ((2 * partial) & 0xff));
            (2 * p0 + p1 + p2) >> 2
        } else {
            // A second map, by the last two bytes, made everything 0.2 % larger.
            (p0 + p1) >> 1
        };
        self.probability = mixed.clamp(1, PROBABILITY_ONE - 1);
    }
}
