//! A binary decision: up to eight adaptive probabilities, mixed, then corrected by two curves.
//!
//! All tables must stay in the second-level cache, because a miss costs more than the whole
//! decision. The inputs fill one 128-bit register with lanes of 16 bits. The loops over the inputs
//! are plain integer code, which compilers turn into vector instructions on any machine.

use crate::coder::BitCoder;
use crate::numeric::logistic::{MIX_BITS, MIX_LIMIT, STRETCH_BITS, squash, squash_coarse, stretch};
use crate::numeric::state_map::{entry, update_entry};
use crate::numeric::{PROBABILITY_BITS, PROBABILITY_ONE};
use wide::i16x8;

/// Largest number of inputs of a decision.
pub const INPUTS: usize = 8;

/// Fractional bits of the high half of a weight.
const WEIGHT_BITS: u32 = 14;
const SUM_SHIFT: u32 = WEIGHT_BITS + STRETCH_BITS - MIX_BITS;
/// Sum of the initial weights of a row. Between 1 and 1.5 sizes differ by less than 0.1 %.
const START_WEIGHT: i32 = 5 << (WEIGHT_BITS - 2);
/// Final learning rate, in units of 2^-13 of a weight for each unit of input and error. Half or
/// twice this rate loses 0.1 %.
const FINAL_RATE: u32 = 18;
const EXTRA_RATE: u32 = 60;
/// Smaller errors do not change the weights, which saves a little time and costs no size.
const THRESHOLD: u32 = PROBABILITY_ONE / 64;
/// Number of decisions after which half of the additional initial rate is gone.
const RATE_SPAN: u32 = 2048;

/// The weights of one mixer row: the 16 bits that the sum uses, and 16 fractional bits below them.
#[derive(Clone, Copy)]
struct WeightRow {
    high: i16x8,
    low: i16x8,
}

impl WeightRow {
    /// Moves the weights along `inputs`. The rate is already a factor of `error`.
    #[inline(always)]
    fn train(&mut self, inputs: i16x8, error: i16) {
        let error = i16x8::splat(error);
        let step = inputs * error;
        let sign = i16x8::splat(i16::MIN);
        let low = self.low + step;
        // All ones, which is -1, in lanes whose low half overflowed.
        let carry = (step ^ sign).simd_gt(low ^ sign);
        self.low = low;
        self.high = self.high.saturating_add(inputs.mul_keep_high(error)).saturating_sub(carry);
    }
}

/// Number of knots of a correcting curve: one for every unit of ±7.5 in the stretched domain, half
/// a cache line.
const KNOTS: usize = 16;
const KNOT_SHIFT: u32 = MIX_BITS;
const CURVE_LIMIT: i32 = (15 << (MIX_BITS - 1)) - 1;
const CURVE_RATE: u32 = 5;

type Curve = [u16; KNOTS];

/// The tables of one kind of decision. Each input has a table of `SLOTS` (a power of two) adaptive
/// probabilities with counts.
pub struct Decision<const SLOTS: usize> {
    slots: Box<[[u32; SLOTS]; INPUTS]>,
    /// For each input, the number of updates over which the rate of a slot falls. A large limit
    /// remembers, a small limit follows quickly.
    limits: [u32; INPUTS],
    stretched: Box<[i16; 4096]>,
    rows: [Vec<WeightRow>; 2],
    curves: [Vec<Curve>; 2],
    rate: i32,
    decisions: u32,
}

/// The table elements of one decision: a slot for each input, a row for each mixer, a curve for
/// each correction.
pub struct Indices<const USED: usize> {
    /// Slot of each input, modulo the size of the table.
    pub slots: [usize; USED],
    /// WeightRow of each mixer.
    pub rows: [usize; 2],
    /// Curve of each correction.
    pub curves: [usize; 2],
}

