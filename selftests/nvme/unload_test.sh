#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The driver is a module, and can be unloaded: whatever λs have left behind, its
# code is not run when it is gone. Only for a kernel with such modules,
# scripts/series-check modular.

. "$(dirname "$0")/tap.sh"

objects=/usr/lib/lambda
group=/sys/fs/cgroup/limited
mib=$((1 << 20))
echo +io >/sys/fs/cgroup/cgroup.subtree_control
mkdir $group || exit 1

is_there() {
	[ -b "$(namespace 1 2>/dev/null)" ]
}

# run_lambda: over 4 MiB of the disk, in the drive
run_lambda() {
	exec lambda run --side=device --no-fallback --length=$((4 * mib)) \
		--batch=$((4 * mib)) --out=/tmp/sum \
		$objects/stats64.bpf.o "$(namespace 1)"
}

# users MODULE: how many keep it
users() {
	cat "/sys/module/$1/refcnt"
}

no_users() {
	[ "$(users "$1")" = 0 ]
}

load() {
	modprobe nvme
	until_true 30 is_there
}

# unload: what a λ has left may keep the half that all drivers of its kind use
# for a moment
unload() {
	rmmod nvme
	until_true 10 no_users nvme_core
	rmmod nvme_core
	[ ! -e /sys/module/nvme_core ]
}

test_after_a_request() {
	is_there
	equal "users of a disk that is closed" "$(users nvme)" 0
	(run_lambda)
	equal "users after a request" "$(users nvme)" 0
	unload
	load
	(run_lambda)
}

# What is held back for the limits of its cgroup, and whose caller was killed,
# ends when the disk is removed, and may do so later than the driver is gone. It
# keeps what it still needs and nothing more: the driver can be unloaded.
test_while_a_killed_request_is_held_back() {
	local number before pid
	number=$(cat "/sys/block/$(basename "$(namespace 1)")/dev")
	before=$(users nvme_core)
	echo "$number rbps=4096" >$group/io.max
	(echo $BASHPID >$group/cgroup.procs && run_lambda) &
	pid=$!
	sleep 2
	grep -q lambda "/proc/$pid/comm"
	kill -KILL $pid
	wait $pid || true
	equal "users of the driver" "$(users nvme)" 0
	equal "users of what drivers share" "$(users nvme_core)" $((before + 1))
	unload
	load
	(run_lambda)
	equal "users after it" "$(users nvme_core)" "$before"
}

run_all
