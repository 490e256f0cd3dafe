#!/bin/sh
# Fuzzes targets for the given seconds each, as many at a time as PARALLEL says (1):
#     fuzz/run.sh 60 header index          these two
#     fuzz/run.sh 60                       all
#     PARALLEL=8 fuzz/run.sh 1800 decoders every target that decodes, all at the same time for half an hour
# TIMEOUT is how many seconds of the clock an input may take (30): more on a machine that does other things too.
# Needs a nightly toolchain. What cargo-fuzz would do, without cargo-fuzz; it works too.
# The output of a target is in artifacts/TARGET/log; one line a target says how it ended. The exit code is 1 after a finding.
set -eu
cd "$(dirname "$0")"
seconds=${1:-60}
[ $# -gt 0 ] && shift
decoders="header index block decode extract list repair transforms prior"
case "$*" in
    "") set -- $decoders round_trip kernels ;;
    decoders) set -- $decoders ;;
esac
host=$(rustc +nightly -vV | sed -n 's/^host: //p')
coverage="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Zsanitizer=address -Ccodegen-units=1"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}
RUSTFLAGS="--cfg fuzzing --cfg cmx_no_hashes $coverage" cargo +nightly build --locked --release --target "$host" --bins ${JOBS:+-j"$JOBS"}
programs=$CARGO_TARGET_DIR/$host/release
"$programs/seeds" corpus

# Runs the target $1, keeps its output, and prints one line.
export programs seconds
one='
target=$1
mkdir -p "artifacts/$target"
log=artifacts/$target/log
if "$programs/$target" "corpus/$target" -max_total_time="$seconds" -timeout="${TIMEOUT:-30}" -rss_limit_mb=4096 -max_len=8192 \
    -artifact_prefix="artifacts/$target/" -print_final_stats=1 >"$log" 2>&1; then result=passed; else result=FAILED; fi
count=$(sed -n "s/^stat::number_of_executed_units: *//p" "$log")
covered=$(grep -o "cov: [0-9]* ft: [0-9]*" "$log" | tail -n 1)
echo "$target: $result, ${count:-?} executions, $covered"
[ $result = passed ] || { grep -m 3 -E "panicked|ERROR|SUMMARY|Test unit written" "$log"; false; }
'
printf '%s\n' "$@" | xargs -n 1 -P "${PARALLEL:-1}" sh -c "$one" target || exit 1
