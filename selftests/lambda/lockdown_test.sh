#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A kernel that is locked down to keep its secrets: λs, which see none of them,
# run as ever, and where tracing is forbidden that is said. Needs a kernel booted
# with lockdown=confidentiality, and the drive of the project's emulator; skipped
# without it, unless LAMBDA_DRIVE promises one. TAP on standard output.

. "${0%/*}/command.sh"

locked=/sys/kernel/security/lockdown
if [[ $(cat $locked 2>/dev/null) != *"[confidentiality]"* ]]; then
	echo "1..0 # SKIP not booted with lockdown=confidentiality"
	exit 4
fi
on_drive
text=$mnt/text
make_text "$text"
sync

# What it is that λs are not: programs that read the kernel's memory.
! head -c 1 /sys/kernel/tracing/trace >/dev/null 2>&1
result $? "nobody may trace"

for side in host "device --no-fallback"; do
	# shellcheck disable=SC2086
	lambda run --side=$side --out="$dir/${side%% *}" \
		"$objects/wordcount.bpf.o" "$text"
	result $? "wordcount on the $side"
done
same "it has the same output on both" "$dir/host" "$dir/device"
says 0 "runs λs, version 1 of the command set" info "$disk"
# Files of debugfs that can be written are forbidden, those of the model cannot.
debug=/sys/kernel/debug/block/${disk##*/}
[ -d /sys/kernel/debug/block ] || mount -t debugfs none /sys/kernel/debug
! cat "$debug/state" >/dev/null 2>&1
result $? "nobody may look at what debugfs can set"
grep -q '^media_read [1-9]' "$debug/lambda/model" &&
	cat "$debug/lambda/profiles" >/dev/null
result $? "but at what the model knows"
says 0 "; under way: media " top --once
says 1 "cannot trace: the kernel is locked down, which forbids it to root as well" \
	trace --count=1
[ -z "$(ls /sys/kernel/tracing/instances 2>/dev/null)" ]
result $? "trace leaves nothing behind"

done_testing
