#!/bin/sh
# Every header compiles alone: it includes what it needs, and nothing depends
# on the order of includes. Public headers also compile as strict C11, without
# our feature macros, because strangers include them.
#
#     CC=gcc check-headers.sh CPPFLAG...
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/counts.sh
. tests/support/counts.sh

: "${CC:=cc}"

# compiles HEADER FLAG...
compiles() {
	header=$1
	shift
	# Words of $CC are a command and its flags.
	# shellcheck disable=SC2086
	printf '#include "%s"\ntypedef int not_empty;\n' "$header" |
		$CC "$@" -Werror -Wall -Wextra -Wno-unused -fsyntax-only -x c - 2>&1
}

report() {
	if [ -z "$2" ]; then
		pass "$1"
	else
		fail "$1" "does not compile alone"
		printf '%s\n' "$2" | sed 's/^/        /'
	fi
}

for header in $(find include format recorder tools -name '*.h' | LC_ALL=C sort); do
	# recorder/arch has one header per architecture; only ours compiles here.
	case $header in
	recorder/arch/x86_64.h | recorder/arch/x86-64.h)
		[ "$(uname -m)" = x86_64 ] || continue ;;
	recorder/arch/aarch64.h)
		[ "$(uname -m)" = aarch64 ] || continue ;;
	esac
	report "$header" "$(compiles "$header" -std=c17 "$@")"
	case $header in
	include/*)
		report "$header (C11, strict)" "$(compiles "${header#include/}" -std=c11 -pedantic -Iinclude)"
		;;
	esac
done
summary check-headers
