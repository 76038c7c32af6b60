#!/bin/sh
# What pdiff finds, and how often it is wrong, on programs whose difference is
# known (diff_truth.py, which says what it takes for options): six minutes.
#
#     diff.sh [OPTION...]         O=build
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
# shellcheck source=tests/support/counts.sh
. "$root/tests/support/counts.sh"
: "${O:=build}" "${PYTHON:=/usr/bin/python3}"
case $O in /*) ;; *) O=$root/$O ;; esac
export O PYTHON

log=$(mktemp "${TMPDIR:-/tmp}/ptf-diff.XXXXXX") || exit 1
trap 'rm -f "$log"' EXIT
"$PYTHON" "$root/tests/stress/diff_truth.py" "$@" >"$log"
while IFS= read -r line; do
	case $line in
	'ok '*) pass "${line#ok }" ;;
	'FAIL '*)
		text=${line#FAIL }
		fail "${text%%: *}" "${text#*: }"
		;;
	*) printf '%s\n' "$line" ;;
	esac
done <"$log"
summary check-diff
