//! Normalised least mean squares in integers: a long adaptive filter at two products a tap.

/// Fractional bits of weights.
const WEIGHT_BITS: u32 = 24;

/// One filter.
#[derive(Clone)]
pub struct Lms {
    weights: Vec<i32>,
    /// The last inputs, twice over so that a window is always contiguous.
    history: Vec<i32>,
    at: usize,
    power: i64,
    rate: u32,
    fraction: u32,
}

impl Lms {
    /// `taps` taps over inputs with `fraction` fractional bits, learning 2^-`rate` of the error.
    #[must_use]
    pub fn new(taps: usize, rate: u32, fraction: u32) -> Self {
        Self { weights: vec![0; taps], history: vec![0; 2 * taps], at: 0, power: 0, rate, fraction }
    }

    /// The next input, with the fractional bits of the inputs.
    #[inline(always)]
    #[must_use]
    pub fn predict(&self) -> i32 {
        let mut sum = 0i64;
        for (&weight, &input) in self.weights.iter().zip(&self.history[self.at..]) {
            sum = sum.wrapping_add(i64::from(weight) * i64::from(input));
        }
        (sum >> WEIGHT_BITS).clamp(-(1 << 26), 1 << 26) as i32
    }

    /// Learns that the prediction missed by `error`, and takes in the input that came.
    #[inline(always)]
    pub fn learn(&mut self, error: i32, input: i32) {
        let taps = self.weights.len();
        let input = input.clamp(-(1 << 26), 1 << 26);
        // error · input / power is a pure number; the weights hold it with 24 fractional bits.
        let step = (i64::from(error.clamp(-(1 << 26), 1 << 26)) << 36)
            / (self.power + (1 << (2 * self.fraction)) * taps as i64);
        let step = step.clamp(-(1 << 34), 1 << 34);
        let shift = 36 - WEIGHT_BITS + self.rate;
        for (weight, &input) in self.weights.iter_mut().zip(&self.history[self.at..]) {
            *weight = weight.wrapping_add(((step * i64::from(input)) >> shift) as i32);
        }
        let oldest = i64::from(self.history[self.at + taps - 1]);
        self.power += i64::from(input) * i64::from(input) - oldest * oldest;
        self.at = if self.at == 0 { taps - 1 } else { self.at - 1 };
        self.history[self.at] = input;
        self.history[self.at + taps] = input;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sine_is_learned() {
        let (mut lms, mut before, mut now) = (Lms::new(16, 5, 8), 0i64, 1i64 << 20);
        let mut late = 0i64;
        for turn in 0..20_000 {
            let error = now as i32 - lms.predict();
            lms.learn(error, now as i32);
            late += if turn > 19_000 { i64::from(error.abs()) } else { 0 };
            // x'' = (2 - 1/16) x' - x
            (before, now) = (now, now * 31 / 16 - before);
        }
        assert!(late / 1000 < 1 << 14, "{}", late / 1000);
    }

    #[test]
    fn garbage_does_no_harm() {
        let mut lms = Lms::new(8, 3, 8);
        for k in 0..1000 {
            let input = if k % 3 == 0 { i32::MAX } else { i32::MIN };
            let _ = lms.predict();
            lms.learn(input, input);
        }
    }
}
