//! What depends on the instruction set: detection, dispatch, kernels, prefetch, huge pages.
//!
//! The models are written once, in integers, over the [`Kernels`] trait. The codec compiles that
//! one text for each instruction set and picks one at run time; wrapping integer arithmetic gives
//! the same bits in any order and any width, so every choice codes the same bytes.
#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx2_network;
#[cfg(target_arch = "x86_64")]
mod avx512_network;
#[cfg(any(test, target_arch = "x86_64", target_arch = "aarch64"))]
mod check;
mod detect;
mod histories;
pub mod memory;
#[cfg(target_arch = "aarch64")]
mod neon;
mod network;
mod scalar;
#[cfg(test)]
mod sound;

#[cfg(target_arch = "x86_64")]
pub use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub use avx512_network::Avx512;
#[cfg(test)]
pub use detect::self_check;
pub use detect::{InstructionSet, active, choose, usable, warning};
pub use histories::{Histories, LINE, Line};
#[cfg(target_arch = "aarch64")]
pub use neon::Neon;
pub use network::{
    Descent, NetworkKernels, NetworkWork, WEIGHT_LIMIT, over_network_kernels, round as round_weight,
};
#[cfg(feature = "gpu")]
pub use network::{LARGEST_RATIO, LEAST_SQUARE, ROOT_BITS};
pub use scalar::Scalar;

use crate::numeric::state_map::MapEntry;

/// Inputs and weights come in multiples of this many 16-bit lanes.
pub const LANES: usize = 16;

mod sealed {
    /// Keeps implementations of [`super::Kernels`] inside this module, whose code relies on their
    /// results.
    pub trait Sealed {}
}

/// The inner loops of the mixers. Every implementation returns the bits of [`Scalar`].
///
/// A value of an implementation is the proof that this machine has its instruction set: detection
/// makes it, nobody else can. The trait is sealed, since [`Histories`] uses the indices that
/// `predict` writes without a further look.
///
/// ```compile_fail,E0277
/// use cmx::internals::numeric::state_map::MapEntry;
/// use cmx::internals::simd::{InstructionSet, Kernels, NetworkKernels};
///
/// // All that the trait asks for is here, but for the supertrait that nobody outside can name.
/// #[derive(Clone, Copy)]
/// struct Own;
/// impl NetworkKernels for Own {
///     fn instruction_set(self) -> InstructionSet {
///         InstructionSet::Scalar
///     }
/// }
/// impl Kernels for Own {
///     fn dot(self, _: &[i16], _: &[i16]) -> i32 {
///         0
///     }
///     fn train(self, _: &[i16], _: &mut [i16], _: i16) {}
///     fn learn(self, _: &[u32], _: u32, _: u32, _: &mut [MapEntry]) {}
/// }
/// ```
///
/// Slices must have equal lengths, a multiple of [`LANES`]; the excess is ignored otherwise.
pub trait Kernels: NetworkKernels {
    /// The wrapping sum of `inputs[i] * weights[i]`.
    fn dot(self, inputs: &[i16], weights: &[i16]) -> i32;

    /// [`Kernels::dot`] of `inputs` with each of four rows of weights. A kernel may read the inputs
    /// once for all four.
    #[inline(always)]
    fn dots(self, inputs: &[i16], rows: [&[i16]; 4]) -> [i32; 4] {
        rows.map(|weights| self.dot(inputs, weights))
    }

    /// Adds `inputs[i] * error / 2^14`, rounded, to each weight, which saturates. Inputs stay
    /// within ±16383.
    fn train(self, inputs: &[i16], weights: &mut [i16], error: i16);

    /// Moves each map entry towards `bit` (see [`crate::numeric::state_map::update_entry`]) and
    /// writes it with its inputs. Slices have equal lengths, a multiple of eight.
    fn learn(self, entries: &[u32], bit: u32, limit: u32, updated: &mut [MapEntry]);

    /// For each context: the low half of `table` at its history (the low byte of its index) and,
    /// under the mask in the high half, the first of its inputs.
    fn confidence(
        self,
        indices: &[u32],
        table: &[u32; 256],
        inputs: &[[i16; 2]],
        confidences: &mut [[i16; 2]],
    ) {
        for ((&index, input), confidence) in indices.iter().zip(inputs).zip(confidences) {
            let entry = table[index as usize & 255];
            *confidence = [entry as i16, input[0] & (entry >> 16) as i16];
        }
    }

    /// For each context: the history at its offset plus `node`, its index in `maps` (256 a context),
    /// the entry there and its inputs.
    ///
    /// # Safety
    /// `offset + node + 4` is inside `states` for every offset; `maps` has 256 elements for each of
    /// `offsets`, and the other slices have as many elements as `offsets`, a multiple of eight.
    #[allow(clippy::too_many_arguments)] // Three results, each a plain slice: the inner loop of the whole codec.
    unsafe fn predict(
        self,
        states: &[u8],
        offsets: &[u32],
        node: usize,
        maps: &[MapEntry],
        indices: &mut [u32],
        entries: &mut [u32],
        inputs: &mut [[i16; 2]],
    ) {
        for i in 0..offsets.len() {
            let index = i * 256 + usize::from(states[offsets[i] as usize + node]);
            indices[i] = index as u32;
            entries[i] = maps[index].entry();
            inputs[i] = maps[index].inputs();
        }
    }
}

