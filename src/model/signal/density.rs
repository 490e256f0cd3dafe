//! The probability of the next bit of a sample under a bell-shaped density around a prediction.
//!
//! The density is Student's t with four degrees of freedom: its tails are as heavy as those of
//! prediction errors in images and sound, its mean absolute value is exactly its scale, and its
//! distribution function is algebraic: with `u = t / sqrt(4 + t²)` it is `½ + (3u - u³) / 4`.
//! A sample is coded from its highest bit on, so the bits known so far bound it to an interval;
//! the next bit tells the upper half from the lower.

use crate::numeric::{PROBABILITY_BITS, PROBABILITY_ONE};

/// Fractional bits of predictions and scales.
pub const FRACTION: u32 = 8;
/// The smallest scale: one sixteenth of a sample unit.
pub const MIN_SCALE: u32 = 1 << (FRACTION - 4);

/// Steps of the table per unit of scale, as a power of two.
const STEP_BITS: u32 = 4;
/// Steps to the end of the table, at 64 scales.
const STEPS: usize = 1 << (6 + STEP_BITS);
/// Fractional bits of an index of the table.
const INDEX_BITS: u32 = 8;

/// The mass between the centre and `step / 16` scales, with 32 fractional bits.
static MASS: [u32; STEPS + 2] = {
    let mut table = [0; STEPS + 2];
    let mut step = 0;
    while step < table.len() {
        let i = step as u64;
        // √(4 + t²) in steps, with 21 fractional bits; u with 30.
        let root = (((4 << (2 * STEP_BITS)) + i * i) << 42).isqrt();
        let u = (i << 51) / root;
        let cube = (((u * u) >> 30) * u) >> 30;
        table[step] = (3 * u - cube) as u32;
        step += 1;
    }
    table
};

/// A density and the interval that the known bits leave of it.
#[derive(Clone, Copy, Default, Debug)]
pub struct Density {
    mean: i32,
    /// 2^32 over the scale: with 2^24, scales of 16-bit samples were off by up to 1 %.
    inverse: u32,
    low: u32,
    middle: u32,
    high: u32,
}

impl Density {
    /// A density around `mean` for samples of `bits` bits; mean and scale have [`FRACTION`]
    /// fractional bits.
    #[inline(always)]
    #[must_use]
    pub fn new(mean: i32, scale: u32, bits: u32) -> Self {
        let mut density = Self {
            mean,
            inverse: ((1u64 << 32) / u64::from(scale.max(MIN_SCALE))) as u32,
            ..Self::default()
        };
        density.low = density.below(0);
        density.high = density.below(1 << bits);
        density
    }

    /// The mass below the sample value `boundary`, with 32 fractional bits.
    #[inline(always)]
    fn below(&self, boundary: i32) -> u32 {
        let distance =
            i64::from((boundary << FRACTION) - (1 << (FRACTION - 1))) - i64::from(self.mean);
        let index =
            (distance.unsigned_abs() * u64::from(self.inverse)) >> (32 - STEP_BITS - INDEX_BITS);
        let index = index.min((STEPS as u64) << INDEX_BITS);
        let step = (index >> INDEX_BITS) as usize;
        let (here, next) = (u64::from(MASS[step]), u64::from(MASS[step + 1]));
        let mass =
            (here + (((next - here) * (index & ((1 << INDEX_BITS) - 1))) >> INDEX_BITS)) as u32;
        if distance < 0 { (1 << 31) - mass } else { (1 << 31) + mass }
    }

    /// The probability (22 bits) that the sample is at least `middle`, the middle of its interval.
    #[inline(always)]
    pub fn split(&mut self, middle: i32) -> u32 {
        self.middle = self.below(middle);
        let above = u64::from(self.high.saturating_sub(self.middle));
        let total = u64::from(self.high.saturating_sub(self.low));
        let probability = ((above * 2 + 1) << PROBABILITY_BITS) / (total * 2 + 2);
        (probability as u32).clamp(1, PROBABILITY_ONE - 1)
    }

    /// Keeps the upper half (1) or the lower one (0).
    #[inline(always)]
    pub fn keep(&mut self, upper: u32) {
        if upper == 0 {
            self.high = self.middle;
        } else {
            self.low = self.middle;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_values_of_a_byte_sum_to_one() {
        for (mean, scale) in
            [(100 << FRACTION, 300), (0, 16), (255 << FRACTION, 5000), (-9000, 100), (1 << 20, 1)]
        {
            let mut total = 0.0;
            for value in 0..256 {
                let mut density = Density::new(mean, scale, 8);
                let (mut low, mut p) = (0, 1.0);
                for shift in (0..8).rev() {
                    let one =
                        f64::from(density.split(low + (1 << shift))) / f64::from(PROBABILITY_ONE);
                    let bit = (value >> shift) & 1;
                    p *= if bit == 1 { one } else { 1.0 - one };
                    density.keep(bit as u32);
                    low += bit << shift;
                }
                total += p;
            }
            assert!((total - 1.0).abs() < 1e-9, "{mean} {scale} {total}");
        }
    }

    #[test]
    fn the_mass_is_that_of_student() {
        // F(2.776) = 0.975 and F(1.533) = 0.9 for four degrees of freedom.
        let density = Density {
            mean: 0,
            inverse: ((1u64 << 32) / (1000 << FRACTION)) as u32,
            ..Density::default()
        };
        assert!((f64::from(density.below(2776)) / 4_294_967_296.0 - 0.975).abs() < 1e-3);
        let mass = f64::from(density.below(1533)) / 4_294_967_296.0;
        assert!((mass - 0.9).abs() < 1e-3, "{mass}");
        assert_eq!(density.below(0) >> 22, (1 << 9) - 1);
    }
}
