//! Adaptive probability maps (secondary symbol estimation): a probability corrected by what
//! happened before to like probabilities in the same small context.

use crate::error::Result;
use crate::numeric::PROBABILITY_BITS;
use crate::numeric::logistic::{MIX_BITS, squash};
use crate::simd::memory::{Table, zeroed};
use crate::simd::prefetch;
use std::sync::LazyLock;

/// Knots of a context: every unit of ±8 in the stretched domain, less the last, whose place the
/// interpolation never reaches. A row fills a cache line.
const KNOTS: usize = 16;
const LIMIT: i32 = (15 << (MIX_BITS - 1)) - 1;
const STEP_BITS: u32 = MIX_BITS;

/// Fractional bits of a knot: with 16 a certain bit could not be refined below 2^-10.
const KNOT_BITS: u32 = 28;

/// Where every row starts: the map that changes nothing.
static START: LazyLock<[u32; KNOTS]> = LazyLock::new(|| {
    std::array::from_fn(|knot| {
        squash(((2 * knot as i32) - (KNOTS as i32 - 1)) << (STEP_BITS - 1))
            << (KNOT_BITS - PROBABILITY_BITS)
    })
});

/// A table of refined probabilities, interpolated between knots.
///
/// It has `ROWS` rows, a power of two: one a context.
#[derive(Clone)]
pub struct Apm<const ROWS: usize> {
    /// How far each knot has moved since the start, modulo 2^32: so that a row that was never used
    /// costs nothing.
    moved: Table<[u32; KNOTS]>,
    start: [u32; KNOTS],
    row: usize,
    knot: usize,
    rate: u32,
}

impl<const ROWS: usize> Apm<ROWS> {
    /// A map that moves by 2^-`rate` of the error.
    ///
    /// # Errors
    /// The memory cannot be had.
    pub fn new(rate: u32) -> Result<Self> {
        const { assert!(ROWS.is_power_of_two()) };
        let moved = zeroed(ROWS, "a table of refinements")?;
        Ok(Self { moved, start: *START, row: 0, knot: 0, rate })
    }

    /// Asks for the rows of contexts `context` and `context ^ 1` ahead of their use.
    #[inline(always)]
    pub fn prefetch(&self, context: usize) {
        let pair = context & (ROWS - 2);
        prefetch(&self.moved, pair);
        prefetch(&self.moved, pair + 1);
    }

    /// The refined probability (22 bits) of a stretched one (12 fractional bits) in `context`.
    #[inline(always)]
    pub fn refine(&mut self, stretched: i32, context: usize) -> u32 {
        let position = (stretched.clamp(-LIMIT, LIMIT) + (15 << (MIX_BITS - 1))) as u32;
        let knot = (position >> STEP_BITS) as usize;
        let fraction = position & ((1 << STEP_BITS) - 1);
        self.row = context & (ROWS - 1);
        let moved = &self.moved[self.row];
        let value = |knot: usize| self.start[knot & 15].wrapping_add(moved[knot & 15]);
        let low = value(knot) >> (KNOT_BITS - PROBABILITY_BITS + 2);
        let high = value(knot + 1) >> (KNOT_BITS - PROBABILITY_BITS + 2);
        // The knot that is nearer learns.
        self.knot = (knot + usize::from(fraction >> (STEP_BITS - 1) != 0)) & 15;
        let mixed = low * ((1 << STEP_BITS) - fraction) + high * fraction;
        (mixed >> (STEP_BITS - 2)).max(1)
    }

    /// Learns `bit`.
    #[inline(always)]
    pub fn update(&mut self, bit: u32) {
        let moved = &mut self.moved[self.row][self.knot & 15];
        let target = (bit << KNOT_BITS) as i32;
        let value = self.start[self.knot & 15].wrapping_add(*moved) as i32;
        *moved = moved.wrapping_add(((target - value) >> self.rate) as u32);
    }
}
