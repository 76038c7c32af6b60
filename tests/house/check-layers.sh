#!/bin/sh
# Proves the dependency law of the house (README.md, "Folders") from what the
# compiler itself says it read: the .d files below $O.
#
#     O=build check-layers.sh
#
# Also: nothing new stands at the top of the tree, names of sources are unique
# across it, libptf never prints or exits, and the agent needs nothing but libc.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/counts.sh
. tests/support/counts.sh

: "${O:=build}" "${CC:=cc}"
scratch=$(mktemp -d "${TMPDIR:-/tmp}/ptf-layers.XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT

# Folder of a source | what it may include: folders (not what is below them)
# and single files. "*" is everything but gen, the generated schema.
law='
format           | format include/ptf
format/payload.c | format include/ptf gen/ptf-wire.pb-c.h
format/payload_write.c | format include/ptf gen/ptf-wire.pb-c.h
gen              | gen
recorder/agent   | recorder/agent recorder/cpython recorder/arch recorder/ring.h
recorder/agent/memory | recorder/agent/memory recorder/agent recorder/cpython recorder/ring.h
recorder/cpython | recorder/cpython
recorder/arch    | recorder/arch
recorder/asyncio | recorder/asyncio recorder recorder/memory recorder/cpython include/ptf
recorder/memory  | recorder/memory recorder recorder/asyncio recorder/cpython include/ptf
recorder/output  | recorder/output recorder recorder/asyncio recorder/memory recorder/cpython include/ptf
recorder         | recorder recorder/agent recorder/asyncio recorder/memory recorder/output recorder/cpython recorder/arch include/ptf
tools/cli        | tools/cli include/ptf
tools/core       | tools/core include/ptf
tools/emit       | tools/emit tools/core tools/cli include/ptf
tools/emit/perfetto.c | tools/emit tools/core tools/cli include/ptf gen/perfetto.pb-c.h
tools/emit/perfetto_counters.c | tools/emit tools/core tools/cli include/ptf gen/perfetto.pb-c.h
tools/emit/perfetto_marks.c | tools/emit tools/core tools/cli include/ptf gen/perfetto.pb-c.h
tools/emit/perfetto_memory.c | tools/emit tools/core tools/cli include/ptf gen/perfetto.pb-c.h
tools/emit/perfetto_names.c | tools/emit tools/core tools/cli include/ptf gen/perfetto.pb-c.h
tools/emit/perfetto_packets.c | tools/emit tools/core tools/cli include/ptf gen/perfetto.pb-c.h
tools/emit/perfetto_states.c | tools/emit tools/core tools/cli include/ptf gen/perfetto.pb-c.h
tools/emit/perfetto_tracks.c | tools/emit tools/core tools/cli include/ptf gen/perfetto.pb-c.h
tools/emit/pprof.c | tools/emit tools/core tools/cli include/ptf gen/pprof.pb-c.h
tools/plot       | tools/plot tools/emit tools/core tools/cli include/ptf
tools/ingest     | tools/ingest tools/core tools/cli include/ptf
tools            | tools tools/cli tools/core tools/emit tools/plot tools/ingest tools/web include/ptf
tests/unit       | *
tests/fuzz       | tests/fuzz format include/ptf
tests/support    | tests/support include/ptf
'

# offences FOLDER-OF-D-FILES: one line "source includes header" per offence.
offences() {
	find "$1" -name '*.d' -exec cat {} + | awk -v law="$law" -v gen="$1/gen/" '
	function folder(path) { sub(/\/[^\/]*$/, "", path); return path }
	function plain(path) {
		if (index(path, gen) == 1)
			return "gen/" substr(path, length(gen) + 1)
		while (sub(/[^\/]+\/\.\.\//, "", path))
			;
		sub(/^\.\//, "", path)
		return path
	}
	BEGIN {
		count = split(law, row, "\n")
		for (i = 1; i <= count; i++) {
			if (split(row[i], side, "|") != 2)
				continue
			gsub(/ /, "", side[1])
			allowed[side[1]] = " " side[2] " "
		}
	}
	# A rule ends with the first line that does not end in a backslash.
	{
		text = text $0
		if (sub(/\\$/, " ", text))
			next
		words = split(text, word, /[ \t]+/)
		text = ""
		if (words < 2 || word[1] !~ /:$/ || word[2] == "")
			next
		source = plain(word[2])
		if (source ~ /^\//)
			next
		# A source that is gone leaves its .d file behind.
		if (source !~ /^gen\// && (getline line < word[2]) < 0)
			next
		close(word[2])
		place = (source in allowed) ? source : folder(source)
		if (!(place in allowed)) {
			if (!((place, "") in said))
				print place " is not in the law"
			said[place, ""] = 1
			next
		}
		for (i = 3; i <= words; i++) {
			header = plain(word[i])
			if (header == "" || header ~ /^\//)
				continue
			where = folder(header)
			fine = index(allowed[place], " " where " ") || index(allowed[place], " " header " ") ||
				(allowed[place] ~ / \* / && where != "gen")
			if (!fine && !((source, header) in said)) {
				print source " includes " header
				said[source, header] = 1
			}
		}
	}'
}

# ------------------------------------------------- does the check itself see?

# A small tree with one offence of each kind, compiled as the Makefile does.
mkdir -p "$scratch/tree/format" "$scratch/tree/tools/core" "$scratch/tree/recorder/agent" \
	"$scratch/tree/include/ptf" "$scratch/tree/build/gen"
(
	cd "$scratch/tree" || exit 1
	touch format/secret.h tools/core/fine.h recorder/ring.h recorder/session.h \
		include/ptf/fine.h build/gen/wire.h
	printf '#include <ptf/fine.h>\n#include "tools/core/fine.h"\n' >tools/good.c
	printf '#include "recorder/ring.h"\n' >recorder/agent/good_agent.c
	printf '#include <ptf/fine.h>\n#include "format/secret.h"\n' >tools/planted.c
	printf '#include "tools/core/fine.h"\n' >format/planted_up.c
	printf '#include "wire.h"\n' >format/planted_wire.c
	printf '#include "recorder/agent/../session.h"\n' >recorder/agent/planted_agent.c
	for c in */*.c */*/*.c; do
		mkdir -p "build/$(dirname "$c")"
		echo 'int not_empty;' >>"$c"
		# shellcheck disable=SC2086 # words of a command
		$CC -I. -Iinclude -Ibuild/gen -MMD -MP -c -o "build/${c%.c}.o" "$c" || exit 1
	done
	offences build | LC_ALL=C sort
) >"$scratch/planted" 2>&1
cat >"$scratch/expected" <<'END'
format/planted_up.c includes tools/core/fine.h
format/planted_wire.c includes gen/wire.h
recorder/agent/planted_agent.c includes recorder/session.h
tools/planted.c includes format/secret.h
END
if cmp -s "$scratch/planted" "$scratch/expected"; then
	pass "planted offences are caught"
else
	fail "planted offences are caught" "found and expected differ"
	diff "$scratch/expected" "$scratch/planted" | sed 's/^/        /'
fi

# ------------------------------------------------------------- the real tree

if [ -z "$(find "$O" -name '*.d' 2>/dev/null | head -n 1)" ]; then
	fail "who includes whom" "no .d file below $O: build first"
else
	offences "$O" >"$scratch/offences"
	if [ -s "$scratch/offences" ]; then
		fail "who includes whom" "$(wc -l <"$scratch/offences") offences"
		sed 's/^/        /' "$scratch/offences"
	else
		pass "who includes whom ($(find "$O" -name '*.d' | wc -l) objects)"
	fi
fi

# The .d files know only what this machine compiled; the text knows the rest.
grep -r --include='*.[ch]' -oE '#[[:space:]]*include.*\.pb-c\.h' \
	format include recorder tools tests 2>/dev/null |
	sed -E 's/:.*["<\/]([^"<\/]*)$/ \1/' | LC_ALL=C sort -u |
	grep -vxF -e 'format/payload.c ptf-wire.pb-c.h' \
		-e 'format/payload_write.c ptf-wire.pb-c.h' \
		-e 'tools/emit/perfetto_packets.h perfetto.pb-c.h' \
		-e 'tools/emit/pprof.c pprof.pb-c.h' >"$scratch/wire"
if [ -s "$scratch/wire" ]; then
	fail "a generated schema stays in the files that translate it" "$(tr '\n' ' ' <"$scratch/wire")"
else
	pass "a generated schema stays in the files that translate it"
fi

# run.sh is the entry of its folder, as README.md is.
find format include recorder tools tests schemas -type f \
	\( -name '*.[ch]' -o -name '*.sh' -o -name '*.py' -o -name '*.proto' \) |
	grep -v '/corpus/' | awk -F/ '
	$NF == "run.sh" { next }
	$NF in seen { print seen[$NF] " and " $0 }
	{ seen[$NF] = $0 }' >"$scratch/twins"
if [ -s "$scratch/twins" ]; then
	fail "names are unique across the tree" "$(wc -l <"$scratch/twins") twins"
	sed 's/^/        /' "$scratch/twins"
else
	pass "names are unique across the tree"
fi

# What git keeps; an unpacked archive cannot be asked.
if top=$(git ls-files 2>/dev/null) && [ -n "$top" ]; then
	strange=$(printf '%s\n' "$top" | cut -d/ -f1 | sort -u | grep -vxE \
		'\..*|LICENSE|Makefile|NEWS\.md|README\.md|format|include|recorder|schemas|tests|tools')
	if [ -z "$strange" ]; then
		pass "nothing else stands at the top of the tree"
	else
		fail "nothing else stands at the top of the tree" "$(echo "$strange" | tr '\n' ' ')"
	fi
else
	skip "nothing else stands at the top of the tree" "this is no git repository"
fi

# ------------------------------------------------------ what was linked

if [ -f "$O/lib/libptf.a" ]; then
	nm -A --undefined-only "$O/lib/libptf.a" |
		grep -E ' U (exit|_exit|_Exit|abort|printf|vprintf|__printf_chk|__vprintf_chk|puts|putchar|perror|warn|warnx|err|errx|error|stdout|stderr|syslog|signal|sigaction)(@.*)?$' \
			>"$scratch/noisy"
	if [ -s "$scratch/noisy" ]; then
		fail "libptf never prints, never exits" "it calls:"
		sed 's/^/        /' "$scratch/noisy"
	else
		pass "libptf never prints, never exits"
	fi
else
	fail "libptf never prints, never exits" "$O/lib/libptf.a is not built"
fi

for agent in libprec-agent.so libprec-agent-memory.so; do
	if [ -f "$O/lib/ptf/$agent" ]; then
		needed=$(objdump -p "$O/lib/ptf/$agent" | awk '/NEEDED/ { print $2 }' |
			grep -Ev '^(libc|libdl|libpthread|librt|ld-linux.*)\.so' | tr '\n' ' ')
		if [ -n "$needed" ]; then
			fail "$agent needs nothing but libc" "it needs $needed"
		else
			pass "$agent needs nothing but libc"
		fi
	else
		fail "$agent needs nothing but libc" "it is not built"
	fi
done
summary check-layers
