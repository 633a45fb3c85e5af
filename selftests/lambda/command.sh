# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What tests of the lambda command share; sourced by each of them. A folder of
# their own, and results as TAP.

case ${1:-} in
-h|--help)
	echo "Usage: ${0##*/}"
	sed -n '3,/^$/s/^#[[:space:]]*//p' "$0"
	exit ;;
esac
export PATH=$PATH:/usr/bin
# On a terminal, what takes a second has a line that a result would come behind.
export TERM=dumb
# shellcheck disable=SC2034
objects=${LAMBDA_OBJECTS:-/usr/lib/lambda}
dir=$(mktemp -d "${LAMBDA_TEST_DIR:-/tmp}/command-XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
count=0
failed=0

# result OK NAME: one test; OK is a status, 0 for good
result()
{
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $count $2"
	else
		echo "not ok $count $2"
		failed=$((failed + 1))
	fi
}

# says CODE TEXT ARGUMENT...: lambda ends with CODE and says TEXT somewhere
says()
{
	local code=$1 text=$2 said status
	shift 2
	said=$(lambda "$@" 2>&1 | tr -d '\000'; exit "${PIPESTATUS[0]}")
	status=$?
	if [ $status -eq "$code" ] && [[ $said == *"$text"* ]]; then
		result 0 "lambda ${*##*/}"
	else
		echo "# status $status, not $code with '$text': ${said:0:400}"
		result 1 "lambda ${*##*/}"
	fi
}

# same NAME FILE FILE: the files are equal
same()
{
	cmp "$2" "$3" >/dev/null
	result $? "$1"
}

# make_text FILE: 20,000 rows of three columns
make_text()
{
	local i
	for ((i = 0; i < 20000; i++)); do
		echo "row $i,$((i * 7 % 1000)),end"
	done >"$1"
}

# done_testing: the plan; its status is the program's
done_testing()
{
	echo "1..$count"
	[ $failed -eq 0 ]
}

echo "TAP version 13"
if ! command -v lambda >/dev/null; then
	echo "1..0 # SKIP the lambda command is not installed"
	exit 4
fi

# on_drive: sets disk to a drive that runs λs, mnt to a new ext4 on it. Ends the
# test where there is none: skipped, unless LAMBDA_DRIVE promises one.
on_drive()
{
	# The last namespace of the drive, which has blocks of 4 KiB.
	for disk in /sys/block/nvme*n2; do
		[[ $(cat "$disk/device/serial" 2>/dev/null) != CSD* ]] || break
		disk=
	done
	if [ -z "$disk" ]; then
		[ -z "$LAMBDA_DRIVE" ] || { echo "Bail out! no drive"; exit 1; }
		echo "1..0 # SKIP no drive that runs λs"
		exit 4
	fi
	disk=/dev/${disk##*/}
	mnt=$dir/mnt
	mkdir "$mnt"
	trap 'umount "$mnt" 2>/dev/null; rm -rf "$dir"' EXIT
	if ! mkfs.ext4 -q "$disk" || ! mount "$disk" "$mnt"; then
		echo "Bail out! no ext4 on $disk"
		exit 1
	fi
}
