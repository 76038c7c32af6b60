#!/bin/sh
# `make lint`: what static tools find. They must be silent; `make format` lets
# clang-format put the sources in order.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/counts.sh
. tests/support/counts.sh

log=$(mktemp "${TMPDIR:-/tmp}/ptf-lint.XXXXXX") || exit 1
trap 'rm -f "$log"' EXIT

sources=$(find include format recorder tools tests -name '*.[ch]' | LC_ALL=C sort)
scripts=$(find . -path './build*' -prune -o \( -name '*.sh' -o -name '*.bash' \) -print | LC_ALL=C sort)

judge() {
	if [ "$2" -eq 0 ]; then
		pass "$1"
	else
		fail "$1" "it complains:"
		sed 's/^/        /' "$log"
	fi
}

# Lists of words, and no file of ours has a space in its name.
# shellcheck disable=SC2086,SC2046
{
	shellcheck -x $scripts .ci/run >"$log" 2>&1
	judge "shellcheck ($(echo $scripts | wc -w) scripts)" $?

	# gcc judges what may be uninitialised, and better: -Wall at -O2.
	cppcheck --quiet --std=c11 --inline-suppr --error-exitcode=1 -j 2 \
		--suppress=uninitvar --suppress=preprocessorErrorDirective \
		-Iinclude -I. -D_GNU_SOURCE -D__x86_64__ $(echo "$sources" | grep '\.c$') >"$log" 2>&1
	judge "cppcheck" $?

	clang-format --dry-run $sources >"$log" 2>&1
	changes=$(grep -c 'warning:' "$log")
	if [ "$changes" -eq 0 ]; then
		pass "clang-format"
	else
		fail "clang-format" "would change $changes places (make format)"
	fi
}
summary lint
