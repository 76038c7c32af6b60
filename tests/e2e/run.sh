#!/bin/sh
# The real programs on real programs: every t_*.sh and t_*.py here, or those
# named (see tests/support/testfiles.sh).
#
#     run.sh [NAME...]
set -u
PTF_ROOT=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
# shellcheck source=tests/support/testfiles.sh
. "$PTF_ROOT/tests/support/testfiles.sh"
run_test_files e2e "$PTF_ROOT/tests/e2e" "$@"
