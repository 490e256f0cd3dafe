//! Residuals: how far the next byte will be from a byte that was foreseen.
//!
//! A context tells which bytes followed it. A *guess* tells which value is near: the byte above, or
//! the value that goes on with a series. How far bytes were from a guess is counted for each class
//! of trust in it. The probability of a bit is a sum of these counts, over the bytes that begin with
//! its prefix. The idea is that of the residual maps of paq8px (2025).

use super::differences::{Differences, apart};
use super::input_model::{BitPosition, InputModel};
use super::similar::SimilarState;
use crate::numeric::PROBABILITY_BITS;
use crate::numeric::state_map::inputs_of;

/// Guesses for each byte, and pairs of inputs for each bit.
pub const GUESSES: usize = 8;
/// Classes of trust in a guess by one number, and by two.
const FEW: usize = 32;
const MANY: usize = 1024;
/// Classes of each guess: see [`Residuals::guess`].
const CLASSES: [usize; GUESSES] = [FEW, FEW, MANY, FEW, FEW, FEW, FEW, MANY];
/// The index of each guess's first class.
const FIRST: [usize; GUESSES + 1] = {
    let mut first = [0; GUESSES + 1];
    let mut number = 0;
    while number < GUESSES {
        first[number + 1] = first[number] + CLASSES[number];
        number += 1;
    }
    first
};
/// Where a residual of zero is counted: most residuals are near, and a sum over near ones is a
/// difference of two sums.
const CENTRE: u8 = 128;
/// Residuals after which the counts of a class are halved.
const LIMIT: u16 = 1023;

/// How often a residual was at most each value: an ascending sum of counts.
type Sums = [u16; 256];

/// Distances and decay of the mean differences that periods of records are taken from. A record of a
/// quarter of these distances is found.
type Periods = Differences<2048, 6>;
/// Bytes after which the best period is looked for again.
const PERIOD_EVERY: usize = 8;

/// The values of a byte, as wide as the sums: so 16 sums are compared and added to at a time.
static VALUES: Sums = {
    let mut values = [0; 256];
    let mut value = 0;
    while value < 256 {
        values[value] = value as u16;
        value += 1;
    }
    values
};

/// 2^31 divided by twice a number and two.
static RECIPROCAL: [u32; LIMIT as usize + 1] = {
    let mut table = [0; LIMIT as usize + 1];
    let mut number = 0;
    while number < table.len() {
        table[number] = (1u32 << 31) / (2 * number as u32 + 2);
        number += 1;
    }
    table
};

/// A foreseen byte, and the index of the sums that count how far bytes were from it.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
struct Guess {
    byte: u8,
    sums: usize,
}

/// Guesses of the next byte, and the counts of all guesses before.
#[derive(Clone)]
pub struct Residuals {
    periods: Periods,
    period: usize,
    guesses: [Guess; GUESSES],
    sums: Vec<Sums>,
}

impl Default for Residuals {
    fn default() -> Self {
        Self {
            periods: Periods::new(),
            period: 1,
            guesses: std::array::from_fn(|number| Guess { byte: 0, sums: FIRST[number] }),
            sums: vec![[0; 256]; FIRST[GUESSES]],
        }
    }
}

/// Bytes before the next one, by distance.
#[derive(Clone, Copy)]
struct Before<'a>(&'a [u8]);

