//! One stream through one predictor: every kind of stream at some levels, and every instruction
//! set.

use cmx::internals::level::{LEVELS, Level};
use cmx::internals::method;
use cmx::internals::method::choice;
use cmx::internals::simd::{active, usable};
use cmx::internals::sort::{ColumnCode, decode, encode};
use criterion::{BenchmarkId, Criterion, Throughput};

use crate::samples;
use crate::slow_group;

/// Long enough for the models to matter more than the making of their tables.
const LEN: usize = 32 << 10;

/// Levels that mix everything, each with other profiles.
const MIXING: [(&str, &Level); 3] =
    [("careful", &LEVELS[5]), ("strong", &LEVELS[6]), ("archive", &LEVELS[7])];

/// Every kind at each of these levels, then text with each instruction set, then sorting.
pub fn all(criterion: &mut Criterion) {
    let inputs = samples::all(LEN);
    for (name, level) in MIXING {
        let mut group = slow_group(criterion, &format!("models/{name}"));
        for (input, kind, bytes) in &inputs {
            group.throughput(Throughput::Bytes(bytes.len() as u64));
            let Ok(chosen) = choice::choose(level, kind, bytes) else { continue };
            group.bench_function(*input, |bencher| {
                bencher.iter(|| method::encode_as(bytes, chosen, kind, active()))
            });
        }
    }
    let (_, kind, text) = &inputs[0];
    let mut group = slow_group(criterion, "models/text by instruction set");
    group.throughput(Throughput::Bytes(text.len() as u64));
    for set in usable() {
        for (name, level) in MIXING {
            let Ok(chosen) = choice::choose(level, kind, text) else { continue };
            group.bench_function(BenchmarkId::new(set.name(), name), |bencher| {
                bencher.iter(|| method::encode_as(text, chosen, kind, set));
            });
        }
    }
    drop(group);
    sort(criterion);
}

/// The codec of the fast levels, both ways.
fn sort(criterion: &mut Criterion) {
    let mut group = slow_group(criterion, "sort");
    let codes = [(ColumnCode::Runs, "runs"), (ColumnCode::Both, "both")];
    for (input, _, bytes) in samples::all(256 << 10) {
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        for (code, name) in codes {
            let id = |way| BenchmarkId::new(format!("{way} {name}"), input);
            group.bench_function(id("encode"), |bencher| {
                bencher.iter(|| encode(&bytes, code, active()))
            });
            if let Ok(coded) = encode(&bytes, code, active()) {
                group.bench_function(id("decode"), |bencher| {
                    bencher.iter(|| decode(&coded, bytes.len(), code, active()));
                });
            }
        }
    }
}
