# bash completion of prec, pinfo, pconv, pmerge, pdiff and pplot.
#
# What there is to choose from the programs say themselves, by --help and --list, so
# that nothing is written down twice. Without the bash-completion package:
# . share/bash-completion/completions/prec

# Candidates that are words: _ptf_words WORD...
_ptf_words() {
	mapfile -t COMPREPLY < <(compgen -W "$*" -- "$word")
}

# Files whose names end with $1 (a pattern), and folders.
_ptf_files() {
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(
		compgen -d -- "$word"
		compgen -f -X "!*$1" -- "$word"
	)
}

_ptf_options() {
	local options
	options=$("$program" ${verb:+"$verb"} --help 2>/dev/null |
		grep -Eo '^ +(-[A-Za-z?], )?--[a-z-]+=?' | grep -Eo -- '--[a-z-]+=?')
	_ptf_words "$options"
	# A value follows at once.
	case ${COMPREPLY[0]-} in *=) compopt -o nospace 2>/dev/null ;; esac
}

# The value of option $1.
_ptf_value() {
	case $1 in
	-t | --to)
		case $program in
		*pplot) _ptf_words png svg pdf sixel text ;;
		*) _ptf_words "$("$program" --list 2>/dev/null | cut -d ' ' -f 1)" ;;
		esac ;;
	-k | --kind) _ptf_words "$("$program" --list 2>/dev/null | cut -d ' ' -f 1)" ;;
	--color) _ptf_words auto always never ;;
	--class) _ptf_words python native kernel runnable gil wait unknown cpu system waiting ;;
	--metric) _ptf_words wall cpu samples await alloc live peak copy leaked python native kernel runnable gil wait ;;
	--charge) _ptf_words self user ;;
	--wait) _ptf_words main all ;;
	--sort) _ptf_words line time total ;;
	--strip) _ptf_words sources args hosts paths ;;
	--align) _ptf_words clock start none ;;
	--source) _ptf_words auto perf timer ;;
	--python)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -c -- "$word") ;;
	-m) _ptf_words "$(python3 -c '
import pkgutil
print(*(module.name for module in pkgutil.iter_modules()))' 2>/dev/null)" ;;
	-o | --output) _ptf_files '' ;;
	*) return 1 ;;
	esac
}

# Whether option $1 takes the next word as its value.
_ptf_takes_value() {
	case $1 in
	-[tkomF] | -c) true ;;
	--*) "$program" ${verb:+"$verb"} --help 2>/dev/null | grep -Eq "^ +(-., )?$1=" ;;
	*) false ;;
	esac
}

# The rest of prec's line is a command of its own, from word $1 on.
_ptf_command() {
	if [ "$COMP_CWORD" -eq "$1" ]; then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(
			compgen -d -- "$word"
			compgen -f -X '!*.py' -- "$word"
			case $word in */*) compgen -f -- "$word" ;; *) compgen -c -- "$word" ;; esac
		)
	elif declare -F _command_offset >/dev/null; then
		_command_offset "$1"
	else
		_ptf_files ''
	fi
}

_ptf() {
	local program=$1 word=${COMP_WORDS[COMP_CWORD]} verb='' option='' i

	COMPREPLY=()
	if [ "${program##*/}" = prec ]; then
		if [ "${COMP_WORDS[1]-}" = ctl ] && [ "$COMP_CWORD" -gt 1 ]; then
			verb=ctl
		else
			# Its own options end with the program.
			for ((i = 1; i < COMP_CWORD; i++)); do
				case ${COMP_WORDS[i]} in
				--) _ptf_command $((i + 1)); return ;;
				-m | -c)
					[ $((i + 1)) -lt "$COMP_CWORD" ] || break
					_ptf_files ''
					return ;;
				=) ;;
				-*)
					[ "${COMP_WORDS[i + 1]-}" != = ] || i=$((i + 2))
					! _ptf_takes_value "${COMP_WORDS[i]}" || i=$((i + 1)) ;;
				*) _ptf_command "$i"; return ;;
				esac
			done
		fi
	fi
	# "--to=js" is three words here.
	if [ "$word" = = ]; then
		word=
		option=${COMP_WORDS[COMP_CWORD - 1]}
	elif [ "${COMP_WORDS[COMP_CWORD - 1]}" = = ]; then
		option=${COMP_WORDS[COMP_CWORD - 2]}
	elif _ptf_takes_value "${COMP_WORDS[COMP_CWORD - 1]}"; then
		option=${COMP_WORDS[COMP_CWORD - 1]}
	fi
	if [ "$option" ]; then
		_ptf_value "$option"
		return
	fi
	case $word in
	-*) _ptf_options ;;
	*)
		if [ "$verb" ]; then
			_ptf_words status start stop mark rotate dump finish
		elif [ "${program##*/}" = prec ]; then
			_ptf_command "$COMP_CWORD"
		else
			_ptf_files .ptf
		fi ;;
	esac
}

complete -F _ptf prec pinfo pconv pmerge pmerge-mpi pdiff pplot
