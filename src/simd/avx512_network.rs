//! Kernels of networks for x86-64 with AVX-512: products of 32 pairs of 16-bit numbers at once.

use super::network::{LARGEST_RATIO, LEAST_SQUARE, ROOT_BITS};
use super::{Avx2, Descent, InstructionSet, NetworkKernels, sealed};
use std::arch::x86_64::*;

/// Numbers of 16 bits, and of 32 bits, in a vector.
const SHORT: usize = 32;
const LONG: usize = 16;

/// AVX-512 kernels of networks. A value proves that this machine has what [`Avx2`] proves and
/// AVX-512 F, BW, VL and VNNI: detection alone makes it.
///
/// ```compile_fail,E0451
/// let undetected = cmx::internals::simd::Avx512 { detected: () };
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Avx512 {
    detected: (),
}

impl Avx512 {
    /// The kernels, where this machine has their instructions; `avx2` proves the others.
    pub(super) fn detect(_avx2: Avx2) -> Option<Self> {
        let has_vectors = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl");
        (has_vectors && is_x86_feature_detected!("avx512vnni")).then_some(Avx512 { detected: () })
    }
}

impl sealed::Sealed for Avx512 {}

/// The sums of the lanes of eight vectors, one a lane.
#[inline(always)]
unsafe fn sums_of(v: [__m512i; 8]) -> __m256i {
    // SAFETY: the caller proves AVX-512.
    unsafe {
        let half = |v: __m512i| {
            _mm256_add_epi32(_mm512_castsi512_si256(v), _mm512_extracti64x4_epi64::<1>(v))
        };
        let [a, b, c, d, e, f, g, h] = v;
        let halves = [half(a), half(b), half(c), half(d), half(e), half(f), half(g), half(h)];
        super::avx2_network::sums_of(halves)
    }
}

/// Each number of `x`, or the nearest from -`limit` to `limit`.
#[inline(always)]
unsafe fn clamp(x: __m512i, limit: i32) -> __m512i {
    // SAFETY: the caller proves AVX-512.
    unsafe {
        let x = _mm512_min_epi32(x, _mm512_set1_epi32(limit));
        _mm512_max_epi32(x, _mm512_set1_epi32(-limit))
    }
}

/// Adds to `N` vectors of sums, from vector `first` of `chunks` on, what
/// [`NetworkKernels::combine`] says.
#[inline(always)]
fn combine_block<const N: usize>(
    pairs: &[[i16; SHORT]],
    chunks: usize,
    first: usize,
    factors: &[[i16; 2]],
    sums: &mut [[i32; LONG]],
) {
    // SAFETY: only kernels of AVX-512 call this, a value of whose type proves AVX-512.
    unsafe {
        let mut all = [_mm512_setzero_si512(); N];
        for (rows, factors) in pairs.chunks_exact(chunks).zip(factors) {
            let both = u32::from(factors[0] as u16) | u32::from(factors[1] as u16) << 16;
            let factor = _mm512_set1_epi32(both as i32);
            let rows = &rows[first..first + N];
            for (all, row) in all.iter_mut().zip(rows) {
                let row = _mm512_loadu_si512(row.as_ptr().cast());
                *all = _mm512_dpwssd_epi32(*all, row, factor);
            }
        }
        for (all, sums) in all.into_iter().zip(sums) {
            let sums: *mut __m512i = sums.as_mut_ptr().cast();
            _mm512_storeu_si512(sums, _mm512_add_epi32(_mm512_loadu_si512(sums), all));
        }
    }
}

/// The constants of a call of [`NetworkKernels::descend`].
#[derive(Clone, Copy)]
struct Step {
    shift: __m128i,
    decay: __m128i,
    rate: __m512i,
    limit: i32,
}

/// The step of sixteen weights.
#[inline(always)]
unsafe fn step(
    weights: &mut [i32; LONG],
    moments: &mut [u32; LONG],
    rounded: &mut [i16; LONG],
    gradients: &[i32; LONG],
    Step { shift, decay, rate, limit }: Step,
) {
    // SAFETY: the caller proves AVX-512; each array is one vector, or half of one.
    unsafe {
        let gradient = _mm512_loadu_si512(gradients.as_ptr().cast());
        let gradient = _mm512_add_epi32(_mm512_sra_epi32(gradient, shift), _mm512_set1_epi32(1));
        let gradient = clamp(_mm512_srai_epi32::<1>(gradient), 32767);
        let square = _mm512_mullo_epi32(gradient, gradient);
        let moment = _mm512_loadu_si512(moments.as_ptr().cast());
        let moment = _mm512_add_epi32(
            _mm512_sub_epi32(moment, _mm512_srl_epi32(moment, decay)),
            _mm512_srl_epi32(square, decay),
        );
        _mm512_storeu_si512(moments.as_mut_ptr().cast(), moment);
        let square = _mm512_max_epi32(moment, _mm512_set1_epi32(LEAST_SQUARE as i32));
        let float = _mm512_castps_si512(_mm512_cvtepi32_ps(square));
        let power =
            _mm512_sub_epi32(_mm512_set1_epi32(ROOT_BITS as i32), _mm512_srli_epi32::<1>(float));
        let mantissa = _mm512_srli_epi32::<9>(_mm512_or_si512(
            _mm512_and_si512(power, _mm512_set1_epi32(0x7f_ffff)),
            _mm512_set1_epi32(0x80_0000),
        ));
        let down = _mm512_sub_epi32(_mm512_set1_epi32(146), _mm512_srli_epi32::<23>(power));
        let ratio = _mm512_srav_epi32(_mm512_mullo_epi32(gradient, mantissa), down);
        let ratio = clamp(ratio, LARGEST_RATIO);
        let weight = _mm512_loadu_si512(weights.as_ptr().cast());
        let weight = clamp(_mm512_sub_epi32(weight, _mm512_mullo_epi32(ratio, rate)), limit);
        _mm512_storeu_si512(weights.as_mut_ptr().cast(), weight);
        let short = _mm512_srai_epi32::<16>(_mm512_add_epi32(weight, _mm512_set1_epi32(1 << 15)));
        _mm256_storeu_si256(rounded.as_mut_ptr().cast(), _mm512_cvtepi32_epi16(short));
    }
}

