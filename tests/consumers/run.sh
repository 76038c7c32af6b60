#!/bin/sh
# Other people's programs on what pconv writes: every t_*.sh and t_*.py here, or
# those named (see tests/support/testfiles.sh).
#
#     run.sh [NAME...]
#
# A test file sees also: CONSUMERS, the folder that install.sh filled, and
# CHROMIUM, a browser ("" when there is none).
set -u
PTF_ROOT=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
# shellcheck source=tests/support/testfiles.sh
. "$PTF_ROOT/tests/support/testfiles.sh"

CONSUMERS=$build/consumers
CHROMIUM=${CHROMIUM-$(command -v chromium || command -v google-chrome || true)}
export CONSUMERS CHROMIUM
run_test_files consumers "$PTF_ROOT/tests/consumers" "$@"
