//! Kernels for x86-64 with AVX2: sixteen 16-bit lanes.

use super::{Avx512, Kernels, LANES, sealed};
use crate::numeric::PROBABILITY_BITS;
use crate::numeric::logistic::{self, STRETCH};
use crate::numeric::state_map::{COUNT_BITS, MapEntry, RECIPROCAL};
use std::arch::x86_64::*;

/// AVX2 kernels. A value proves that this machine has AVX2, BMI1, BMI2, LZCNT and POPCNT:
/// [`Avx2::detect`] and [`Avx2::detect_wide`] alone make it.
///
/// ```compile_fail,E0451
/// let undetected = cmx::internals::simd::Avx2 { wide: None };
/// ```
///
/// ```compile_fail,E0277
/// // No default either.
/// let undetected = <cmx::internals::simd::Avx2 as Default>::default();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Avx2 {
    /// The kernels of AVX-512 for what gains by them.
    wide: Option<Avx512>,
}

impl Avx2 {
    /// The kernels, where this machine has the instructions that they and the code around them are
    /// compiled for.
    #[must_use]
    pub fn detect() -> Option<Self> {
        let has_vectors = is_x86_feature_detected!("avx2");
        let has_bits = is_x86_feature_detected!("bmi1") && is_x86_feature_detected!("bmi2");
        let has_counts = is_x86_feature_detected!("lzcnt") && is_x86_feature_detected!("popcnt");
        (has_vectors && has_bits && has_counts).then_some(Avx2 { wide: None })
    }

    /// The kernels with those of AVX-512 beside them, where this machine has both.
    #[must_use]
    pub fn detect_wide() -> Option<Self> {
        Some(Avx2 { wide: Some(Avx512::detect(Self::detect()?)?) })
    }

    /// The kernels with those of AVX-512, which prove that this machine has both.
    pub(super) fn with(wide: Avx512) -> Self {
        Avx2 { wide: Some(wide) }
    }

    /// The kernels of AVX-512, where they are to be used.
    #[must_use]
    pub fn wide(self) -> Option<Avx512> {
        self.wide
    }
}

impl sealed::Sealed for Avx2 {}

