#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The drive is pulled out of its slot, and put back, while nothing, fio, λs and
# resets go on. Orders are obeyed by QEMU's monitor: scripts/vm --obey.

. "$(dirname "$0")/tap.sh"

PATH=$PATH:$PWD
disk=/dev/nvme0n1
slot=/sys/bus/pci/slots/1

# order COMMAND...: to the monitor, which is told by the kernel's log
order() {
	echo "monitor: $*" >/dev/kmsg
}

absent() {
	[ ! -e /dev/nvme0 ] && [ "$(cat $slot/adapter)" = 0 ]
}

present() {
	[ -b $disk ] && [ "$(cat /sys/class/nvme/nvme0/state)" = live ]
}

put_back() {
	until_true 20 absent
	order "device_add $(cat /root/devices)"
	until_true 20 present
}

# Written before and read after; the rest of the disk is for others to write.
write_pattern() {
	seq 1 1000000 | head -c 65536 >/tmp/a
	dd if=/tmp/a of=$disk bs=64k oflag=direct
}

read_pattern() {
	dd if=$disk of=/tmp/b bs=64k count=1 iflag=direct
	cmp /tmp/a /tmp/b
}

# work: starts what cannot end well
work() {
	fio --name=work --filename=$disk --direct=1 --ioengine=libaio \
		--rw=randrw --bsrange=512-256k --iodepth=32 --numjobs=2 \
		--offset=1M --size=256M --time_based --runtime=300 >/tmp/fio 2>&1 &
	fio=$!
	busy >/tmp/busy 2>&1 &
	busy=$!
	sleep 3
	kill -0 $fio && kill -0 $busy
}

work_ends() {
	until_true 30 eval "! kill -0 $fio 2>/dev/null && ! kill -0 $busy 2>/dev/null"
	grep -q 'ran, then' /tmp/busy || fail "$(cat /tmp/busy)"
	grep -qi 'error' /tmp/fio || fail "$(cat /tmp/fio)"
}

test_an_idle_drive() {
	write_pattern
	order "device_del csd0"
	put_back
	read_pattern
}

test_an_idle_drive_that_the_guest_lets_go() {
	write_pattern
	echo 0 >$slot/power
	put_back
	read_pattern
}

test_a_busy_drive() {
	local _
	for _ in 1 2 3; do
		write_pattern
		work
		order "device_del csd0"
		work_ends
		put_back
		read_pattern
	done
}

test_a_busy_drive_that_the_guest_lets_go() {
	local _
	for _ in 1 2 3; do
		write_pattern
		work
		echo 0 >$slot/power
		work_ends
		put_back
		read_pattern
	done
}

reset_for_ever() {
	while [ -e /dev/nvme0 ]; do
		nvme reset /dev/nvme0
	done >/dev/null 2>&1
}

test_a_drive_that_is_being_reset() {
	write_pattern
	reset_for_ever &
	sleep 2
	order "device_del csd0"
	until_true 40 absent
	wait
	put_back
	read_pattern
}

test_nothing_was_left_behind() {
	equal controllers "$(echo /sys/class/nvme/nvme*)" /sys/class/nvme/nvme0
	equal disks "$(echo /sys/block/nvme*)" /sys/block/nvme0n1
}

run_all