impl Before<'_> {
    /// The byte `distance` before the next one; 0 before the first.
    #[inline(always)]
    fn at(self, distance: usize) -> u8 {
        self.0.len().checked_sub(distance).and_then(|at| self.0.get(at)).copied().unwrap_or(0)
    }

    /// The byte at `distance`, moved by what the byte `by` before differs from the one before that
    /// byte; and how wrong this guess was for the byte `by` before.
    #[inline(always)]
    fn moved(self, distance: usize, by: usize) -> (u8, usize) {
        let guess = |back: usize| {
            self.at(back + by)
                .wrapping_add(self.at(distance + back))
                .wrapping_sub(self.at(distance + back + by))
        };
        (guess(0), apart(self.at(by), guess(by)).into())
    }

    /// What goes on with the last two values of a column of records of `period` bytes, `back` bytes
    /// before the next byte.
    #[inline(always)]
    fn line(self, period: usize, back: usize) -> u8 {
        let [one, two] = [1, 2].map(|k| self.at(k * period + back));
        one.wrapping_mul(2).wrapping_sub(two)
    }

    /// What goes on with the last three values of a column, as a parabola. The first of them is in
    /// the row `first`.
    #[inline(always)]
    fn curve(self, period: usize, first: usize, back: usize) -> u8 {
        let [one, two, three] = [0, 1, 2].map(|k| self.at((first + k) * period + back));
        one.wrapping_sub(two).wrapping_mul(3).wrapping_add(three)
    }

    /// A guess by [`Self::line`], and how wrong it was one column before.
    #[inline(always)]
    fn line_guess(self, period: usize) -> (u8, usize) {
        (self.line(period, 0), apart(self.at(1), self.line(period, 1)).into())
    }

    /// A guess by [`Self::curve`], and how wrong it was one row and one column before, in the mean.
    #[inline(always)]
    fn curve_guess(self, period: usize) -> (u8, usize) {
        let above = apart(self.at(period), self.curve(period, 2, 0));
        let left = apart(self.at(1), self.curve(period, 1, 1));
        (self.curve(period, 1, 0), (usize::from(above) + usize::from(left)) / 2)
    }

    /// The byte above in the most alike of four records of `period` bytes; and a class of how alike
    /// that record is and how much the four bytes differ.
    #[inline(always)]
    fn row_guess(self, period: usize, periods: &Periods) -> (u8, usize) {
        let rows = [1, 2, 3, 4].map(|k| (periods.at(k * period), self.at(k * period)));
        let (mean, byte) = rows.into_iter().min_by_key(|row| row.0).unwrap_or_default();
        let spread: usize = rows.iter().map(|row| usize::from(apart(byte, row.1))).sum();
        (byte, usize::from(mean >> 9).min(31) * 32 + (spread / 4).min(31))
    }
}

impl Residuals {
    /// Bytes that the counts take.
    #[must_use]
    pub const fn memory() -> u64 {
        (FIRST[GUESSES] * size_of::<Sums>()) as u64
    }

    /// Learns the byte that `bytes` now ends with, and makes guesses for the next one. `similar` has
    /// read the same bytes.
    #[inline(always)]
    pub fn follow(&mut self, bytes: &[u8], similar: &SimilarState) {
        let Some(&byte) = bytes.last() else { return };
        for guess in &self.guesses {
            let sums = &mut self.sums[guess.sums];
            let residual = byte.wrapping_sub(guess.byte).wrapping_add(CENTRE);
            let residual = u16::from(residual);
            for (&value, sum) in VALUES.iter().zip(sums.iter_mut()) {
                *sum += u16::from(value >= residual);
            }
            if sums[255] == LIMIT {
                sums.iter_mut().for_each(|sum| *sum >>= 1);
            }
        }
        self.periods.push(bytes);
        if bytes.len().is_multiple_of(PERIOD_EVERY) {
            self.period = self.periods.best_period().0;
        }
        self.guess(Before(bytes), similar);
    }

    /// Makes guesses for the byte after `before`. Chosen among 36, of 18 kinds by fast and by slow
    /// means: `docs/models-binary.md`.
    #[inline(always)]
    fn guess(&mut self, before: Before<'_>, similar: &SimilarState) {
        let near = similar.near();
        let likest = before.at(near.distance);
        let from_second = apart(likest, before.at(near.second_distance));
        let of_likest =
            usize::from(from_second / 2).min(63) * 16 + usize::from(near.mean >> 9).min(15);
        let guesses = [
            before.line_guess(self.period),
            before.curve_guess(self.period),
            before.row_guess(self.period, &self.periods),
            before.moved(near.distance, 1),
            before.moved(near.distance, 2),
            before.line_guess(near.period),
            before.curve_guess(near.period),
            (likest, of_likest),
        ];
        for (number, (byte, class)) in guesses.into_iter().enumerate() {
            self.guesses[number] =
                Guess { byte, sums: FIRST[number] + class.min(CLASSES[number] - 1) };
        }
    }
}

/// How many residuals are among `length` values from `first` on, after 255 from 0 on.
#[inline(always)]
fn count(sums: &Sums, first: u8, length: usize) -> u32 {
    let below = |value: usize| if value == 0 { 0 } else { u32::from(sums[(value - 1) & 255]) };
    let first = usize::from(first);
    let end = first + length;
    if end <= 256 {
        below(end) - below(first)
    } else {
        below(256) - below(first) + below(end - 256)
    }
}

