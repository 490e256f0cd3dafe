//! The Bayesian mixer: every weight is a belief, with a mean and a variance.
//!
//! Assumed-density filtering in its diagonal form (an extended Kalman filter for logistic
//! regression; see e.g. Opper 1998 on online Bayesian learning). A row predicts p = σ(w·x). Seeing
//! bit y moves each mean by Pᵢ xᵢ (y − p) / (1 + p(1−p) Σ Pⱼ xⱼ²) and shrinks its variance Pᵢ by
//! what was learned; between bits the variance grows a little, because data changes. There is no
//! rate to choose: weights about which little is known move far, others hardly.
//!
//! It stands behind the same trait as the gradient [`super::mixer::Mixer`], so that `cmx bench
//! --mixer` can compare them; `docs/architecture-engine.md` shows what came out.

use super::mixer::{Rate, Selection, WeightMixer};
use crate::numeric::PROBABILITY_BITS;
use crate::simd::Kernels;

/// Fractional bits of a variance.
const VARIANCE_BITS: u32 = 20;
/// Variance of a weight at the start, and the most it can become: a standard deviation of 0.14.
const VARIANCE_FIRST: u16 = (0.02 * (1u32 << VARIANCE_BITS) as f64) as u16;
/// How much wider a belief gets, in 2^-20, each time that its row is used.
const DRIFT: u16 = 1;
/// Below this a belief never gets: certainty would end learning.
const VARIANCE_LEAST: u16 = 300;

/// Means and variances of one row.
#[derive(Clone)]
struct Row<const P: usize> {
    means: [[i16; 2]; P],
    variances: [[u16; 2]; P],
}

/// Like [`super::mixer::Mixer`], with a variance for each weight.
#[derive(Clone)]
pub struct BayesMixer<const P: usize, const S: usize> {
    rows: Vec<Row<P>>,
    selection: Selection<S>,
}

impl<const P: usize, const S: usize> WeightMixer<P, S> for BayesMixer<P, S> {
    /// Of `rate` only the threshold counts.
    fn new(rows: [usize; S], weight: i16, rate: Rate) -> Self {
        let (selection, total) = Selection::new(rows, rate.threshold);
        let row = Row { means: [[weight; 2]; P], variances: [[VARIANCE_FIRST; 2]; P] };
        Self { rows: vec![row; total], selection }
    }

    #[inline(always)]
    fn mix<K: Kernels>(
        &mut self,
        kernels: K,
        inputs: &[[i16; 2]; P],
        selectors: &[u32; S],
    ) -> [i32; S] {
        self.selection.mix(kernels, inputs, selectors, |row| &self.rows[row].means)
    }

    #[inline(always)]
    fn update<K: Kernels>(&mut self, _: K, inputs: &[[i16; 2]; P], bit: u32, coded: u32) {
        if !self.selection.teaches(bit, coded) {
            return;
        }
        for k in 0..S {
            let (row, probability, error) = self.selection.lesson(k, bit);
            self.rows[row].learn(inputs, error, probability);
        }
    }
}

impl<const P: usize> Row<P> {
    /// One step of the filter; `error` and `probability` have 22 fractional bits.
    #[inline(always)]
    fn learn(&mut self, inputs: &[[i16; 2]; P], error: i32, probability: u32) {
        let inputs = inputs.as_flattened();
        // Variance times input with 14 fractional bits: below 2^14.
        let spread = |variance: u16, input: i16| {
            (i32::from(variance) * i32::from(input)) >> (VARIANCE_BITS + 8 - 14)
        };
        // The variance of the sum with 16 fractional bits; a term is below 2^20.
        let mut variance = 0i32;
        for (&own, &input) in self.variances.as_flattened().iter().zip(inputs) {
            variance = variance.wrapping_add((spread(own, input) * i32::from(input)) >> 6);
        }
        let p = u64::from(probability >> (PROBABILITY_BITS - 16));
        // p (1 - p), the inverse of the noise of a bit, with 16 fractional bits.
        let information = (p * (65536 - p)) >> 16;
        let scale = 65536 + ((information * u64::from(variance.max(0) as u32)) >> 16);
        // With 14 fractional bits, within ±2^14.
        let gain = ((i64::from(error) << 8) / scale as i64) as i32;
        // With 15 fractional bits, within 2^14.
        let learned = ((information << 15) / scale) as i32;
        let means = self.means.as_flattened_mut();
        let variances = self.variances.as_flattened_mut();
        for ((mean, own), &input) in means.iter_mut().zip(variances).zip(inputs) {
            let spread = spread(*own, input);
            let step = (spread * gain + (1 << 13)) >> 14;
            *mean = mean.saturating_add(step as i16);
            // 28 fractional bits cut to 15, times 15 of `learned`, to the 20 of a variance.
            let shrink = (((spread * spread) >> 13) * learned) >> 10;
            let left = i32::from(*own) - shrink + i32::from(DRIFT);
            *own = left.clamp(i32::from(VARIANCE_LEAST), i32::from(VARIANCE_FIRST)) as u16;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::Scalar;

    /// One input tells the bit, the other is noise: the belief in the first grows, and what is
    /// known narrows its variance.
    #[test]
    fn beliefs_follow_the_evidence() {
        let mut mixer = BayesMixer::<8, 1>::new(
            [1],
            0,
            Rate { first: 0, last: 0, span: 1, rise: 1, threshold: 0 },
        );
        let mut state = 1u32;
        let mut inputs = [[0i16; 2]; 8];
        for _ in 0..2000 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let bit = state >> 31;
            // Right seven times of eight.
            let said = if state >> 28 & 7 == 7 { 1 - bit } else { bit };
            inputs[0] =
                [if said == 1 { 512 } else { -512 }, if state >> 20 & 1 == 1 { 512 } else { -512 }];
            mixer.mix(Scalar, &inputs, &[0]);
            mixer.update(Scalar, &inputs, bit, 1 << (PROBABILITY_BITS - 1));
        }
        let row = &mixer.rows[0];
        let [told, noise] = row.means[0];
        // ln 7 = 1.95 for an input of 2.
        assert!((11_000..22_000).contains(&told), "{told}");
        assert!(noise.abs() < 4_000, "{noise}");
        assert!(row.variances[0][0] < VARIANCE_FIRST / 4, "{}", row.variances[0][0]);
        assert_eq!(row.variances[7][0], VARIANCE_FIRST);
    }
}
