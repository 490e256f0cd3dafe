//! The gradient mixer: weighted sums in the logistic domain, each trained on its own coding error.
//!
//! A [`Mixer`] holds several weight sets over the same inputs. Each set has many rows, of which a
//! small context selects one; each set makes a prediction, and a second mixer weighs those.
//! Weights are 16-bit: keeping 16 more bits below them was tried and changed sizes by less than
//! 0.05 % either way, at two and a half times the cost of an update.

use super::rate_floor::RateFloor;
use crate::numeric::PROBABILITY_BITS;
use crate::numeric::logistic::{MIX_BITS, MIX_LIMIT, squash_coarse};
use crate::simd::Kernels;

/// Fractional bits of a weight: one is 2^14, the range ±2.
pub const WEIGHT_BITS: u32 = 14;
/// Largest magnitude of an input: ±16 with 8 fractional bits.
pub const INPUT_LIMIT: i32 = 4095;
/// What brings a sum of products to the mixer's 12 fractional bits.
const SUM_SHIFT: u32 = WEIGHT_BITS + crate::numeric::logistic::STRETCH_BITS - MIX_BITS;

/// How fast a mixer learns: a row's rate falls from `first` to `last` as `last + (first - last) *
/// span / (span + updates)`, and never below a multiple of `last` that depends on how rare errors are
/// ([`RateFloor`]). One is 2^-16 of weight per unit of input and error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rate {
    /// Rate of a row that was never used.
    pub first: u32,
    /// Rate in the long run.
    pub last: u32,
    /// Updates after which half of the difference is gone.
    pub span: u32,
    /// How many times `last` the least rate becomes where errors are rare; 1 where it stays.
    pub rise: u32,
    /// Errors below this (16 fractional bits) teach nothing: faster, and smaller output.
    pub threshold: u32,
}

const RATE_STEPS: usize = 1024;
/// Updates per step of the rate table.
const RATE_STEP_BITS: u32 = 3;
const UPDATES_LIMIT: u16 = (RATE_STEPS << RATE_STEP_BITS) as u16 - 1;

/// A first layer: several weight sets over the same inputs, each with rows of which a small context
/// selects one, each set trained on the error of its own prediction.
pub trait WeightMixer<const P: usize, const S: usize>: Clone + Send + Sync + 'static {
    /// A mixer with `rows[k]` rows in set `k`; all weights start at `weight` (14 fractional bits).
    fn new(rows: [usize; S], weight: i16, rate: Rate) -> Self;

    /// Mixes `inputs` in every set; `selectors[k]` picks the row of set `k`. The stretched
    /// predictions have 12 fractional bits.
    fn mix<K: Kernels>(
        &mut self,
        kernels: K,
        inputs: &[[i16; 2]; P],
        selectors: &[u32; S],
    ) -> [i32; S];

    /// Trains the rows that made the last mix, if the bit was a surprise after `coded`, the
    /// probability (22 bits) that all stages together gave.
    fn update<K: Kernels>(&mut self, kernels: K, inputs: &[[i16; 2]; P], bit: u32, coded: u32);
}

/// What every first layer keeps beside its weights: which row of each set is in use, and what it
/// predicted.
#[derive(Clone)]
pub(super) struct Selection<const S: usize> {
    first_row: [u32; S],
    selected: [u32; S],
    probabilities: [u32; S],
    threshold: u32,
}

impl<const S: usize> Selection<S> {
    /// For sets of `rows` rows, and how many these are together; errors below `threshold` (16
    /// fractional bits) teach nothing.
    pub(super) fn new(rows: [usize; S], threshold: u32) -> (Self, usize) {
        let mut first_row = [0; S];
        let mut total = 0;
        for (first, count) in first_row.iter_mut().zip(rows) {
            *first = total as u32;
            total += count;
        }
        let probabilities = [1 << (PROBABILITY_BITS - 1); S];
        (
            Self {
                first_row,
                selected: first_row,
                probabilities,
                threshold: threshold << (PROBABILITY_BITS - 16),
            },
            total,
        )
    }

