#!/bin/sh
# Unpacks Debian's arm64 libraries, and its python3, into a folder: what the house
# links with, by the one list of packages. The system stays as it is, and root is
# not needed: apt gets a state of its own.
#
#     sysroot.sh FOLDER
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$1
[ ! -f "$folder/.whole" ] || exit 0

apt=$(mktemp -d "${TMPDIR:-/tmp}/ptf-apt.XXXXXX")
trap 'rm -rf "$apt"' EXIT
mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial" "$folder"
: >"$apt/status"
cat >"$apt/apt.conf" <<END
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
Dir::State "$apt/state";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
END
export APT_CONFIG="$apt/apt.conf"

# Of MPI and clang nothing is needed.
packages=$(sh "$root/tools/packaging/debian-deps.sh" --list |
	grep -E '^(lib|zlib).*-dev$' | grep -vE 'clang|mpi')
apt-get update -qq
# shellcheck disable=SC2086 # a list of words
apt-get install -y -qq --download-only --no-install-recommends $packages python3
for package in "$apt"/cache/archives/*.deb; do
	dpkg-deb -x "$package" "$folder"
done
: >"$folder/.whole"