impl Kernels for Avx2 {
    #[inline(always)]
    fn dot(self, inputs: &[i16], weights: &[i16]) -> i32 {
        let (inputs, _) = inputs.as_chunks::<LANES>();
        let (weights, _) = weights.as_chunks::<LANES>();
        // SAFETY: `self` proves that the machine has AVX2. Loads are unaligned and inside the
        // chunks.
        unsafe {
            let mut sums = _mm256_setzero_si256();
            for (inputs, weights) in inputs.iter().zip(weights) {
                let input = _mm256_loadu_si256(inputs.as_ptr().cast());
                let weight = _mm256_loadu_si256(weights.as_ptr().cast());
                sums = _mm256_add_epi32(sums, _mm256_madd_epi16(input, weight));
            }
            let sum =
                _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256::<1>(sums));
            let sum = _mm_add_epi32(sum, _mm_shuffle_epi32::<0b01_00_11_10>(sum));
            let sum = _mm_add_epi32(sum, _mm_shuffle_epi32::<0b10_11_00_01>(sum));
            _mm_cvtsi128_si32(sum)
        }
    }

    #[inline(always)]
    fn dots(self, inputs: &[i16], rows: [&[i16]; 4]) -> [i32; 4] {
        let (inputs, _) = inputs.as_chunks::<LANES>();
        let [a, b, c, d] = rows.map(|row| row.as_chunks::<LANES>().0);
        let rows = a.iter().zip(b).zip(c.iter().zip(d));
        // SAFETY: as in `dot`.
        unsafe {
            let mut all = [_mm256_setzero_si256(); 4];
            for (input, ((a, b), (c, d))) in inputs.iter().zip(rows) {
                let input = _mm256_loadu_si256(input.as_ptr().cast());
                for (sums, weights) in all.iter_mut().zip([a, b, c, d]) {
                    let weights = _mm256_loadu_si256(weights.as_ptr().cast());
                    *sums = _mm256_add_epi32(*sums, _mm256_madd_epi16(input, weights));
                }
            }
            let [a, b, c, d] = all;
            let halves = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
            let sums = _mm_add_epi32(
                _mm256_castsi256_si128(halves),
                _mm256_extracti128_si256::<1>(halves),
            );
            let mut out = [0; 4];
            _mm_storeu_si128(out.as_mut_ptr().cast(), sums);
            out
        }
    }

    #[inline(always)]
    fn train(self, inputs: &[i16], weights: &mut [i16], error: i16) {
        let (inputs, _) = inputs.as_chunks::<LANES>();
        let (weights, _) = weights.as_chunks_mut::<LANES>();
        // SAFETY: as in `dot`.
        unsafe {
            let error = _mm256_set1_epi16(error);
            for (inputs, weights) in inputs.iter().zip(weights) {
                let input = _mm256_slli_epi16::<1>(_mm256_loadu_si256(inputs.as_ptr().cast()));
                let moved = _mm256_adds_epi16(
                    _mm256_loadu_si256(weights.as_ptr().cast()),
                    _mm256_mulhrs_epi16(input, error),
                );
                _mm256_storeu_si256(weights.as_mut_ptr().cast(), moved);
            }
        }
    }

    #[inline(always)]
    fn learn(self, entries: &[u32], bit: u32, limit: u32, updated: &mut [MapEntry]) {
        let (entries, _) = entries.as_chunks::<8>();
        let (updated, _) = updated.as_chunks_mut::<8>();
        // SAFETY: as in `dot`. Gather indices are masked: a count has 10 bits and RECIPROCAL 2^10
        // entries; a stretch index is below 8192, and a four-byte load there ends at or before
        // entry 8193, the last of STRETCH.
        unsafe {
            let target = _mm256_set1_epi32((bit << PROBABILITY_BITS) as i32);
            let limit = _mm256_set1_epi32(limit as i32);
            let count_mask = _mm256_set1_epi32((1 << COUNT_BITS) - 1);
            let first_of_tail = _mm256_set1_epi32(logistic::STRETCH_ENTRIES as i32);
            let one = _mm256_set1_epi32((1 << PROBABILITY_BITS) - 1);
            for (entries, updated) in entries.iter().zip(updated) {
                let entry = _mm256_loadu_si256(entries.as_ptr().cast());
                let count = _mm256_and_si256(entry, count_mask);
                let error =
                    _mm256_sub_epi32(target, _mm256_srli_epi32::<{ COUNT_BITS as i32 }>(entry));
                let share = _mm256_i32gather_epi32::<4>(RECIPROCAL.as_ptr(), count);
                let step = _mm256_slli_epi32::<1>(_mm256_mullo_epi32(
                    _mm256_srai_epi32::<4>(error),
                    share,
                ));
                let moved = _mm256_add_epi32(
                    _mm256_andnot_si256(count_mask, entry),
                    _mm256_andnot_si256(count_mask, step),
                );
                let counted = _mm256_sub_epi32(count, _mm256_cmpgt_epi32(limit, count));
                let entry = _mm256_or_si256(moved, counted);
                let raw = _mm256_srli_epi32::<{ COUNT_BITS as i32 }>(entry);
                let probability = _mm256_max_epi32(raw, _mm256_set1_epi32(1));
                let above = _mm256_srai_epi32::<31>(_mm256_slli_epi32::<{ COUNT_BITS as i32 }>(
                    probability,
                ));
                let folded = _mm256_and_si256(_mm256_xor_si256(probability, above), one);
                let tail = _mm256_add_epi32(
                    _mm256_srli_epi32::<{ logistic::TAIL_SHIFT as i32 }>(folded),
                    first_of_tail,
                );
                let in_tail = _mm256_cmpgt_epi32(_mm256_set1_epi32(logistic::TAIL as i32), folded);
                let index = _mm256_blendv_epi8(
                    _mm256_srli_epi32::<{ logistic::MIDDLE_SHIFT as i32 }>(folded),
                    tail,
                    in_tail,
                );
                let looked_up = _mm256_i32gather_epi32::<2>(STRETCH.as_ptr().cast(), index);
                let value = _mm256_srai_epi32::<16>(_mm256_slli_epi32::<16>(looked_up));
                let stretched = _mm256_sub_epi32(_mm256_xor_si256(value, above), above);
                let half = _mm256_set1_epi32(1 << (PROBABILITY_BITS - 1));
                let linear = _mm256_srai_epi32::<{ PROBABILITY_BITS as i32 - 10 }>(
                    _mm256_sub_epi32(probability, half),
                );
                let inputs =
                    _mm256_blend_epi16::<0b1010_1010>(stretched, _mm256_slli_epi32::<16>(linear));
                let low = _mm256_unpacklo_epi32(entry, inputs);
                let high = _mm256_unpackhi_epi32(entry, inputs);
                let (first, second) = updated.split_at_mut(4);
                _mm256_storeu_si256(
                    first.as_mut_ptr().cast(),
                    _mm256_permute2x128_si256::<0x20>(low, high),
                );
                _mm256_storeu_si256(
                    second.as_mut_ptr().cast(),
                    _mm256_permute2x128_si256::<0x31>(low, high),
                );
            }
        }
    }

    #[inline(always)]
    fn confidence(
        self,
        indices: &[u32],
        table: &[u32; 256],
        inputs: &[[i16; 2]],
        confidences: &mut [[i16; 2]],
    ) {
        let (indices, _) = indices.as_chunks::<8>();
        let (inputs, _) = inputs.as_chunks::<8>();
        let (confidences, _) = confidences.as_chunks_mut::<8>();
        // SAFETY: as in `dot`; the gather's indices are masked to the table.
        unsafe {
            for ((indices, inputs), confidences) in indices.iter().zip(inputs).zip(confidences) {
                let history = _mm256_and_si256(
                    _mm256_loadu_si256(indices.as_ptr().cast()),
                    _mm256_set1_epi32(255),
                );
                let entry = _mm256_i32gather_epi32::<4>(table.as_ptr().cast(), history);
                let first = _mm256_slli_epi32::<16>(_mm256_loadu_si256(inputs.as_ptr().cast()));
                let certain = _mm256_and_si256(first, entry);
                _mm256_storeu_si256(
                    confidences.as_mut_ptr().cast(),
                    _mm256_blend_epi16::<0b1010_1010>(entry, certain),
                );
            }
        }
    }

    #[inline(always)]
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
        // SAFETY: the caller keeps every offset inside the table with room for a four-byte load at
        // its nodes; a history is one byte and `maps` has 256 entries a context.
        unsafe {
            let states = states.as_ptr().add(node);
            let maps: *const i64 = maps.as_ptr().cast();
            for group in 0..offsets.len() / 8 {
                let index: [usize; 8] = std::array::from_fn(|i| {
                    let context = 8 * group + i;
                    256 * context
                        + usize::from(*states.add(*offsets.get_unchecked(context) as usize))
                });
                for i in 0..8 {
                    *indices.get_unchecked_mut(8 * group + i) = index[i] as u32;
                }
                let pair = |i: usize| _mm_set_epi64x(*maps.add(index[i + 1]), *maps.add(index[i]));
                // Entries and inputs come together, four contexts a gather, and are sorted apart.
                let low = _mm256_castsi256_ps(_mm256_set_m128i(pair(2), pair(0)));
                let high = _mm256_castsi256_ps(_mm256_set_m128i(pair(6), pair(4)));
                let entry = _mm256_castps_si256(_mm256_shuffle_ps::<0b10_00_10_00>(low, high));
                let input = _mm256_castps_si256(_mm256_shuffle_ps::<0b11_01_11_01>(low, high));
                let entry = _mm256_permute4x64_epi64::<0b11_01_10_00>(entry);
                let input = _mm256_permute4x64_epi64::<0b11_01_10_00>(input);
                _mm256_storeu_si256(inputs.as_mut_ptr().add(8 * group).cast(), input);
                _mm256_storeu_si256(entries.as_mut_ptr().add(8 * group).cast(), entry);
            }
        }
    }
}
