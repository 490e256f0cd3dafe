//! The filter: a second layer whose weights are one belief, with a mean and a full covariance.
//!
//! Assumed-density filtering for logistic regression (an extended Kalman filter; Spiegelhalter and
//! Lauritzen 1990, Opper 1998). A row predicts p = σ(w·x). The belief in `w` is a normal
//! distribution with mean `w` and covariance C. With v = Cx, s = x·v and λ = p(1 − p), seeing bit y
//! moves the mean by v (y − p) / (1 + λs), and takes λ v vᵀ / (1 + λs) from C. Then C moves a small
//! part of the way back to the first covariance, for data changes: C ← C − C/2^14 + q·1. So C stays
//! between zero and the first covariance, and no direction of weights is ever settled for good. That
//! is done once for 16 lessons, for the time that it takes.
//!
//! The predictions of weight sets are much alike. A gradient needs many steps along a direction in
//! which such inputs hardly differ; the covariance knows these directions and takes few.
//!
//! All numbers are integers. `docs/architecture-engine.md` says what other forms made of the same
//! streams, and why no number here overflows.

use super::mixer::{INPUT_LIMIT, WEIGHT_BITS};
use crate::numeric::PROBABILITY_BITS;
use crate::numeric::logistic::{MIX_BITS, MIX_LIMIT, STRETCH_BITS, squash_coarse};

/// Elements of a vector: more than there are inputs, so that vectors fill registers. The last are
/// zero.
const LANES: usize = 16;

/// Fractional bits of a mean: those of a gradient mixer of the second layer.
const MEAN_BITS: u32 = WEIGHT_BITS + 2;
/// Largest magnitude of a mean: 4.
const MEAN_LIMIT: i32 = 4 << MEAN_BITS;
/// What the product of an input and a mean loses before the sum, so that the sum fits.
const PRODUCT_SHIFT: u32 = 4;

/// Fractional bits of a covariance.
const COVARIANCE_BITS: u32 = 30;
/// Fractional bits of a covariance that an input is multiplied with.
const FACTOR_BITS: u32 = 20;
/// Lessons of a row from one return to the next, as a power of two.
const RETURN_BITS: u32 = 4;
/// A covariance loses 2^-10 of itself with each return: 2^-14 a lesson.
const PULL_BITS: u32 = 14 - RETURN_BITS;
/// What the variance of each weight gains with each return, 1.1 millionths a lesson. Sizes at level
/// 8 are the same to 0.06 % with a third and with twice of that.
const DRIFT: i32 = 1229 << RETURN_BITS;
/// The first variance of each weight, 0.019, to which the returns lead.
const VARIANCE_FIRST: i32 = DRIFT << PULL_BITS;
/// Largest magnitude of a covariance. What is above [`VARIANCE_FIRST`] comes from rounding alone.
const COVARIANCE_LIMIT: i32 = (1 << 25) - 1;

/// Fractional bits of a covariance times an input.
const SPREAD_BITS: u32 = FACTOR_BITS + STRETCH_BITS;
/// Largest magnitude of such a product: 1. While no covariance is above the first one, a product is
/// below that by itself.
const SPREAD_LIMIT: i32 = (1 << SPREAD_BITS) - 1;
/// Bits that the largest of these products keeps in further products.
const KEPT_BITS: u32 = 15;

/// Square roots of the numbers below 1024, rounded down, times 2^10.
static ROOTS: [u16; 1024] = {
    let mut table = [0; 1024];
    let mut entry = 0;
    while entry < 1024 {
        table[entry] = ((entry as u32) << 20).isqrt() as u16;
        entry += 1;
    }
    table
};

/// The square root of `value`, which is at most 2^30, rounded down by up to one part in 400.
#[inline(always)]
fn root(value: u32) -> u32 {
    // An even number of bits, for whose half the root is shifted.
    let cut = (32 - value.leading_zeros()).saturating_sub(9) & !1;
    u32::from(ROOTS[(value >> cut) as usize & 1023]) << (cut / 2) >> 10
}

/// A mixer of `S` stretched predictions.
#[derive(Clone)]
pub struct Filter<const S: usize> {
    rows: Vec<Belief<S>>,
    inputs: [i32; LANES],
    selected: usize,
    probability: u32,
}

/// What one row believes of its weights.
#[derive(Clone)]
struct Belief<const S: usize> {
    mean: [i32; LANES],
    /// Symmetric.
    covariance: [[i32; LANES]; S],
    lessons: u32,
}

impl<const S: usize> Filter<S> {
    /// A filter with `rows` rows. The mean weights are equal.
    #[must_use]
    pub fn new(rows: usize) -> Self {
        const { assert!(S < LANES, "the ranges below hold for up to 15 inputs") };
        let mut mean = [0; LANES];
        mean[..S].fill((1 << MEAN_BITS) / S as i32);
        let covariance = std::array::from_fn(|i| {
            std::array::from_fn(|j| if i == j { VARIANCE_FIRST } else { 0 })
        });
        Self {
            rows: vec![Belief { mean, covariance, lessons: 0 }; rows.max(1)],
            inputs: [0; LANES],
            selected: 0,
            probability: 1 << (PROBABILITY_BITS - 1),
        }
    }

