#!/bin/sh
# Runs under Miri what has unsafe code in it and can live without files: histories, slots, tables, kernels, and a short
# stream through whole predictors. Needs a nightly toolchain with Miri:
#     rustup toolchain install nightly --component miri,rust-src
# With the argument avx2 the machine that Miri plays has AVX2, and the kernels for it are run too.
set -eu
cd "$(dirname "$0")/.."
features="+avx2,+bmi1,+bmi2,+lzcnt,+popcnt"
[ "${1:-}" = avx2 ] && export RUSTFLAGS="-Ctarget-feature=$features"
# Addresses of tables are aligned by hand: with symbolic alignment Miri checks that no luck is needed.
export MIRIFLAGS="-Zmiri-disable-isolation -Zmiri-symbolic-alignment-check"
export PROPTEST_CASES=4
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/miri
cargo +nightly miri test --locked --lib --no-default-features -- simd::sound simd::tests::every simd::detect numeric::bit_history
