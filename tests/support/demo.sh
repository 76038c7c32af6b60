#!/bin/sh
# `make demo`: records a real Python program and prints its line table.
set -u
cd "$(dirname "$0")/../.." || exit 1
: "${O:=build}"
bin=$O/bin
program=tests/support/examples/walk.py
trace=$O/walk.ptf
: "${PYTHON:=/usr/bin/python3}"
[ -x "$PYTHON" ] || PYTHON=$(command -v python3) || {
	echo "demo: there is no python3" >&2
	exit 1
}

echo "\$ $bin/prec --cli -o $trace --python $PYTHON $program"
"$bin/prec" --cli -o "$trace" --python "$PYTHON" "$program" || exit 1

printf '\nThe trace is %s (%d bytes). Next:\n\n' "$trace" "$(wc -c <"$trace")"
printf '    %-44s  %s\n' \
	"$bin/pinfo $trace" "what is in it; is it whole" \
	"$bin/pconv $trace --to table" "the table again" \
	"$bin/pconv $trace --to json" "every line in exact nanoseconds" \
	"$bin/pconv --open $trace --to html" "all views, in the browser" \
	"$bin/pplot $trace" "a picture, here on the terminal" \
	"$bin/prec --cli YOUR.py" "your own program"