impl<const SLOTS: usize> Decision<SLOTS> {
    /// A decision with `used` inputs. `rows` and `curves` are the numbers of rows and curves.
    pub fn new(used: usize, limits: [u32; INPUTS], rows: [usize; 2], curves: [usize; 2]) -> Self {
        let mut high = [0; INPUTS];
        high[..used].fill((START_WEIGHT / used as i32) as i16);
        let mut curve = [0u16; KNOTS];
        for (knot, value) in curve.iter_mut().enumerate() {
            *value = (squash((2 * knot as i32 - (KNOTS as i32 - 1)) << (KNOT_SHIFT - 1))
                >> (PROBABILITY_BITS - 16))
                .min(65535) as u16;
        }
        let mut stretched = Box::new([0; 4096]);
        for (index, value) in stretched.iter_mut().enumerate() {
            *value = stretch(((index as u32) << 10) + 512) as i16;
        }
        let slots = vec![[entry(PROBABILITY_ONE / 2, 0); SLOTS]; INPUTS].into_boxed_slice();
        Self {
            slots: slots.try_into().unwrap_or_else(|_| unreachable!("made with this length")),
            limits,
            stretched,
            rows: rows
                .map(|count| vec![WeightRow { high: i16x8::new(high), low: i16x8::ZERO }; count]),
            curves: curves.map(|count| vec![curve; count]),
            rate: (FINAL_RATE + EXTRA_RATE) as i32,
            decisions: 0,
        }
    }

    /// Codes one decision and learns from it. Returns the bit.
    #[inline(always)]
    pub fn code<C: BitCoder, const USED: usize>(
        &mut self,
        coder: &mut C,
        bit: u32,
        place: &Indices<USED>,
    ) -> u32 {
        let mut inputs = [0i16; INPUTS];
        for (input, &slot) in place.slots.iter().enumerate() {
            inputs[input] = self.stretched[(self.slots[input][slot & (SLOTS - 1)] >> 20) as usize];
        }
        let [first, second] = &mut self.rows;
        let (first, second) = (&mut first[place.rows[0]], &mut second[place.rows[1]]);
        let inputs = i16x8::new(inputs);
        let [a, b, c, d] = (inputs.dot(first.high) + inputs.dot(second.high)).to_array();
        let sum = a.wrapping_add(c).wrapping_add(b.wrapping_add(d));
        let mean = (sum >> (SUM_SHIFT + 1)).clamp(-MIX_LIMIT, MIX_LIMIT);
        let mixed = squash_coarse(mean);

        let position = (mean.clamp(-CURVE_LIMIT, CURVE_LIMIT) + CURVE_LIMIT + 1) as u32;
        let (knot, fraction) =
            ((position >> KNOT_SHIFT) as usize, position & ((1 << KNOT_SHIFT) - 1));
        let [left, right] = &mut self.curves;
        let (left, right) = (&mut left[place.curves[0]], &mut right[place.curves[1]]);
        let between = |curve: &Curve| {
            u32::from(curve[knot]) * ((1 << KNOT_SHIFT) - fraction)
                + u32::from(curve[knot + 1]) * fraction
        };
        // 16 fractional bits of a knot, plus those of its weight.
        let refined = (between(left) >> 1) + (between(right) >> 1);
        let refined = refined >> (16 + KNOT_SHIFT - PROBABILITY_BITS);
        let probability = ((mixed + refined) >> 1).clamp(16, PROBABILITY_ONE - 16);
        let bit = coder.code(bit, probability);

        let near = knot + (fraction >> (KNOT_SHIFT - 1)) as usize;
        let target = (bit * 65535) as i32;
        for curve in [left, right] {
            curve[near] =
                (i32::from(curve[near]) + ((target - i32::from(curve[near])) >> CURVE_RATE)) as u16;
        }
        let goal = (bit << PROBABILITY_BITS) as i32;
        let error = goal - mixed as i32;
        if error.unsigned_abs() > THRESHOLD {
            let scaled = (((error >> 6) * self.rate) >> 7).clamp(-32767, 32767) as i16;
            let steep = inputs + inputs + inputs + inputs;
            first.train(steep, scaled);
            second.train(steep, scaled);
        }
        for (input, &slot) in place.slots.iter().enumerate() {
            let slot = &mut self.slots[input][slot & (SLOTS - 1)];
            *slot = update_entry(*slot, bit, self.limits[input]);
        }
        self.decisions = self.decisions.wrapping_add(1);
        if self.decisions & 255 == 0 && self.decisions < 1 << 20 {
            self.rate = (FINAL_RATE + EXTRA_RATE * RATE_SPAN / (RATE_SPAN + self.decisions)) as i32;
        }
        bit
    }
}
