//! The binary arithmetic coder alone: bits a second with probabilities that are known already.

use cmx::internals::coder::{Decoder, Encoder};
use cmx::internals::numeric::PROBABILITY_ONE;
use criterion::{Criterion, Throughput};

use crate::samples::Numbers;
use crate::slow_group;

const BITS: usize = 1 << 20;

/// Encoding and decoding of bits that are mostly what was expected.
pub fn all(criterion: &mut Criterion) {
    let mut numbers = Numbers::new(7);
    let bits: Vec<(u32, u32)> = (0..BITS)
        .map(|_| {
            let probability = 1 + numbers.below(PROBABILITY_ONE - 2);
            (u32::from(numbers.below(PROBABILITY_ONE) < probability), probability)
        })
        .collect();
    let encode = || {
        let mut encoder = Encoder::new();
        bits.iter().for_each(|&(bit, probability)| encoder.encode(bit, probability));
        encoder.finish()
    };
    let coded = encode();
    let mut group = slow_group(criterion, "coder");
    group.throughput(Throughput::Elements(BITS as u64));
    group.bench_function("encode", |bencher| bencher.iter(encode));
    group.bench_function("decode", |bencher| {
        bencher.iter(|| {
            let mut decoder = Decoder::new(&coded);
            bits.iter().fold(0u32, |sum, &(_, probability)| sum + decoder.decode(probability))
        });
    });
}
