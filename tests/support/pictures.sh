#!/bin/sh
# `make pictures`: records an example and draws the pictures that README.md shows.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
: "${O:=build}" "${PYTHON:=/usr/bin/python3}"
case $O in /*) bin=$O/bin ;; *) bin=$root/$O/bin ;; esac

scratch=$(mktemp -d "${TMPDIR:-/tmp}/ptf-pictures.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
cd "$root/tests/support/examples"
"$bin/prec" --quiet -F 1000 -o "$scratch/crunch.ptf" -- "$PYTHON" crunch.py
mkdir -p "$root/tools/plot/pictures"
for kind in timeline lines; do
	"$bin/pplot" -k $kind --size 1000x560 "$scratch/crunch.ptf" \
		-o "$root/tools/plot/pictures/$kind.png"
	echo "tools/plot/pictures/$kind.png"
done
