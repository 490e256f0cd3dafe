//! Kernels for AArch64 (NEON): eight 16-bit lanes.

use super::{InstructionSet, Kernels, NetworkKernels, Scalar, sealed};
use crate::numeric::state_map::MapEntry;
use std::arch::aarch64::*;

const LANES: usize = 8;

/// NEON kernels; every AArch64 has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Neon {
    detected: (),
}

impl Neon {
    /// The kernels: NEON is part of the AArch64 baseline.
    #[must_use]
    pub fn detect() -> Self {
        Neon { detected: () }
    }
}

impl sealed::Sealed for Neon {}

// The loops of networks are left to the compiler.
impl NetworkKernels for Neon {
    fn instruction_set(self) -> InstructionSet {
        InstructionSet::Neon(self)
    }
}

impl Kernels for Neon {
    #[inline(always)]
    fn dot(self, inputs: &[i16], weights: &[i16]) -> i32 {
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
    fn train(self, inputs: &[i16], weights: &mut [i16], error: i16) {
        let (inputs, _) = inputs.as_chunks::<LANES>();
        let (weights, _) = weights.as_chunks_mut::<LANES>();
        // SAFETY: as in `dot`.
        unsafe {
            let error = vdupq_n_s16(error);
            for (inputs, weights) in inputs.iter().zip(weights) {
                let input = vshlq_n_s16::<1>(vld1q_s16(inputs.as_ptr()));
                // (2 a b + 2^15) >> 16; it saturates only for a = b = -2^15, which no input
                // reaches.
                let step = vqrdmulhq_s16(input, error);
                vst1q_s16(weights.as_mut_ptr(), vqaddq_s16(vld1q_s16(weights.as_ptr()), step));
            }
        }
    }

    #[inline(always)]
    fn learn(self, entries: &[u32], bit: u32, limit: u32, updated: &mut [MapEntry]) {
        // Table lookups dominate: without a gather instruction scalar code is as good.
        Scalar.learn(entries, bit, limit, updated);
    }
}
