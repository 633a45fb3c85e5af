#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The distribution's own bpftool, which knows nothing of λ programs, pins,
# lists and dumps them all the same. TAP on standard output.

case ${1:-} in
-h|--help)
	echo "Usage: ${0##*/}"
	sed -n '3,/^$/s/^#[[:space:]]*//p' "$0"
	exit ;;
esac
here=$(dirname "$0")
dir=$(mktemp -d /tmp/lambda-tool-XXXXXX)
note=$dir.note
count=0
failed=0

cleanup()
{
	umount "$dir" 2>/dev/null
	rmdir "$dir"
	rm -f "$note"
}
trap cleanup EXIT

# check NAME COMMAND...: one test
check()
{
	name=$1
	shift
	count=$((count + 1))
	if "$@"; then
		echo "ok $count $name"
	else
		echo "not ok $count $name"
		failed=$((failed + 1))
	fi
}

# says PATTERN ARGUMENTS...: what bpftool prints has the pattern
says()
{
	pattern=$1
	shift
	text=$(bpftool "$@" 2>&1)
	if echo "$text" | grep -q -- "$pattern"; then
		return 0
	fi
	echo "# bpftool $*: no '$pattern' in:"
	echo "$text" | sed 's/^/# /'
	return 1
}

# The machine code; a bpftool without a disassembler has to say that it is so,
# and then at least to know how long the code is.
dumps_code()
{
	says 'ret' prog dump jited pinned "$dir/pin" >"$note" && return 0
	grep -q 'No libbfd support' "$note" &&
		says 'jited [1-9][0-9]*B' prog show pinned "$dir/pin"
}

echo "TAP version 13"
echo "1..8"

if ! mount -t bpf bpf "$dir" || ! "$here/lambda_pin" "$dir/pin"; then
	echo "Bail out! cannot pin a program"
	exit 1
fi

# Too new for bpftool to have a name for, the type is shown as a number.
check show says 'type \(33\|lambda\)  *name pinned' prog show pinned "$dir/pin"
check list says 'name pinned' prog show
check loaded says 'xlated 48B' prog show pinned "$dir/pin"
check xlated says '(b7) r0 = 0' prog dump xlated pinned "$dir/pin"
# The loop as it was loaded: no pass has moved it.
check xlated_jump says 'if r0 < 0x8 goto pc-2' \
	prog dump xlated pinned "$dir/pin"
check jited dumps_code
id=$(bpftool prog show pinned "$dir/pin" | sed -n '1s/:.*//p')
check pin_again bpftool prog pin id "$id" "$dir/pin2"
check second_pin says "^$id: " prog show pinned "$dir/pin2"
rm -f "$dir/pin" "$dir/pin2"

echo "# Totals: pass:$((count - failed)) fail:$failed xfail:0 xpass:0 skip:0 error:0"
[ "$failed" -eq 0 ]
