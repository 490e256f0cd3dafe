//! Adaptive probability maps (secondary symbol estimation): a probability corrected by what
//! happened before to like probabilities in the same small context.

use super::logistic::{MIX_BITS, squash};
use crate::coder::PROBABILITY_BITS;
use crate::simd::prefetch;

/// Knots of a context: every unit of ±8 in the stretched domain, less the last, whose place the
/// interpolation never reaches. A row fills a cache line.
const KNOTS: usize = 16;
const LIMIT: i32 = (15 << (MIX_BITS - 1)) - 1;
const STEP_BITS: u32 = MIX_BITS;

#[derive(Clone, Copy)]
#[repr(align(128))]
struct Pair([[u32; KNOTS]; 2]);

/// Fractional bits of a knot: with 16 a certain bit could not be refined below 2^-10.
const KNOT_BITS: u32 = 28;

/// A table of refined probabilities, interpolated between knots.
///
/// It has `ROWS` pairs of rows, a power of two: two contexts each.
pub struct Apm<const ROWS: usize> {
    rows: Box<[Pair; ROWS]>,
    row: usize,
    knot: usize,
    rate: u32,
}

impl<const ROWS: usize> Apm<ROWS> {
    /// A map that moves by 2^-`rate` of the error.
    #[must_use]
    pub fn new(rate: u32) -> Self {
        const { assert!(ROWS.is_power_of_two()) };
        let mut row = [0u32; KNOTS];
        for (knot, value) in row.iter_mut().enumerate() {
            let stretched = ((2 * knot as i32) - (KNOTS as i32 - 1)) << (STEP_BITS - 1);
            *value = squash(stretched) << (KNOT_BITS - PROBABILITY_BITS);
        }
        let rows = vec![Pair([row; 2]); ROWS].into_boxed_slice();
        Self { rows: rows.try_into().unwrap_or_else(|_| unreachable!()), row: 0, knot: 0, rate }
    }

    /// Asks for the rows of contexts `context` and `context ^ 1` ahead of their use.
    #[inline(always)]
    pub fn prefetch(&self, context: usize) {
        let pair = &self.rows[context >> 1 & (ROWS - 1)].0;
        prefetch(&pair[..], 0);
        prefetch(&pair[..], 1);
    }

    /// The refined probability (22 bits) of a stretched one (12 fractional bits) in `context`.
    #[inline(always)]
    pub fn refine(&mut self, stretched: i32, context: usize) -> u32 {
        let position = (stretched.clamp(-LIMIT, LIMIT) + (15 << (MIX_BITS - 1))) as u32;
        let knot = (position >> STEP_BITS) as usize;
        let fraction = position & ((1 << STEP_BITS) - 1);
        self.row = context & (2 * ROWS - 1);
        let row = &self.rows[self.row >> 1 & (ROWS - 1)].0[self.row & 1];
        let low = row[knot & 15] >> (KNOT_BITS - PROBABILITY_BITS + 2);
        let high = row[(knot + 1) & 15] >> (KNOT_BITS - PROBABILITY_BITS + 2);
        // The knot that is nearer learns.
        self.knot = knot + usize::from(fraction >> (STEP_BITS - 1) != 0);
        let mixed = low * ((1 << STEP_BITS) - fraction) + high * fraction;
        (mixed >> (STEP_BITS - 2)).max(1)
    }

    /// Learns `bit`.
    #[inline(always)]
    pub fn update(&mut self, bit: u32) {
        let entry = &mut self.rows[self.row >> 1 & (ROWS - 1)].0[self.row & 1][self.knot & 15];
        let target = (bit << KNOT_BITS) as i32;
        *entry = entry.wrapping_add(((target - *entry as i32) >> self.rate) as u32);
    }
}
