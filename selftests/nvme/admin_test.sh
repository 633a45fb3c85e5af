#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The drive as nvme-cli and the kernel's own nvme driver see it: what it says
# of itself, its logs and features, and that it comes back from every reset.
# It has two namespaces, the first of 512 and the second of 4096 byte blocks.

. "$(dirname "$0")/tap.sh"

ctrl=/dev/nvme0
small=$(namespace 1)
large=$(namespace 2)

# pattern FILE BYTES: bytes that differ at every place
pattern() {
	seq 1 1000000 | head -c "$2" >"$1"
}

test_identify_controller() {
	nvme id-ctrl $ctrl >/tmp/ctrl
	equal vendor "$(field vid </tmp/ctrl)" 0x1234
	equal serial "$(field sn </tmp/ctrl | xargs)" CSD0
	equal namespaces "$(field nn </tmp/ctrl)" 2
	equal MDTS "$(field mdts </tmp/ctrl)" 8
	equal "volatile cache" $(($(field vwc </tmp/ctrl) & 1)) 1
	equal "host memory" "$(field hmpre </tmp/ctrl)" 0
}

test_identify_namespaces() {
	local n
	for n in 1 2; do
		nvme id-ns $ctrl -n $n >/tmp/ns
		equal blocks $(($(field nsze </tmp/ns) << (n == 1 ? 9 : 12))) \
			"$(blockdev --getsize64 "$(namespace $n)")"
		nvme ns-descs $ctrl -n $n >/tmp/descs
		grep -q 'uuid.*[1-9a-f]' /tmp/descs
		grep -q 'nguid.*[1-9a-f]' /tmp/descs
	done
	equal "small block" "$(blockdev --getss "$small")" 512
	equal "large block" "$(blockdev --getss "$large")" 4096
	[ "$(cat /sys/block/"${small##*/}"/wwid)" != "$(cat /sys/block/"${large##*/}"/wwid)" ]
}

test_list() {
	nvme list >/tmp/list
	grep -q "$small .*CSD0" /tmp/list
	grep -q "$large .*CSD0" /tmp/list
	nvme list-subsys >/dev/null
	nvme list-ns $ctrl | grep -q 0x2
}

test_smart_log_counts_reads() {
	local before after
	before=$(nvme smart-log $ctrl | field host_read_commands)
	dd if="$small" of=/dev/null bs=64k count=100 iflag=direct
	after=$(nvme smart-log $ctrl | field host_read_commands)
	[ "${after//,/}" -ge $((${before//,/} + 100)) ] ||
		fail "$before, then $after"
	equal warning "$(nvme smart-log $ctrl | field critical_warning)" 0
}

test_error_log_tells_of_a_bad_command() {
	local before after
	before=$(nvme smart-log $ctrl | field num_err_log_entries)
	refused "" nvme io-passthru "$small" -o 2 -n 1 -l 512 -r \
		--cdw10=0xffffffff --cdw11=0xff
	after=$(nvme smart-log $ctrl | field num_err_log_entries)
	equal entries "$after" $((before + 1))
	nvme error-log $ctrl -e 1 >/tmp/errors
	equal "its number" "$(field error_count </tmp/errors)" "$after"
	grep -qi "LBA Out of Range" /tmp/errors
}

test_firmware_log() {
	nvme fw-log $ctrl | grep -q frs1
}

# effect OPCODE: 1 when the log says that this I/O command is supported
effect() {
	local word
	word=$(nvme get-log $ctrl -i 5 -l 4096 -b 2>/dev/null |
		dd bs=4 skip=$((256 + $1)) count=1 2>/dev/null | od -An -tu4)
	echo $((word & 1))
}

test_effects_log() {
	local opcode
	for opcode in 0x00 0x01 0x02 0x05 0x08 0x09 0x80 0x90 0x94 0x9a; do
		equal "opcode $opcode" "$(effect $opcode)" 1
	done
	for opcode in 0x03 0x81 0x98; do
		equal "opcode $opcode" "$(effect $opcode)" 0
	done
}

# What the log tells of is not for everybody: it could read all blocks.
test_lambdas_take_a_privilege() {
	chmod 666 "$small"
	refused "ermission" setpriv --reuid=65534 --regid=65534 \
		--clear-groups nvme io-passthru "$small" -o 0x84 -n 1
	chmod 600 "$small"
	# the drive's own answer: it names no session
	refused "status" nvme io-passthru "$small" -o 0x84 -n 1
}

# capabilities CONFIG: the ids of a PCI function's capabilities
capabilities() {
	local at ids='' bytes
	read -ra bytes < <(od -An -v -tu1 -w256 -N256 "$1")
	for ((at = bytes[52]; at; at = bytes[at + 1])); do
		ids+=" ${bytes[at]} "
	done
	echo "$ids"
}

test_power_management_capability() {
	local ids
	ids=$(capabilities /sys/class/nvme/nvme0/device/config)
	[[ $ids == *" 1 "* && $ids == *" 16 "* && $ids == *" 17 "* ]] ||
		fail "only these capabilities: $ids"
}

test_features() {
	nvme get-feature $ctrl -f 7 | grep -q 'Current value'
	nvme get-feature $ctrl -f 4 -H
	nvme get-feature $ctrl -f 0xb
	refused "Invalid Field" nvme get-feature $ctrl -f 0x3f
}

test_write_cache_off_and_on() {
	nvme set-feature $ctrl -f 6 -v 0
	nvme get-feature $ctrl -f 6 | grep -qiE 'current value: ?0*(0x0+)?$'
	dd if=/dev/zero of="$small" bs=4k count=4 oflag=direct
	nvme set-feature $ctrl -f 6 -v 1
	nvme get-feature $ctrl -f 6 | grep -qiE 'current value: ?0*(0x0*)?1$'
}

test_the_kernel_flushes() {
	equal "write cache" "$(cat /sys/block/"${small##*/}"/queue/write_cache)" "write back"
	equal FUA "$(cat /sys/block/"${small##*/}"/queue/fua)" 1
	nvme flush "$small"
}

test_write_read_compare() {
	pattern /tmp/a 8192
	nvme write "$small" -s 100 -c 15 -z 8192 -d /tmp/a
	nvme read "$small" -s 100 -c 15 -z 8192 -d /tmp/b
	cmp /tmp/a /tmp/b
	nvme write "$large" -s 7 -c 1 -z 8192 -d /tmp/a --force-unit-access
	nvme compare "$large" -s 7 -c 1 -z 8192 -d /tmp/a
	refused "Compare Failure" nvme compare "$large" -s 8 -c 1 -z 8192 -d /tmp/a
}

test_zeroes_and_deallocation() {
	local from
	pattern /tmp/a 1048576
	for from in "nvme write-zeroes $small -s 2048 -c 2047" \
		"nvme dsm $small -d -s 2048 -b 2048" \
		"blkdiscard -o 1048576 -l 1048576 $small"; do
		dd if=/tmp/a of="$small" bs=1M seek=1 oflag=direct
		$from
		drop_caches
		dd if="$small" bs=1M skip=1 count=1 iflag=direct | tr -d '\0' >/tmp/b
		[ ! -s /tmp/b ] || fail "not zero after: $from"
	done
}

# returns_from COMMAND...: what was written before is read after it
returns_from() {
	local try
	pattern /tmp/a 65536
	dd if=/tmp/a of="$small" bs=64k oflag=direct
	"$@"
	for try in $(seq 50); do
		small=$(namespace 1)
		[ ! -b "$small" ] || break
		sleep 0.1
	done
	blockdev --flushbufs "$small"
	dd if="$small" of=/tmp/b bs=64k count=1 iflag=direct
	cmp /tmp/a /tmp/b || fail "after $try tries"
	equal state "$(cat /sys/class/nvme/nvme0/state)" live
}

test_returns_from_a_controller_reset() {
	returns_from nvme reset $ctrl
}

function_reset() {
	echo 1 >/sys/class/nvme/nvme0/device/reset
}

test_returns_from_a_function_level_reset() {
	grep -qw flr /sys/class/nvme/nvme0/device/reset_method
	returns_from function_reset
}

test_reset_while_reading() {
	dd if="$small" of=/dev/null bs=4k iflag=direct &
	for _ in 1 2 3; do
		nvme reset $ctrl
		sleep 0.2
	done
	kill %1
	wait || true
	returns_from true
}

# Names may be given anew after this one.
unplug_and_rescan() {
	echo 1 >/sys/class/nvme/nvme0/device/remove
	[ ! -e $ctrl ] || fail "still there"
	echo 1 >/sys/bus/pci/rescan
}

test_returns_from_removal() {
	returns_from unplug_and_rescan
}

test_nothing_was_said_against_it() {
	! dmesg | grep -iE 'nvme.*(duplicate|bogus|quirk|timeout|invalid|fail)'
}

run_all
