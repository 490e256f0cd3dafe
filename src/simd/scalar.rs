//! The reference kernels: always compiled, on every machine, and what the others must equal.

use super::{InstructionSet, Kernels, LANES, sealed};
use crate::numeric::state_map::{MapEntry, update_entry};

/// Plain integer code.
#[derive(Clone, Copy, Default, Debug)]
pub struct Scalar;

impl sealed::Sealed for Scalar {}

impl Kernels for Scalar {
    #[inline(always)]
    fn dot(self, inputs: &[i16], weights: &[i16]) -> i32 {
        let (inputs, _) = inputs.as_chunks::<LANES>();
        let (weights, _) = weights.as_chunks::<LANES>();
        let mut sum = 0i32;
        for (inputs, weights) in inputs.iter().zip(weights) {
            for (&input, &weight) in inputs.iter().zip(weights) {
                sum = sum.wrapping_add(i32::from(input) * i32::from(weight));
            }
        }
        sum
    }

    #[inline(always)]
    fn train(self, inputs: &[i16], weights: &mut [i16], error: i16) {
        let (inputs, _) = inputs.as_chunks::<LANES>();
        let (weights, _) = weights.as_chunks_mut::<LANES>();
        for (inputs, weights) in inputs.iter().zip(weights) {
            for (&input, weight) in inputs.iter().zip(weights) {
                let step = (i32::from(input.wrapping_shl(1)) * i32::from(error) + (1 << 14)) >> 15;
                *weight = weight.saturating_add(step as i16);
            }
        }
    }

    #[inline(always)]
    fn learn(self, entries: &[u32], bit: u32, limit: u32, updated: &mut [MapEntry]) {
        for (&entry, updated) in entries.iter().zip(updated) {
            *updated = MapEntry::with_inputs(update_entry(entry, bit, limit));
        }
    }
}

impl super::NetworkKernels for Scalar {
    fn instruction_set(self) -> InstructionSet {
        InstructionSet::Scalar
    }
}
