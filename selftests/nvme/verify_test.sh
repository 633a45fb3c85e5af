#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# fio writes blocks of 512 bytes to 1 MiB at random places, four jobs with 32
# commands in flight each, and compares what it reads. VERIFY_MB says how much
# each job writes.

. "$(dirname "$0")/tap.sh"

disk=$(namespace 1)
each=${VERIFY_MB:-24}

# verify ARGUMENT...: four jobs, each in a part of the disk of its own
verify() {
	fio --name=verify --filename="$disk" --direct=1 --ioengine=libaio \
		--numjobs=4 --offset_increment=$((4 * each))M \
		--size=$((4 * each))M --io_size="${each}M" --iodepth=32 \
		--verify=crc32c --verify_fatal=1 --do_verify=1 \
		--group_reporting --randseed="${SEED:-1}" "$@"
}

test_random_reads_and_writes() {
	verify --rw=randrw --bsrange=512-1m
}

test_small_writes() {
	verify --rw=randwrite --bs=512 --io_size=1M
}

test_large_writes() {
	verify --rw=write --bs=1m
}

# One that is never verified would pass whatever the drive does.
test_a_miscompare_is_noticed() {
	verify --rw=write --bs=64k --io_size=1M --size=1M --do_verify=0
	dd if=/dev/urandom of="$disk" bs=512 seek=77 count=1 oflag=direct
	refused "verify" verify --rw=read --bs=64k --io_size=1M --size=1M
}

run_all
