//! Kernels for any x86-64 (SSE2): eight 16-bit lanes.

use super::{Kernels, Scalar};
use crate::model::state_map::MapEntry;
use std::arch::x86_64::*;

const LANES: usize = 8;

/// SSE2 kernels.
#[derive(Clone, Copy, Default, Debug)]
pub struct Sse2;

impl Kernels for Sse2 {
    #[inline(always)]
    fn dot(inputs: &[i16], weights: &[i16]) -> i32 {
        let (inputs, _) = inputs.as_chunks::<LANES>();
        let (weights, _) = weights.as_chunks::<LANES>();
        // SAFETY: every x86-64 has SSE2. Loads are unaligned and inside the chunks.
        unsafe {
            let mut sums = _mm_setzero_si128();
            for (inputs, weights) in inputs.iter().zip(weights) {
                let input = _mm_loadu_si128(inputs.as_ptr().cast());
                let weight = _mm_loadu_si128(weights.as_ptr().cast());
                sums = _mm_add_epi32(sums, _mm_madd_epi16(input, weight));
            }
            let sum = _mm_add_epi32(sums, _mm_shuffle_epi32::<0b01_00_11_10>(sums));
            let sum = _mm_add_epi32(sum, _mm_shuffle_epi32::<0b10_11_00_01>(sum));
            _mm_cvtsi128_si32(sum)
        }
    }

    #[inline(always)]
    fn train(inputs: &[i16], weights: &mut [i16], error: i16) {
        let (inputs, _) = inputs.as_chunks::<LANES>();
        let (weights, _) = weights.as_chunks_mut::<LANES>();
        // SAFETY: as in `dot`.
        unsafe {
            let error = _mm_set1_epi16(error);
            for (inputs, weights) in inputs.iter().zip(weights) {
                let input = _mm_slli_epi16::<1>(_mm_loadu_si128(inputs.as_ptr().cast()));
                // The rounded high half of a doubled product, from its two halves (SSSE3 has it in one).
                let (low, high) = (_mm_mullo_epi16(input, error), _mm_mulhi_epi16(input, error));
                let doubled = _mm_or_si128(_mm_add_epi16(high, high), _mm_srli_epi16::<15>(low));
                let step = _mm_add_epi16(doubled, _mm_and_si128(_mm_srli_epi16::<14>(low), _mm_set1_epi16(1)));
                let moved = _mm_adds_epi16(_mm_loadu_si128(weights.as_ptr().cast()), step);
                _mm_storeu_si128(weights.as_mut_ptr().cast(), moved);
            }
        }
    }

    #[inline(always)]
    fn learn(entries: &[u32], bit: u32, limit: u32, updated: &mut [MapEntry]) {
        // Table lookups dominate: without a gather instruction scalar code is as good.
        Scalar::learn(entries, bit, limit, updated);
    }
}
