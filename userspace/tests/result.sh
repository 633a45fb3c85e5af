# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Results of tests that are scripts, as TAP; sourced by each of them.

# shellcheck disable=SC2034 # their status at the end
count=0 failed=0

# result OK NAME: one test; OK is a status, 0 for good
result() {
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
		failed=1
	fi
}
