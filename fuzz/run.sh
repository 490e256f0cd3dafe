#!/bin/sh
# Fuzzes the targets that are named, or all, for the given seconds each: fuzz/run.sh 60 header index
# Needs a nightly toolchain. What cargo-fuzz would do, without cargo-fuzz; it works too.
set -eu
cd "$(dirname "$0")"
seconds=${1:-60}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- header index block decode round_trip extract list repair kernels
host=$(rustc +nightly -vV | sed -n 's/^host: //p')
coverage="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Zsanitizer=address -Ccodegen-units=1"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}
RUSTFLAGS="--cfg fuzzing --cfg cmx_no_hashes $coverage" cargo +nightly build --release --target "$host" --bins ${JOBS:+-j"$JOBS"}
programs=$CARGO_TARGET_DIR/$host/release
"$programs/seeds" corpus
failed=0
for target; do
    mkdir -p "artifacts/$target"
    echo "== $target"
    "$programs/$target" "corpus/$target" -max_total_time="$seconds" -timeout=30 -rss_limit_mb=4096 -max_len=8192 \
        -artifact_prefix="artifacts/$target/" -print_final_stats=1 -verbosity=0 || failed=1
done
exit $failed
