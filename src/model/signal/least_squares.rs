//! Least squares in integers: normal equations in 64 bits, solved by a fixed-point Cholesky
//! decomposition.
//!
//! The matrix of sums of products is scaled to a largest diagonal of one with 28 fractional bits.
//! Rows of the factor are then at most one long, so every product and sum stays within 58 bits:
//! nothing can overflow, whatever the samples are. A ridge on the diagonal bounds the smallest
//! pivot, and with it the error that rounding can do.

/// Most inputs of a fit.
pub const MOST: usize = 32;
/// Row length of the matrix: the inputs, the target, and padding.
const SIDE: usize = MOST + 4;
/// Fractional bits of weights.
pub const WEIGHT_BITS: u32 = 16;
const UNIT_BITS: u32 = 28;
/// Largest weight: ±16.
const WEIGHT_LIMIT: i64 = 16 << WEIGHT_BITS;

/// Upper triangle of sums of products of `n` inputs and the target (as number `n`), by rows of
/// `n + 1` rounded up to a multiple of four.
#[must_use]
pub const fn moments_len(n: usize) -> usize {
    (n + 1) * (n + 1).next_multiple_of(4)
}

/// Adds the products of `samples` (the inputs, then the target), `weight` times, to `moments`.
#[inline(always)]
pub fn accumulate(moments: &mut [i64], samples: &[i32], weight: i32) {
    let side = samples.len().next_multiple_of(4);
    for (k, (row, &left)) in moments.chunks_exact_mut(side).zip(samples).enumerate() {
        let left = left.wrapping_mul(weight);
        for (moment, &right) in row[k..].iter_mut().zip(&samples[k..]) {
            *moment = moment.wrapping_add(i64::from(left) * i64::from(right));
        }
    }
}

/// Takes away 2^-`shift` of every moment.
#[inline(always)]
pub fn decay(moments: &mut [i64], shift: u32) {
    for moment in moments {
        *moment -= *moment >> shift;
    }
}

/// Solves the normal equations for weights.
#[derive(Clone)]
pub struct Solver {
    matrix: Box<[[i64; SIDE]; SIDE]>,
    factor: Box<[[i32; SIDE]; SIDE]>,
    inverse: [i64; SIDE],
}

impl Default for Solver {
    fn default() -> Self {
        Self {
            matrix: Box::new([[0; SIDE]; SIDE]),
            factor: Box::new([[0; SIDE]; SIDE]),
            inverse: [0; SIDE],
        }
    }
}

impl Solver {
    /// Sets `weights` (n of them, [`WEIGHT_BITS`] fractional bits) to the fit of `moments`. The
    /// ridge is the largest diagonal entry over 2^`ridge`, and `floor`.
    #[inline(always)]
    pub fn solve(&mut self, moments: &[i64], weights: &mut [i32], ridge: u32, floor: i64) {
        let n = weights.len().min(MOST);
        let side = (n + 1).next_multiple_of(4);
        let largest = (0..n).filter_map(|k| moments.get(k * side + k)).copied().max().unwrap_or(0);
        if largest <= 0 {
            weights.fill(0);
            return;
        }
        // The top bit of the diagonal goes to bit UNIT_BITS - 1. Products with the target may be
        // larger, where a weight is above one: up to twice the unit is kept.
        let shift = UNIT_BITS as i32 - 1 - largest.ilog2() as i32;
        let scale = |value: i64| {
            let scaled = if shift >= 0 { value << shift } else { value >> -shift };
            scaled.clamp(-(2 << UNIT_BITS), 2 << UNIT_BITS) << UNIT_BITS
        };
        let extra = scale((largest >> ridge).saturating_add(floor)).max(1 << (2 * UNIT_BITS - 22));
        for (k, (row, moments)) in
            self.matrix.iter_mut().zip(moments.chunks_exact(side)).enumerate().take(n)
        {
            for (entry, &moment) in row[k..=n].iter_mut().zip(&moments[k..=n]) {
                *entry = scale(moment);
            }
            row[k] += extra;
        }
        self.factorise(n, extra);
        self.substitute(n, weights);
    }