impl InputModel for Residuals {
    fn pairs(&self) -> usize {
        GUESSES
    }

    /// [`Residuals::follow`] does that.
    #[inline(always)]
    fn push(&mut self, _: &[u8]) {}

    #[inline(always)]
    fn inputs(&mut self, at: BitPosition, inputs: &mut [[i16; 2]]) {
        // The bytes that begin with the bits so far and a zero, then those with a one.
        let first = (at.partial << (8 - at.index)) as u8;
        let half = 128usize >> at.index;
        for (guess, input) in self.guesses.iter().zip(inputs) {
            let sums = &self.sums[guess.sums];
            let first = first.wrapping_sub(guess.byte).wrapping_add(CENTRE);
            let zeros = count(sums, first, half);
            let ones = count(sums, first.wrapping_add(half as u8), half);
            let reciprocal = RECIPROCAL[(zeros + ones) as usize & usize::from(LIMIT)];
            let probability =
                (u64::from(2 * ones + 1) * u64::from(reciprocal)) >> (31 - PROBABILITY_BITS);
            *input = if zeros + ones == 0 { [0, 0] } else { inputs_of(probability as u32) };
        }
    }

    #[inline(always)]
    fn update(&mut self, _: u32, _: BitPosition) {}

    #[inline(always)]
    fn skip(&mut self, _: u32, _: BitPosition) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::family::Family;

    fn after(bytes: &[u8]) -> Residuals {
        let mut similar = SimilarState::new(&[]);
        let mut residuals = Residuals::default();
        for end in 1..=bytes.len() {
            similar.push(&bytes[..end]);
            residuals.follow(&bytes[..end], &similar);
        }
        residuals
    }

    /// What the guess `number` says of the bits of `byte`, the most certain against it.
    fn worst(residuals: &mut Residuals, number: usize, byte: u8) -> i16 {
        let mut inputs = [[0; 2]; GUESSES];
        let says = (0..8).map(|index| {
            let partial = (256 | u32::from(byte)) >> (8 - index);
            residuals.inputs(BitPosition { partial, index }, &mut inputs);
            if byte >> (7 - index) & 1 == 1 { inputs[number][0] } else { -inputs[number][0] }
        });
        says.min().unwrap_or(0)
    }

    /// Records of ten bytes: a number that grows by 7, a square, a wave, noise.
    #[test]
    fn series_go_on() {
        let record = |i: usize| {
            let noise = (i.wrapping_mul(0x9E37_79B9) >> 7) as u8;
            [noise, 200, (i * 7) as u8, 90, (i * i) as u8, 3, 77, 140, noise & 15, 31]
        };
        let mut bytes: Vec<u8> = (0..400).flat_map(record).collect();
        bytes.extend(&record(400)[..2]);
        assert!(worst(&mut after(&bytes), 0, (400 * 7) as u8) > 300);
        bytes.extend(&record(400)[2..4]);
        let mut residuals = after(&bytes);
        assert_eq!(residuals.period, 10);
        assert!(worst(&mut residuals, 1, (400 * 400) as u8) > 300);
        assert!(worst(&mut residuals, 1, (400 * 400 + 100) as u8) < -300);
    }

    #[test]
    fn sums_count_and_are_halved() {
        let residuals = after(&[9; 5000]);
        for guess in residuals.guesses {
            let sums = &residuals.sums[guess.sums];
            assert!(sums[255] < LIMIT && sums[255] > LIMIT / 3, "{}", sums[255]);
            assert_eq!(count(sums, CENTRE, 1), u32::from(sums[255]));
            assert_eq!(count(sums, CENTRE.wrapping_add(1), 255), 0);
            assert_eq!(count(sums, 200, 256), u32::from(sums[255]));
        }
    }

    #[test]
    fn few_bytes_are_no_fault() {
        for length in 0..40 {
            after(&vec![length as u8; length]);
        }
        let mut residuals = Residuals::default();
        let mut inputs = [[7; 2]; GUESSES];
        residuals.inputs(BitPosition { partial: 1, index: 0 }, &mut inputs);
        assert_eq!(inputs, [[0; 2]; GUESSES], "nothing was counted yet");
    }
}
