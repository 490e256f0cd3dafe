//! Weights that learn: rows of numbers with the means of the squares of their gradients.
//!
//! The step is that of Adam (Kingma and Ba, 2015) without a mean of gradients: what the recurrent
//! models of tensorflow-compress, NNCP and cmix found best for data that is seen once.

use crate::simd::{Descent, NetworkKernels, WEIGHT_LIMIT, round_weight};

/// One, with the 28 fractional bits of exact weights.
pub const ONE: i32 = 1 << 28;
/// Fractional bits of gradients that [`Weights::descend`] shifts by 0.
pub const DESCENT_BITS: u32 = 17;

/// How fast weights learn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Size of a step at a gradient of usual size, with 16 fractional bits.
    pub step: i32,
    /// Largest [`Descent::decay`]: the mean of squares begins as the mean of all, and ends as one
    /// that falls by half in 2^`decay` / 1.4 steps.
    pub decay: u32,
    /// Largest weight, in magnitude, with 28 fractional bits.
    pub limit: i32,
}

impl Rate {
    /// The same for gains and biases.
    pub fn of_biases(self) -> Self {
        Rate { limit: WEIGHT_LIMIT, ..self }
    }
}

/// Numbers from a fixed seed, for weights at the start.
#[derive(Clone, Debug)]
pub struct Draws(u64);

impl Draws {
    /// The numbers of one seed.
    pub fn new(seed: u64) -> Self {
        Draws(seed)
    }

    /// A number from -`limit` to `limit`, all alike.
    pub fn within(&mut self, limit: i32) -> i32 {
        // The multiplier is Knuth's, for congruential generators of 64 bits.
        const MULTIPLIER: u64 = 6_364_136_223_846_793_005;
        self.0 = self.0.wrapping_mul(MULTIPLIER).wrapping_add(1_442_695_040_888_963_407);
        ((i64::from((self.0 >> 32) as i32) * i64::from(limit)) >> 31) as i32
    }
}

/// Rows of weights.
#[derive(Clone, Debug)]
pub struct Weights {
    pub(super) width: usize,
    /// With 28 fractional bits.
    pub(super) exact: Vec<i32>,
    /// The same with 12 fractional bits, for products.
    pub(super) rounded: Vec<i16>,
    /// Means of squares of gradients, with 34 fractional bits.
    pub(super) moments: Vec<u32>,
    /// How often each row was moved.
    pub(super) moves: Vec<u32>,
}

impl Weights {
    /// `rows` rows of `width` weights, a multiple of eight, each as `start` gives them.
    pub fn new(rows: usize, width: usize, mut start: impl FnMut() -> i32) -> Self {
        let exact: Vec<i32> =
            (0..rows * width).map(|_| start().clamp(-WEIGHT_LIMIT, WEIGHT_LIMIT)).collect();
        Weights {
            width,
            rounded: exact.iter().map(|&weight| round_weight(weight)).collect(),
            moments: vec![0; rows * width],
            moves: vec![0; rows],
            exact,
        }
    }

    /// Moves weights beyond `limit` back to it.
    pub(super) fn keep_within(&mut self, limit: i32) {
        for (exact, rounded) in self.exact.iter_mut().zip(&mut self.rounded) {
            *exact = (*exact).clamp(-limit, limit);
            *rounded = round_weight(*exact);
        }
    }

    /// All rows with 12 fractional bits.
    #[inline(always)]
    pub fn rounded(&self) -> &[i16] {
        &self.rounded
    }

    /// `count` rows from row `first` on, with 12 fractional bits.
    #[inline(always)]
    pub fn rounded_rows(&self, first: usize, count: usize) -> &[i16] {
        &self.rounded[first * self.width..(first + count) * self.width]
    }

    /// A row with 28 fractional bits.
    #[inline(always)]
    pub fn exact_row(&self, row: usize) -> &[i32] {
        &self.exact[row * self.width..(row + 1) * self.width]
    }

    /// Moves a row against `gradients`, which have [`DESCENT_BITS`] and `shift` more fractional
    /// bits (`shift` from 1 to 30).
    #[inline(always)]
    pub fn descend<K: NetworkKernels>(
        &mut self,
        kernels: K,
        row: usize,
        gradients: &[i32],
        shift: u32,
        rate: Rate,
    ) {
        let at = row * self.width..(row + 1) * self.width;
        let moves = &mut self.moves[row];
        *moves = moves.saturating_add(1);
        let Rate { step, decay, limit } = rate;
        let descent = Descent { shift, decay: moves.ilog2().min(decay), rate: step, limit };
        kernels.descend(
            &mut self.exact[at.clone()],
            &mut self.moments[at.clone()],
            &mut self.rounded[at],
            gradients,
            descent,
        );
    }

    /// Makes the weights with 12 fractional bits again from the exact ones.
    pub(super) fn round_all(&mut self) {
        for (rounded, &exact) in self.rounded.iter_mut().zip(&self.exact) {
            *rounded = round_weight(exact);
        }
    }

    /// Bytes of memory.
    #[cfg(test)]
    pub fn memory(&self) -> usize {
        10 * self.exact.len() + 4 * self.moves.len()
    }

    /// All weights, for traces.
    #[cfg(test)]
    pub fn exact(&self) -> &[i32] {
        &self.exact
    }
}
