#!/bin/sh
# The golden traces still read as they did when they were written, and two
# independent decoders agree on them. Called by `make check-golden`.
#
#     O=build PYTHON=/usr/bin/python3 run.sh        UPDATE=1 writes missing expectations
#
# v1/NAME.ptf         written by version 1.0 of the format; never made again
# v1/NAME.dump        what tests/support/dump_rows prints of it, with notes
# v1/NAME.dump.sha256 the same where it would be long
# must-fail/NAME.ptf  refused with the error in must-fail/NAME.error
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
# shellcheck source=tests/support/counts.sh
. "$root/tests/support/counts.sh"

: "${O:=build}" "${PYTHON:=/usr/bin/python3}" "${UPDATE:=}"
case $O in /*) ;; *) O=$root/$O ;; esac
dump=$O/tests/support/dump_rows
refdec=$root/tests/golden/refdec.py
scratch=$(mktemp -d "${TMPDIR:-/tmp}/ptf-golden.XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT
cd "$root/tests/golden" || exit 1

# same NAME GOT EXPECTED
same() {
	if [ ! -f "$3" ] && [ -n "$UPDATE" ]; then
		cp "$2" "$3"
	fi
	if cmp -s "$2" "$3"; then
		pass "$1"
	else
		fail "$1" "differs from $3"
		diff "$3" "$2" 2>&1 | head -n 10 | cut -c 1-150 | sed 's/^/        /'
	fi
}

for trace in v*/*.ptf; do
	name=${trace%.ptf}
	"$dump" -n "$trace" >"$scratch/noted"
	if [ -f "$name.dump.sha256" ]; then
		sha256sum <"$scratch/noted" >"$scratch/sum"
		same "$name reads as before" "$scratch/sum" "$name.dump.sha256"
	else
		same "$name reads as before" "$scratch/noted" "$name.dump"
	fi

	# The second decoder knows sound traces only.
	case $name in */cut* | */flipped*) continue ;; esac
	"$dump" "$trace" >"$scratch/ours"
	if "$PYTHON" "$refdec" "$trace" >"$scratch/theirs" 2>&1; then
		same "$name reads the same by refdec.py" "$scratch/theirs" "$scratch/ours"
	else
		fail "$name reads the same by refdec.py" "$(tail -n 1 "$scratch/theirs")"
	fi
	"$PYTHON" "$refdec" --payload "$trace" >"$scratch/payload"
	if protoc --decode=ptf.Trace -I "$root/schemas" "$root/schemas/ptf.proto" \
		<"$scratch/payload" >"$scratch/text" 2>"$scratch/error"; then
		pass "$name is printed by protoc"
	else
		fail "$name is printed by protoc" "$(tail -n 1 "$scratch/error")"
	fi
	case $name in
	*/newer-minor | */split-column | */recompressed | */payload-alone) ;;
	*)
		if "$PYTHON" "$refdec" --index "$trace" >"$scratch/text" 2>"$scratch/error"; then
			pass "$name has an index that fits its Blocks"
		else
			fail "$name has an index that fits its Blocks" "$(tail -n 1 "$scratch/error")"
		fi
		;;
	esac
done

for trace in must-fail/*.ptf; do
	name=${trace%.ptf}
	"$dump" "$trace" >"$scratch/got" && echo "no error" >>"$scratch/got"
	sed 's/^error //' "$scratch/got" >"$scratch/error"
	same "$name is refused" "$scratch/error" "$name.error"
done

# The hex dumps of FORMAT.md are real.
"$PYTHON" - "$root/schemas/FORMAT.md" "$scratch" <<'END'
import re
import sys

text, scratch = open(sys.argv[1]).read(), sys.argv[2]
for name in ("file", "payload"):
    block = re.search(r"```%s\n(.*?)```" % name, text, re.S).group(1)
    data = b"".join(bytes.fromhex(line[4:].split("|")[0]) for line in block.splitlines())
    with open("%s/format-%s" % (scratch, name), "wb") as out:
        out.write(data)
END
"$PYTHON" "$refdec" --payload v1/tiny.ptf >"$scratch/payload"
same "FORMAT.md shows the bytes of a file" "$scratch/format-file" v1/tiny.ptf
same "FORMAT.md shows the bytes of its payload" "$scratch/format-payload" "$scratch/payload"

# The generator still makes traces that read as the golden ones do. Rounded
# stamps may come out otherwise some day, exact ones may not.
mkdir "$scratch/made"
if "$O/tests/support/make_golden" "$scratch/made"; then
	for name in v1/tiny v1/every-kind v1/exact; do
		"$dump" "$scratch/made/$name.ptf" >"$scratch/made.dump"
		"$dump" "$name.ptf" >"$scratch/golden.dump"
		same "$name reads as what is written today" "$scratch/made.dump" "$scratch/golden.dump"
	done
else
	fail "make_golden runs" "status $?"
fi
summary golden
