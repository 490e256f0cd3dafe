//! The way back through a span of steps, and what a layer learns from it.
//!
//! Gradients are exact to 24 fractional bits; where products of 16 bits take them, all gradients of
//! a product are shifted alike, so that the largest keeps 13 bits: none is ever clipped. (A fixed
//! scale clipped a fifth of them and lost half of what whole numbers lose.)

use super::HIDDEN_BITS;
use super::layer::{GATES, Layer, row, scaled};
use super::tables::{UNIT, UNIT_BITS};
use super::weights::DESCENT_BITS;
use crate::simd::NetworkKernels;

/// Fractional bits of gradients.
pub const GRADIENT_BITS: u32 = 24;

/// How far numbers are shifted so that the largest, of these magnitudes combined by `or`, has at
/// most 13 bits and a sign.
#[inline(always)]
fn excess(magnitudes: u32) -> u32 {
    (32 - magnitudes.leading_zeros()).saturating_sub(13)
}

/// Where the gradients of the layer below, or of the embedding, go: `width` a step, the first ones of a row.
pub struct Below<'a> {
    /// Those of all steps, to which gradients are added.
    pub gradients: &'a mut [i32],
    /// Elements from a step to the next.
    pub width: usize,
}

/// Gradients that are handed from a step to the one before.
struct Handed {
    hidden: Vec<i32>,
    cells: Vec<i32>,
    /// Of the inputs of the matrix.
    inputs: Vec<i32>,
    /// Gradients of sums, shortened.
    factors: Vec<i16>,
    gains: Vec<i32>,
    biases: Vec<i32>,
}

impl Layer {
    /// Goes back through a span, where what the layer gave has `gradients` (24 fractional bits, all
    /// cells of a step after the other), and learns.
    #[inline(always)]
    pub fn backward<K: NetworkKernels>(&mut self, kernels: K, gradients: &[i32], below: Below<'_>) {
        let (cells, sums, own) = (self.plan.cells, self.plan.sums(), self.plan.own());
        let inputs = self.plan.inputs();
        let mut handed = Handed {
            hidden: vec![0; cells],
            cells: vec![0; cells],
            inputs: vec![0; inputs],
            factors: vec![0; sums],
            gains: vec![0; sums],
            biases: vec![0; sums],
        };
        kernels.interleave(self.matrix.rounded(), inputs, &mut self.pairs[..sums * inputs]);
        for at in (0..self.plan.span).rev() {
            self.gates_back(at, &gradients[row(at, cells)], &mut handed);
            let magnitudes = self.division_back(at, &mut handed);
            let shift = excess(magnitudes);
            let of_sums = &self.steps.gradients[row(at, sums)];
            for (factor, &gradient) in handed.factors.iter_mut().zip(of_sums) {
                *factor = (gradient >> shift) as i16;
            }
            handed.inputs.fill(0);
            kernels.combine(&self.pairs[..sums * inputs], &handed.factors, &mut handed.inputs);
            let exact = |gradient: i32| ((i64::from(gradient) << shift) >> 12) as i32;
            for (hidden, &gradient) in handed.hidden.iter_mut().zip(&handed.inputs[..own]) {
                *hidden = exact(gradient);
            }
            let below = &mut below.gradients[row(at, below.width)];
            for (below, &gradient) in below.iter_mut().zip(&handed.inputs[own..]) {
                *below = below.wrapping_add(exact(gradient));
            }
        }
        self.learn(kernels, &handed);
    }

    /// From what the layer gave at a step back to what its gates took.
    #[inline(always)]
    fn gates_back(&mut self, at: usize, given: &[i32], handed: &mut Handed) {
        let (cells, sums) = (self.plan.cells, self.plan.sums());
        let gates = &self.steps.gates[row(at, sums)];
        let (forget, rest) = gates.split_at(cells);
        let (new, out) = rest.split_at(cells);
        let before = &self.steps.before[row(at, cells)];
        let tanh = &self.steps.tanh[row(at, cells)];
        let (to_forget, rest) = self.steps.gradients[row(at, sums)].split_at_mut(cells);
        let (to_new, to_out) = rest.split_at_mut(cells);
        let product = |x: i32, y: i32| (x * y) >> UNIT_BITS;
        for i in 0..cells {
            let [forget, new, out] = [forget[i], new[i], out[i]].map(i32::from);
            let tanh = i32::from(tanh[i]);
            let hidden = handed.hidden[i].wrapping_add(given[i]);
            let slope = product(out, UNIT - product(tanh, tanh));
            let cell = handed.cells[i].wrapping_add(scaled(hidden, slope, UNIT_BITS));
            let of_out = product(tanh, product(out, UNIT - out));
            let of_forget = product(product(forget, UNIT - forget), i32::from(before[i]) - new);
            let of_new = product(UNIT - forget, UNIT - product(new, new));
            to_out[i] = scaled(hidden, of_out, UNIT_BITS);
            to_forget[i] = scaled(cell, of_forget, UNIT_BITS);
            to_new[i] = scaled(cell, of_new, UNIT_BITS);
            handed.cells[i] = scaled(cell, forget, UNIT_BITS);
        }
    }

