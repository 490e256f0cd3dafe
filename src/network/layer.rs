//! A layer of cells with coupled gates: what is forgotten makes room for what is new.
//!
//! With `a` the weighted sum of the layer's inputs for a gate of a cell, and `n` = `a` divided by
//! the root of the mean square of all cells' `a`, a gate takes `gain n + bias`. A cell becomes
//! `forget cell + (1 - forget) new`, where `forget` is a sigmoid and `new` a hyperbolic tangent,
//! and the layer gives `out tanh(cell)`, where `out` is a sigmoid. Cells are from Hochreiter and
//! Schmidhuber (1997), coupled gates from Greff and others (2017), the division from Zhang and
//! Sennrich (2019).

use super::tables::{CELL_BITS, TABLES, UNIT, UNIT_BITS};
use super::weights::{Draws, ONE, Rate, Weights};
use super::{HIDDEN_BITS, SUM_BITS, WEIGHT_SHIFT};
use crate::simd::NetworkKernels;
use std::ops::Range;

/// Gates of a cell, in this order: forget, new, out.
pub const GATES: usize = 3;
const NEW: usize = 1;
/// Bits by which sums are shortened before the division, to 10 fractional bits.
const SUM_SHIFT: u32 = SUM_BITS - 10;

/// What a layer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Number of cells, a multiple of 16.
    pub cells: usize,
    /// Cells of the layer below, 0 if there is none.
    pub below: usize,
    /// Whether the layer sees what it gave before.
    pub is_recurrent: bool,
    /// How many values each feature has: a row of weights for each.
    pub features: Vec<usize>,
    /// Steps that gradients go back through, even.
    pub span: usize,
    /// How fast all but features learn.
    pub rate: Rate,
    /// How fast features learn.
    pub feature_rate: Rate,
}

impl Plan {
    /// Sums of a step.
    pub fn sums(&self) -> usize {
        GATES * self.cells
    }

    /// Inputs from the layer itself.
    pub fn own(&self) -> usize {
        if self.is_recurrent { self.cells } else { 0 }
    }

    /// Inputs of the matrix.
    pub fn inputs(&self) -> usize {
        self.own() + self.below
    }
}

/// What is remembered of each step of a span.
#[derive(Clone, Debug)]
pub(super) struct Steps {
    /// Inputs of the matrix, 11 fractional bits.
    pub inputs: Vec<i16>,
    /// Sums after the division, 11 fractional bits.
    pub normal: Vec<i16>,
    /// 2^31 over the root of the mean square of the sums of a gate, which have 10 fractional bits.
    pub inverse: Vec<[i32; GATES]>,
    /// Gates, 14 fractional bits.
    pub gates: Vec<i16>,
    /// Cells before the step, 14 fractional bits.
    pub before: Vec<i16>,
    /// Hyperbolic tangents of cells after the step, 14 fractional bits.
    pub tanh: Vec<i16>,
    /// Rows of the features.
    pub rows: Vec<usize>,
    /// Gradients of the sums, 24 fractional bits.
    pub gradients: Vec<i32>,
}

/// What a layer gives (11 fractional bits), and its cells (20 fractional bits).
#[derive(Clone, Debug)]
pub(super) struct State {
    pub hidden: Vec<i16>,
    pub cells: Vec<i32>,
}

/// A layer of cells.
#[derive(Clone, Debug)]
pub struct Layer {
    pub(super) plan: Plan,
    /// A row of inputs for each sum.
    pub(super) matrix: Weights,
    /// A row of sums for each value of a feature.
    pub(super) features: Vec<Weights>,
    pub(super) gains: Weights,
    pub(super) biases: Weights,
    pub(super) last: State,
    pub(super) next: State,
    pub(super) steps: Steps,
    /// Room for the sums of a step, and for the rows of the matrix or the inputs of a span in
    /// pairs.
    sums: Vec<i32>,
    pub(super) pairs: Vec<i16>,
}

/// `x` × `y` / 2^`shift`, rounded, the lowest 32 bits.
#[inline(always)]
pub(super) fn scaled(x: i32, y: i32, shift: u32) -> i32 {
    ((i64::from(x) * i64::from(y) + (1 << (shift - 1))) >> shift) as i32
}

/// The range of row `at` of rows of `width`.
#[inline(always)]
pub(super) fn row(at: usize, width: usize) -> Range<usize> {
    at * width..(at + 1) * width
}

impl Layer {
    /// A layer whose weights start with `draws`.
    pub fn new(plan: Plan, draws: &mut Draws) -> Self {
        let (cells, sums, inputs, span) = (plan.cells, plan.sums(), plan.inputs(), plan.span);
        // 1 / √inputs, so that sums are about as large as inputs.
        let limit = ((1u64 << 56) / inputs as u64).isqrt() as i32;
        let matrix = Weights::new(sums, inputs, || draws.within(limit));
        let features = plan.features.iter();
        let features =
            features.map(|&rows| Weights::new(rows, sums, || draws.within(FIRST_FEATURE)));
        let features = features.collect();
        // Cells forget slowly at the start.
        let mut first = (0..sums).map(|sum| if sum < cells { ONE } else { 0 });
        let biases = Weights::new(1, sums, || first.next().unwrap_or(0));
        let state = State { hidden: vec![0; cells], cells: vec![0; cells] };
        Layer {
            matrix,
            features,
            gains: Weights::new(1, sums, || ONE),
            biases,
            last: state.clone(),
            next: state,
            steps: Steps {
                inputs: vec![0; span * inputs],
                normal: vec![0; span * sums],
                inverse: vec![[0; GATES]; span],
                gates: vec![0; span * sums],
                before: vec![0; span * cells],
                tanh: vec![0; span * cells],
                rows: vec![0; span * plan.features.len()],
                gradients: vec![0; span * sums],
            },
            sums: vec![0; sums],
            pairs: vec![0; sums.max(span) * inputs],
            plan,
        }
    }

