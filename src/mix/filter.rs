//! The filter: a second layer whose weights are one belief, with a mean and a full covariance.
//!
//! Assumed-density filtering for logistic regression (an extended Kalman filter; Spiegelhalter and
//! Lauritzen 1990, Opper 1998). A row predicts p = σ(w·x). The belief in `w` is a normal
//! distribution with mean `w` and covariance C. With v = Cx, s = x·v and λ = p(1 − p), seeing bit y
//! moves the mean by v (y − p) / (1 + λs), and takes λ v vᵀ / (1 + λs) from C. Then C moves a small
//! part of the way back to the first covariance, for data changes: C ← C − C/2^14 + q·1. So C stays
//! between zero and the first covariance, and no direction of weights is ever settled for good.
//!
//! The predictions of weight sets are much alike. A gradient needs many steps along a direction in
//! which such inputs hardly differ; the covariance knows these directions and takes few.
//!
//! All numbers are integers. `docs/architecture-engine.md` says what other forms made of the same
//! streams, and why no number here overflows.

use super::mixer::{INPUT_LIMIT, WEIGHT_BITS};
use crate::numeric::PROBABILITY_BITS;
use crate::numeric::logistic::{MIX_BITS, MIX_LIMIT, STRETCH_BITS, squash_coarse};

/// Fractional bits of a mean: those of a gradient mixer of the second layer.
const MEAN_BITS: u32 = WEIGHT_BITS + 2;
/// Largest magnitude of a mean: 4.
const MEAN_LIMIT: i32 = 4 << MEAN_BITS;
/// What the product of an input and a mean loses before the sum, so that the sum fits.
const PRODUCT_SHIFT: u32 = 4;

/// Fractional bits of a covariance.
const COVARIANCE_BITS: u32 = 30;
/// A covariance loses 2^-14 of itself with each lesson.
const PULL_BITS: u32 = 14;
/// What the variance of each weight gains with each lesson, 1.1 millionths. Sizes at level 8 are
/// the same to 0.06 % with a third and with twice of that.
const DRIFT: i32 = 1229;
/// The first variance of each weight, 0.019, to which drift and pull lead back.
const VARIANCE_FIRST: i32 = DRIFT << PULL_BITS;
/// Largest magnitude of a covariance. What is above [`VARIANCE_FIRST`] comes from rounding alone.
const COVARIANCE_LIMIT: i32 = 1 << 25;

/// Fractional bits of a covariance times an input.
const SPREAD_BITS: u32 = 28;
/// Largest magnitude of such a product: 1.
const SPREAD_LIMIT: i64 = 1 << SPREAD_BITS;

/// A mixer of up to `W` stretched predictions.
#[derive(Clone)]
pub struct Filter<const W: usize> {
    rows: Vec<Belief<W>>,
    inputs: [i32; W],
    selected: usize,
    probability: u32,
}

/// What one row believes of its weights.
#[derive(Clone)]
struct Belief<const W: usize> {
    mean: [i32; W],
    /// Symmetric.
    covariance: [[i32; W]; W],
}

impl<const W: usize> Filter<W> {
    /// A filter of `inputs` predictions, at most `W`, with `rows` rows. The mean weights are equal.
    #[must_use]
    pub fn new(inputs: usize, rows: usize) -> Self {
        const { assert!(W <= 16, "the ranges below hold for up to 16 inputs") };
        let mean = [(1 << MEAN_BITS) / inputs.clamp(1, W) as i32; W];
        let covariance = std::array::from_fn(|i| {
            std::array::from_fn(|j| if i == j { VARIANCE_FIRST } else { 0 })
        });
        Self {
            rows: vec![Belief { mean, covariance }; rows.max(1)],
            inputs: [0; W],
            selected: 0,
            probability: 1 << (PROBABILITY_BITS - 1),
        }
    }

    /// Mixes predictions with 12 fractional bits under the mean weights of `row`; missing ones
    /// count as zero. Returns the mixed prediction, with 12 fractional bits, and its probability
    /// (22 bits).
    #[inline(always)]
    pub fn mix(&mut self, predictions: &[i32], row: usize) -> (i32, u32) {
        self.selected = row.min(self.rows.len() - 1);
        for (input, prediction) in self.inputs.iter_mut().zip(predictions) {
            *input = (prediction >> (MIX_BITS - STRETCH_BITS)).clamp(-INPUT_LIMIT, INPUT_LIMIT);
        }
        let mean = &self.rows[self.selected].mean;
        let mut sum = 0;
        for k in 0..W {
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

impl<const W: usize> Belief<W> {
    /// One step of the filter, after a prediction of `probability` (22 bits) for `inputs`.
    #[inline(always)]
    fn learn(&mut self, inputs: &[i32; W], bit: u32, probability: u32) {
        // Below 2^25 · 2^12 · 16.
        let mut sums = [0i64; W];
        for (row, &input) in self.covariance.iter().zip(inputs) {
            for i in 0..W {
                sums[i] += i64::from(row[i]) * i64::from(input);
            }
        }
        let spread = sums.map(|sum| {
            let spread = sum >> (COVARIANCE_BITS + STRETCH_BITS - SPREAD_BITS);
            spread.clamp(-SPREAD_LIMIT, SPREAD_LIMIT) as i32
        });
        // The variance of the prediction with 16 fractional bits: below 2^24.
        let variance: i64 = (0..W).map(|i| i64::from(spread[i]) * i64::from(inputs[i])).sum();
        let variance = (variance >> (SPREAD_BITS + STRETCH_BITS - 16)).max(0) as u64;
        // λ with 16 fractional bits, up to 2^14; 1 + λs with as many, from 2^16 to below 2^23.
        let p = u64::from(probability >> (PROBABILITY_BITS - 16));
        let information = (p * (65536 - p)) >> 16;
        let scale = 65536 + ((information * variance) >> 16);
        // Its inverse with 15 fractional bits, rounded down: so less is learned, never more.
        let inverse = (1u32 << 31) / scale as u32;
        let error = (bit << PROBABILITY_BITS) as i32 - probability as i32;
        // With 22 fractional bits, within ±2^22.
        let gain = (i64::from(error) * i64::from(inverse)) >> 15;
        for (mean, spread) in self.mean.iter_mut().zip(spread) {
            let step = (i64::from(spread) * gain + (1 << 33)) >> (SPREAD_BITS + 22 - MEAN_BITS);
            *mean = (*mean + step as i32).clamp(-MEAN_LIMIT, MEAN_LIMIT);
        }
        // The root of λ / (1 + λs) with 16 fractional bits, up to 2^15: what is taken from the
        // covariance is a product of one vector with itself, and keeps that symmetric.
        let root = i64::from((information as u32 * inverse * 2).isqrt());
        let taken = spread.map(|spread| ((i64::from(spread) * root) >> 16) as i32);
        for i in 0..W {
            let own = i64::from(taken[i]);
            let row = &mut self.covariance[i];
            for j in 0..W {
                // Below 2^28.
                let taken = (own * i64::from(taken[j]) + (1 << 25)) >> 26;
                let pull = (row[j] + (1 << (PULL_BITS - 1))) >> PULL_BITS;
                row[j] = (row[j] - taken as i32 - pull).clamp(-COVARIANCE_LIMIT, COVARIANCE_LIMIT);
            }
            row[i] += DRIFT;
        }
    }
}

#[cfg(test)]
#[path = "filter_tests.rs"]
mod tests;
