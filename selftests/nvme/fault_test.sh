#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What the kernel's own nvme driver makes of commands that the drive fails,
# delays or loses on order (fault.c): reads and writes end as they should, and
# the drive is usable again. Needs a drive with faults=on.

. "$(dirname "$0")/tap.sh"

PATH=$PATH:$PWD
device=$(readlink -f /sys/class/nvme/nvme0/device)
disk=$(namespace 1)
write=1 read=2 fast=0x9a
read_error=0x281 write_fault=0x280

# timeout MS: how long the kernel waits for a command
set_timeout() {
	disk=$(namespace 1)
	echo "$1" >/sys/block/"${disk##*/}"/queue/io_timeout
}

# said PATTERN: the kernel has, since the test began
said() {
	local try
	for try in $(seq 100); do
		! dmesg | sed "1,/] test $count begins/d" | grep -q "$1" || return 0
		sleep 0.1
	done
	fail "the kernel did not say '$1', tried $try times"
}

# in_time SECONDS COMMAND...
in_time() {
	local limit=$1 begin=$SECONDS
	shift
	"$@" || fail "failed: $*"
	[ $((SECONDS - begin)) -le "$limit" ] ||
		fail "took $((SECONDS - begin)) s: $*"
}

begin() {
	echo "test $count begins" >/dev/kmsg
	set_timeout 1500
	fault none
	seq 1 1000000 | head -c 65536 >/tmp/a
	dd if=/tmp/a of="$disk" bs=64k oflag=direct
}

# One command of 64 KiB each.
read_it() {
	dd if="$disk" of=/tmp/b bs=64k count=1 iflag=direct && cmp /tmp/a /tmp/b
}

write_it() {
	tr 0-9 5-90-4 </tmp/a >/tmp/c
	dd if=/tmp/c of="$disk" bs=64k oflag=direct
}

alive() {
	in_time 5 read_it
	equal left "$(fault left)" 0
	equal state "$(cat /sys/class/nvme/nvme0/state)" live
}

test_bad_orders() {
	begin
	refused "status 0x4002" fault fail $read
	refused "status 0x4002" fault delay $read value=5
	refused "KIND" fault other $read
}

# The driver tries five times more; only a sixth failure is one to its caller.
test_a_read_that_fails_once() {
	begin
	fault fail $read value=$read_error
	alive
}

test_a_read_that_fails_always() {
	begin
	fault fail $read value=$read_error more=1000
	refused "No data available" read_it
	fault none
	alive
}

test_a_write_that_fails_unexecuted() {
	begin
	fault fail $write value=$write_fault more=1000
	refused "error" write_it
	fault none
	alive
}

test_a_write_that_fails_executed() {
	begin
	fault fail $write after value=$write_fault more=1000
	refused "error" write_it
	fault none
	dd if="$disk" of=/tmp/b bs=64k count=1 iflag=direct
	cmp /tmp/b /tmp/c
}

# On a busy machine the guest's clock is more than a tenth off.
test_a_late_read() {
	local before after
	begin
	fault delay $read after value=1000
	before=${EPOCHREALTIME/./}
	read_it
	after=${EPOCHREALTIME/./}
	[ $((after - before)) -ge 500000 ] || fail "$((after - before)) us"
	alive
}

test_a_read_aborted_for_being_late() {
	begin
	fault delay $read after value=60000
	in_time 10 read_it
	said "aborting"
	alive
}

test_lost_reads() {
	local how
	begin
	for how in "" after; do
		fault lose $read $how
		in_time 15 read_it
	done
	said "reset controller"
	alive
}

test_a_lost_write() {
	begin
	fault lose $write
	in_time 15 write_it
	dd if="$disk" of=/tmp/b bs=64k count=1 iflag=direct
	cmp /tmp/b /tmp/c
	write_it
}

test_a_fatal_state() {
	begin
	fault fatal $read
	in_time 10 read_it
	said "CSTS=0x3"
	alive
}

test_a_reset_in_the_middle() {
	begin
	set_timeout 30000
	fault delay $read after value=20000
	read_it &
	sleep 0.5
	equal left "$(fault left)" 0
	nvme reset /dev/nvme0
	in_time 10 wait %1
	alive
}

# A command of the λ set, sent as any program may: it has no second try.
test_lambdas() {
	begin
	fault fail $fast value=0x1c0 skip=1
	in_time 60 busy >/tmp/busy
	equal "the second one" "$(cat /tmp/busy)" "1 ran, then 448"
	fault lose any admin
	refused "" nvme admin-passthru /dev/nvme0 -o 0xc8 --cdw10=1 --timeout=1000
	said "reset controller"
	alive
}

# As if somebody had pulled it out; the kernel forgets a drive that is dead.
test_a_drive_that_is_gone() {
	begin
	fault gone $read skip=1
	read_it
	refused "error" read_it
	said "Disabling device\|device not ready\|Removing after probe failure"
	echo 1 >"$device/reset"
	echo 1 >"$device/remove"
	echo 1 >/sys/bus/pci/rescan
	for _ in $(seq 100); do
		disk=$(namespace 1 2>/dev/null)
		[ ! -b "$disk" ] || break
		sleep 0.1
	done
	read_it
}

run_all
