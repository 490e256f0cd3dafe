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
    fn train(inputs: &[i16], high: &mut [i16], low: &mut [i16], error: i16) {
        let (inputs, _) = inputs.as_chunks::<LANES>();
        let (high, _) = high.as_chunks_mut::<LANES>();
        let (low, _) = low.as_chunks_mut::<LANES>();
        // SAFETY: as in `dot`.
        unsafe {
            let error = _mm_set1_epi16(error);
            let sign = _mm_set1_epi16(i16::MIN);
            for ((inputs, high), low) in inputs.iter().zip(high).zip(low) {
                let input = _mm_slli_epi16::<2>(_mm_loadu_si128(inputs.as_ptr().cast()));
                let step_low = _mm_mullo_epi16(input, error);
                let step_high = _mm_mulhi_epi16(input, error);
                let sum = _mm_add_epi16(_mm_loadu_si128(low.as_ptr().cast()), step_low);
                // Unsigned `sum < step_low` is the carry, as -1.
                let carry = _mm_cmpgt_epi16(_mm_xor_si128(step_low, sign), _mm_xor_si128(sum, sign));
                let moved = _mm_adds_epi16(_mm_loadu_si128(high.as_ptr().cast()), step_high);
                _mm_storeu_si128(low.as_mut_ptr().cast(), sum);
                _mm_storeu_si128(high.as_mut_ptr().cast(), _mm_subs_epi16(moved, carry));
            }
        }
    }

    #[inline(always)]
    fn learn(entries: &[u32], bit: u32, limit: u32, updated: &mut [MapEntry]) {
        // Table lookups dominate: without a gather instruction scalar code is as good.
        Scalar::learn(entries, bit, limit, updated);
    }
}
