//! Kernels for AArch64 (NEON): eight 16-bit lanes.

use super::{Kernels, Scalar};
use crate::model::state_map::MapEntry;
use std::arch::aarch64::*;

const LANES: usize = 8;

/// NEON kernels; every AArch64 has them.
#[derive(Clone, Copy, Default, Debug)]
pub struct Neon;

impl Kernels for Neon {
    #[inline(always)]
    fn dot(inputs: &[i16], weights: &[i16]) -> i32 {
        let (inputs, _) = inputs.as_chunks::<LANES>();
        let (weights, _) = weights.as_chunks::<LANES>();
        // SAFETY: NEON is part of the AArch64 baseline; loads stay inside the chunks.
        unsafe {
            let mut sums = vdupq_n_s32(0);
            for (inputs, weights) in inputs.iter().zip(weights) {
                let (input, weight) = (vld1q_s16(inputs.as_ptr()), vld1q_s16(weights.as_ptr()));
                sums = vmlal_s16(sums, vget_low_s16(input), vget_low_s16(weight));
                sums = vmlal_high_s16(sums, input, weight);
            }
            vaddvq_s32(sums)
        }
    }

    #[inline(always)]
    fn train(inputs: &[i16], high: &mut [i16], low: &mut [i16], error: i16) {
        let (inputs, _) = inputs.as_chunks::<LANES>();
        let (high, _) = high.as_chunks_mut::<LANES>();
        let (low, _) = low.as_chunks_mut::<LANES>();
        // SAFETY: as in `dot`.
        unsafe {
            let error = vdupq_n_s16(error);
            for ((inputs, high), low) in inputs.iter().zip(high).zip(low) {
                let input = vshlq_n_s16::<2>(vld1q_s16(inputs.as_ptr()));
                let step_low = vmulq_s16(input, error);
                let wide_low = vmull_s16(vget_low_s16(input), vget_low_s16(error));
                let wide_high = vmull_high_s16(input, error);
                let step_high = vcombine_s16(vshrn_n_s32::<16>(wide_low), vshrn_n_s32::<16>(wide_high));
                let sum = vaddq_s16(vld1q_s16(low.as_ptr()), step_low);
                let carry = vreinterpretq_s16_u16(vcltq_u16(vreinterpretq_u16_s16(sum), vreinterpretq_u16_s16(step_low)));
                let moved = vqaddq_s16(vld1q_s16(high.as_ptr()), step_high);
                vst1q_s16(low.as_mut_ptr(), sum);
                vst1q_s16(high.as_mut_ptr(), vqsubq_s16(moved, carry));
            }
        }
    }

    #[inline(always)]
    fn learn(entries: &[u32], bit: u32, limit: u32, updated: &mut [MapEntry]) {
        // Table lookups dominate: without a gather instruction scalar code is as good.
        Scalar::learn(entries, bit, limit, updated);
    }
}
