#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What a drive reads and writes for a λ is its caller's I/O: limits of his cgroup
# hold it back as they do read() and write(), and it is in all the accounts.

. "$(dirname "$0")/tap.sh"

objects=/usr/lib/lambda
copy=$PWD/objects/copy.bpf.o
group=/sys/fs/cgroup/limited
mib=$((1 << 20))
head -c $((4 * mib)) /dev/urandom >/tmp/input
echo +io >/sys/fs/cgroup/cgroup.subtree_control
mkdir $group || exit 1
sysctl -q kernel.task_delayacct=1

find_disk() {
	disk=$(namespace 1)
	number=$(cat "/sys/block/${disk##*/}/dev")
}
find_disk

# within GROUP COMMAND...: in a cgroup
within() {
	(echo $BASHPID >"$1/cgroup.procs" && exec "${@:2}")
}

limited() {
	within $group "$@"
}

# limit WHAT...: of the cgroup, and no other; the disk may have another name
limit() {
	find_disk
	echo "$number rbps=max wbps=max riops=max wiops=max" >$group/io.max
	[ $# -eq 0 ] || echo "$number $*" >$group/io.max
}

# sum MIB: the λ, in the drive and nowhere else, over the disk's first MIB
sum() {
	lambda run --side=device --no-fallback --length=$(($1 * mib)) \
		--batch=$(($1 * mib)) --out=/tmp/sum $objects/stats64.bpf.o "$disk"
}

# write_it: 4 MiB by a λ, likewise
write_it() {
	lambda run --write --side=device --no-fallback --in=/tmp/input \
		"$copy" "$disk"
}

# sum_somewhere: and say where
sum_somewhere() {
	lambda run --side=device -v --length=$mib --out=/tmp/sum \
		$objects/stats64.bpf.o "$disk"
}

# Functions that a shell of its own can call.
export -f sum write_it sum_somewhere
export disk objects copy mib

# takes LEAST MOST COMMAND...: so many tenths of a second
takes() {
	local least=$1 most=$2 begin end
	shift 2
	begin=${EPOCHREALTIME/./}
	"$@"
	end=${EPOCHREALTIME/./}
	end=$(((end - begin) / 100000))
	echo "$end tenths of a second: $*"
	if [ $end -lt "$least" ] || [ $end -gt $((most * ${PATIENCE:-1})) ]; then
		fail "not $least to $most"
	fi
}

# counted FIELD: of the cgroup's I/O on the disk; 0 before there was any
counted() {
	local value
	value=$(sed -n "s/^$number .*$1=\([0-9]*\).*/\1/p" $group/io.stat)
	echo "${value:-0}"
}

# disk_stat FIELD: of the disk's own, from 1
disk_stat() {
	awk "{ print \$$1 }" "/sys/block/${disk##*/}/stat"
}

test_without_a_limit() {
	limit
	takes 0 30 limited bash -c 'sum 4'
	takes 0 30 limited bash -c write_it
}

test_bytes_read() {
	limit rbps=524288
	takes 60 200 limited dd if="$disk" of=/dev/null bs=1M count=4 iflag=direct
	takes 60 200 limited bash -c 'sum 4'
}

test_operations_read() {
	limit riops=2
	takes 20 100 limited dd if="$disk" of=/dev/null bs=1M count=8 iflag=direct
	takes 20 100 limited bash -c 'sum 8'
}

# The second one waits for what the first has written, if that did not.
test_bytes_written() {
	limit wbps=1048576
	takes 60 200 limited bash -c 'write_it && write_it'
	cmp -n $((4 * mib)) /tmp/input "$disk"
}

# A limit of a parent's is one of its children's.
test_a_limit_above() {
	local status=0
	limit rbps=524288
	echo +io >$group/cgroup.subtree_control
	mkdir $group/below
	takes 60 200 within $group/below bash -c 'sum 4' || status=$?
	rmdir $group/below
	echo -io >$group/cgroup.subtree_control
	return $status
}

test_other_cgroups_are_not_held_back() {
	local begin=$SECONDS
	limit rbps=4096
	sum 4
	[ $((SECONDS - begin)) -le 3 ]
}

test_accounts_of_the_cgroup() {
	local bytes operations
	limit
	bytes=$(counted rbytes) operations=$(counted rios)
	limited bash -c 'sum 4'
	equal "bytes read" $(($(counted rbytes) - bytes)) $((4 * mib))
	equal "operations" $(($(counted rios) - operations)) 4
	bytes=$(counted wbytes)
	limited bash -c write_it
	equal "bytes written" $(($(counted wbytes) - bytes)) $((4 * mib))
}

# own NAME PID: of what a process, with all that it has waited for, has done
own() {
	sed -n "s/^$1: //p" "/proc/$2/io"
}

test_accounts_of_the_task() {
	local before me=$BASHPID
	limit
	before=$(own read_bytes $me)
	sum 4
	equal "bytes read" $(($(own read_bytes $me) - before)) $((4 * mib))
	before=$(own write_bytes $me)
	write_it
	equal "bytes written" $(($(own write_bytes $me) - before)) $((4 * mib))
}

test_accounts_of_the_disk() {
	local sectors operations
	operations=$(disk_stat 1) sectors=$(disk_stat 3)
	sum 4
	[ $(($(disk_stat 3) - sectors)) -ge 8192 ]
	[ $(($(disk_stat 1) - operations)) -ge 1 ]
	sectors=$(disk_stat 7)
	write_it
	[ $(($(disk_stat 7) - sectors)) -ge 8192 ]
}

# begin_limited: a λ over 4 MiB, in the cgroup; its process is $pid
begin_limited() {
	{
		echo $BASHPID >$group/cgroup.procs
		exec lambda run --side=device --no-fallback --batch=$((4 * mib)) \
			--length=$((4 * mib)) --out=/tmp/limited \
			$objects/stats64.bpf.o "$disk"
	} &
	pid=$!
}

pressure() {
	sed -n 's/^some .*total=//p' $group/io.pressure
}

test_who_waits_waits_for_io() {
	local before pid delays
	before=$(pressure)
	limit rbps=524288
	begin_limited
	sleep 5
	# in hundredths of a second
	delays=$(cut -d ' ' -f 42 "/proc/$pid/stat")
	wait
	[ $(($(pressure) - before)) -ge 4000000 ] ||
		fail "pressure: $(($(pressure) - before)) us"
	[ "$delays" -ge 100 ] || fail "delays: $delays"
}

is_there() {
	[ -b "$(namespace 1 2>/dev/null)" ]
}

rebind() {
	local address
	address=$(basename "$(readlink -f /sys/class/nvme/nvme*/device)")
	echo "$address" >/sys/bus/pci/drivers/nvme/unbind
	echo "$address" >/sys/bus/pci/drivers/nvme/bind
	until_true 30 is_there
	find_disk
}

# What it was to pay for stays in the queue, even when the disk is gone.
test_who_waits_can_be_killed() {
	local pid begin=$SECONDS
	limit rbps=4096
	begin_limited
	sleep 2
	grep -q lambda "/proc/$pid/comm"
	kill -KILL "$pid"
	wait "$pid" || true
	[ $((SECONDS - begin)) -le 6 ] || fail "$((SECONDS - begin)) s"
	echo 1 >/sys/class/nvme/nvme0/device/remove
	echo 1 >/sys/bus/pci/rescan
	until_true 30 is_there
	limit
	sum 4
	# The disk that is gone has let go of its name.
	rebind
	[ -e /sys/class/nvme/nvme0 ]
}

says() {
	local text=$1 said
	shift
	said=$("$@" 2>&1) || fail "failed: $*: $said"
	[[ $said == *"$text"* ]] || fail "'$said' does not say '$text'"
}

# is_left_to_the_host: in the cgroup, and not in that of the root
is_left_to_the_host() {
	says "under a controller that it cannot obey" limited bash -c sum_somewhere
	says "in the device" sum_somewhere
	[ "$(<"/sys/block/${disk##*/}/lambda/stats/reason_cgroup")" -gt 0 ]
}

test_io_latency_is_not_for_drives() {
	limit
	echo "$number target=100000" >$group/io.latency
	is_left_to_the_host
	rebind
	says "in the device" limited bash -c sum_somewhere
}

test_io_cost_is_not_for_drives() {
	limit
	echo "$number enable=1 ctrl=auto" >/sys/fs/cgroup/io.cost.qos
	is_left_to_the_host
	rebind
}

run_all
