#!/bin/sh
# `make bench`: what recording costs, how large traces are, how fast they are
# read. Minutes; PAIRS=N for other than 11 pairs. Figures, not tests: on a
# shared machine look at the interval.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
: "${O:=build}" "${PYTHON:=/usr/bin/python3}" "${PAIRS:=11}" "${MAKE:=make}"
case $O in /*) build=$O ;; *) build=$root/$O ;; esac

for program in rawrows format_speed usage; do
	$MAKE -C "$root" --no-print-directory O="$O" "$O/tests/support/$program" || exit 1
done
PYTHONDONTWRITEBYTECODE=1
LC_ALL=C.UTF-8
export PYTHONDONTWRITEBYTECODE LC_ALL
printf '%s, %s cores, kernel %s, perf_event_paranoid %s\n\n' \
	"$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)" \
	"$(getconf _NPROCESSORS_ONLN)" "$(uname -r)" \
	"$(cat /proc/sys/kernel/perf_event_paranoid 2>/dev/null || echo unknown)"
"$PYTHON" "$root/tests/bench/figures.py" "$build/bin" "$build/tests/support" "$PAIRS" || exit
exec "$PYTHON" "$root/tests/bench/exports.py" "$build"
