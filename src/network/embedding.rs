//! An embedding of n-grams: a row of numbers for each context of several bytes, added up as inputs
//! of the lowest layer.
//!
//! Contexts are hashed, and share rows where their hashes are equal (Svenstrup, Hansen and Winther:
//! Hash Embeddings, 2017; the byte latent transformer of Pagnoni and others, 2024, adds hashes of
//! n-grams to its bytes too). A layer of cells has to learn by and by what its past means; a row
//! says at once what was learned of a context on other files, for some additions a byte.

use super::layer::row;
use super::weights::{DESCENT_BITS, ONE, Rate, Weights};
use crate::simd::NetworkKernels;

/// Contexts that have a row each.
pub(crate) const CONTEXTS: usize = 4;
/// What turns an exact weight into a part of an input, of 11 fractional bits.
const ROW_SHIFT: u32 = 28 - super::HIDDEN_BITS;
/// Largest input, in magnitude: 0.8, of 11 fractional bits.
pub(crate) const LARGEST_INPUT: i32 = 1638;

/// What an embedding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmbeddingOptions {
    /// Rows of a table, as a power of two.
    pub log_rows: u32,
    /// Numbers of a row, a multiple of 16.
    pub width: usize,
}

impl EmbeddingOptions {
    /// The rows for the contexts after these last four bytes, the newest in the lowest bits: the
    /// last two, the last three, the two before the last two, and all four.
    pub fn rows(self, last: u32) -> [usize; CONTEXTS] {
        // The multiplier is Knuth's: 2^32 over the golden ratio.
        [last & 0xFFFF, last & 0xFF_FFFF, last >> 16, last]
            .map(|context| (context.wrapping_mul(0x9E37_79B1) >> (32 - self.log_rows)) as usize)
    }
}

/// A table of rows for each context, and what they gave in a span.
#[derive(Clone, Debug)]
pub struct Embedding {
    options: EmbeddingOptions,
    pub(super) tables: Vec<Weights>,
    /// The rows of each step of a span.
    pub(super) rows: Vec<[usize; CONTEXTS]>,
    /// The sum of the rows of the last step, 11 fractional bits.
    given: Vec<i16>,
    /// Gradients of that, 24 fractional bits: those of a step after the other.
    gradients: Vec<i32>,
    pub(super) rate: Rate,
}

impl Embedding {
    /// An embedding that knows nothing, for spans of `span` steps.
    pub fn new(options: EmbeddingOptions, span: usize, rate: Rate) -> Self {
        let rate = Rate { limit: ONE, ..rate };
        let table = Weights::new(1 << options.log_rows, options.width, || 0);
        Embedding {
            tables: vec![table; CONTEXTS],
            rows: vec![[0; CONTEXTS]; span],
            given: vec![0; options.width],
            gradients: vec![0; span * options.width],
            options,
            rate,
        }
    }

    /// The inputs after the last [`Embedding::forward`].
    #[inline(always)]
    pub fn given(&self) -> &[i16] {
        &self.given
    }

    /// Computes step `at` of a span, after these last bytes.
    #[inline(always)]
    pub fn forward(&mut self, at: usize, last: u32) {
        let rows = self.options.rows(last);
        self.rows[at] = rows;
        let rows: [&[i32]; CONTEXTS] =
            std::array::from_fn(|number| self.tables[number].exact_row(rows[number]));
        for (column, given) in self.given.iter_mut().enumerate() {
            let sum: i32 = rows.iter().map(|row| row[column] >> ROW_SHIFT).sum();
            *given = sum.clamp(-LARGEST_INPUT, LARGEST_INPUT) as i16;
        }
    }

    /// Room for the gradients of a span, and the width of a step of them.
    #[inline(always)]
    pub fn gradients(&mut self) -> (&mut [i32], usize) {
        self.gradients.fill(0);
        (&mut self.gradients, self.options.width)
    }

    /// Moves rows against the gradients of a span: each once, against the sum for all steps that
    /// had the row.
    #[inline(always)]
    pub fn learn<K: NetworkKernels>(&mut self, kernels: K, moved: &mut [i32]) {
        let width = self.options.width;
        let moved = &mut moved[..width];
        for (number, table) in self.tables.iter_mut().enumerate() {
            let value = |at: usize| self.rows[at][number];
            for at in (0..self.rows.len()).filter(|&at| (0..at).all(|of| value(of) != value(at))) {
                moved.copy_from_slice(&self.gradients[row(at, width)]);
                for after in (at + 1..self.rows.len()).filter(|&of| value(of) == value(at)) {
                    let gradients = &self.gradients[row(after, width)];
                    for (moved, &gradient) in moved.iter_mut().zip(gradients) {
                        *moved = moved.wrapping_add(gradient);
                    }
                }
                let shift = super::backward::GRADIENT_BITS - DESCENT_BITS;
                table.descend(kernels, value(at), moved, shift, self.rate);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{Scalar, WEIGHT_LIMIT};

    #[test]
    fn rows_are_added_up_and_learn_once_a_span() {
        let options = EmbeddingOptions { log_rows: 8, width: 16 };
        let rate = Rate { step: 1500, decay: 10, limit: WEIGHT_LIMIT };
        let mut embedding = Embedding::new(options, 4, rate);
        for at in 0..4 {
            embedding.forward(at, 0x0102_0304);
            assert_eq!(embedding.given(), [0; 16]);
        }
        embedding.gradients().0.fill(-(1 << 20));
        embedding.learn(Scalar, &mut [0; 16]);
        embedding.forward(0, 0x0102_0304);
        // Each of four rows rose by its rate of about 1500 / 65536, with 11 fractional bits.
        assert!(embedding.given().iter().all(|given| (150..250).contains(given)));
        let moves: u32 = embedding.tables.iter().flat_map(|table| &table.moves).sum();
        assert_eq!(moves as usize, CONTEXTS);
        embedding.forward(1, 0x0909_0909);
        assert_eq!(embedding.given(), [0; 16], "other contexts have other rows");
    }

    #[test]
    fn contexts_are_what_they_are_said_to_be() {
        let options = EmbeddingOptions { log_rows: 13, width: 32 };
        let [two, three, before, four] = options.rows(0x6162_6364);
        assert_eq!(options.rows(0x0000_6364)[0], two);
        assert_eq!(options.rows(0x0062_6364)[1], three);
        assert_eq!(options.rows(0x6162_0000)[2], before);
        assert_ne!(options.rows(0x6062_6364)[3], four);
    }
}
