# shellcheck shell=sh
# Runs files of tests, each in a scratch directory of its own; sourced by the
# run.sh of a folder:
#
#     . "$PTF_ROOT/tests/support/testfiles.sh"
#     run_test_files PART FOLDER [NAME...]       all FOLDER/t_*, or t_NAME.* only
#     KEEP=1                                     keeps the scratch directories
#
# A test file is t_NAME.sh or t_NAME.py. It prints one line per test on stdout:
#
#     ok NAME   |   FAIL NAME: WHY   |   skip NAME: WHY
#
# What it says on stderr is shown when something fails. A file that says no
# such line, or ends with a status without a FAIL, counts as one failed test.
#
# A test file sees: PTF_ROOT, PTF_BIN (prec, pinfo, ...), PTF_SUPPORT (built
# programs of tests/support), PYTHON.
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

chosen() {
	[ $# -gt 1 ] || return 0
	name=$1
	shift
	for wanted; do
		[ "$wanted" != "$name" ] || return 0
	done
	return 1
}

# Takes one line of a test file for the test file $1.
take_line() {
	case $2 in
	'ok '*) pass "$1: ${2#ok }" ;;
	'FAIL '*)
		text=${2#FAIL }
		fail "$1: ${text%%: *}" "${text#*: }"
		;;
	'skip '*)
		text=${2#skip }
		skip "$1: ${text%%: *}" "${text#*: }"
		;;
	*) printf '        %s\n' "$2" ;;
	esac
}

run_test_file() {
	mkdir "$scratch/$name"
	case $1 in
	*.py) interpreter=$PYTHON ;;
	*) interpreter="sh" ;;
	esac
	(cd "$scratch/$name" && exec timeout -k 10 600 "$interpreter" "$1") \
		>"$scratch/$name.out" 2>"$scratch/$name.err" </dev/null
	rc=$?
	before=$((passed + failed + skipped))
	before_failed=$failed
	while IFS= read -r line; do
		take_line "$name" "$line"
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
}

run_test_files() {
	part=$1
	folder=$2
	shift 2
	scratch=$(mktemp -d "${TMPDIR:-/tmp}/ptf-$part.XXXXXX") || exit 1
	if [ -n "${KEEP-}" ]; then
		echo "scratch directories below $scratch"
	else
		trap 'rm -rf "$scratch"' EXIT
	fi
	trap 'exit 130' INT
	trap 'exit 143' TERM
	for file in "$folder"/t_*.sh "$folder"/t_*.py; do
		[ -f "$file" ] || continue
		name=$(basename "$file")
		name=${name#t_}
		name=${name%.*}
		if chosen "$name" "$@"; then
			run_test_file "$file"
		fi
	done
	summary "$part"
}
