#!/bin/sh
# What `make install` puts elsewhere works there: prec finds its agent and the
# tools, and a stranger's C program reads a trace with the installed library.
set -u
build=${PTF_BIN%/bin}
here=$PWD

name="make install works"
if ! ${MAKE:-make} -C "$PTF_ROOT" --no-print-directory O="$build" \
	DESTDIR="$here/a root" prefix=/opt/ptf install >log 2>&1; then
	echo "FAIL $name: make install failed"
	cat log >&2
	exit 1
fi
echo "ok $name"
prefix="$here/a root/opt/ptf"

name="an installed prec records and shows"
if ! (cd / && "$prefix/bin/prec" --cli -o "$here/x.ptf" --python "$PYTHON" \
	"$PTF_ROOT/tests/e2e/programs/spin.py" 0.7) >out 2>err </dev/null; then
	echo "FAIL $name: $(tail -n 1 err)"
	cat err >&2
elif ! grep -q 'total += i & 3' out; then
	echo "FAIL $name: there is no line table"
	cat out err >&2
elif ! grep -q 'x.ptf' err; then
	echo "FAIL $name: there is no summary"
	cat err >&2
else
	echo "ok $name"
fi

name="a C program reads with the installed library"
cat >count.c <<'END'
#include <stdio.h>
#include <ptf/ptf.h>

int main(int argc, char **argv)
{
	struct ptf_reader *reader;
	struct ptf_block block;
	struct ptf_error err;
	unsigned long rows = 0;

	if (argc != 2 || ptf_reader_open(&reader, argv[1], NULL, &err) < 0)
		return 1;
	while (ptf_reader_next(reader, &block, &err) > 0)
		if (block.kind == PTF_BLOCK_SAMPLES)
			rows += block.samples.count;
	ptf_reader_close(reader);
	printf("%lu\n", rows);
	return rows == 0;
}
END
if ! ${CC:-cc} -std=c11 -Wall -Wextra -Werror -pedantic -I"$prefix/include" -o count count.c \
	"$prefix/lib/libptf.a" -lzstd -lprotobuf-c -lxxhash >log 2>&1; then
	echo "FAIL $name: it does not compile"
	cat log >&2
elif [ ! -s x.ptf ] || ! ./count x.ptf >rows; then
	echo "FAIL $name: it reads nothing"
else
	echo "ok $name"
fi

name="bash completes the installed tools"
missing=
for tool in "$prefix"/bin/*; do
	[ -s "$prefix/share/bash-completion/completions/${tool##*/}" ] || missing="$missing ${tool##*/}"
done
if [ -n "$missing" ]; then echo "FAIL $name: not$missing"; else echo "ok $name"; fi

name="make uninstall leaves nothing"
${MAKE:-make} -C "$PTF_ROOT" --no-print-directory O="$build" \
	DESTDIR="$here/a root" prefix=/opt/ptf uninstall >log 2>&1
left=$(cd "a root" && find . -type f)
if [ -n "$left" ]; then
	echo "FAIL $name: $(echo "$left" | tr '\n' ' ')"
else
	echo "ok $name"
fi
