#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Drives that were not made together with the kernel: one that keeps nothing of
# the contract beyond its beginnings gets no program that needs more, and one
# that speaks another version of the command set none at all. By their serials
# CSD0 is as new as the kernel, CSD1 the old one, CSD2 the other one.

. "$(dirname "$0")/tap.sh"

objects=/usr/lib/lambda
lacks="the drive does not keep the contract that the program needs"

# disk SERIAL: the name of its first namespace; drives are found in any order
disk() {
	local dir
	dir=$(dirname "$(grep -l "^$1 *\$" /sys/class/nvme/nvme*/serial)")
	echo "${dir##*/}n1"
}

# Lines `N,N * N` to select from, in whole numbers of what statistics are made of.
for serial in CSD0 CSD1 CSD2; do
	mkdir -p /mnt/$serial
	mkfs.ext4 -q -F "/dev/$(disk $serial)" &&
		mount "/dev/$(disk $serial)" /mnt/$serial || exit 1
	awk 'BEGIN { for (n = 0; n < 40000; n++) print n "," n * n }' |
		head -c 524288 >/mnt/$serial/file
	printf '\x08\x80%.0s' {1..1000} >/mnt/$serial/runs
done
drop_caches

# ask SERIAL PROGRAM [OPTION...]: in the drive if it can; output in /tmp/SERIAL
ask() {
	lambda run --side=device -v --out="/tmp/$1" "${@:3}" \
		"$objects/$2.bpf.o" "/mnt/$1/${input:-file}" 2>&1
}

select_lines() {
	ask "$1" csvfilter --lines --args=u32:1 --args=u32:1 --args=i64:900 "${@:2}"
}

# says TEXT COMMAND...: the command succeeds and says TEXT
says() {
	local text=$1 said
	shift
	said=$("$@" 2>&1) || fail "failed: $*: $said"
	[[ $said == *"$text"* ]] || fail "'$said' does not say '$text'"
}

test_a_new_drive_searches() {
	says "in the device" select_lines CSD0 --no-fallback
	says "in the device" ask CSD0 grep --args=str:1999,3996001 --no-fallback
	says "in the device" select_lines CSD0
	equal lines "$(wc -l </tmp/CSD0)" 30
}

test_an_old_drive_leaves_searches_to_the_host() {
	says "on the host: $lacks" select_lines CSD1
	cmp /tmp/CSD0 /tmp/CSD1
	says "on the host: $lacks" ask CSD1 grep --args=str:1999
}

test_an_old_drive_leaves_arrays_to_the_host() {
	local program
	for program in stats64 stats32 wordcount histogram; do
		says "on the host: $lacks" ask CSD1 $program
		says "in the device" ask CSD0 $program --no-fallback
		cmp /tmp/CSD0 /tmp/CSD1
	done
}

test_an_old_drive_runs_the_rest() {
	local input=runs
	says "in the device" ask CSD1 bitmap --no-fallback
	says "in the device" ask CSD0 bitmap --no-fallback
	cmp /tmp/CSD0 /tmp/CSD1
	equal bytes "$(wc -c </tmp/CSD0)" 1000
}

test_the_reason_is_told_where_the_host_may_not() {
	refused "$lacks" select_lines CSD1 --no-fallback
}

test_the_reason_is_counted() {
	local counted=lambda/stats/reason_contract
	[ "$(<"/sys/block/$(disk CSD1)/$counted")" -ge 2 ]
	equal "of the new drive" "$(<"/sys/block/$(disk CSD0)/$counted")" 0
}

test_info_tells_the_contract() {
	says "contract      charging bulk
" lambda info "/dev/$(disk CSD0)"
	says "contract      none
" lambda info "/dev/$(disk CSD1)"
}

test_another_version_is_named() {
	dmesg | grep "lambda: not used: drive has version 2 of the command set, kernel version 1"
	[ ! -e "/sys/block/$(disk CSD2)/lambda" ]
	refused "speaks version 2 of the λ command set; this command knows 1" \
		lambda info "/dev/$(disk CSD2)"
	says "on the host: the file is not on a disk that runs λ programs" \
		ask CSD2 stats64
}

run_all
umount /mnt/CSD*
