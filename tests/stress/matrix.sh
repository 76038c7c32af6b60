#!/bin/sh
# The whole matrix of tests/e2e/t_matrix.py, t_crowds.py and t_memory.py, one version of
# CPython after the other: every source of ticks, root and an ordinary user, every way
# of spending time and memory and every kind of crowd, for longer than in `make check`.
# About five minutes for each version.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
# shellcheck source=tests/support/counts.sh
. "$root/tests/support/counts.sh"
: "${PYTHON:=/usr/bin/python3}"

log=$(mktemp "${TMPDIR:-/tmp}/ptf-matrix.XXXXXX") || exit 1
trap 'rm -f "$log"' EXIT
for version in $("$PYTHON" "$root/tests/support/interpreters.py"); do
	PTF_MATRIX=$version sh "$root/tests/e2e/run.sh" matrix crowds memory >"$log" 2>&1
	cat "$log"
	passed=$((passed + $(grep -c '^  ok ' "$log")))
	failed=$((failed + $(grep -c '^  FAIL ' "$log")))
	skipped=$((skipped + $(grep -c '^  skip ' "$log")))
done
summary matrix
