#!/bin/sh
# shellcheck shell=bash
# What the Tab key offers in bash.
if [ -z "${BASH_VERSION-}" ]; then
	command -v bash >/dev/null || {
		echo "skip what bash offers: there is no bash"
		exit 0
	}
	exec bash "$0"
fi
set -u
PATH=$PTF_BIN:$PATH
# shellcheck source=tools/completion/ptf.bash
. "$PTF_ROOT/tools/completion/ptf.bash"
mkdir folder
touch a.ptf b.txt "ö x.ptf" run.py

# offers NAME WANTED WORD...: the last word is being completed; WANTED are the lines of
# what is offered, some of them when it ends with "...".
offers() {
	local name=$1 wanted=$2 got part
	shift 2
	COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
	_ptf "$1" 2>err
	got=$(printf '%s\n' "${COMPREPLY[@]}" | sort -u)
	if [ -s err ]; then
		echo "FAIL $name: $(cat err)"
		return
	fi
	case $wanted in
	*...)
		for part in ${wanted%...}; do
			if ! grep -qxF -- "$part" <<<"$got"; then
				echo "FAIL $name: no $part in ${got//$'\n'/ }"
				return
			fi
		done ;;
	*)
		if [ "$got" != "$wanted" ]; then
			echo "FAIL $name: ${got//$'\n'/ }"
			return
		fi ;;
	esac
	echo "ok $name"
}

offers "an option" "--map=
--metric=
--min=" pconv --m
offers "an option of prec" "--no-args
--no-children
--no-source" prec --no
offers "options of memory" "--memory
--memory-interval=" prec --mem
offers "a format" "json" pconv a.ptf -t js
offers "a format behind =" "perfetto" pconv --to = per
offers "all formats behind =" "json html pprof speedscope ..." pconv --to =
offers "memory as a metric" "live" pconv --metric li
offers "a kind of picture" "heatmap" pplot -k he
offers "traces and folders" "a.ptf
folder
ö x.ptf" pinfo ""
offers "scripts and programs" "run.py" prec run.p
offers "a program behind options" "run.py" prec -F 1000 --rotate = 1s run.p
offers "words of the program" "b.txt" prec -q run.py b.t
offers "a module" "json ..." prec -m jso
offers "verbs" "start
status
stop" prec ctl st
offers "options of a verb" "--pid=" prec ctl --pi
for tool in "$PTF_BIN"/p*; do
	complete -p "${tool##*/}" >out 2>&1 && echo "ok ${tool##*/} is completed" ||
		echo "FAIL ${tool##*/} is completed: $(cat out)"
done
