#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# How the kernel sends requests to the host or to the drive, as it can be seen
# and set: /sys/block/DISK/lambda, debugfs and the tracepoint. Needs the drive of
# the project's emulator; skipped without, unless LAMBDA_DRIVE promises one. TAP
# on standard output.

. "${0%/*}/command.sh"

on_drive
sched=/sys/block/${disk##*/}/lambda
debug=/sys/kernel/debug/block/${disk##*/}/lambda
[ -d /sys/kernel/debug/block ] || mount -t debugfs none /sys/kernel/debug
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

# counted NAME, limit NAME: a number of the disk's
counted() { cat "$sched/stats/$1"; }
limit() { cat "$sched/limits/$1"; }

# model NAME: what the model knows
model() { awk -v name="$1" '$1 == name { print $2 }' "$debug/model"; }

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
[ "$(limit cores)" -ge 1 ] && [ "$(limit depth)" -ge 1 ] &&
	[ "$(limit media_bps)" -gt 0 ] && [ "$(model media_read)" -gt 0 ]
result $? "limits and model are told"

# A file has one value: a number, but for the policy, of which one is marked.
files=$(find "$sched" -type f | wc -l)
[ "$files" -ge 60 ] &&
	[ "$(find "$sched" -type f ! -name policy -exec grep -hcx '[0-9][0-9]*' {} + |
		grep -cx 1)" -eq $((files - 1)) ] &&
	[ "$(find "$sched" -type f -exec cat {} + | wc -l)" -eq "$files" ]
result $? "each file has one value"
$as_nobody find "$sched" -type f -exec cat {} + >/dev/null
result $? "which anybody may read"
! $as_nobody cat "$debug/model" 2>/dev/null
result $? "but not what is in debugfs"
for file in limits/depth stats/fallback; do
	! echo 1 2>/dev/null >"$sched/$file"
	result $? "$file cannot be written"
done

# 128 requests, of either side; each is counted once, by side, reason, status.
host=$(counted host_requests) device=$(counted device_requests)
ok=$(counted status_ok)
bytes=$(($(counted host_bytes) + $(counted device_bytes)))
run auto 64K >/dev/null
result $? "128 requests where the kernel likes"
[ $(($(counted host_requests) - host + $(counted device_requests) - device)) \
	-eq 128 ] && [ $(($(counted status_ok) - ok)) -eq 128 ] &&
	[ $(($(counted host_bytes) + $(counted device_bytes) - bytes)) \
	-eq $((8 << 20)) ]
result $? "each is counted once"
[ $(($(counted reason_model) + $(counted reason_profile))) -ge 128 ] &&
	[ "$(counted reason_profile)" -ge 2 ]
result $? "both sides were measured"
for kind in media link core; do
	[ "$(model busy_$kind)" -eq 0 ] || break
done
result $? "nothing is under way afterwards"

# A λ is known while somebody holds it: who writes more than a pipe takes.
mkfifo "$dir/hold"
lambda run --each --batch=64 --out="$dir/hold" "$objects/stats64.bpf.o" \
	"$mnt/numbers" &
exec 3<"$dir/hold"
head -c 24 <&3 >/dev/null
# Each profile begins with the image, and all have the same names in them.
profiles=$(awk 'BEGIN { RS = "" } $1 != "image" || NF % 2 { bad = 1 }
	{ names = ""; for (i = 1; i < NF; i += 2) names = names " " $i }
	first && names != first { bad = 1 } { first = names; n = NF / 2 }
	END { print bad ? 0 : NR, n }' "$debug/profiles")
[ "${profiles% *}" -ge 1 ] && [ "${profiles#* }" -eq 23 ]
result $? "a λ has a profile of 23 named fields"
exec 3<&-
wait
[ -z "$(<"$debug/profiles")" ]
result $? "and none when it is gone"

# Who decides
before=$(counted reason_policy)
echo host >"$sched/policy"
is "the policy that is set is marked" policy "auto [host] device both"
[[ $(run device 1M --verbose) == *"8 on the host: "* ]]
result $? "nothing goes to the drive"
! run device 1M --no-fallback >/dev/null
result $? "nor is it pretended"
[ "$(counted reason_policy)" -gt "$before" ]
result $? "and the reason is counted"
echo device >"$sched/policy"
[[ $(run auto 1M --verbose) == *"8 in the device: "* ]]
result $? "everything goes to the drive"
[[ $(run host 1M --verbose) == *"8 on the host: "* ]]
result $? "but what was sent to the host"
echo auto >"$sched/policy"

# What the drive leaves to the host
before=$(counted fallback) stale=$(counted reason_stale)
touch "$mnt/stale"
chattr -e "$mnt/stale"
head -c 65536 "$mnt/numbers" >"$mnt/stale"
lambda run --side=device --out=/dev/null "$objects/stats64.bpf.o" \
	"$mnt/stale"
[ "$(counted fallback)" -eq $((before + 1)) ] &&
	[ "$(counted reason_stale)" -eq $((stale + 1)) ]
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

	both=$(counted both_requests)
	for at in 0 1 4095; do
		lambda run --offset=$at --batch=$((row * (3000000 / row))) \
			--length=$((row * (8000000 / row))) --side=host \
			--out="$dir/host" "${options[@]}" &&
		lambda run --offset=$at --batch=$((row * (3000000 / row))) \
			--length=$((row * (8000000 / row))) \
			--out="$dir/both" "${options[@]}" &&
		cmp "$dir/host" "$dir/both" || break
	done &&
	[ "$(counted both_requests)" -eq $((both + 9)) ]
	result $? "$program makes the same on both sides"
}

alike stats32 4
alike stats64 8
alike knn 2048 --args="file:$dir/point"
alike grep 4096 --args=str:xyz
alike histogram 1
alike wordcount 1
before=$(counted both_requests)
lambda run --out="$dir/both" "$objects/bitmap.bpf.o" "$mnt/numbers" \
	--batch=1M --length=1M --out-cap=1G
[ "$(counted both_requests)" -eq "$before" ]
result $? "a program that is not record-wise is not divided"
[ "$(counted both_bytes)" -gt 8000000 ]
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
