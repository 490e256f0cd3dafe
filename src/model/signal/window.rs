//! Least squares over a window in two dimensions: the samples around the next one, above as well as
//! to the left, say how neighbours predict a sample.
//!
//! Each strip of a few columns keeps its own moments, which fade from row to row; a fit is made of
//! the sum over the strips around the sample. So the training window is a patch of the image, as
//! in edge-directed prediction (Li and Orchard 2001) and TMW (Meyer and Tischer 1997), at the cost
//! of one outer product a sample.

use super::least_squares::{MOST, Solver, accumulate, decay, moments_len, predict};

/// Strips at most: bounds the memory for long rows.
const STRIPS: usize = 1024;

/// Shape of a training window.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Columns of a strip.
    pub strip: usize,
    /// Strips to each side that count.
    pub reach: usize,
    /// Each row takes 2^-`fade` of what the rows above left.
    pub fade: u32,
    /// Samples from one solution to the next.
    pub every: u32,
    /// Ridge, relative: see [`Solver::solve`].
    pub ridge: u32,
    /// Ridge, absolute.
    pub floor: i64,
}

/// Local least squares for one colour plane.
#[derive(Clone)]
pub struct Window {
    shape: Shape,
    inputs: usize,
    strips: Vec<i64>,
    strip_len: usize,
    count: usize,
    current: usize,
    row: u32,
    turn: u32,
    sum: Vec<i64>,
    solver: Solver,
    /// The inputs and the target of this sample.
    samples: [i32; MOST + 1],
    weights: [i32; MOST],
}

impl Window {
    /// For rows of `columns` samples and `inputs` inputs.
    #[must_use]
    pub fn new(inputs: usize, columns: usize, mut shape: Shape) -> Self {
        let inputs = inputs.min(MOST);
        shape.strip = shape.strip.max(columns.div_ceil(STRIPS)).max(1);
        let count = columns.div_ceil(shape.strip).max(1);
        let strip_len = moments_len(inputs);
        Self {
            shape,
            inputs,
            strips: vec![0; strip_len * count],
            strip_len,
            count,
            current: usize::MAX,
            row: 0,
            turn: 0,
            sum: vec![0; strip_len],
            solver: Solver::default(),
            samples: [0; MOST + 1],
            weights: [0; MOST],
        }
    }

    /// Predicts the sample in `column` of `row`, relative to the same centre as the inputs.
    #[inline(always)]
    pub fn predict(&mut self, inputs: &[i32], column: usize, row: u32, fraction: u32) -> i64 {
        let strip = (column / self.shape.strip).min(self.count - 1);
        if strip != self.current || row != self.row {
            self.enter(strip);
            self.row = row;
        }
        let n = self.inputs;
        self.samples[..n].copy_from_slice(&inputs[..n]);
        self.turn += 1;
        if self.turn >= self.shape.every {
            self.turn = 0;
            self.solver.solve(
                &self.sum,
                &mut self.weights[..n],
                self.shape.ridge,
                self.shape.floor,
            );
        }
        predict(&self.weights[..n], &inputs[..n], fraction)
    }

    #[inline(always)]
    fn enter(&mut self, strip: usize) {
        self.current = strip;
        decay(&mut self.strips[strip * self.strip_len..][..self.strip_len], self.shape.fade);
        let first = strip.saturating_sub(self.shape.reach);
        let last = (strip + self.shape.reach).min(self.count - 1);
        self.sum.fill(0);
        for moments in self.strips[first * self.strip_len..(last + 1) * self.strip_len]
            .chunks_exact(self.strip_len)
        {
            for (sum, &moment) in self.sum.iter_mut().zip(moments) {
                *sum = sum.wrapping_add(moment);
            }
        }
    }

    /// Learns the target that belonged to the last prediction, with `weight` (1 to 64).
    #[inline(always)]
    pub fn learn(&mut self, target: i32, weight: i32) {
        let n = self.inputs;
        self.samples[n] = target;
        let Some(moments) = self.strips.get_mut(self.current.wrapping_mul(self.strip_len)..) else {
            return;
        };
        accumulate(&mut moments[..self.strip_len], &self.samples[..=n], weight);
        accumulate(&mut self.sum, &self.samples[..=n], weight);
    }
}
