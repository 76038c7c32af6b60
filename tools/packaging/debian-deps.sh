#!/bin/sh
# Installs the Debian packages that building and testing need, where they are
# missing. This list is the only one.
#
#     debian-deps.sh            install what is missing, and say so
#     debian-deps.sh --quiet    the same, silent when nothing is missing
#     debian-deps.sh --list     print the list
#     debian-deps.sh --bench    what only `make bench` uses, and can do without
#     debian-deps.sh --aarch64  what only `make check-aarch64` uses
#
# Exit 0 when everything is there, 1 when something is missing that could not
# be installed (not root, no network); the message says what to run.
set -u

build="gcc libc6-dev make pkg-config protobuf-compiler protobuf-c-compiler
libprotobuf-c-dev libzstd-dev zlib1g-dev libxxhash-dev libelf-dev libdw-dev libiberty-dev"
tests="libcmocka-dev libopenmpi-dev openmpi-bin python3 zstd gdb procps gnuplot-nox
clang libclang-rt-14-dev
clang-format shellcheck cppcheck musl-tools python3-greenlet python3-pytest-xdist
libjemalloc2 libtcmalloc-minimal4"

case ${1-} in
--bench)
	build=
	tests="python3-numpy linux-perf" ;;
--aarch64)
	build=
	tests="gcc-aarch64-linux-gnu qemu-user-static" ;;
--list)
	# shellcheck disable=SC2086 # a list of words
	printf '%s\n' $build $tests
	exit 0 ;;
esac

if ! command -v dpkg-query >/dev/null 2>&1; then
	# shellcheck disable=SC2086 # lists of words
	echo "debian-deps: this is not a Debian system; needed (by Debian's names):" $build $tests >&2
	exit 1
fi

missing=
for package in $build $tests; do
	status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)
	[ "$status" = installed ] || missing="$missing $package"
done
if [ -z "$missing" ]; then
	[ "${1-}" = --quiet ] || echo "debian-deps: everything is there"
	exit 0
fi

if [ "$(id -u)" != 0 ]; then
	echo "debian-deps: missing, and only root may install:$missing" >&2
	echo "debian-deps: run as root:  apt-get install$missing" >&2
	exit 1
fi

echo "debian-deps: installing$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # a list of words
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing >/dev/null; }; then
	echo "debian-deps: apt-get could not install:$missing" >&2
	exit 1
fi
