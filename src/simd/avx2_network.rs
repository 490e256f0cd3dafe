//! Kernels of networks for x86-64 with AVX2.

use super::network::{LARGEST_RATIO, LEAST_SQUARE, ROOT_BITS};
use super::{Avx2, Descent, InstructionSet, LANES, NetworkKernels};
use std::arch::x86_64::*;

/// The sums of the lanes of eight vectors, one a lane.
#[inline(always)]
pub(super) unsafe fn sums_of(v: [__m256i; 8]) -> __m256i {
    // SAFETY: the caller proves AVX2.
    unsafe {
        let a = _mm256_hadd_epi32(v[0], v[1]);
        let b = _mm256_hadd_epi32(v[2], v[3]);
        let c = _mm256_hadd_epi32(v[4], v[5]);
        let d = _mm256_hadd_epi32(v[6], v[7]);
        let (low, high) = (_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
        let first = _mm256_permute2x128_si256::<0x20>(low, high);
        let second = _mm256_permute2x128_si256::<0x31>(low, high);
        _mm256_add_epi32(first, second)
    }
}

/// Each number of `x`, or the nearest from -`limit` to `limit`.
#[inline(always)]
unsafe fn clamp(x: __m256i, limit: i32) -> __m256i {
    // SAFETY: the caller proves AVX2.
    unsafe {
        let x = _mm256_min_epi32(x, _mm256_set1_epi32(limit));
        _mm256_max_epi32(x, _mm256_set1_epi32(-limit))
    }
}

/// Adds to `N` vectors of sums, from vector `first` of `chunks` on, what
/// [`NetworkKernels::combine`] says.
#[inline(always)]
fn combine_block<const N: usize>(
    pairs: &[[i16; LANES]],
    chunks: usize,
    first: usize,
    factors: &[[i16; 2]],
    sums: &mut [[i32; 8]],
) {
    // SAFETY: only kernels of AVX2 call this, a value of whose type proves AVX2.
    unsafe {
        let mut all = [_mm256_setzero_si256(); N];
        for (rows, factors) in pairs.chunks_exact(chunks).zip(factors) {
            let both = u32::from(factors[0] as u16) | u32::from(factors[1] as u16) << 16;
            let factor = _mm256_set1_epi32(both as i32);
            let rows = &rows[first..first + N];
            for (all, row) in all.iter_mut().zip(rows) {
                let row = _mm256_loadu_si256(row.as_ptr().cast());
                *all = _mm256_add_epi32(*all, _mm256_madd_epi16(row, factor));
            }
        }
        for (all, sums) in all.into_iter().zip(sums) {
            let sums: *mut __m256i = sums.as_mut_ptr().cast();
            _mm256_storeu_si256(sums, _mm256_add_epi32(_mm256_loadu_si256(sums), all));
        }
    }
}

impl NetworkKernels for Avx2 {
    fn instruction_set(self) -> InstructionSet {
        InstructionSet::Avx2(self)
    }

    #[inline(always)]
    fn multiply(self, matrix: &[i16], inputs: &[i16], sums: &mut [i32]) {
        let width = inputs.len();
        let (inputs, _) = inputs.as_chunks::<LANES>();
        let (sums, _) = sums.as_chunks_mut::<8>();
        for (rows, sums) in matrix.chunks_exact(8 * width).zip(sums) {
            let (rows, _) = rows.as_chunks::<LANES>();
            // SAFETY: a value of the type proves AVX2. Loads are inside eight rows of as many
            // chunks as there are inputs.
            unsafe {
                let mut all = [_mm256_setzero_si256(); 8];
                for (at, input) in inputs.iter().enumerate() {
                    let input = _mm256_loadu_si256(input.as_ptr().cast());
                    for (row, all) in all.iter_mut().enumerate() {
                        let weights = &rows[row * inputs.len() + at];
                        let weights = _mm256_loadu_si256(weights.as_ptr().cast());
                        *all = _mm256_add_epi32(*all, _mm256_madd_epi16(input, weights));
                    }
                }
                let old = _mm256_loadu_si256(sums.as_ptr().cast());
                _mm256_storeu_si256(sums.as_mut_ptr().cast(), _mm256_add_epi32(old, sums_of(all)));
            }
        }
    }

    #[inline(always)]
    fn interleave(self, matrix: &[i16], width: usize, pairs: &mut [i16]) {
        for (rows, pairs) in matrix.chunks_exact(2 * width).zip(pairs.chunks_exact_mut(2 * width)) {
            let (one, two) = rows.split_at(width);
            let (one, _) = one.as_chunks::<LANES>();
            let (two, _) = two.as_chunks::<LANES>();
            let (pairs, _) = pairs.as_chunks_mut::<{ 2 * LANES }>();
            for (pairs, (one, two)) in pairs.iter_mut().zip(one.iter().zip(two)) {
                // SAFETY: as in `multiply`.
                unsafe {
                    let one = _mm256_loadu_si256(one.as_ptr().cast());
                    let two = _mm256_loadu_si256(two.as_ptr().cast());
                    let low = _mm256_unpacklo_epi16(one, two);
                    let high = _mm256_unpackhi_epi16(one, two);
                    let first = _mm256_permute2x128_si256::<0x20>(low, high);
                    let second = _mm256_permute2x128_si256::<0x31>(low, high);
                    let pairs: *mut __m256i = pairs.as_mut_ptr().cast();
                    _mm256_storeu_si256(pairs, first);
                    _mm256_storeu_si256(pairs.add(1), second);
                }
            }
        }
    }

    #[inline(always)]
    fn combine(self, pairs: &[i16], factors: &[i16], sums: &mut [i32]) {
        let chunks = sums.len() / 8;
        let (pairs, _) = pairs.as_chunks::<LANES>();
        let (factors, _) = factors.as_chunks::<2>();
        let (sums, _) = sums.as_chunks_mut::<8>();
        let mut blocks = sums.chunks_exact_mut(8);
        let mut first = 0;
        for sums in &mut blocks {
            combine_block::<8>(pairs, chunks, first, factors, sums);
            first += 8;
        }
        for sums in blocks.into_remainder().chunks_exact_mut(2) {
            combine_block::<2>(pairs, chunks, first, factors, sums);
            first += 2;
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
        let (weights, _) = weights.as_chunks_mut::<8>();
        let (moments, _) = moments.as_chunks_mut::<8>();
        let (rounded, _) = rounded.as_chunks_mut::<8>();
        let (gradients, _) = gradients.as_chunks::<8>();
        // SAFETY: as in `multiply`; all are chunks of eight.
        unsafe {
            let shift = _mm_cvtsi32_si128(descent.shift as i32 - 1);
            let decay = _mm_cvtsi32_si128(descent.decay as i32);
            let rate = _mm256_set1_epi32(descent.rate);
            let one = _mm256_set1_epi32(1);
            let all = weights.iter_mut().zip(rounded).zip(moments.iter_mut().zip(gradients));
            for ((weights, rounded), (moments, gradients)) in all {
                let gradient = _mm256_loadu_si256(gradients.as_ptr().cast());
                let gradient = _mm256_add_epi32(_mm256_sra_epi32(gradient, shift), one);
                let gradient = clamp(_mm256_srai_epi32::<1>(gradient), 32767);
                let square = _mm256_mullo_epi32(gradient, gradient);
                let moment = _mm256_loadu_si256(moments.as_ptr().cast());
                let moment = _mm256_add_epi32(
                    _mm256_sub_epi32(moment, _mm256_srl_epi32(moment, decay)),
                    _mm256_srl_epi32(square, decay),
                );
                _mm256_storeu_si256(moments.as_mut_ptr().cast(), moment);
                let square = _mm256_max_epi32(moment, _mm256_set1_epi32(LEAST_SQUARE as i32));
                let float = _mm256_castps_si256(_mm256_cvtepi32_ps(square));
                let power = _mm256_sub_epi32(
                    _mm256_set1_epi32(ROOT_BITS as i32),
                    _mm256_srli_epi32::<1>(float),
                );
                let mantissa = _mm256_srli_epi32::<9>(_mm256_or_si256(
                    _mm256_and_si256(power, _mm256_set1_epi32(0x7f_ffff)),
                    _mm256_set1_epi32(0x80_0000),
                ));
                let down = _mm256_sub_epi32(_mm256_set1_epi32(146), _mm256_srli_epi32::<23>(power));
                let ratio = _mm256_srav_epi32(_mm256_mullo_epi32(gradient, mantissa), down);
                let ratio = clamp(ratio, LARGEST_RATIO);
                let weight = _mm256_loadu_si256(weights.as_ptr().cast());
                let weight = _mm256_sub_epi32(weight, _mm256_mullo_epi32(ratio, rate));
                let weight = clamp(weight, descent.limit);
                _mm256_storeu_si256(weights.as_mut_ptr().cast(), weight);
                let short =
                    _mm256_srai_epi32::<16>(_mm256_add_epi32(weight, _mm256_set1_epi32(1 << 15)));
                let short =
                    _mm256_permute4x64_epi64::<0b00_00_10_00>(_mm256_packs_epi32(short, short));
                _mm_storeu_si128(rounded.as_mut_ptr().cast(), _mm256_castsi256_si128(short));
            }
        }
    }
}
