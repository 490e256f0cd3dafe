//! A predictor: models, mixer and final stages put together as a profile says.

pub mod base;
pub mod learning;
mod lookup;
mod primed;
pub mod primer;
pub mod profile;
mod shape;
mod step;
mod stream;
mod tables;
#[cfg(test)]
mod tests;
mod work;

pub use stream::{decode_profile, encode_profile};

use crate::coder::leading::Skipped;
use crate::error::Result;
use crate::mix::apm::Apm;
use crate::mix::final_mixer::FinalMixer;
use crate::mix::mixer::{Mixer, WeightMixer};
use crate::model::bypass::Bypass;
use crate::model::context::ContextState;
use crate::model::match_model::MatchModel;
use crate::model::run_map::RunMap;
use crate::model::selector::{RowPart, Selector};
use crate::model::signal::Signal;
use crate::model::slots::{NONE_DEFERRED, SlotTable};
use crate::model::stationary_map::StationaryMaps;
use crate::numeric::PROBABILITY_ONE;
use crate::simd::{Histories, Kernels, LINE};
use profile::Profile;
use shape::Layout;

/// Updates after which a map entry keeps its rate: 0.1 % smaller than 255, on text and code.
const MAP_LIMIT: u32 = 1020;

/// Bytes of a table that take little time: see `docs/architecture-engine.md`.
const CHEAP_TABLE: usize = 16 << 20;

/// The sizes of the tables of a predictor. Predictors of one profile whose sizes are the same do
/// the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Sizes {
    /// Positions that each match model remembers, as a power of two.
    match_bits: u32,
    /// Bytes of histories.
    table_bytes: usize,
    /// Entries of stationary maps.
    stationary: usize,
    /// Decisions about matches.
    decisions: usize,
}

impl Sizes {
    /// For `length` bytes with the contexts of `profile`, in tables of at most `memory` bytes.
    fn of(profile: &Profile, length: usize, memory: usize) -> Self {
        let contexts = profile.contexts.len().next_multiple_of(8);
        let each = |bytes: usize| length.saturating_mul(contexts * bytes);
        let wanted = each(profile.bytes_per_context).max(each(4).min(CHEAP_TABLE));
        let wanted = wanted.max(1 << 16).next_power_of_two();
        Sizes {
            match_bits: (length.max(1 << 10) as u32).next_power_of_two().ilog2().min(22),
            table_bytes: wanted.min(1 << memory.max(1 << 16).ilog2()),
            stationary: length.saturating_mul(64).min(memory / 64).max(1 << 16).next_power_of_two(),
            decisions: Bypass::decisions(length),
        }
    }

    /// Bytes that the tables take together, at most.
    fn bytes(self) -> u64 {
        (self.table_bytes + self.table_bytes / 4 + 4 * self.stationary + (16 << self.match_bits))
            as u64
    }
}

/// Bytes of memory that predicting a stream of `length` bytes takes, at most, with tables of at
/// most `memory` bytes: the tables, and the bytes with those of the primer.
pub(crate) fn most_memory(profile: &Profile, length: usize, memory: usize) -> u64 {
    let total = length.saturating_add(profile.primer.text.len());
    let tables = Sizes::of(profile, total, memory).bytes();
    // Tables that are not histories take an eighth of what the histories may.
    tables.min(memory as u64 / 8 * 9) + 2 * total as u64
}

/// Predicts the next bit.
///
/// Up to `N` contexts (a multiple of eight) give `P` pairs of mixer inputs together with the rest;
/// `S` weight sets; `R` contexts also remember runs, `D` have stationary maps.
#[derive(Clone)]
pub struct Predictor<
    K: Kernels,
    const N: usize,
    const R: usize,
    const D: usize,
    const P: usize,
    const S: usize,
    M = Mixer<P, S>,
