#!/bin/sh
# The real programs on real programs. Runs every tests/e2e/t_*.sh and t_*.py in
# a scratch directory of its own.
#
#     run.sh [NAME...]       all, or t_NAME.* only
#     KEEP=1                 keeps the scratch directories and says where
#
# A test file prints one line per test on stdout:
#
#     ok NAME   |   FAIL NAME: WHY   |   skip NAME: WHY
#
# What it says on stderr is shown when something fails. A file that says no
# such line, or ends with a status without a FAIL, counts as one failed test.
#
# A test file sees: PTF_ROOT, PTF_BIN (prec, pinfo, ...), PTF_SUPPORT (built
# programs of tests/support), PYTHON.
set -u
PTF_ROOT=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
# shellcheck source=tests/support/counts.sh
. "$PTF_ROOT/tests/support/counts.sh"

: "${O:=build}" "${PYTHON:=/usr/bin/python3}"
case $O in /*) build=$O ;; *) build=$PTF_ROOT/$O ;; esac
PTF_BIN=$build/bin
PTF_SUPPORT=$build/tests/support
PYTHONDONTWRITEBYTECODE=1
LC_ALL=C.UTF-8
export PTF_ROOT PTF_BIN PTF_SUPPORT PYTHON PYTHONDONTWRITEBYTECODE LC_ALL
# What the user has set for himself must not decide.
unset NO_COLOR PYTHONPATH PYTHONHOME PYTHONSTARTUP

scratch=$(mktemp -d "${TMPDIR:-/tmp}/ptf-e2e.XXXXXX") || exit 1
if [ -n "${KEEP-}" ]; then
	echo "scratch directories below $scratch"
else
	trap 'rm -rf "$scratch"' EXIT
fi
trap 'exit 130' INT
trap 'exit 143' TERM

chosen() {
	[ $# -gt 1 ] || return 0
	name=$1
	shift
	for wanted; do
		[ "$wanted" != "$name" ] || return 0
	done
	return 1
}

for file in "$PTF_ROOT"/tests/e2e/t_*.sh "$PTF_ROOT"/tests/e2e/t_*.py; do
	name=$(basename "$file")
	name=${name#t_}
	name=${name%.*}
	chosen "$name" "$@" || continue
	mkdir "$scratch/$name"
	case $file in
	*.py) interpreter=$PYTHON ;;
	*) interpreter="sh" ;;
	esac
	(cd "$scratch/$name" && exec timeout -k 10 600 "$interpreter" "$file") \
		>"$scratch/$name.out" 2>"$scratch/$name.err" </dev/null
	rc=$?
	before=$((passed + failed + skipped))
	before_failed=$failed
	while IFS= read -r line; do
		case $line in
		'ok '*) pass "$name: ${line#ok }" ;;
		'FAIL '*)
			text=${line#FAIL }
			fail "$name: ${text%%: *}" "${text#*: }"
			;;
		'skip '*)
			text=${line#skip }
			skip "$name: ${text%%: *}" "${text#*: }"
			;;
		*) printf '        %s\n' "$line" ;;
		esac
	done <"$scratch/$name.out"
	if [ $((passed + failed + skipped)) -eq "$before" ]; then
		fail "$name" "ended with status $rc and tested nothing"
	elif [ "$rc" -ne 0 ] && [ "$failed" -eq "$before_failed" ]; then
		fail "$name" "ended with status $rc"
	fi
	if [ "$failed" -gt "$before_failed" ]; then
		tail -n 60 "$scratch/$name.err" | sed 's/^/        | /'
	fi
	[ -n "${KEEP-}" ] || rm -rf "${scratch:?}/$name"
done
summary e2e
