//! The gradient mixer: weighted sums in the logistic domain, each trained on its own coding error.
//!
//! A [`Mixer`] holds several weight sets over the same inputs. Each set has many rows, of which a
//! small context selects one; each set makes a prediction, and a second mixer weighs those.
//! Weights are 32-bit: the high half is what the sum reads (14 fractional bits), the low half
//! keeps what an update was too small to show (30 fractional bits in all).

use super::logistic::{MIX_BITS, MIX_LIMIT, squash};
use crate::coder::PROBABILITY_BITS;
use crate::simd::{Kernels, LANES};

/// Fractional bits of the high half of a weight: one is 2^14, the range ±2.
pub const WEIGHT_BITS: u32 = 14;
/// Largest magnitude of an input: ±16 with 8 fractional bits.
pub const INPUT_LIMIT: i32 = 4095;
const SUM_SHIFT: u32 = WEIGHT_BITS + super::logistic::STRETCH_BITS - MIX_BITS;

/// How fast a mixer learns: a row's rate falls from `first` to `last` as
/// `last + (first - last) * span / (span + updates)`. One is 2^-16 of weight per unit of input and error.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// Rate of a row that was never used.
    pub first: u32,
    /// Rate in the long run.
    pub last: u32,
    /// Updates after which half of the difference is gone.
    pub span: u32,
    /// Errors below this (16 fractional bits) teach nothing: faster, and smaller output.
    pub threshold: u32,
}

const RATE_STEPS: usize = 1024;
/// Updates per step of the rate table.
const RATE_STEP_BITS: u32 = 3;

struct Set {
    first_row: u32,
    selected: u32,
    probability: u32,
}

/// Several weight sets over the same inputs.
pub struct Mixer {
    weights: Vec<i16>,
    width: usize,
    sets: Vec<Set>,
    /// Updates of each row so far.
    updates: Vec<u16>,
    rates: Vec<u16>,
    threshold: u32,
}

impl Mixer {
    /// A mixer of `inputs` inputs (rounded up to [`LANES`]) with one set per entry of `rows`
    /// (its number of rows); all weights start at `weight` (14 fractional bits).
    #[must_use]
    pub fn new(inputs: usize, rows: &[usize], weight: i16, rate: Rate) -> Self {
        let width = inputs.next_multiple_of(LANES);
        let mut row = vec![0i16; 2 * width];
        row[..inputs].fill(weight);
        let mut sets = Vec::with_capacity(rows.len());
        let mut total = 0;
        for &count in rows {
            sets.push(Set { first_row: total as u32, selected: total as u32, probability: 1 << (PROBABILITY_BITS - 1) });
            total += count;
        }
        let rates = (0..RATE_STEPS as u32)
            .map(|step| {
                let updates = u64::from(step << RATE_STEP_BITS);
                let (first, last, span) = (u64::from(rate.first), u64::from(rate.last), u64::from(rate.span));
                (last + first.saturating_sub(last) * span / (span + updates)) as u16
            })
            .collect();
        Self { weights: row.repeat(total), width, sets, updates: vec![0; total], rates, threshold: rate.threshold }
    }

    /// Mixes `inputs` in every set; `selectors[k]` picks the row of set `k` and
    /// `stretched[k]` takes its stretched prediction (12 fractional bits).
    #[inline(always)]
    pub fn mix<K: Kernels>(&mut self, inputs: &[i16], selectors: &[u32], stretched: &mut [i32]) {
        let width = self.width;
        for ((set, &selector), stretched) in self.sets.iter_mut().zip(selectors).zip(stretched) {
            set.selected = set.first_row + selector;
            let start = set.selected as usize * 2 * width;
            let sum = K::dot(inputs, &self.weights[start..start + width]);
            *stretched = (sum >> SUM_SHIFT).clamp(-MIX_LIMIT, MIX_LIMIT);
            set.probability = squash(*stretched);
        }
    }

    /// The probability (22 bits) that set `number` gave last.
    #[inline(always)]
    #[must_use]
    pub fn probability(&self, number: usize) -> u32 {
        self.sets[number].probability
    }

    /// Trains the rows that made the last mix.
    #[inline(always)]
    pub fn update<K: Kernels>(&mut self, inputs: &[i16], bit: u32) {
        let width = self.width;
        for set in &self.sets {
            let error = (bit << PROBABILITY_BITS) as i32 - set.probability as i32;
            if error.unsigned_abs() >> (PROBABILITY_BITS - 16) < self.threshold {
                continue;
            }
            let row = set.selected as usize;
            let updates = &mut self.updates[row];
            let rate = i64::from(self.rates[usize::from(*updates >> RATE_STEP_BITS) & (RATE_STEPS - 1)]);
            *updates += u16::from(*updates < (RATE_STEPS << RATE_STEP_BITS) as u16 - 1);
            // 22 bits of error and 16 of rate: 38 fractional bits, of which the kernel wants 20.
            let scaled = (i64::from(error) * rate + (1 << 17)) >> 18;
            let scaled = scaled.clamp(-32767, 32767) as i16;
            let (high, low) = self.weights[row * 2 * width..][..2 * width].split_at_mut(width);
            K::train(inputs, high, low, scaled);
        }
    }
}