> {
    histories: Histories<N>,
    /// Contexts of the profile; the rest of the shape reads histories of its own, outside the
    /// table.
    used: usize,
    hashes: [u64; N],
    /// The lines of the first nibble's slots.
    lines: [u32; N],
    /// The lines of the second nibble's slots.
    second: [u32; N],
    /// Contexts that were new at the start of this byte, whose second nibble is deferred.
    fresh: [bool; N],
    /// Where the first nibble's slot of a fresh context lies.
    places: [u32; N],
    /// The byte that followed a context the one time it was seen, or [`NONE_DEFERRED`].
    once: [u32; N],
    runs: RunMap<R>,
    stationary: StationaryMaps<D>,
    inputs: [[i16; 2]; P],
    parts: [RowPart; S],
    matches: Vec<MatchModel>,
    bypass: Bypass,
    mixer: M,
    final_mixer: FinalMixer<S>,
    /// A second one with weights of its own rows, and what selects them.
    second_final_mixer: Option<(FinalMixer<S>, Selector, RowPart)>,
    apm: Apm<{ 1 << 16 }>,
    /// A second one, of streams with a signal model.
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

impl<
    K: Kernels,
    const N: usize,
    const R: usize,
    const D: usize,
    const P: usize,
    const S: usize,
    M: WeightMixer<P, S>,
> Predictor<K, N, R, D, P, S, M>
{
    const LAYOUT: Layout = Layout::of(N, R, D, P);

    /// A predictor with tables of these sizes, which passes over `skipped` bits and computes with
    /// `kernels`.
    ///
    /// # Errors
    /// The memory cannot be had.
    fn with_sizes(kernels: K, profile: &Profile, sizes: Sizes, skipped: Skipped) -> Result<Self> {
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
            hashes: [0; N],
            lines: [0; N],
            second: [0; N],
            fresh: [false; N],
            places: [0; N],
            once: [NONE_DEFERRED; N],
            runs: RunMap::new(table_bytes / N / 4)?,
            stationary: StationaryMaps::new(sizes.stationary)?,
            inputs: [[0; 2]; P],
            parts: [RowPart::default(); S],
            matches,
            bypass: Bypass::new(sizes.decisions, profile.belief)?,
            mixer: M::new(rows, (profile.first_weight * 16384 / 256) as i16, rate),
            final_mixer: FinalMixer::new(256, profile.final_rate),
            second_final_mixer: profile.final_selector.map(|selector| {
                (FinalMixer::new(selector.rows(), profile.final_rate), selector, RowPart::default())
            }),
            apm: Apm::new(7)?,
            second_apm: profile.signal.is_some().then(|| Apm::new(7)).transpose()?,
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
                profile.signal.and_then(|(kind, effort)| {
                    Signal::new(&kind, effort, skipped, kernels.instruction_set())
                }),
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
    #[must_use]
    pub fn probability(&self) -> u32 {
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
    pub fn begin_byte(&mut self) {
        self.next_byte();
        self.apm_contexts = [(self.state.history.byte(1) as usize) << 8, 0];
        if let Some(signal) = &self.state.signal {
            self.apm_contexts = signal.apm_contexts().map(|context| context << 8);
        }
        if let Some(context) = self.state.families.apm_context() {
            self.apm_contexts[0] = context << 8;
        }
        if let Some((_, selector, part)) = &mut self.second_final_mixer {
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
    #[must_use]
    pub fn skipped(&self) -> u32 {
        self.skipped.at(self.state.history.position)
    }

    /// A number below eight that is different at every bit, here that at `bit_position` of this
    /// byte: which transitions of bit histories take place.
    #[inline(always)]
    fn draw(&self, bit_position: u32) -> u32 {
        (self.state.history.position as u32 * 8 + bit_position).wrapping_mul(0x9E37_79B1) >> 29
    }

    #[inline(always)]
    fn train_models(&mut self, bit: u32) {
        for model in &mut self.matches {
            model.update(bit, self.bit_position);
        }
        self.runs.update(bit, self.bit_position);
        if let Some(signal) = &mut self.state.signal {
            signal.update(bit);
        }
    }

    #[inline(always)]
    fn train_mixers(&mut self, bit: u32, draw: u32) {
        self.histories.learn(self.kernels, self.node, bit, draw, MAP_LIMIT);
        self.stationary.update(bit, MAP_LIMIT);
        self.mixer.update(self.kernels, &self.inputs, bit, self.probability);
        self.final_mixer.update(bit);
        if let Some((mixer, ..)) = &mut self.second_final_mixer {
            mixer.update(bit);
        }
        self.apm.update(bit);
        if let Some(second) = &mut self.second_apm {
            second.update(bit);
        }
    }

    /// Learns one of the first seven bits of a byte.
    #[inline(always)]
    pub fn update_bit(&mut self, bit: u32) {
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
    pub fn skip_bit(&mut self, bit: u32) {
        let draw = self.draw(self.bit_position);
        self.find_second(bit);
        for model in &mut self.matches {
            model.skip(bit, self.bit_position);
        }
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
    pub fn end_byte(&mut self, bit: u32) {
        let draw = self.draw(self.bit_position);
        self.partial = self.partial * 2 + bit;
        self.train_models(bit);
        self.runs.end_byte(self.partial as u8);
        self.unlearned = Some((bit, draw));
    }

    /// Takes in the byte that `bytes` now ends with and predicts nothing: histories, runs and
    /// matches remember it, but nothing learns what they mean. A third of the time of learning it.
    #[inline(always)]
    pub fn note_byte(&mut self, bytes: &[u8]) {
        self.next_byte();
        let byte = u32::from(bytes.last().copied().unwrap_or(0));
        (0..3).for_each(|place| self.find_neighbours(place));
        self.partial = 16 | byte >> 4;
        self.find_second_slots();
        self.histories.note(byte >> 4, [0, 1, 2, 3].map(|place| self.draw(place)));
        self.load_second_slots();
        self.partial = 256 | byte;
        self.histories.note(byte & 15, [4, 5, 6, 7].map(|place| self.draw(place)));
        self.runs.end_byte(byte as u8);
        self.push(bytes);
    }

    /// The byte that is as good as sure to come next, if there is one: whether it does is coded
    /// first. Then [`Predictor::push`] is next if it did, else [`Predictor::reject`].
    #[inline(always)]
    #[must_use]
    pub fn bypass(&self) -> Option<&Bypass> {
        // Where signals repeat, their models need to see it.
        (self.bypass.sure() && self.state.signal.is_none()).then_some(&self.bypass)
    }

    /// Takes in that the byte of [`Predictor::bypass`] does not come: what does is predicted
    /// without it.
    #[inline(always)]
    pub fn reject(&mut self) {
        for model in &mut self.matches {
            model.reject(self.bypass.expected());
        }
        self.state.expected = 0;
    }

    /// Shows contexts and match models the byte that `bytes` now ends with.
    #[inline(always)]
    pub fn push(&mut self, bytes: &[u8]) {
        self.state.push(bytes);
        for model in &mut self.matches {
            model.push(bytes);
        }
        self.state.expected =
            self.matches.iter().find_map(MatchModel::expected_byte).map_or(0, |byte| 256 + byte);
        self.bypass.push(bytes, &self.matches);
    }

    #[inline(always)]
    fn predict_bit(&mut self) {
        self.histories.recall(self.kernels, self.node, &mut self.inputs);
        self.runs.predict(self.partial, self.bit_position, &mut self.inputs[N..]);
        if Self::LAYOUT.has_confidences {
            self.histories.confide(self.kernels, &mut self.inputs, N + R);
        }
        let mut length = 0;
        for (k, model) in self.matches.iter().enumerate() {
            self.inputs[Self::LAYOUT.matches + k] = model.predict(self.bit_position);
            if length == 0 && model.agrees() {
                length = model.length.max(1);
            }
        }
        if let Some(signal) = &mut self.state.signal {
            signal.inputs(
                &mut self.inputs
                    [Self::LAYOUT.matches + self.matches.len()..Self::LAYOUT.stationary],
            );
        }
        self.stationary
            .predict(self.node, &mut self.inputs[Self::LAYOUT.stationary..Self::LAYOUT.bias]);
        self.inputs[Self::LAYOUT.bias][0] = 256;
        let length_class = if length == 0 { 0 } else { (length.ilog2() + 1).min(15) };
        let mut rows = [0; S];
        for k in 0..S {
            rows[k] = self.parts[k].row(self.partial, self.bit_position, length_class);
        }
        let sets = self.mixer.mix(self.kernels, &self.inputs, &rows);
        let mut stretched = self.final_mixer.mix(&sets, self.partial as usize);
        let mut p0 = self.final_mixer.probability();
        if let Some((mixer, _, part)) = &mut self.second_final_mixer {
            let row = part.row(self.partial, self.bit_position, length_class);
            stretched = (stretched + mixer.mix(&sets, row as usize)) >> 1;
            p0 = (p0 + mixer.probability()) >> 1;
        }
        let partial = self.partial as usize;
        let p1 = self.apm.refine(stretched, self.apm_contexts[0] + partial);
        self.apm.prefetch(self.apm_contexts[0] ^ ((2 * partial) & 0xff));
        let mixed = if let Some(second) = &mut self.second_apm {
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
