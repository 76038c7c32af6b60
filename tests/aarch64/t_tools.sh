#!/bin/sh
# Unit tests, old traces and hostile ones by the emulated programs, and exports that
# are the same to the byte as here.
set -u

# Programs that start the emulated ones, in the same places.
emulated=$PWD/emulated
(cd "$AARCH64" && find bin tests -type f -perm -u+x) | while read -r program; do
	mkdir -p "$emulated/${program%/*}"
	printf '#!/bin/sh\nexec %s "%s" "$@"\n' "$QEMU" "$AARCH64/$program" \
		>"$emulated/$program"
	chmod +x "$emulated/$program"
done

# part NAME COMMAND...: another part of the tests, whose last line is its sum.
part() {
	name=$1
	shift
	if O=$emulated "$@" >log 2>&1; then
		echo "ok $name ($(tail -n 1 log))"
	else
		echo "FAIL $name: $(tail -n 1 log)"
		tail -n 40 log >&2
	fi
}
part "unit tests" sh "$PTF_ROOT/tests/support/run-unit.sh" "$emulated"/tests/unit/test_*
part "traces of old versions" sh "$PTF_ROOT/tests/golden/run.sh"
# shellcheck disable=SC2046 # a list of words
part "hostile traces" sh "$PTF_ROOT/tests/fuzz/replay.sh" \
	$(cd "$emulated/tests/fuzz" && echo fuzz_*)
part "manners" sh "$PTF_ROOT/tests/house/check-cli.sh" "$emulated"/bin/*

"$PTF_SUPPORT/make_trace" trace.ptf 20000 3 1 200
for format in $("$PTF_BIN/pconv" --list | cut -d ' ' -f 1); do
	"$PTF_BIN/pconv" trace.ptf --to "$format" -o here 2>/dev/null || echo "$format: $?" >here
	"$emulated/bin/pconv" trace.ptf --to "$format" -o there 2>/dev/null
	if cmp here there >&2; then
		echo "ok --to $format is the same"
	else
		echo "FAIL --to $format is the same: $(cmp here there 2>&1)"
	fi
	rm -f here there
done
