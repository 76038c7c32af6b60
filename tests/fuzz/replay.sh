#!/bin/sh
# Replays the fuzz corpora: every input that ever mattered still does no harm.
#
#     O=build replay.sh TARGET...
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
# shellcheck source=tests/support/counts.sh
. "$root/tests/support/counts.sh"

: "${O:=build}"
case $O in /*) ;; *) O=$root/$O ;; esac
log=$(mktemp "${TMPDIR:-/tmp}/ptf-fuzz.XXXXXX") || exit 1
trap 'rm -f "$log"' EXIT
cd "$root/tests/fuzz" || exit 1

for target; do
	set -- "corpus/$target"/*
	if [ ! -f "$1" ]; then
		fail "$target" "has no corpus"
		continue
	fi
	timeout -k 10 120 "$O/tests/fuzz/$target" "$@" >"$log" 2>&1
	rc=$?
	if [ "$rc" -eq 0 ]; then
		pass "$target ($# inputs)"
	else
		fail "$target" "status $rc on $(grep '^corpus/' "$log" | tail -n 1)"
		tail -n 20 "$log" | sed 's/^/        /'
	fi
done
summary fuzz
