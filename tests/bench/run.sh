#!/bin/sh
# `make bench`: what recording costs, how large traces are, how fast they are
# read and compared. Figures, not tests: how far they can be trusted on this machine says
# the line of the program compared with itself. About 20 minutes;
#
#     make bench BENCH="--only size"              BENCH=--help for what there is
#     make bench BENCH="--only cost --pairs 100 --case default"
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
: "${O:=build}" "${PYTHON:=/usr/bin/python3}" "${MAKE:=make}"
case $O in /*) build=$O ;; *) build=$root/$O ;; esac

for program in rawrows dump_rows format_speed usage make_trace; do
	$MAKE -C "$root" --no-print-directory O="$O" "$O/tests/support/$program" || exit 1
done
PYTHONDONTWRITEBYTECODE=1
LC_ALL=C.UTF-8
export PYTHONDONTWRITEBYTECODE LC_ALL
printf '%s, %s cores, kernel %s, perf_event_paranoid %s\n\n' \
	"$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)" \
	"$(getconf _NPROCESSORS_ONLN)" "$(uname -r)" \
	"$(cat /proc/sys/kernel/perf_event_paranoid 2>/dev/null || echo unknown)"
# shellcheck disable=SC2086 # a list of words
exec "$PYTHON" "$root/tests/bench/figures.py" "$build" ${BENCH-}
