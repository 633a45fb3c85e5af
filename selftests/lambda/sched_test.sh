#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# How the kernel sends requests to the host or to the drive, as it can be seen
# and set: /sys/block/DISK/lambda and the tracepoint. Needs the drive of the
# project's emulator; skipped without, unless LAMBDA_DRIVE promises one. TAP on
# standard output.

. "${0%/*}/command.sh"

on_drive
sched=/sys/block/${disk##*/}/lambda
head -c $((8 << 20)) /dev/urandom >"$mnt/numbers"
head -c 65536 /dev/urandom >"$dir/numbers"
sync

# is NAME FILE TEXT: what a file of the disk says
is()
{
	local said

	said=$(<"$sched/$2")
	[ "$said" = "$3" ] || echo "# $2 says '$said', not '$3'"
	[ "$said" = "$3" ]
	result $? "$1"
}

# set_to FILE TEXT, refuses FILE TEXT: writing works, or is an error
set_to() { echo "$2" >"$sched/$1" && [ "$(<"$sched/$1")" = "$2" ]; }
refuses()
{
	local before

	before=$(<"$sched/$1")
	! echo "$2" 2>/dev/null >"$sched/$1" && [ "$(<"$sched/$1")" = "$before" ]
	result $? "$1 refuses '$2'"
}

# number FILE NAME [WORD]: a word, the second as a rule, of a line of a file
number()
{
	awk -v name="$2" -v word="${3:-2}" '$1 == name { print $word }' "$sched/$1"
}

# run SIDE BATCH [OPTION...]: stats64 over the file
run()
{
	lambda run --side="$1" --batch="$2" --out=/dev/null "${@:3}" \
		"$objects/stats64.bpf.o" "$mnt/numbers" 2>&1
}

[ -d "$sched" ] && [ ! -e /sys/block/loop0/lambda ]
result $? "only disks that run λs have the directory"
is "the model decides" policy "[auto] host device both"
is "a period is 200 requests" period 200
is "5 of them may be probes" probes 5
for value in 9 1000001 -1 x "" 4294967296; do
	refuses period "$value"
done
for value in 1000001 -1 x; do
	refuses probes "$value"
done
for value in "" hos hosts; do
	refuses policy "$value"
done
set_to period 10 && set_to period 1000000 && set_to period 200
result $? "period can be set"
set_to probes 0 && set_to probes 5
result $? "probes can be set"
as_nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
! $as_nobody bash -c "echo host >$sched/policy" 2>/dev/null
result $? "not by anybody"
[ "$(number limits cores)" -ge 1 ] && [ "$(number limits depth)" -ge 1 ] &&
	[ "$(number limits media_bps)" -gt 0 ] &&
	[ "$(number model media_read)" -gt 0 ]
result $? "limits and model are told"

# 128 requests, of either side; each is counted once, by side, reason, status.
host=$(number requests host) device=$(number requests device)
ok=$(number statuses ok)
bytes=$(($(number requests host 3) + $(number requests device 3)))
run auto 64K >/dev/null
result $? "128 requests where the kernel likes"
[ $(($(number requests host) - host + $(number requests device) - device)) \
	-eq 128 ] && [ $(($(number statuses ok) - ok)) -eq 128 ] &&
	[ $(($(number requests host 3) + $(number requests device 3) - bytes)) \
	-eq $((8 << 20)) ]
result $? "each is counted once"
[ $(($(number reasons model) + $(number reasons profile))) -ge 128 ] &&
	[ "$(number reasons profile)" -ge 2 ]
result $? "both sides were measured"
for kind in media link core; do
	[ "$(number model busy_$kind)" -eq 0 ] || break
done
result $? "nothing is under way afterwards"

# A λ is known while somebody holds it: who writes more than a pipe takes.
mkfifo "$dir/hold"
lambda run --each --batch=64 --out="$dir/hold" "$objects/stats64.bpf.o" \
	"$mnt/numbers" &
exec 3<"$dir/hold"
head -c 24 <&3 >/dev/null
lines=$(awk 'NF != 23 { bad = 1 } END { print bad ? -1 : NR }' "$sched/profiles")
[ "$lines" -ge 1 ]
result $? "a λ has a profile of 23 fields"
exec 3<&-
wait
[ -z "$(<"$sched/profiles")" ]
result $? "and none when it is gone"

# Who decides
before=$(number reasons policy)
echo host >"$sched/policy"
is "the policy that is set is marked" policy "auto [host] device both"
[[ $(run device 1M --verbose) == *"8 on the host: "* ]]
result $? "nothing goes to the drive"
! run device 1M --no-fallback >/dev/null
result $? "nor is it pretended"
[ "$(number reasons policy)" -gt "$before" ]
result $? "and the reason is counted"
echo device >"$sched/policy"
[[ $(run auto 1M --verbose) == *"8 in the device: "* ]]
result $? "everything goes to the drive"
[[ $(run host 1M --verbose) == *"8 on the host: "* ]]
result $? "but what was sent to the host"
echo auto >"$sched/policy"

# What the drive leaves to the host
before=$(number requests fallback) stale=$(number reasons stale)
touch "$mnt/stale"
chattr -e "$mnt/stale"
head -c 65536 "$mnt/numbers" >"$mnt/stale"
lambda run --side=device --out=/dev/null "$objects/stats64.bpf.o" \
	"$mnt/stale"
[ "$(number requests fallback)" -eq $((before + 1)) ] &&
	[ "$(number reasons stale)" -eq $((stale + 1)) ]
result $? "what is left to the host is counted, with its reason"

# Both sides at once, where a program is record-wise
echo both >"$sched/policy"
is "the policy that is set is marked" policy "auto host device [both]"
head -c 2040 /dev/urandom >"$dir/point"

# alike PROGRAM ROW [OPTION...]: in parts as on the host, cut at odd places
alike()
{
	local program=$1 row=$2 both at
	local options=("${@:3}" --print=raw "$objects/$program.bpf.o" "$mnt/numbers")

	both=$(number requests both)
	for at in 0 1 4095; do
		lambda run --offset=$at --batch=$((row * (3000000 / row))) \
			--length=$((row * (8000000 / row))) --side=host \
			--out="$dir/host" "${options[@]}" &&
		lambda run --offset=$at --batch=$((row * (3000000 / row))) \
			--length=$((row * (8000000 / row))) \
			--out="$dir/both" "${options[@]}" &&
		cmp "$dir/host" "$dir/both" || break
	done &&
	[ "$(number requests both)" -eq $((both + 9)) ]
	result $? "$program makes the same on both sides"
}

alike stats32 4
alike stats64 8
alike knn 2048 --args="file:$dir/point"
alike grep 4096 --args=str:xyz
alike histogram 1
alike wordcount 1
before=$(number requests both)
lambda run --out="$dir/both" "$objects/bitmap.bpf.o" "$mnt/numbers" \
	--batch=1M --length=1M --out-cap=1G
[ "$(number requests both)" -eq "$before" ]
result $? "a program that is not record-wise is not divided"
[ "$(number requests both 3)" -gt 8000000 ]
result $? "bytes of both sides are counted"
echo auto >"$sched/policy"

# The tracepoint
trace=/sys/kernel/tracing
[ -e $trace/trace ] || mount -t tracefs none $trace
echo 1 >$trace/events/lambda/lambda_request/enable
: >$trace/trace
run device 1M >/dev/null
lambda run --out=/dev/null "$objects/stats64.bpf.o" "$dir/numbers"
echo 0 >$trace/events/lambda/lambda_request/enable
[ "$(grep -c "lambda_request: .* side device reason forced status ok" \
	$trace/trace)" -eq 8 ]
result $? "each request is an event"
grep -q "lambda_request: .* ino $(stat -c %i "$mnt/numbers") .* bytes 1048576" \
	$trace/trace
result $? "that names file and length"
! grep "reason forced" $trace/trace | grep -q "expected 0 "
result $? "and what was expected"
grep -q "side host reason no_disk status ok .* expected 0 ns [0-9]" $trace/trace
result $? "also of a file that no drive can run λs over"

done_testing
