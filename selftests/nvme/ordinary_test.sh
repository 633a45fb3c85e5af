#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Which controllers the driver asks about λs, and that every one of them comes up
# as a disk whatever it answers. By their serials CSD0 runs λs and takes orders
# for faults, CSD1 is the same drive without λs, lambda0 is QEMU's own.

. "$(dirname "$0")/tap.sh"

PATH=$PATH:$PWD
trace=/sys/kernel/tracing
program=/usr/lib/lambda/stats64.bpf.o

# controller SERIAL: its name, which it may have got anew
controller() {
	basename "$(dirname "$(grep -l "^$1 *\$" /sys/class/nvme/nvme*/serial)")"
}

# disk SERIAL: the name of its first namespace
disk() {
	local dir
	dir=$(dirname "$(grep -lx 1 "/sys/class/nvme/$(controller "$1")"/nvme*/nsid)")
	basename "$dir"
}

runs_lambdas() {
	[ -e "/sys/block/$(disk "$1")/lambda" ]
}

runs_no_lambdas() {
	! runs_lambdas "$1"
}

is_up() {
	[ "$(cat "/sys/class/nvme/$(controller "$1")/state")" = live ] &&
		[ -b "/dev/$(disk "$1")" ]
} 2>/dev/null

# bind SERIAL: has the driver find the controller anew, and waits for the end of
# the scan: nvme warns of a namespace that comes in the middle of a reset
bind() {
	local address
	address=$(basename "$(readlink -f "/sys/class/nvme/$(controller "$1")/device")")
	echo "$address" >/sys/bus/pci/drivers/nvme/unbind
	echo "$address" >/sys/bus/pci/drivers/nvme/bind
	until_true 60 is_up "$1"
	sleep 1
}

# reset SERIAL: and wait for the scan that follows
reset() {
	nvme reset "/dev/$(controller "$1")"
	until_true 60 is_up "$1"
	sleep 1
}

works() {
	until_true 60 is_up "$1"
	dd if="/dev/$(disk "$1")" of=/dev/null bs=64k count=16 iflag=direct
}

# begin: from now on commands are counted
begin() {
	echo 0 >$trace/tracing_on
	echo >$trace/trace
	echo 1 >$trace/events/nvme/nvme_setup_cmd/enable
	echo 1 >$trace/tracing_on
}

# sent SERIAL COMMAND: how many there were
sent() {
	grep -c "$(controller "$1"): .*cmd=($2" $trace/trace || true
}

was_sent() {
	[ "$(sent "$@")" -ge 1 ]
}

questions() {
	sent "$1" "nvme_admin_identify cns=$((0xc1)),"
}

# order WHAT...: a fault, which outlives that the driver lets the drive go
order() {
	DRIVE=/dev/$(controller CSD0) fault "$@"
}

# says TEXT COMMAND...: the command succeeds and says TEXT
says() {
	local text=$1 said
	shift
	said=$("$@" 2>&1) || fail "failed: $*: $said"
	[[ $said == *"$text"* ]] || fail "'$said' does not say '$text'"
}

errors() {
	nvme smart-log "/dev/$(controller "$1")" | field num_err_log_entries
}

test_a_drive_that_tells_is_asked() {
	begin
	bind CSD0
	until_true 20 runs_lambdas CSD0
	equal "when it is found" "$(questions CSD0)" 1
	reset CSD0
	equal "after a reset" "$(questions CSD0)" 2
	runs_lambdas CSD0
}

# open, which is 0xc2, when it is found, with each reset; release, 0xcc, at the end
test_a_session_is_opened_and_released() {
	begin
	bind CSD0
	until_true 20 runs_lambdas CSD0
	equal "released" "$(sent CSD0 0xcc)" 1
	equal "opened" "$(sent CSD0 0xc2)" 1
	reset CSD0
	equal "opened with a reset" "$(sent CSD0 0xc2)" 2
	equal "released by a reset" "$(sent CSD0 0xcc)" 1
	says "sessions      1 of " lambda info "/dev/$(disk CSD0)"
}

# As by a drive that is older than sessions are.
test_no_session_is_a_no() {
	order fail 0xc2 admin value=0x1 more=9
	bind CSD0
	works CSD0
	sleep 1
	runs_no_lambdas CSD0
	dmesg | grep "lambda: not used: drive refuses to open a session, status 0x1"
	order none
	bind CSD0
	until_true 20 runs_lambdas CSD0
}