    /// Upper triangular factor, by rows; each row then leaves the rows below it.
    #[inline(always)]
    fn factorise(&mut self, n: usize, least: i64) {
        for k in 0..n {
            let (above, below) = self.matrix.split_at_mut(k + 1);
            let pivot = above[k][k].max(least);
            let root = root(pivot as u64).max(1) as i64;
            // 24 fractional bits; the root is at least 2^-11, so this is below 2^36 and the product
            // below 2^63.
            let inverse = (1 << (UNIT_BITS + 24)) / root;
            self.inverse[k] = inverse;
            let factor = &mut self.factor[k];
            for (factor, &entry) in factor[k + 1..=n].iter_mut().zip(&above[k][k + 1..=n]) {
                *factor = (((entry >> (UNIT_BITS + 3)) * inverse) >> 21).clamp(-(1 << 30), 1 << 30)
                    as i32;
            }
            for (j, row) in below.iter_mut().enumerate().take(n - k - 1) {
                let j = j + k + 1;
                let left = i64::from(factor[j]);
                for (entry, &right) in row[j..=n].iter_mut().zip(&factor[j..=n]) {
                    *entry = entry.wrapping_sub(left * i64::from(right));
                }
            }
        }
    }

    #[inline(always)]
    fn substitute(&mut self, n: usize, weights: &mut [i32]) {
        for k in (0..n).rev() {
            let mut rest = i64::from(self.factor[k][n]) << WEIGHT_BITS;
            for j in k + 1..n {
                rest = rest.wrapping_sub(i64::from(self.factor[k][j]) * i64::from(weights[j]));
            }
            let weight =
                ((i128::from(rest) * i128::from(self.inverse[k])) >> (UNIT_BITS + 24)) as i64;
            weights[k] = weight.clamp(-WEIGHT_LIMIT, WEIGHT_LIMIT) as i32;
        }
    }
}

/// The square root, rounded down. Faster than that of the standard library: the processor's root of
/// a number below 2^63 is off by less than one, which the remainder tells.
#[inline(always)]
fn root(value: u64) -> u64 {
    let near = (value as f64).sqrt() as u64;
    if near * near > value {
        near - 1
    } else if (near + 1) * (near + 1) <= value {
        near + 1
    } else {
        near
    }
}

/// The weighted sum of `inputs`, with `fraction` fractional bits more than they have.
#[inline(always)]
#[must_use]
pub fn predict(weights: &[i32], inputs: &[i32], fraction: u32) -> i64 {
    let mut sum = 0i64;
    for (&weight, &input) in weights.iter().zip(inputs) {
        sum = sum.wrapping_add(i64::from(weight) * i64::from(input));
    }
    sum >> (WEIGHT_BITS - fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(state: &mut u32) -> i32 {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (*state >> 20) as i32 - 2048
    }

    #[test]
    fn weights_of_a_known_sum_are_found() {
        let truth = [3, -2, 0, 1, 5, -1, 2, 0, 1];
        let mut state = 1;
        let mut moments = vec![0; moments_len(truth.len())];
        for _ in 0..300 {
            let mut samples: Vec<i32> = truth.iter().map(|_| random(&mut state)).collect();
            samples.push(samples.iter().zip(truth).map(|(x, w)| x * w).sum::<i32>() / 4);
            accumulate(&mut moments, &samples, 1);
        }
        let mut weights = [0; 9];
        Solver::default().solve(&moments, &mut weights, 20, 0);
        for (weight, truth) in weights.iter().zip(truth) {
            assert!((weight - truth * 16384).abs() < 100, "{weights:?}");
        }
    }

    #[test]
    fn roots_are_exact() {
        let mut state = 1;
        let random = (0..200_000).map(|k| {
            let high = u64::from(random(&mut state) as u32) << 32;
            (high | u64::from(random(&mut state) as u32)) >> (1 + k % 63)
        });
        let squares = (1..3_037_000_499u64)
            .step_by(99_991)
            .flat_map(|root| [root * root - 1, root * root, root * root + 1]);
        for value in random.chain(squares).chain([0, 1, 2, 3, 4, (1 << 63) - 1]) {
            assert_eq!(root(value), value.isqrt(), "{value}");
        }
    }

    #[test]
    fn hopeless_matrices_do_no_harm() {
        let mut weights = [7; 5];
        let mut solver = Solver::default();
        solver.solve(&[0; moments_len(5)], &mut weights, 12, 0);
        assert_eq!(weights, [0; 5]);
        for fill in [1, -1, i64::MAX, i64::MIN, 1 << 40] {
            solver.solve(&[fill; moments_len(5)], &mut weights, 12, 1);
            solver.solve(&[fill; 3], &mut weights, 12, 1);
        }
    }
}
