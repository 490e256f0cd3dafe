#!/bin/sh
# Golden files and library tests on an emulated machine: tests/other-machines.sh aarch64|s390x [filter…]
# Needs the target of rustup, its gcc, and qemu-user-static.
set -eu
cd "$(dirname "$0")/.."
machine=$1
shift
upper=$(echo "$machine" | tr a-z A-Z)
export "CARGO_TARGET_${upper}_UNKNOWN_LINUX_GNU_LINKER=$machine-linux-gnu-gcc"
export "CARGO_TARGET_${upper}_UNKNOWN_LINUX_GNU_RUNNER=qemu-$machine-static -L /usr/$machine-linux-gnu"
# A table of 2 GiB and more is too much for an emulated address space.
exec cargo test --locked ${JOBS:+-j"$JOBS"} --target "$machine-unknown-linux-gnu" --lib --test golden -- --skip places_in_a_large_table "$@"
