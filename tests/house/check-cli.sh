#!/bin/sh
# What every program of the house does the same way.
#
#     O=build check-cli.sh PROGRAM...
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/counts.sh
. tests/support/counts.sh

version=$(sed -n 's/^#define PTF_VERSION_STRING "\(.*\)"/\1/p' include/ptf/version.h)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/ptf-cli.XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT
out=$scratch/out err=$scratch/err

# try STATUS ARGUMENT...: runs $program, true when it ends with STATUS.
try() {
	wanted=$1
	shift
	(cd "$scratch/empty" && exec timeout -k 5 60 "$program" "$@") >"$out" 2>"$err" </dev/null
	rc=$?
	why="ended with status $rc instead of $wanted: $(head -n 2 "$err" | tr '\n' ' ')"
	[ "$rc" -eq "$wanted" ]
}

lines() { wc -l <"$1" | tr -d ' '; }

# message COUNT: true when stderr has COUNT lines, the first of this program,
# and stdout nothing.
message() {
	why="stderr has $(lines "$err") lines instead of $1, or not '$name: ...' first, or stdout is not empty"
	[ "$(lines "$err")" -eq "$1" ] && [ ! -s "$out" ] &&
		case $(head -n 1 "$err") in "$name: "?*) true ;; *) false ;; esac
}

# To the device that is always full.
full() {
	(cd "$scratch/empty" && exec timeout -k 5 60 "$program" "$@") >/dev/full 2>"$err" </dev/null
	rc=$?
	: >"$out"
	why="ended with status $rc instead of $failure"
	[ "$rc" -eq "$failure" ] && message 1
}

# judge NAME COMMAND...: passes when the command is true.
judge() {
	what=$1
	shift
	why=
	if "$@"; then pass "$name $what"; else fail "$name $what" "$why"; fi
}

help_text() {
	try 0 --help || return 1
	why="nothing on stdout, or something on stderr, or no Usage"
	[ -s "$out" ] && [ ! -s "$err" ] && grep -q '^Usage: ' "$out"
}
help_width() {
	try 0 --help || return 1
	why="a line is wider than 80: $(awk 'length > 80' "$out" | head -n 1)"
	[ -z "$(awk 'length > 80' "$out")" ]
}
version_text() {
	try 0 --version || return 1
	why="it says '$(head -n 1 "$out")', not '$name $version'"
	[ "$(head -n 1 "$out")" = "$name $version" ] && [ ! -s "$err" ]
}
unknown_option() {
	try 2 --no-such-option || return 1
	message 2 || return 1
	why="no hint at --help in the second line"
	tail -n 1 "$err" | grep -q -e --help
}
no_operand() {
	try 2 || return 1
	message 2
}
missing_file() {
	# A missing program is what it is for a shell.
	if [ "$name" = prec ]; then
		try 127 no-such-file || return 1
	elif [ "$name" = pdiff ]; then
		try "$failure" no-such-file.ptf no-such-file.ptf || return 1
	else
		try "$failure" no-such-file.ptf || return 1
	fi
	# Both operands of pdiff are missing.
	if [ "$name" = pdiff ]; then message 2; else message 1; fi || return 1
	why="the message does not name the file: $(cat "$err")"
	grep -q no-such-file "$err"
}
nothing_written() {
	why="it left files behind: $(ls -A "$scratch/empty")"
	[ -z "$(ls -A "$scratch/empty")" ]
}

for program; do
	name=$(basename "$program")
	# Of the tool that compares, 1 says that something got worse.
	failure=1
	[ "$name" = pdiff ] && failure=2
	case $program in /*) ;; *) program=$PWD/$program ;; esac
	rm -rf "$scratch/empty"
	mkdir "$scratch/empty"
	judge "--help" help_text
	judge "--help is at most 80 wide" help_width
	judge "--version" version_text
	judge "refuses an unknown option" unknown_option
	judge "asks for an operand" no_operand
	judge "names a missing file" missing_file
	judge "--help to a full disk" full --help
	judge "--version to a full disk" full --version
	judge "wrote nothing meanwhile" nothing_written
done
summary check-cli
