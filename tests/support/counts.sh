# shellcheck shell=sh
# What every part of the tests shares: one line per test, and the summary that
# tests/support/check.sh adds up. Sourced, never run:
#
#     . "$root/tests/support/counts.sh"
#     pass "name";  fail "name" "why";  skip "name" "why"
#     summary part        prints "part: N passed, N failed[, N skipped]"
#
# summary returns 1 when something failed or nothing was tested.
passed=0
failed=0
skipped=0

pass() {
	passed=$((passed + 1))
	printf '  ok    %s\n' "$1"
}

fail() {
	failed=$((failed + 1))
	printf '  FAIL  %s: %s\n' "$1" "$2"
}

skip() {
	skipped=$((skipped + 1))
	printf '  skip  %s: %s\n' "$1" "$2"
}

summary() {
	if [ "$skipped" -gt 0 ]; then
		printf '%s: %d passed, %d failed, %d skipped\n' "$1" "$passed" "$failed" "$skipped"
	else
		printf '%s: %d passed, %d failed\n' "$1" "$passed" "$failed"
	fi
	[ "$failed" -eq 0 ] && [ $((passed + skipped)) -gt 0 ]
}
