//! Several densities over one sample, and the mixer inputs they give for each of its bits.

use super::density::{Density, FRACTION};
use crate::numeric::logistic::{MIX_BITS, squash, stretch};
use crate::numeric::state_map::{entry, probability, update_entry};

/// Steps of the stretched probability that the correction tells apart: 3/8 each, from -9 to 9.
const LEVELS: usize = 49;
/// Slots of the correction per density: levels by bit of the sample (at most 24).
const CELLS: usize = LEVELS * 24;
/// Samples over which the correction averages.
const LIMIT: u32 = 1000;

/// The densities of one kind of signal.
#[derive(Clone)]
pub struct Densities {
    densities: Vec<Density>,
    /// What each density's probability turned out to mean, by bit of the sample.
    corrections: Vec<u32>,
    cells: Vec<usize>,
    /// Samples have this many bits.
    bits: u32,
    /// The first bit is a sign bit: two's complement.
    signed: bool,
    /// The lowest value left, and half of the interval above it.
    low: i32,
    shift: u32,
}

impl Densities {
    /// `count` densities over samples of `bits` (at most 24) bits.
    #[must_use]
    pub fn new(count: usize, bits: u32, signed: bool) -> Self {
        let bits = bits.clamp(1, 24);
        let mut corrections = vec![0; count * CELLS];
        for (index, correction) in corrections.iter_mut().enumerate() {
            let stretched = ((index % LEVELS) as i32 - (LEVELS as i32 / 2)) * (3 << (MIX_BITS - 3));
            *correction = entry(squash(stretched), 6);
        }
        Self {
            densities: vec![Density::default(); count],
            corrections,
            cells: vec![0; count],
            bits,
            signed,
            low: 0,
            shift: bits,
        }
    }

    /// How many densities there are.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // never empty
    pub fn len(&self) -> usize {
        self.densities.len()
    }

    /// Starts a sample, whose first `skipped` bits are zero and not asked for: density `k` has its
    /// mean and scale from `forecasts[k]`.
    #[inline(always)]
    pub fn begin(&mut self, forecasts: &[(i32, u32)], skipped: u32) {
        let bits = self.bits - skipped.min(self.bits - 1);
        let top = ((1i64 << (bits + FRACTION)) - 1) as i32;
        for (density, &(mean, scale)) in self.densities.iter_mut().zip(forecasts) {
            *density = Density::new(mean.clamp(0, top), scale, bits);
        }
        self.low = 0;
        self.shift = bits;
    }

    /// Bits of the sample still to come.
    #[inline(always)]
    #[must_use]
    pub fn left(&self) -> u32 {
        self.shift
    }

    /// Writes the inputs for the next bit, a pair for each density.
    #[inline(always)]
    pub fn inputs(&mut self, inputs: &mut [[i16; 2]]) {
        let middle = self.low + (1 << self.shift >> 1);
        let flip = self.signed && self.shift == self.bits;
        let bit = (self.shift.max(1) - 1) as usize;
        for (k, ((density, cell), inputs)) in
            self.densities.iter_mut().zip(&mut self.cells).zip(inputs).enumerate()
        {
            let p = density.split(middle);
            let strength = stretch(p);
            let level = ((strength + 9 * 256 + 48) / 96).clamp(0, LEVELS as i32 - 1) as usize;
            *cell = (k * 24 + bit) * LEVELS + level;
            let corrected = stretch(probability(self.corrections[*cell]));
            let (strength, corrected) =
                if flip { (-strength, -corrected) } else { (strength, corrected) };
            *inputs = [strength as i16, corrected as i16];
        }
    }

    /// Learns the bit that came.
    #[inline(always)]
    pub fn learn(&mut self, bit: u32) {
        let flip = self.signed && self.shift == self.bits;
        let bit = bit ^ u32::from(flip);
        for (density, &cell) in self.densities.iter_mut().zip(&self.cells) {
            density.keep(bit);
            let correction = &mut self.corrections[cell];
            *correction = update_entry(*correction, bit, LIMIT);
        }
        self.shift = self.shift.saturating_sub(1);
        self.low += (bit << self.shift) as i32;
    }
}
