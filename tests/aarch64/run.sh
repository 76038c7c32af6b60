#!/bin/sh
# The house on another processor: cross-compiled, and run under qemu. All t_*
# here, or those named (see tests/support/testfiles.sh).
#
#     O=build run.sh [NAME...]
#
# A test file sees also: QEMU, the emulator; QEMU_LD_PREFIX, a folder with the
# libraries and a python3; AARCH64, the build folder.
set -u
PTF_ROOT=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
# shellcheck source=tests/support/testfiles.sh
. "$PTF_ROOT/tests/support/testfiles.sh"

AARCH64=$build-aarch64
QEMU=qemu-aarch64-static
QEMU_LD_PREFIX=$AARCH64-sysroot
export AARCH64 QEMU QEMU_LD_PREFIX

# not_here WHY: nothing can be tested.
not_here() {
	skip "aarch64" "$1"
	summary aarch64
	exit
}

sh "$PTF_ROOT/tools/packaging/debian-deps.sh" --aarch64 ||
	not_here "no cross compiler or no emulator"
sh "$PTF_ROOT/tests/aarch64/sysroot.sh" "$QEMU_LD_PREFIX" ||
	not_here "Debian's arm64 libraries cannot be had"
if make -C "$PTF_ROOT" --no-print-directory -j2 O="$AARCH64" MPI_LIBS= WERROR=1 \
	CC="aarch64-linux-gnu-gcc --sysroot=$QEMU_LD_PREFIX" tests; then
	pass "everything is built without a warning"
else
	fail "everything is built without a warning" "it is not"
	summary aarch64
	exit
fi
run_test_files aarch64 "$PTF_ROOT/tests/aarch64" "$@"
