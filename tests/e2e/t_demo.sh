#!/bin/sh
# `make demo` shows a line table, and the example program is right.
set -u
name="demo shows a line table"
# The demo's own paths are relative to the tree or absolute.
if ! O=${PTF_BIN%/bin} sh "$PTF_ROOT/tests/support/demo.sh" >out 2>err </dev/null; then
	echo "FAIL $name: $(tail -n 1 err)"
	cat err >&2
	exit 1
fi
for text in 'x += 1' 'hashlib.pbkdf2_hmac' 'os.urandom' 'walkers' 'pconv' 'The trace is'; do
	if ! cat out err | grep -qF "$text"; then
		echo "FAIL $name: there is no '$text'"
		cat out err >&2
		exit 1
	fi
done
echo "ok $name"

name="the trace of the demo is whole"
trace=${PTF_BIN%/bin}/walk.ptf
if "$PTF_BIN/pinfo" "$trace" >info 2>err && [ -s info ] && [ ! -s err ]; then
	echo "ok $name"
else
	echo "FAIL $name: pinfo says $(cat err)"
	exit 1
fi