    /// From what the gates of a step took back to their sums. Gives the magnitudes of the gradients
    /// of the sums, combined by `or`.
    #[inline(always)]
    fn division_back(&mut self, at: usize, handed: &mut Handed) -> u32 {
        let (cells, sums) = (self.plan.cells, self.plan.sums());
        let gradients = &mut self.steps.gradients[row(at, sums)];
        let normal = &self.steps.normal[row(at, sums)];
        for i in 0..sums {
            handed.biases[i] = handed.biases[i].wrapping_add(gradients[i]);
            let gain = scaled(gradients[i], i32::from(normal[i]), 11);
            handed.gains[i] = handed.gains[i].wrapping_add(gain);
        }
        let mut magnitudes = 0;
        for gate in 0..GATES {
            let part = row(gate, cells);
            let (gradients, normal) = (&mut gradients[part.clone()], &normal[part.clone()]);
            let gains = &self.gains.rounded()[part];
            let mut products = 0i64;
            for i in 0..cells {
                gradients[i] = scaled(gradients[i], i32::from(gains[i]), 12);
                products += i64::from(gradients[i]) * i64::from(normal[i]);
            }
            let mean = ((products / cells as i64) >> 11) as i32;
            let inverse = self.steps.inverse[at][gate];
            for i in 0..cells {
                let along = scaled(mean, i32::from(normal[i]), 11);
                gradients[i] = scaled(gradients[i].wrapping_sub(along), inverse, 21);
                magnitudes |= gradients[i].unsigned_abs();
            }
        }
        magnitudes
    }

    /// Moves all weights against the gradients of a span.
    #[inline(always)]
    fn learn<K: NetworkKernels>(&mut self, kernels: K, handed: &Handed) {
        let (sums, inputs, span) = (self.plan.sums(), self.plan.inputs(), self.plan.span);
        let (rate, feature_rate) = (self.plan.rate, self.plan.feature_rate);
        let gradients = &self.steps.gradients;
        let mut moved = vec![0i32; inputs.max(sums)];
        let mut magnitudes = vec![0u32; sums];
        for gradients in gradients.chunks_exact(sums) {
            for (all, gradient) in magnitudes.iter_mut().zip(gradients) {
                *all |= gradient.unsigned_abs();
            }
        }
        // The factors of a row of the matrix are a column of the gradients.
        let mut factors = vec![0i16; sums * span];
        for (at, gradients) in gradients.chunks_exact(sums).enumerate() {
            for ((factors, &gradient), &all) in
                factors.chunks_exact_mut(span).zip(gradients).zip(&magnitudes)
            {
                factors[at] = (gradient >> excess(all)) as i16;
            }
        }
        let pairs = &mut self.pairs[..span * inputs];
        kernels.interleave(&self.steps.inputs, inputs, pairs);
        for sum in 0..sums {
            let shift = excess(magnitudes[sum]);
            let factors = &factors[row(sum, span)];
            let moved = &mut moved[..inputs];
            moved.fill(0);
            kernels.combine(pairs, factors, moved);
            // 24 fractional bits, less the shift, and 11 of inputs. Where the shift is larger than
            // ever seen, gradients are as large as they can be anyway.
            self.matrix.descend(
                kernels,
                sum,
                moved,
                (GRADIENT_BITS + HIDDEN_BITS - DESCENT_BITS).saturating_sub(shift).max(1),
                rate,
            );
        }
        let count = self.features.len();
        let rows = &self.steps.rows;
        for (number, feature) in self.features.iter_mut().enumerate() {
            let value = |at: usize| rows[at * count + number];
            for at in (0..span).filter(|&at| (0..at).all(|before| value(before) != value(at))) {
                let moved = &mut moved[..sums];
                moved.copy_from_slice(&gradients[row(at, sums)]);
                for after in (at + 1..span).filter(|&after| value(after) == value(at)) {
                    for (moved, &gradient) in moved.iter_mut().zip(&gradients[row(after, sums)]) {
                        *moved = moved.wrapping_add(gradient);
                    }
                }
                let shift = GRADIENT_BITS - DESCENT_BITS;
                feature.descend(kernels, value(at), moved, shift, feature_rate);
            }
        }
        let shift = GRADIENT_BITS - DESCENT_BITS;
        let rate = rate.of_biases();
        self.gains.descend(kernels, 0, &handed.gains, shift, rate);
        self.biases.descend(kernels, 0, &handed.biases, shift, rate);
    }
}
