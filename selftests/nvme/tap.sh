# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Results of the drive's tests, as TAP; sourced by each of them, in the guest.

case ${1:-} in
-h|--help)
	echo "Usage: ${0##*/}, in the guest (scripts/check-drive)"
	sed -n '3,/^$/s/^# \{0,1\}//p' "$0"
	exit ;;
esac
# They write to the disks that they find.
if [ ! -e /etc/lambda-guest ]; then
	echo "${0##*/}: only the guest runs this; scripts/check-drive boots one" >&2
	exit 2
fi
count=0

# run FUNCTION: one test, named after its function; it fails with the first
# command of it that fails, and shows all it said.
run() {
	local said=/tmp/said status
	count=$((count + 1))
	(set -eu; "$1") >$said 2>&1
	status=$?
	if [ $status -eq 0 ]; then
		echo "ok $count ${1//_/ }"
	else
		sed 's/^/# /' $said
		echo "not ok $count ${1//_/ }"
	fi
}

# run_all: every function of the script that is named test_...
run_all() {
	local tests one
	tests=$(grep -o '^test_[a-z0-9_]*' "$0")
	echo "TAP version 13"
	echo "1..$(wc -w <<<"$tests")"
	for one in $tests; do
		run "$one"
	done
}

# fail MESSAGE...
fail() {
	echo "$*"
	return 1
}

# equal WHAT GOT WANTED
equal() {
	[ "$2" = "$3" ] || fail "$1: $2, not $3"
}

# refused TEXT COMMAND...: the command fails and says TEXT
refused() {
	local text=$1 said
	shift
	if said=$("$@" 2>&1); then
		fail "succeeded: $*"
	fi
	[[ $said == *"$text"* ]] || fail "'$said' does not say '$text'"
}

# until_true SECONDS COMMAND...: of a machine that does nothing else; a busy one
# has four times as many, and PATIENCE times these
until_true() {
	local end=$((SECONDS + 4 * $1 * ${PATIENCE:-1}))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || fail "not in time: $*" || return
		sleep 0.2
	done
}

# field NAME: a value from lines `NAME : value` on standard input
field() {
	sed -n "s/^$1[[:space:]]*:[[:space:]]*//p" | head -n 1
}

# namespace N: its block device; the kernel looks for all of them at the same
# time and names them in the order in which it finds them
namespace() {
	local dir
	dir=$(dirname "$(grep -lx "$1" /sys/block/nvme0n*/nsid)")
	echo "/dev/${dir##*/}"
}

# drop_caches: what is read from now on comes from the drive
drop_caches() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
}