    /// What the layer gives after the last [`Layer::forward`], 11 fractional bits.
    #[inline(always)]
    pub fn hidden(&self) -> &[i16] {
        &self.next.hidden
    }

    /// How many features the layer has.
    #[inline(always)]
    pub fn features(&self) -> usize {
        self.features.len()
    }

    /// Makes the step final that [`Layer::forward`] computed.
    #[inline(always)]
    pub fn advance(&mut self) {
        self.last.hidden.copy_from_slice(&self.next.hidden);
        self.last.cells.copy_from_slice(&self.next.cells);
    }

    /// Computes step `at` of a span, from the values of the features and what the layer below
    /// gives.
    #[inline(always)]
    pub fn forward<K: NetworkKernels>(
        &mut self,
        kernels: K,
        at: usize,
        features: &[usize],
        below: &[i16],
    ) {
        let (cells, own) = (self.plan.cells, self.plan.own());
        let inputs = &mut self.steps.inputs[row(at, self.plan.inputs())];
        inputs[..own].copy_from_slice(&self.last.hidden[..own]);
        inputs[own..].copy_from_slice(&below[..self.plan.below]);
        self.steps.rows[row(at, features.len())].copy_from_slice(features);
        let sums = &mut self.sums;
        sums.fill(0);
        for (weights, &value) in self.features.iter().zip(features) {
            for (sum, &weight) in sums.iter_mut().zip(weights.exact_row(value)) {
                *sum = sum.wrapping_add(weight >> WEIGHT_SHIFT);
            }
        }
        kernels.multiply(self.matrix.rounded(), inputs, sums);
        for gate in 0..GATES {
            self.compute_gate(at, gate);
        }
        let gates = &self.steps.gates[row(at, GATES * cells)];
        let (forget, rest) = gates.split_at(cells);
        let (new, out) = rest.split_at(cells);
        let before = &mut self.steps.before[row(at, cells)];
        let tanh = &mut self.steps.tanh[row(at, cells)];
        for i in 0..cells {
            let cell = self.last.cells[i];
            before[i] = (cell >> (CELL_BITS - UNIT_BITS)) as i16;
            let change = (UNIT - i32::from(forget[i])) * (i32::from(new[i]) - i32::from(before[i]));
            let cell = cell + (change >> (2 * UNIT_BITS - CELL_BITS));
            self.next.cells[i] = cell;
            tanh[i] = TABLES.cell_tanh((cell >> (CELL_BITS - UNIT_BITS)) as i16);
            self.next.hidden[i] =
                scaled(i32::from(out[i]), i32::from(tanh[i]), 2 * UNIT_BITS - HIDDEN_BITS) as i16;
        }
    }

    /// Computes a gate of all cells from its sums.
    #[inline(always)]
    fn compute_gate(&mut self, at: usize, gate: usize) {
        let cells = self.plan.cells;
        let part = row(gate, cells);
        let sums = &mut self.sums[part.clone()];
        let normal = &mut self.steps.normal[row(at, GATES * cells)][part.clone()];
        let gates = &mut self.steps.gates[row(at, GATES * cells)][part.clone()];
        let gains = &self.gains.rounded()[part.clone()];
        let biases = &self.biases.exact_row(0)[part];
        let mut squares = 0i64;
        for sum in sums.iter_mut() {
            *sum = (*sum >> SUM_SHIFT).clamp(-32767, 32767);
            squares += i64::from(*sum * *sum);
        }
        let mean = (squares as u64 / cells as u64).max(4);
        let inverse = ((1u64 << 47) / (mean << 32).isqrt()) as i32;
        self.steps.inverse[at][gate] = inverse;
        for i in 0..cells {
            normal[i] = scaled(sums[i], inverse, 20).clamp(-32767, 32767) as i16;
        }
        for i in 0..cells {
            let sum = i32::from(normal[i]) * i32::from(gains[i]);
            gates[i] = ((sum >> 12) + (biases[i] >> 17)).clamp(-32768, 32767) as i16;
        }
        for value in gates {
            *value = if gate == NEW { TABLES.tanh(*value) } else { TABLES.sigmoid(*value) };
        }
    }
}

/// Largest weight of a feature at the start, with 28 fractional bits: 0.29.
const FIRST_FEATURE: i32 = 300 << 18;

impl Layer {
    /// All weights, in the order of files.
    pub fn weights(&self) -> impl Iterator<Item = &Weights> {
        let Layer { matrix, features, gains, biases, .. } = self;
        [matrix].into_iter().chain(features).chain([gains, biases])
    }

    /// The same, to change.
    pub fn weights_mut(&mut self) -> impl Iterator<Item = &mut Weights> {
        let Layer { matrix, features, gains, biases, .. } = self;
        [matrix].into_iter().chain(features).chain([gains, biases])
    }
}
