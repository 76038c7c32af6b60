#!/bin/sh
# Runs unit test programs (cmocka) and counts their tests.
#
#     run-unit.sh PROGRAM...
#
# A program that crashes, hangs or runs no test counts as one failed test.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
# shellcheck source=tests/support/counts.sh
. "$root/tests/support/counts.sh"

out=$(mktemp "${TMPDIR:-/tmp}/ptf-unit.XXXXXX") || exit 1
trap 'rm -f "$out"' EXIT

for program; do
	name=$(basename "$program")
	CMOCKA_MESSAGE_OUTPUT=TAP timeout -k 10 300 "$program" >"$out" 2>&1 </dev/null
	rc=$?
	before=$((passed + skipped))
	before_failed=$failed
	while IFS= read -r line; do
		case $line in
		# cmocka 1.1 calls a skipped test "not ok", later ones "ok".
		'ok '*'# SKIP '* | 'not ok '*'# SKIP '*) skip "$name" "${line##*# SKIP }" ;;
		'ok '*) passed=$((passed + 1)) ;;
		'not ok '*) fail "$name" "${line#not ok }" ;;
		esac
	done <"$out"
	if [ "$failed" -gt "$before_failed" ]; then
		sed 's/^/        /' "$out"
	elif [ "$rc" -ne 0 ]; then
		fail "$name" "ended with status $rc"
		sed 's/^/        /' "$out"
	elif [ $((passed + skipped)) -eq "$before" ]; then
		fail "$name" "ran no test"
	else
		printf '  ok    %s (%d)\n' "$name" $((passed + skipped - before))
	fi
done
summary unit
