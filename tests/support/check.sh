#!/bin/sh
# `make check`: builds, runs every part of the tests even when one fails, adds
# up their counts and ends with the line "N passed, N failed[, N skipped]".
# Exit 1 when anything failed or nothing ran.
#
# A part is a make target whose last line is "PART: N passed, N failed". A part
# that ends without that line, or fails without naming a failure, counts as one
# failed test.
set -u
cd "$(dirname "$0")/../.." || exit 1

: "${O:=build}" "${MAKE:=make}"
parts=${*:-check-headers check-layers check-unit check-golden check-fuzz check-cli check-e2e}

log=$(mktemp "${TMPDIR:-/tmp}/ptf-check.XXXXXX") || exit 1
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

passed=0 failed=0 skipped=0 broken=

# make tells its children through MAKEFLAGS when the user chose a number of jobs.
case " ${MAKEFLAGS-}" in
*' -j'* | *--jobserver*) jobs= ;;
*) jobs=-j2 ;;
esac

# $MAKE may be several words, $jobs none.
# shellcheck disable=SC2086
make_target() { $MAKE --no-print-directory "$@" O="$O"; }

# Builds everything, the tests too.
if ! make_target ${jobs:+"$jobs"} tests; then
	echo "check: the build failed"
	echo "0 passed, 1 failed"
	exit 1
fi

for part in $parts; do
	printf '\n%s\n' "== $part"
	rc_file=$log.rc
	{
		make_target "$part" 2>&1 </dev/null
		echo $? >"$rc_file"
	} | tee "$log"
	rc=$(cat "$rc_file")
	rm -f "$rc_file"

	line=$(grep -E '^[a-z][a-z0-9-]*: [0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$log" | tail -n 1)
	part_passed=0 part_failed=0 part_skipped=0
	if [ -n "$line" ]; then
		# The counts are the numbers that stand alone in the line.
		# shellcheck disable=SC2046
		set -- $(printf '%s\n' "${line#*: }" | tr -cs '0-9' ' ')
		part_passed=$1 part_failed=$2 part_skipped=${3:-0}
	fi
	if [ "$rc" -ne 0 ] && [ "$part_failed" -eq 0 ]; then
		echo "check: $part ended with status $rc and named no failed test"
		part_failed=1
	elif [ -z "$line" ]; then
		echo "check: $part did not say how many tests passed"
		part_failed=1
	fi
	[ "$part_failed" -eq 0 ] || broken="$broken $part"
	passed=$((passed + part_passed))
	failed=$((failed + part_failed))
	skipped=$((skipped + part_skipped))
done

echo
[ -z "$broken" ] || echo "check: failed in:$broken"
if [ "$skipped" -gt 0 ]; then
	echo "$passed passed, $failed failed, $skipped skipped"
else
	echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
