//! The check at the start: kernels whose answers are known, so that a machine that computes wrongly
//! is noticed before it codes anything.

use super::{Descent, Kernels, LANES, NetworkKernels, Scalar, WEIGHT_LIMIT};
use crate::numeric::state_map::MapEntry;

/// Contexts, and bytes of histories, that [`predicted`] works on.
const CONTEXTS: usize = 16;
const STATES: usize = 4096;

type Predicted = ([u32; CONTEXTS], [u32; CONTEXTS], [[i16; 2]; CONTEXTS]);

/// What [`Kernels::predict`] gives at `node` (below 16).
fn predicted<K: Kernels>(
    kernels: K,
    states: &[u8; STATES],
    offsets: &[u32; CONTEXTS],
    maps: &[MapEntry; 256 * CONTEXTS],
    node: usize,
) -> Predicted {
    let (mut indices, mut entries, mut inputs) = ([0; CONTEXTS], [0; CONTEXTS], [[0; 2]; CONTEXTS]);
    assert!(node < 16 && offsets.iter().all(|&offset| offset as usize + 20 <= STATES));
    // SAFETY: as just asserted, four bytes after every offset and node are inside; there are 256
    // maps a context, and sixteen of everything else.
    unsafe {
        kernels.predict(states, offsets, node, maps, &mut indices, &mut entries, &mut inputs)
    };
    (indices, entries, inputs)
}

fn predicts_rightly<K: Kernels>(kernels: K, mut draw: impl FnMut() -> i16) -> bool {
    let states: [u8; STATES] = std::array::from_fn(|_| draw() as u8);
    let offsets: [u32; CONTEXTS] =
        std::array::from_fn(|_| u32::from(draw() as u16) % (STATES as u32 - 20));
    let maps: [MapEntry; 256 * CONTEXTS] = std::array::from_fn(|place| {
        MapEntry::with_inputs((place as u32).wrapping_mul(0x9E37_79B9))
    });
    (0..16).all(|node| {
        predicted(kernels, &states, &offsets, &maps, node)
            == predicted(Scalar, &states, &offsets, &maps, node)
    })
}

/// Inputs, and sums, that [`trained`] works on: whole blocks of the kernels and a rest.
const WIDTH: usize = 96;
const ROWS: usize = 16;

type Trained = ([i32; ROWS], Vec<i16>, [i32; WIDTH], [i32; WIDTH], [u32; WIDTH], [i16; WIDTH]);

/// What the kernels of networks give for these numbers.
fn trained<K: NetworkKernels>(
    kernels: K,
    matrix: &[i16; ROWS * WIDTH],
    inputs: &[i16; WIDTH],
    gradients: &[i32; WIDTH],
    round: u32,
) -> Trained {
    let (mut products, mut pairs, mut sums) = ([5; ROWS], vec![0; ROWS * WIDTH], [7; WIDTH]);
    kernels.multiply(matrix, inputs, &mut products);
    kernels.interleave(matrix, WIDTH, &mut pairs);
    kernels.combine(&pairs, &inputs[..ROWS], &mut sums);
    let mut weights = sums.map(|sum| sum.clamp(-WEIGHT_LIMIT, WEIGHT_LIMIT));
    let mut moments = gradients.map(|gradient| gradient.unsigned_abs() >> (2 + round % 28));
    let mut rounded = [0; WIDTH];
    let descent = Descent {
        shift: 1 + round % 30,
        decay: round % 16,
        rate: 1 << (round % 14),
        limit: WEIGHT_LIMIT >> (round % 5),
    };
    kernels.descend(&mut weights, &mut moments, &mut rounded, gradients, descent);
    (products, pairs, sums, weights, moments, rounded)
}

fn trains_rightly<K: NetworkKernels>(kernels: K, draw: &mut impl FnMut() -> i16) -> bool {
    (0..64).all(|round| {
        let matrix = std::array::from_fn(|_| draw());
        let inputs = std::array::from_fn(|_| draw());
        let gradients = std::array::from_fn(|_| i32::from(draw()) << 16 | i32::from(draw() as u16));
        trained(kernels, &matrix, &inputs, &gradients, round)
            == trained(Scalar, &matrix, &inputs, &gradients, round)
    })
}

/// Numbers that look random: the same each time.
fn draws() -> impl FnMut() -> i16 {
    let mut seed = 1u32;
    move || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 16) as i16
    }
}

/// Whether the kernels of networks of `implementation` give the answers of the scalar ones on fixed
/// inputs.
#[cfg(target_arch = "x86_64")]
pub fn known_answers_of_networks<K: NetworkKernels>(implementation: K) -> bool {
    trains_rightly(implementation, &mut draws())
}

