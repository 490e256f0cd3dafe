//! How fast the parts are, from the inner loops to whole archives: `cargo bench`, some minutes.
//!
//! Every input is generated from fixed seeds, so two versions work on the same bytes. A filter
//! after `--` picks: `cargo bench -- kernels`, `coder`, `models`, `sort`, `levels`.

mod coder;
mod kernels;
mod levels;
mod models;
mod samples;

use std::time::Duration;

use criterion::{BenchmarkGroup, Criterion, SamplingMode, measurement::WallTime};

/// A group of benches that take between milliseconds and a second each: few samples, short warm-up.
fn slow_group<'a>(criterion: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.warm_up_time(Duration::from_millis(50)).measurement_time(Duration::from_millis(500));
    group
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    kernels::all(&mut criterion);
    coder::all(&mut criterion);
    models::all(&mut criterion);
    levels::all(&mut criterion);
    criterion.final_summary();
}
