//! The inner loops of the mixers, for each instruction set of this machine.
#![allow(unsafe_code)]

use std::hint::black_box;

use cmx::internals::numeric::state_map::MapEntry;
use cmx::internals::simd::{InstructionSet, Kernels, Scalar, usable};
use criterion::{BenchmarkId, Criterion, Throughput};

use crate::samples::Numbers;

/// Inputs of the middle and the largest mixers.
const SIZES: [usize; 2] = [32, 256];

/// Bytes of bit histories that `predict` looks into: more than the second-level cache has.
const STATES: usize = 4 << 20;

/// Everything that one call of any kernel needs.
struct Operands {
    inputs: Vec<i16>,
    weights: Vec<i16>,
    entries: Vec<u32>,
    updated: Vec<MapEntry>,
    states: Vec<u8>,
    offsets: Vec<u32>,
    maps: Vec<MapEntry>,
    indices: Vec<u32>,
    predicted: Vec<[i16; 2]>,
}

impl Operands {
    fn new(count: usize) -> Self {
        let mut numbers = Numbers::new(9);
        Operands {
            inputs: (0..count).map(|_| numbers.below(16_000) as i16 - 8000).collect(),
            weights: (0..count).map(|_| numbers.below(60_000) as u16 as i16).collect(),
            entries: (0..count).map(|_| numbers.below(u32::MAX)).collect(),
            updated: vec![MapEntry::silent(); count],
            states: (0..STATES).map(|_| numbers.below(256) as u8).collect(),
            offsets: (0..count).map(|_| numbers.below(STATES as u32 / 64) * 64).collect(),
            maps: (0..256 * count)
                .map(|_| MapEntry::new(1 + numbers.below((1 << 22) - 2), numbers.below(255)))
                .collect(),
            indices: vec![0; count],
            predicted: vec![[0; 2]; count],
        }
    }
}

#[derive(Clone, Copy)]
enum Kernel {
    Dot,
    Train,
    Learn,
    Predict,
}

const KERNELS: [(&str, Kernel); 4] = [
    ("dot", Kernel::Dot),
    ("train", Kernel::Train),
    ("learn", Kernel::Learn),
    ("predict", Kernel::Predict),
];

#[inline(always)]
fn call<K: Kernels>(kernels: K, kernel: Kernel, on: &mut Operands) {
    let on = black_box(on);
    match kernel {
        Kernel::Dot => {
            black_box(kernels.dot(&on.inputs, &on.weights));
        }
        Kernel::Train => kernels.train(&on.inputs, &mut on.weights, black_box(77)),
        Kernel::Learn => kernels.learn(&on.entries, black_box(1), 255, &mut on.updated),
        // SAFETY: offsets are multiples of 64 below the length of `states`, the node is 3, and all
        // slices were made for the same number of contexts, a multiple of eight.
        Kernel::Predict => unsafe {
            kernels.predict(
                &on.states,
                &on.offsets,
                3,
                &on.maps,
                &mut on.indices,
                &mut on.entries,
                &mut on.predicted,
            );
        },
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn call_avx2(kernels: cmx::internals::simd::Avx2, kernel: Kernel, on: &mut Operands) {
    call(kernels, kernel, on);
}

fn call_as(set: InstructionSet, kernel: Kernel, on: &mut Operands) {
    match set {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: only detection of these features makes an `Avx2`.
        InstructionSet::Avx2(kernels) => unsafe { call_avx2(kernels, kernel, on) },
        #[cfg(target_arch = "aarch64")]
        InstructionSet::Neon(kernels) => call(kernels, kernel, on),
        _ => call(Scalar, kernel, on),
    }
}

/// Every kernel, size and instruction set.
pub fn all(criterion: &mut Criterion) {
    for (name, kernel) in KERNELS {
        let mut group = criterion.benchmark_group(format!("kernels/{name}"));
        group.sample_size(20);
        group
            .warm_up_time(std::time::Duration::from_millis(50))
            .measurement_time(std::time::Duration::from_millis(300));
        for count in SIZES {
            let mut operands = Operands::new(count);
            group.throughput(Throughput::Elements(count as u64));
            for set in usable() {
                group.bench_function(BenchmarkId::new(set.name(), count), |bencher| {
                    bencher.iter(|| call_as(set, kernel, &mut operands));
                });
            }
        }
    }
}