test_others_are_not_asked() {
	local serial
	for serial in CSD1 lambda0; do
		begin
		bind $serial
		reset $serial
		works $serial
		equal "questions for $serial" "$(questions $serial)" 0
		[ "$(sent $serial nvme_admin_identify)" -ge 4 ]
	done
}

test_no_error_is_logged_by_a_plain_drive() {
	local before _
	before=$(errors CSD1)
	for _ in 1 2 3; do
		reset CSD1
	done
	equal "errors" "$(errors CSD1)" "$before"
}

# is_a_no KIND [value=N]: ordered for ten questions, of which one is put; before it
# the session is released
is_a_no() {
	order "$1" any admin "${@:2}" skip=1 more=9
	bind CSD0
	works CSD0
	sleep 1
	equal "questions left" "$(order left)" 9
	reset CSD0
	reset CSD0
	works CSD0
	equal "questions left after resets" "$(order left)" 9
	runs_no_lambdas CSD0
	order none
	bind CSD0
	until_true 20 runs_lambdas CSD0
}

test_an_error_is_a_no() {
	is_a_no fail value=0x2
}

test_garbage_is_a_no() {
	is_a_no garble
}

left_is() {
	[ "$(order left 2>/dev/null)" = "$1" ]
}

# It times out, which resets the controller, and the second time likewise.
test_no_answer_is_a_no() {
	local seconds=/sys/module/nvme_core/parameters/admin_timeout
	echo 3 >$seconds
	order lose any admin skip=1 more=9
	bind CSD0
	until_true 30 left_is 8
	sleep 4
	works CSD0
	equal "questions left" "$(order left)" 8
	reset CSD0
	equal "questions left after a reset" "$(order left)" 8
	runs_no_lambdas CSD0
	order none
	order lose any admin
	bind CSD0
	until_true 30 runs_lambdas CSD0
	equal "questions left" "$(order left)" 0
	echo 60 >$seconds
	bind CSD0
}

on_the_disk() {
	lambda run --side=device -v --out=/tmp/out "$@" $program "/dev/$(disk CSD0)"
}

# Half a lease without a command, and a whole one: NVME_LAMBDA_LEASE_MS is 30 s.
test_an_idle_host_renews_its_session_or_opens_it_anew() {
	says "in the device" on_the_disk --length=65536 --no-fallback
	begin
	sleep 16
	says "in the device" on_the_disk --length=65536 --no-fallback
	equal "renewed" "$(sent CSD0 0xc2)" 1
	sleep 31
	says "in the device" on_the_disk --length=65536 --no-fallback
	equal "not there, and opened anew" "$(sent CSD0 0xc2)" 3
}

# Metadata comes with another format, and goes with the next one.
test_a_format_with_metadata_runs_no_lambdas() {
	says "in the device" on_the_disk --length=65536 --no-fallback
	cp /tmp/out /tmp/before
	order metadata 0x06 admin more=1000
	nvme ns-rescan "/dev/$(controller CSD0)"
	until_true 20 runs_no_lambdas CSD0
	says "on the host" on_the_disk --length=65536
	cmp /tmp/out /tmp/before
	works CSD0
	order none
	nvme ns-rescan "/dev/$(controller CSD0)"
	until_true 20 runs_lambdas CSD0
	says "in the device" on_the_disk --length=65536 --no-fallback
	cmp /tmp/out /tmp/before
}

# The drive has lost the command, and the abort of it finds nothing. (What gets a
# slot or a program is not aborted: how it ended has to be known.)
test_a_killed_request_aborts_a_few_times() {
	local queue pid aborts
	queue=/sys/block/$(disk CSD0)/queue
	echo 6000 >"$queue/io_timeout"
	begin
	order lose 0x9a more=100
	order lose 0x90 more=100
	lambda run --side=device --no-fallback --length=1048576 --out=/tmp/out \
		$program "/dev/$(disk CSD0)" >/tmp/killed 2>&1 &
	pid=$!
	until_true 20 was_sent CSD0 "0x9[0a]"
	kill -KILL $pid
	until_true 20 was_sent CSD0 nvme_admin_abort_cmd
	sleep 4
	aborts=$(sent CSD0 nvme_admin_abort_cmd)
	order none
	if [ "$aborts" -lt 1 ] || [ "$aborts" -gt 3 ]; then
		fail "$aborts aborts"
	fi
	wait || true
	until_true 60 is_up CSD0
	until_true 20 runs_lambdas CSD0
}

run_all