impl NetworkKernels for Avx512 {
    const IS_AVX512: bool = true;

    fn instruction_set(self) -> InstructionSet {
        InstructionSet::Avx2(Avx2::with(self))
    }

    #[inline(always)]
    fn multiply(self, matrix: &[i16], inputs: &[i16], sums: &mut [i32]) {
        let width = inputs.len();
        let (wide, rest) = inputs.as_chunks::<SHORT>();
        if !rest.is_empty() {
            return Avx2::with(self).multiply(matrix, inputs, sums);
        }
        let (sums, _) = sums.as_chunks_mut::<8>();
        for (rows, sums) in matrix.chunks_exact(8 * width).zip(sums) {
            let (rows, _) = rows.as_chunks::<SHORT>();
            // SAFETY: a value of the type proves AVX-512. Loads are inside eight rows of as many
            // chunks as there are inputs.
            unsafe {
                let mut all = [_mm512_setzero_si512(); 8];
                for (at, input) in wide.iter().enumerate() {
                    let input = _mm512_loadu_si512(input.as_ptr().cast());
                    for (row, all) in all.iter_mut().enumerate() {
                        let weights = &rows[row * wide.len() + at];
                        let weights = _mm512_loadu_si512(weights.as_ptr().cast());
                        *all = _mm512_dpwssd_epi32(*all, input, weights);
                    }
                }
                let old = _mm256_loadu_si256(sums.as_ptr().cast());
                _mm256_storeu_si256(sums.as_mut_ptr().cast(), _mm256_add_epi32(old, sums_of(all)));
            }
        }
    }

    #[inline(always)]
    fn interleave(self, matrix: &[i16], width: usize, pairs: &mut [i16]) {
        Avx2::with(self).interleave(matrix, width, pairs);
    }

    #[inline(always)]
    fn combine(self, pairs: &[i16], factors: &[i16], sums: &mut [i32]) {
        let chunks = sums.len() / LONG;
        if !sums.len().is_multiple_of(LONG) {
            return Avx2::with(self).combine(pairs, factors, sums);
        }
        let (pairs, _) = pairs.as_chunks::<SHORT>();
        let (factors, _) = factors.as_chunks::<2>();
        let (sums, _) = sums.as_chunks_mut::<LONG>();
        let mut blocks = sums.chunks_exact_mut(8);
        let mut first = 0;
        for sums in &mut blocks {
            combine_block::<8>(pairs, chunks, first, factors, sums);
            first += 8;
        }
        for sums in blocks.into_remainder().chunks_exact_mut(1) {
            combine_block::<1>(pairs, chunks, first, factors, sums);
            first += 1;
        }
    }

    #[inline(always)]
    fn descend(
        self,
        weights: &mut [i32],
        moments: &mut [u32],
        rounded: &mut [i16],
        gradients: &[i32],
        descent: Descent,
    ) {
        let (weights, last_weights) = weights.as_chunks_mut::<LONG>();
        let (moments, last_moments) = moments.as_chunks_mut::<LONG>();
        let (rounded, last_rounded) = rounded.as_chunks_mut::<LONG>();
        let (gradients, last_gradients) = gradients.as_chunks::<LONG>();
        // SAFETY: a value of the type proves AVX-512.
        unsafe {
            let constants = Step {
                shift: _mm_cvtsi32_si128(descent.shift as i32 - 1),
                decay: _mm_cvtsi32_si128(descent.decay as i32),
                rate: _mm512_set1_epi32(descent.rate),
                limit: descent.limit,
            };
            let all = weights.iter_mut().zip(rounded).zip(moments.iter_mut().zip(gradients));
            for ((weights, rounded), (moments, gradients)) in all {
                step(weights, moments, rounded, gradients, constants);
            }
        }
        if !last_weights.is_empty() {
            let avx2 = Avx2::with(self);
            avx2.descend(last_weights, last_moments, last_rounded, last_gradients, descent);
        }
    }
}
