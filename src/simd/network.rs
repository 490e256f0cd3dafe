//! The inner loops of networks: products of 16-bit numbers summed in 32 bits, and steps of descent.
//!
//! The bodies here are the reference: plain integer code, always compiled, which every other
//! implementation equals bit for bit. Sums wrap, so their order does not matter.

use super::sealed;

/// What a step of descent has in common for all weights of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descent {
    /// How far gradients are shifted to the right, with rounding, to have 17 fractional bits: 1 to
    /// 30.
    pub shift: u32,
    /// The mean of squares moves by 2^-`decay` of what it is off: 0 to 15.
    pub decay: u32,
    /// Size of a step at a gradient of usual size, with 16 fractional bits: 0 to 2^13.
    pub rate: i32,
    /// Largest weight, in magnitude, with 28 fractional bits: at most [`WEIGHT_LIMIT`].
    pub limit: i32,
}

/// Largest weight, in magnitude, with 28 fractional bits: 6.
pub const WEIGHT_LIMIT: i32 = 3 << 29;
/// Least mean of squares, with 34 fractional bits, that a step is divided by the root of.
pub const LEAST_SQUARE: u32 = 1 << 6;
/// Largest gradient in units of its usual size, with 12 fractional bits: 8.
pub const LARGEST_RATIO: i32 = 8 << 12;
/// What the bits of a float less half of those of another are, where the one is about the inverse
/// root of the other; scaled by 2^17.
pub const ROOT_BITS: u32 = 0x5f37_59df + (17 << 23);

/// The bits of the 32-bit float next to `number` (below 2^31, not 0; of two, the even one): the
/// logarithm, with 23 fractional bits, as linear between powers of two, with an offset of 127.
#[inline(always)]
fn float_bits(number: u32) -> u32 {
    let log = 31 - number.leading_zeros();
    let mantissa = if log <= 23 {
        number << (23 - log)
    } else {
        let shift = log - 23;
        (number + (1 << (shift - 1)) - 1 + (number >> shift & 1)) >> shift
    };
    ((log + 126) << 23) + mantissa
}

/// About 2^17 / √`square`, for 1 to 2^31 - 1: mantissa (15 bits) and exponent, `mantissa` ×
/// 2^(`exponent` - 141). At most 3.5 % off: logarithm and power are taken as linear between powers
/// of two, as Walsh did.
#[inline(always)]
fn inverse_root(square: u32) -> (i32, u32) {
    let power = ROOT_BITS - (float_bits(square) >> 1);
    (((power & 0x7f_ffff | 0x80_0000) >> 9) as i32, power >> 23)
}

/// One step of one weight: the reference of [`NetworkKernels::descend`].
#[inline(always)]
pub(super) fn step(weight: i32, moment: &mut u32, gradient: i32, descent: Descent) -> i32 {
    let Descent { shift, decay, rate, limit } = descent;
    let gradient = ((gradient >> (shift - 1)).wrapping_add(1) >> 1).clamp(-32767, 32767);
    let square = (gradient * gradient) as u32;
    *moment = *moment - (*moment >> decay) + (square >> decay);
    let (mantissa, exponent) = inverse_root((*moment).max(LEAST_SQUARE));
    let ratio = ((gradient * mantissa) >> (146 - exponent)).clamp(-LARGEST_RATIO, LARGEST_RATIO);
    (weight - ratio * rate).clamp(-limit, limit)
}

/// The inner loops of networks. Numbers of inputs are multiples of [`super::LANES`].
pub trait NetworkKernels: sealed::Sealed + Copy + Send + Sync + 'static {
    /// Whether a value proves AVX-512, and loops over it are to be compiled for that.
    const IS_AVX512: bool = false;

    /// The set that these kernels belong to.
    fn instruction_set(self) -> super::InstructionSet;

    /// Adds to each of `sums` the product of its row of `matrix` and `inputs`, wrapping: a row
    /// after the other, each as long as `inputs`. Rows are a multiple of eight.
    #[inline(always)]
    fn multiply(self, matrix: &[i16], inputs: &[i16], sums: &mut [i32]) {
        for (row, sum) in matrix.chunks_exact(inputs.len()).zip(sums) {
            for (&weight, &input) in row.iter().zip(inputs) {
                *sum = sum.wrapping_add(i32::from(weight) * i32::from(input));
            }
        }
    }

    /// Writes an even number of rows of `matrix` to `pairs` as [`NetworkKernels::combine`] takes
    /// them: of every two rows the first elements, then the second ones, and so on.
    #[inline(always)]
    fn interleave(self, matrix: &[i16], width: usize, pairs: &mut [i16]) {
        for (rows, pairs) in matrix.chunks_exact(2 * width).zip(pairs.chunks_exact_mut(2 * width)) {
            let (one, two) = rows.split_at(width);
            for (pair, (&one, &two)) in pairs.chunks_exact_mut(2).zip(one.iter().zip(two)) {
                pair[0] = one;
                pair[1] = two;
            }
        }
    }

    /// Adds to `sums` each row of a matrix times its factor, wrapping. The rows, each as long as
    /// `sums` and even in number, stand in `pairs` as [`NetworkKernels::interleave`] writes them.
    #[inline(always)]
    fn combine(self, pairs: &[i16], factors: &[i16], sums: &mut [i32]) {
        for (rows, factors) in pairs.chunks_exact(2 * sums.len()).zip(factors.chunks_exact(2)) {
            let factors = [i32::from(factors[0]), i32::from(factors[1])];
            for (sum, pair) in sums.iter_mut().zip(rows.chunks_exact(2)) {
                let one = i32::from(pair[0]).wrapping_mul(factors[0]);
                let two = i32::from(pair[1]).wrapping_mul(factors[1]);
                *sum = sum.wrapping_add(one.wrapping_add(two));
            }
        }
    }

    /// Moves `weights` (28 fractional bits) against `gradients`, each by a step that is divided by
    /// the root of the mean of its squares (`moments`, 34 fractional bits), and writes them with 12
    /// fractional bits to `rounded`. Slices have equal lengths, a multiple of eight.
    #[inline(always)]
    fn descend(
        self,
        weights: &mut [i32],
        moments: &mut [u32],
        rounded: &mut [i16],
        gradients: &[i32],
        descent: Descent,
    ) {
        let weights = weights.iter_mut().zip(rounded);
        for ((weight, rounded), (moment, &gradient)) in
            weights.zip(moments.iter_mut().zip(gradients))
        {
            *weight = step(*weight, moment, gradient, descent);
            *rounded = round(*weight);
        }
    }
}

/// Something to be done with the kernels of networks of an instruction set.
pub trait NetworkWork {
    /// What comes of the work.
    type Output;
    /// Does the work with `kernels`.
    fn run<K: NetworkKernels>(self, kernels: K) -> Self::Output;
}

/// Does `work` with the kernels of networks of `set`.
pub fn over_network_kernels<W: NetworkWork>(set: super::InstructionSet, work: W) -> W::Output {
    use super::InstructionSet;
    match set {
        InstructionSet::Scalar => work.run(super::Scalar),
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2(kernels) => match kernels.wide() {
            Some(wide) => work.run(wide),
            None => work.run(kernels),
        },
        #[cfg(target_arch = "aarch64")]
        InstructionSet::Neon(kernels) => work.run(kernels),
    }
}

/// A weight with 12 fractional bits.
#[inline(always)]
#[must_use]
pub fn round(weight: i32) -> i16 {
    ((weight + (1 << 15)) >> 16) as i16
}