    /// Mixes predictions with 12 fractional bits under the mean weights of `row`. Returns the mixed
    /// prediction, with 12 fractional bits, and its probability (22 bits).
    #[inline(always)]
    pub fn mix(&mut self, predictions: &[i32; S], row: usize) -> (i32, u32) {
        self.selected = row.min(self.rows.len() - 1);
        let mean = &self.rows[self.selected].mean;
        let mut sum = 0;
        for k in 0..S {
            self.inputs[k] =
                (predictions[k] >> (MIX_BITS - STRETCH_BITS)).clamp(-INPUT_LIMIT, INPUT_LIMIT);
            // A product is below 2^30, its part of the sum below 2^26.
            sum += (self.inputs[k] * mean[k]) >> PRODUCT_SHIFT;
        }
        let mixed = (sum >> (MEAN_BITS + STRETCH_BITS - PRODUCT_SHIFT - MIX_BITS))
            .clamp(-MIX_LIMIT, MIX_LIMIT);
        self.probability = squash_coarse(mixed);
        (mixed, self.probability)
    }

    /// Learns `bit`.
    #[inline(always)]
    pub fn update(&mut self, bit: u32) {
        self.rows[self.selected].learn(&self.inputs, bit, self.probability);
    }
}

impl<const S: usize> Belief<S> {
    /// One step of the filter, after a prediction of `probability` (22 bits) for `inputs`.
    #[inline(always)]
    fn learn(&mut self, inputs: &[i32; LANES], bit: u32, probability: u32) {
        // What a factor loses is half a unit in the mean. A factor is below 2^15, a sum below 2^15 ·
        // 2^12 · 15.
        let mut sums = [inputs.iter().sum::<i32>() >> 1; LANES];
        sums[S..].fill(0);
        for (row, &input) in self.covariance.iter().zip(inputs) {
            for i in 0..LANES {
                let factor = row[i] >> (COVARIANCE_BITS - FACTOR_BITS);
                sums[i] = sums[i].wrapping_add(factor.wrapping_mul(input));
            }
        }
        let mut spread = [0; LANES];
        let mut largest = 0;
        for i in 0..LANES {
            spread[i] = sums[i].clamp(-SPREAD_LIMIT, SPREAD_LIMIT);
            largest |= spread[i] ^ (spread[i] >> 31);
        }
        // Products fit into 32 bits: of what all elements have in common in size, 15 bits are kept.
        // Up to 13 are cut.
        let cut = (32 - largest.leading_zeros()).saturating_sub(KEPT_BITS);
        let mut variance = 0;
        for i in 0..LANES {
            spread[i] >>= cut;
            // Below 2^15 · 2^12 · 15.
            variance += spread[i] * inputs[i];
        }
        // The variance of the prediction with 16 fractional bits: below 2^24.
        let variance = (variance >> (SPREAD_BITS + STRETCH_BITS - 16 - cut)).max(0) as u32;
        // λ with 16 fractional bits, up to 2^14; 1 + λs with as many, from 2^16 to below 2^23.
        let p = probability >> (PROBABILITY_BITS - 16);
        let information = (u64::from(p) * u64::from(65536 - p)) >> 16;
        let scale = 65536 + ((information * u64::from(variance)) >> 16) as u32;
        // Its inverse with 15 fractional bits, rounded down: so less is learned, never more.
        let inverse = (1 << 31) / scale;
        let error = (bit << PROBABILITY_BITS) as i32 - probability as i32;
        // With 15 fractional bits, within ±2^15.
        let gain = ((i64::from(error) * i64::from(inverse) + (1 << 21)) >> 22) as i32;
        // The root of λ / (1 + λs) with 16 fractional bits, up to 2^15: what is taken from the
        // covariance is a product of one vector with itself, and keeps that symmetric.
        let root = root(information as u32 * inverse * 2) as i32;
        let step_shift = SPREAD_BITS + 15 - MEAN_BITS - cut;
        let half = 1 << (step_shift - 1);
        let mut taken = [0; LANES];
        for i in 0..LANES {
            let step = (spread[i] * gain + half) >> step_shift;
            self.mean[i] = (self.mean[i] + step).clamp(-MEAN_LIMIT, MEAN_LIMIT);
            taken[i] = (spread[i] * root) >> 15;
        }
        // `taken` has 29 fractional bits less those that were cut.
        let shift = 2 * (SPREAD_BITS + 1 - cut) - COVARIANCE_BITS;
        for i in 0..S {
            let own = taken[i];
            for j in 0..LANES {
                // Below 2^28.
                let product = (own * taken[j]) >> shift;
                self.covariance[i][j] = self.covariance[i][j].wrapping_sub(product);
            }
        }
        self.lessons = self.lessons.wrapping_add(1);
        if self.lessons.is_multiple_of(1 << RETURN_BITS) {
            self.lead_back();
        }
    }

    /// Moves the covariance a small part of the way to the first one.
    #[inline(always)]
    fn lead_back(&mut self) {
        for i in 0..S {
            let row = &mut self.covariance[i];
            for covariance in row.iter_mut() {
                let pull = covariance.wrapping_add(1 << (PULL_BITS - 1)) >> PULL_BITS;
                *covariance =
                    covariance.wrapping_sub(pull).clamp(-COVARIANCE_LIMIT, COVARIANCE_LIMIT);
            }
            row[i] += DRIFT;
        }
    }
}

#[cfg(test)]
#[path = "filter_tests.rs"]
mod tests;
