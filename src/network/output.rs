//! The output of a network: probabilities of the high nibble, then of the low one given the high.

use super::tables::TABLES;
use super::weights::{DESCENT_BITS, Rate, Weights};
use super::{HIDDEN_BITS, NIBBLES, WEIGHT_SHIFT};
use crate::simd::NetworkKernels;

/// The node of the high nibble; that of the low nibble after `high` is `high`.
const HIGH: usize = NIBBLES;
/// A smaller error teaches the weights of its value nothing: 2^-5, with 15 fractional bits. With 2^-11,
/// 8 files of 100,000 bytes are 0.2 % larger at -9, each of them, and take 7 % more time. 2^-4 is
/// like 2^-5.
const LEAST_ERROR: i32 = 1 << (ERROR_BITS - 5);
/// Fractional bits of errors.
const ERROR_BITS: u32 = 15;

/// Seventeen softmax layers of 16 values over the same inputs: a tree of two levels.
#[derive(Clone, Debug)]
pub struct Output {
    weights: Weights,
    biases: Weights,
    /// Masses of the nibbles of the nodes that were asked, of the last inputs.
    high: [u32; NIBBLES],
    low: [u32; NIBBLES],
    /// The high nibble that `low` comes after.
    low_of: Option<u8>,
    pub(super) rate: Rate,
    /// Room for the gradients of a row, and for the rows of a node in pairs.
    gradients: Vec<i32>,
    pairs: Vec<i16>,
}

/// e^logit for 16 logits (23 fractional bits), scaled to 2^20 for the largest, and at least 1.
fn softmax(logits: &[i32; NIBBLES], masses: &mut [u32; NIBBLES]) {
    let largest = logits.iter().copied().max().unwrap_or(0);
    for (mass, &logit) in masses.iter_mut().zip(logits) {
        *mass = TABLES.falling(largest.wrapping_sub(logit) as u32) + 1;
    }
}

/// Probabilities less the truth, with 15 fractional bits.
fn errors(masses: &[u32; NIBBLES], truth: usize) -> [i16; NIBBLES] {
    let sum: u32 = masses.iter().sum();
    let reciprocal = (1u64 << 45) / u64::from(sum);
    std::array::from_fn(|value| {
        let probability = ((u64::from(masses[value]) * reciprocal) >> 30) as i32;
        (probability - if value == truth { 1 << 15 } else { 0 }) as i16
    })
}

impl Output {
    /// The output of a network of `cells` hidden values.
    pub fn new(cells: usize, rate: Rate) -> Self {
        Output {
            weights: Weights::new((NIBBLES + 1) * NIBBLES, cells, || 0),
            biases: Weights::new(NIBBLES + 1, NIBBLES, || 0),
            high: [1; NIBBLES],
            low: [1; NIBBLES],
            low_of: None,
            gradients: vec![0; cells],
            pairs: vec![0; NIBBLES * cells],
            rate,
        }
    }

    /// Moves weights, but not biases, beyond `limit` back to it.
    pub(super) fn keep_within(&mut self, limit: i32) {
        self.weights.keep_within(limit);
    }

    #[inline(always)]
    fn masses<K: NetworkKernels>(&self, kernels: K, node: usize, hidden: &[i16]) -> [u32; NIBBLES] {
        let mut logits: [i32; NIBBLES] =
            std::array::from_fn(|value| self.biases.exact_row(node)[value] >> WEIGHT_SHIFT);
        let rows = self.weights.rounded_rows(node * NIBBLES, NIBBLES);
        kernels.multiply(rows, hidden, &mut logits);
        let mut masses = [0; NIBBLES];
        softmax(&logits, &mut masses);
        masses
    }

    /// Takes new inputs (11 fractional bits): computes the masses of the high nibbles.
    #[inline(always)]
    pub fn forward<K: NetworkKernels>(&mut self, kernels: K, hidden: &[i16]) {
        self.high = self.masses(kernels, HIGH, hidden);
        self.low_of = None;
    }

    /// The masses of all nodes, of inputs that [`Output::forward`] took.
    #[cfg(feature = "gpu")]
    pub fn all_masses<K: NetworkKernels>(&self, kernels: K, hidden: &[i16]) -> Vec<u32> {
        (0..=HIGH).flat_map(|node| self.masses(kernels, node, hidden)).collect()
    }

    /// Takes masses of the high nibbles that were computed elsewhere from the same inputs.
    #[cfg(feature = "gpu")]
    pub fn set_high(&mut self, masses: &[u32]) {
        self.high.copy_from_slice(masses);
        self.low_of = None;
    }

    /// The masses of the high nibbles.
    pub fn high_masses(&self) -> &[u32; NIBBLES] {
        &self.high
    }

    /// The masses of the low nibbles after the high one that [`Output::low`] was last asked for.
    pub fn low_masses(&self) -> &[u32; NIBBLES] {
        &self.low
    }

    /// Computes the masses of the low nibbles after `high`.
    #[inline(always)]
    pub fn low<K: NetworkKernels>(&mut self, kernels: K, hidden: &[i16], high: u8) {
        if self.low_of != Some(high) {
            self.low = self.masses(kernels, usize::from(high), hidden);
            self.low_of = Some(high);
        }
    }

    /// Learns that `byte` came, and adds the gradients of the inputs (27 fractional bits) to
    /// `hidden_gradients`.
    #[inline(always)]
    pub fn learn<K: NetworkKernels>(
        &mut self,
        kernels: K,
        hidden: &[i16],
        byte: u8,
        hidden_gradients: &mut [i32],
    ) {
        self.low(kernels, hidden, byte >> 4);
        for (node, masses, truth) in
            [(HIGH, self.high, byte >> 4), (usize::from(byte >> 4), self.low, byte & 15)]
        {
            let errors = errors(&masses, usize::from(truth));
            let rows = self.weights.rounded_rows(node * NIBBLES, NIBBLES);
            kernels.interleave(rows, hidden.len(), &mut self.pairs);
            kernels.combine(&self.pairs, &errors, hidden_gradients);
            let wide = errors.map(|error| i32::from(error) << (DESCENT_BITS + 1 - ERROR_BITS));
            self.biases.descend(kernels, node, &wide, 1, self.rate.of_biases());
            for (value, &error) in errors.iter().enumerate() {
                let error = i32::from(error);
                if error.abs() >= LEAST_ERROR {
                    for (gradient, &hidden) in self.gradients.iter_mut().zip(hidden) {
                        *gradient = error * i32::from(hidden);
                    }
                    let row = node * NIBBLES + value;
                    let shift = ERROR_BITS + HIDDEN_BITS - DESCENT_BITS;
                    self.weights.descend(kernels, row, &self.gradients, shift, self.rate);
                }
            }
        }
    }

    /// All weights, in the order of files.
    pub fn weights(&self) -> [&Weights; 2] {
        [&self.weights, &self.biases]
    }

    /// The same, to change.
    pub fn weights_mut(&mut self) -> [&mut Weights; 2] {
        [&mut self.weights, &mut self.biases]
    }
}