    /// See [`WeightMixer::mix`]; `weights` gives a row's.
    #[inline(always)]
    pub(super) fn mix<'a, K: Kernels, const P: usize>(
        &mut self,
        kernels: K,
        inputs: &[[i16; 2]; P],
        selectors: &[u32; S],
        weights: impl Fn(usize) -> &'a [[i16; 2]; P],
    ) -> [i32; S] {
        let inputs = inputs.as_flattened();
        let rows: [&[i16]; S] = std::array::from_fn(|k| {
            self.selected[k] = self.first_row[k] + selectors[k];
            weights(self.selected[k] as usize).as_flattened()
        });
        let mut stretched = [0; S];
        let (fours, rest) = rows.as_chunks::<4>();
        let (sums, last) = stretched.as_chunks_mut::<4>();
        for (sums, &rows) in sums.iter_mut().zip(fours) {
            *sums = kernels.dots(inputs, rows);
        }
        for (sum, row) in last.iter_mut().zip(rest) {
            *sum = kernels.dot(inputs, row);
        }
        for sum in &mut stretched {
            *sum = (*sum >> SUM_SHIFT).clamp(-MIX_LIMIT, MIX_LIMIT);
        }
        for k in 0..S {
            self.probabilities[k] = squash_coarse(stretched[k]);
        }
        stretched
    }

    /// Whether `bit` teaches anything after it was coded with the probability `coded` (22 bits).
    /// One decision for all sets is a little better than one for each: 0.1 % with 56 contexts.
    #[inline(always)]
    pub(super) fn teaches(&self, bit: u32, coded: u32) -> bool {
        ((bit << PROBABILITY_BITS) as i32 - coded as i32).unsigned_abs() >= self.threshold
    }

    /// The row that set `k` used, its probability and its error (22 fractional bits).
    #[inline(always)]
    pub(super) fn lesson(&self, k: usize, bit: u32) -> (usize, u32, i32) {
        let error = (bit << PROBABILITY_BITS) as i32 - self.probabilities[k] as i32;
        (self.selected[k] as usize, self.probabilities[k], error)
    }
}

/// `S` weight sets over the same `P` pairs of inputs (a multiple of eight pairs).
#[derive(Clone)]
pub struct Mixer<const P: usize, const S: usize> {
    weights: Vec<[[i16; 2]; P]>,
    selection: Selection<S>,
    /// Updates of each row so far.
    updates: Vec<u16>,
    rates: Box<[u16; RATE_STEPS]>,
    floor: RateFloor,
}

impl<const P: usize, const S: usize> WeightMixer<P, S> for Mixer<P, S> {
    fn new(rows: [usize; S], weight: i16, rate: Rate) -> Self {
        let (selection, total) = Selection::new(rows, rate.threshold);
        let mut rates = Box::new([0u16; RATE_STEPS]);
        for (step, slot) in rates.iter_mut().enumerate() {
            let updates = (step as u64) << RATE_STEP_BITS;
            let (first, last, span) =
                (u64::from(rate.first), u64::from(rate.last), u64::from(rate.span));
            *slot = (last + first.saturating_sub(last) * span / (span + updates)) as u16;
        }
        Self {
            weights: vec![[[weight; 2]; P]; total],
            selection,
            updates: vec![0; total],
            rates,
            floor: RateFloor::new(rate.last, rate.rise),
        }
    }

    #[inline(always)]
    fn mix<K: Kernels>(
        &mut self,
        kernels: K,
        inputs: &[[i16; 2]; P],
        selectors: &[u32; S],
    ) -> [i32; S] {
        self.selection.mix(kernels, inputs, selectors, |row| &self.weights[row])
    }

    #[inline(always)]
    fn update<K: Kernels>(&mut self, kernels: K, inputs: &[[i16; 2]; P], bit: u32, coded: u32) {
        self.floor.take_in((bit << PROBABILITY_BITS).abs_diff(coded));
        if !self.selection.teaches(bit, coded) {
            return;
        }
        let floor = self.floor.rate();
        for k in 0..S {
            let (row, _, error) = self.selection.lesson(k, bit);
            let updates = &mut self.updates[row];
            let step = usize::from(*updates >> RATE_STEP_BITS) & (RATE_STEPS - 1);
            let rate = i64::from(u32::from(self.rates[step]).max(floor));
            *updates += u16::from(*updates < UPDATES_LIMIT);
            // 22 bits of error and 16 of rate: 38 fractional bits, of which the kernel wants 20.
            let scaled = ((i64::from(error) * rate + (1 << 17)) >> 18).clamp(-32767, 32767) as i16;
            kernels.train(inputs.as_flattened(), self.weights[row].as_flattened_mut(), scaled);
        }
    }
}
