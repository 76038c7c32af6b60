#!/bin/sh
# Long tests of robustness: programs that are hard on a recorder, for TIME
# seconds (storms.py, which says what it takes for options).
#
#     run.sh [OPTION...]          TIME=1200, O=build
#
# What fails leaves its trace in a scratch directory, which is then named.
set -u
PTF_ROOT=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
# shellcheck source=tests/support/counts.sh
. "$PTF_ROOT/tests/support/counts.sh"

: "${O:=build}" "${PYTHON:=/usr/bin/python3}" "${TIME:=1200}"
case $O in /*) build=$O ;; *) build=$PTF_ROOT/$O ;; esac
PTF_BIN=$build/bin
PTF_SUPPORT=$build/tests/support
PYTHONDONTWRITEBYTECODE=1
LC_ALL=C.UTF-8
export PTF_ROOT PTF_BIN PTF_SUPPORT PYTHON PYTHONDONTWRITEBYTECODE LC_ALL
unset PYTHONPATH PYTHONHOME PYTHONSTARTUP

scratch=$(mktemp -d "${TMPDIR:-/tmp}/ptf-stress.XXXXXX") || exit 1
trap 'exit 130' INT
trap 'exit 143' TERM

(cd "$scratch" && exec "$PYTHON" "$PTF_ROOT/tests/stress/storms.py" --time "$TIME" "$@") \
	2>"$scratch/log" |
	while IFS= read -r line; do
		case $line in
		'ok '* | 'FAIL '* | 'skip '*) printf '%s\n' "$line" ;;
		*) printf '        %s\n' "$line" >&2 ;;
		esac
	done >"$scratch/lines"

while IFS= read -r line; do
	case $line in
	'ok '*) pass "${line#ok }" ;;
	'FAIL '*)
		text=${line#FAIL }
		fail "${text%%: *}" "${text#*: }"
		;;
	'skip '*)
		text=${line#skip }
		skip "${text%%: *}" "${text#*: }"
		;;
	esac
done <"$scratch/lines"
if [ $((passed + failed)) -eq 0 ]; then
	fail storms "nothing was tested"
	tail -n 20 "$scratch/log" | sed 's/^/        | /'
fi
if [ "$failed" -gt 0 ]; then
	echo "        what was recorded and said is in $scratch"
else
	rm -rf "$scratch"
fi
summary storms
