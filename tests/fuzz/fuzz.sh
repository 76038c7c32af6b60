#!/bin/sh
# Fuzzes each target for TIME seconds with clang's libFuzzer under the address
# and undefined-behaviour sanitizers. What it finds stays below $O.
#
#     O=build-fuzz TIME=60 fuzz.sh TARGET...
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
# shellcheck source=tests/support/counts.sh
. "$root/tests/support/counts.sh"

: "${O:=build-fuzz}" "${TIME:=60}" "${CLANG:=clang}"
command -v "$CLANG" >/dev/null || CLANG=clang-14
case $O in /*) ;; *) O=$root/$O ;; esac
cd "$root" || exit 1
mkdir -p "$O/gen" || exit 1

flags="-std=c17 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
	-D_GNU_SOURCE -Iinclude -I. -I$O/gen"
sed -E -f schemas/columns-as-bytes.sed schemas/ptf.proto >"$O/gen/ptf-wire.proto" &&
	protoc-c --proto_path="$O/gen" --c_out="$O/gen" "$O/gen/ptf-wire.proto" || exit 1

for target; do
	if [ ! -d "tests/fuzz/corpus/$target" ]; then
		fail "$target" "has no corpus"
		continue
	fi
	sources="tests/fuzz/$target.c format/*.c $O/gen/ptf-wire.pb-c.c"
	# Lists of words, and no file of ours has a space in its name.
	# shellcheck disable=SC2086
	if ! "$CLANG" $flags -o "$O/$target" $sources -lzstd -lprotobuf-c -lxxhash; then
		fail "$target" "does not compile"
		continue
	fi
	mkdir -p "$O/corpus/$target"
	# Memory that a size in the input asks for is part of the question.
	if "$O/$target" -max_total_time="$TIME" -rss_limit_mb=1024 -timeout=20 \
		-artifact_prefix="$O/$target-" -print_final_stats=1 \
		"$O/corpus/$target" "tests/fuzz/corpus/$target" >"$O/$target.log" 2>&1; then
		pass "$target ($(sed -n 's/^stat::number_of_executed_units: *//p' "$O/$target.log") inputs)"
	else
		fail "$target" "see $O/$target.log and $O/$target-*"
		tail -n 30 "$O/$target.log" | sed 's/^/        /'
	fi
done
summary fuzz