/// Whether the kernels of `implementation` give the answers of the scalar ones on fixed inputs.
pub fn known_answers<K: Kernels>(implementation: K) -> bool {
    let mut draw = draws();
    let kernels = (0..64u32).all(|round| {
        let inputs: [i16; 2 * LANES] = std::array::from_fn(|_| draw() >> 1);
        let weights: [i16; 2 * LANES] = std::array::from_fn(|_| draw());
        let (mut moved, mut reference, error) = (weights, weights, draw() >> (round % 4));
        implementation.train(&inputs, &mut moved, error);
        Scalar.train(&inputs, &mut reference, error);
        let entries: [u32; LANES] =
            std::array::from_fn(|_| (draw() as u16 as u32) << 16 | draw() as u16 as u32);
        let (mut learnt, mut learnt_reference) =
            ([MapEntry::silent(); LANES], [MapEntry::silent(); LANES]);
        implementation.learn(&entries, round & 1, 255, &mut learnt);
        Scalar.learn(&entries, round & 1, 255, &mut learnt_reference);
        let rows: [&[i16]; 4] = [&weights, &inputs, &reference, &weights];
        implementation.dot(&inputs, &weights) == Scalar.dot(&inputs, &weights)
            && implementation.dots(&inputs, rows) == rows.map(|row| Scalar.dot(&inputs, row))
            && moved == reference
            && learnt == learnt_reference
    });
    kernels && trains_rightly(implementation, &mut draw) && predicts_rightly(implementation, draw)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{InstructionSet, self_check, usable};
    use std::time::{Duration, Instant};

    /// Scalar kernels with one defect, by number.
    #[derive(Clone, Copy, Default)]
    struct Broken<const DEFECT: u32>;

    impl<const DEFECT: u32> super::super::sealed::Sealed for Broken<DEFECT> {}

    impl<const DEFECT: u32> NetworkKernels for Broken<DEFECT> {
        fn instruction_set(self) -> InstructionSet {
            InstructionSet::Scalar
        }

        fn combine(self, pairs: &[i16], factors: &[i16], sums: &mut [i32]) {
            Scalar.combine(pairs, factors, sums);
            if DEFECT == 4 {
                sums[40] ^= 1;
            }
        }

        fn descend(
            self,
            weights: &mut [i32],
            moments: &mut [u32],
            rounded: &mut [i16],
            gradients: &[i32],
            descent: Descent,
        ) {
            Scalar.descend(weights, moments, rounded, gradients, descent);
            // A root that is wrong for large squares only.
            if DEFECT == 5 && moments[3] >> 29 == 1 {
                weights[3] += 1;
            }
        }
    }

    impl<const DEFECT: u32> Kernels for Broken<DEFECT> {
        fn dot(self, inputs: &[i16], weights: &[i16]) -> i32 {
            let sum = Scalar.dot(inputs, weights);
            // One wrong bit in a hundred sums, as of an instruction that a core computes wrongly.
            if DEFECT == 0 && sum % 25 == 0 { sum ^ 4 } else { sum }
        }

        fn train(self, inputs: &[i16], weights: &mut [i16], error: i16) {
            Scalar.train(inputs, weights, error);
            // Wraps where it should saturate.
            weights
                .iter_mut()
                .filter(|weight| DEFECT == 1 && **weight == i16::MAX)
                .for_each(|weight| *weight = i16::MIN);
        }

        fn learn(self, entries: &[u32], bit: u32, limit: u32, updated: &mut [MapEntry]) {
            Scalar.learn(entries, bit, if DEFECT == 2 { limit + 1 } else { limit }, updated);
        }

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
            // SAFETY: the caller's promises are passed on.
            unsafe { Scalar.predict(states, offsets, node, maps, indices, entries, inputs) };
            if DEFECT == 3 {
                entries[CONTEXTS - 1] = entries[0];
            }
        }
    }

    #[test]
    fn every_broken_kernel_is_noticed() {
        assert!(known_answers(Broken::<9>));
        let noticed = [
            known_answers(Broken::<0>),
            known_answers(Broken::<1>),
            known_answers(Broken::<2>),
            known_answers(Broken::<3>),
            known_answers(Broken::<4>),
            known_answers(Broken::<5>),
        ];
        assert_eq!(noticed, [false; 6]);
    }

    /// The best of some runs, as others use the machine too.
    #[test]
    fn the_check_at_the_start_takes_less_than_five_milliseconds() {
        for set in usable() {
            let times = (0..20).map(|_| {
                let start = Instant::now();
                assert!(self_check(set), "{}", set.name());
                start.elapsed()
            });
            let best = times.min().unwrap_or_default();
            eprintln!("{}: {best:?}", set.name());
            assert!(best < Duration::from_millis(5), "{}: {best:?}", set.name());
        }
    }
}
