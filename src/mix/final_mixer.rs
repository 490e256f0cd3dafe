//! The second layer: weighs the predictions of the weight sets against each other.

use super::mixer::{INPUT_LIMIT, WEIGHT_BITS};
use crate::numeric::PROBABILITY_BITS;
use crate::numeric::logistic::{MIX_BITS, MIX_LIMIT, STRETCH_BITS, squash_coarse};

/// A mixer of `S` stretched predictions, in scalar code: few inputs, and on the critical path.
#[derive(Clone)]
pub struct FinalMixer<const S: usize> {
    weights: Vec<[i32; S]>,
    inputs: [i32; S],
    selected: usize,
    probability: u32,
    rate: i32,
}

/// Weights have this many fractional bits more than those of the first layer.
const EXTRA_BITS: u32 = 2;

impl<const S: usize> FinalMixer<S> {
    /// A mixer with `rows` weight rows, all weights equal, that learns with `rate` (see
    /// [`crate::mix::mixer::Rate::last`]).
    #[must_use]
    pub fn new(rows: usize, rate: u32) -> Self {
        let weight = (1i32 << (WEIGHT_BITS + EXTRA_BITS)) / S as i32;
        Self {
            weights: vec![[weight; S]; rows],
            inputs: [0; S],
            selected: 0,
            probability: 1,
            rate: rate as i32,
        }
    }

    /// Mixes predictions with 12 fractional bits under the weights of `row`; the result too has 12.
    #[inline(always)]
    pub fn mix(&mut self, stretched: &[i32; S], row: usize) -> i32 {
        self.selected = row.min(self.weights.len() - 1);
        let weights = &self.weights[self.selected];
        let mut sum = 0i32;
        for k in 0..S {
            self.inputs[k] =
                (stretched[k] >> (MIX_BITS - STRETCH_BITS)).clamp(-INPUT_LIMIT, INPUT_LIMIT);
            sum = sum.wrapping_add(self.inputs[k].wrapping_mul(weights[k]));
        }
        let mixed = (sum >> (WEIGHT_BITS + EXTRA_BITS + STRETCH_BITS - MIX_BITS))
            .clamp(-MIX_LIMIT, MIX_LIMIT);
        self.probability = squash_coarse(mixed);
        mixed
    }

    /// The probability (22 bits) of the last mix.
    #[inline(always)]
    #[must_use]
    pub fn probability(&self) -> u32 {
        self.probability
    }

    /// Learns `bit`.
    #[inline(always)]
    pub fn update(&mut self, bit: u32) {
        // 16 bits of error times the rate: 32 fractional bits, of which 18 are kept.
        let error =
            ((bit << PROBABILITY_BITS) as i32 - self.probability as i32) >> (PROBABILITY_BITS - 16);
        let scaled = (error * self.rate) >> 8;
        let weights = &mut self.weights[self.selected];
        for k in 0..S {
            // The input has 8 fractional bits, the product 32, a weight 16.
            weights[k] += (self.inputs[k] * scaled + (1 << 15)) >> 16;
        }
    }
}