/// Something to be compiled for an instruction set: a closure, or where that is large, a type whose
/// `run` is marked `inline(always)`, without which the compiler may leave large code outside of
/// what is compiled for the set.
pub(crate) trait Work {
    /// What comes of the work.
    type Output;
    /// Does the work.
    fn run(self) -> Self::Output;
}

impl<T, F: FnOnce() -> T> Work for F {
    type Output = T;

    #[inline(always)]
    fn run(self) -> T {
        self()
    }
}

/// Runs `work` compiled for `set`: for integer code that the compiler turns into vectors by itself,
/// and whose results no instruction set changes, and for all that is written over [`Kernels`].
#[inline(always)]
pub(crate) fn accelerate<W: Work>(set: InstructionSet, work: W) -> W::Output {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
        fn wide<W: Work>(work: W) -> W::Output {
            work.run()
        }
        if let InstructionSet::Avx2(_) = set {
            // SAFETY: only detection of these features makes the `Avx2` in the set.
            return unsafe { wide(work) };
        }
    }
    let _ = set;
    work.run()
}

/// Runs `work` compiled for what `kernels` of a network are compiled for.
#[inline(always)]
pub(crate) fn accelerate_network<K: NetworkKernels, W: Work>(kernels: K, work: W) -> W::Output {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(
            enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512vl,avx512vnni"
        )]
        fn wide<W: Work>(work: W) -> W::Output {
            work.run()
        }
        if K::IS_AVX512 {
            // SAFETY: of the sealed implementations the one of AVX-512 alone says so, and only
            // detection of these features makes its value.
            return unsafe { wide(work) };
        }
    }
    accelerate(kernels.instruction_set(), work)
}

/// Hints that `slice[index]` will be read soon. Any index is sound; one past the end is ignored.
#[inline(always)]
pub fn prefetch<T>(slice: &[T], index: usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some(item) = slice.get(index) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: the address is that of a live element; prefetching reads nothing.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(item).cast()) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (slice, index);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn agree<K: Kernels>(kernels: K, inputs: &[i16], weights: &[i16], low: &[i16], error: i16) {
        assert_eq!(kernels.dot(inputs, weights), Scalar.dot(inputs, weights));
        let rows = [weights, low, inputs, weights];
        assert_eq!(kernels.dots(inputs, rows), rows.map(|row| Scalar.dot(inputs, row)));
        let (mut moved, mut reference) = (weights.to_vec(), weights.to_vec());
        kernels.train(inputs, &mut moved, error);
        Scalar.train(inputs, &mut reference, error);
        assert_eq!(moved, reference);
        let entries: Vec<u32> = weights
            .iter()
            .zip(low)
            .map(|(&h, &l)| (h as u16 as u32) << 16 | l as u16 as u32)
            .collect();
        let (mut updated, mut reference) =
            (vec![MapEntry::silent(); entries.len()], vec![MapEntry::silent(); entries.len()]);
        kernels.learn(&entries, (error & 1) as u32, 255, &mut updated);
        Scalar.learn(&entries, (error & 1) as u32, 255, &mut reference);
        assert_eq!(updated, reference);
    }

    /// Each kernel of this machine against the scalar one, on the same rows.
    fn all_agree(inputs: &[i16], high: &[i16], low: &[i16], error: i16) {
        #[cfg(target_arch = "x86_64")]
        if let Some(kernels) = Avx2::detect() {
            agree(kernels, inputs, high, low, error);
        }
        #[cfg(target_arch = "aarch64")]
        agree(Neon::detect(), inputs, high, low, error);
        agree(Scalar, inputs, high, low, error);
    }

    #[test]
    #[ignore = "takes half a minute: cargo test --release --lib -- --ignored"]
    fn ten_million_vectors_agree() {
        let mut state = 1u64;
        let mut draw = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as i16
        };
        const ROWS: usize = 40;
        for _ in 0..10_000_000 / ROWS {
            let [inputs, high, low] = std::array::from_fn(|_| {
                std::array::from_fn::<i16, { ROWS * LANES }, _>(|_| draw())
            });
            let inputs = inputs.map(|input| (input >> 1).max(-16383));
            all_agree(&inputs, &high, &low, draw());
        }
    }

    proptest! {
        #[test]
        fn every_kernel_equals_the_scalar_one(
            rows in (1usize..9).prop_flat_map(|n| proptest::collection::vec((-16383i16..=16383, any::<i16>(), any::<i16>()), n * LANES)),
            error in any::<i16>(),
        ) {
            let inputs: Vec<i16> = rows.iter().map(|r| r.0).collect();
            let high: Vec<i16> = rows.iter().map(|r| r.1).collect();
            let low: Vec<i16> = rows.iter().map(|r| r.2).collect();
            all_agree(&inputs, &high, &low, error);
        }
    }
}
