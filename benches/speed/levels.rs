//! End to end: bytes to an archive and back at every level, and what a block of nothing costs.

use cmx::internals::level::LEVELS;
use cmx::{EncodeOptions, compress_with, decompress};
use criterion::{BenchmarkId, Criterion, Throughput};

use crate::samples;
use crate::slow_group;

/// Every level on a mixture of all kinds, and on zeros.
pub fn all(criterion: &mut Criterion) {
    let mixture: Vec<u8> =
        samples::all(8 << 10).into_iter().flat_map(|(_, _, bytes)| bytes).collect();
    let zeros = vec![0u8; 8 << 20];
    let mut group = slow_group(criterion, "levels");
    for level in &LEVELS {
        let options = EncodeOptions::new().level(*level).verify(false);
        for (name, input) in [("mixture", &mixture), ("zeros", &zeros)] {
            group.throughput(Throughput::Bytes(input.len() as u64));
            group.bench_function(
                BenchmarkId::new(format!("compress {name}"), level.number()),
                |bencher| {
                    bencher.iter(|| compress_with(input, &options));
                },
            );
            if let Ok(archive) = compress_with(input, &options) {
                group.bench_function(
                    BenchmarkId::new(format!("decompress {name}"), level.number()),
                    |bencher| {
                        bencher.iter(|| decompress(&archive));
                    },
                );
            }
        }
    }
}
