#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Record-wise λs on both sides at once, in a guest whose clock counts
# instructions: requests of 8 MiB that the kernel may divide are never slower
# than on the better side alone, whatever the profile and the cache. Where they
# are divided and nothing is shared, for the input is cached, they come near what
# both sides do together; and where GAINS names the program, whose sides are
# alike, they are half as fast again. All that is measured is printed.

. "$(dirname "$0")/tap.sh"

objects=/usr/lib/lambda
dir=/tmp/both-sides
file=$dir/mnt/file
trace=/sys/kernel/tracing

mkdir -p $dir/mnt
mkfs.ext4 -q "$(namespace 1)" && mount "$(namespace 1)" $dir/mnt || exit 1
head -c $((96 << 20)) /dev/urandom >$file
head -c 2040 /dev/urandom >$dir/point
sync
[ -e $trace/trace ] || mount -t tracefs none $trace
echo 1 >$trace/events/lambda/lambda_request/enable

# prepare STATE: cold or cached
prepare() {
	drop_caches
	[ "$1" = cold ] || cat $file >/dev/null
}

# time_of SIDE STATE PROGRAM [OPTION]: ns of a request, once both sides are known
time_of() {
	prepare "$2"
	: >$trace/trace
	lambda run --each --jobs=1 --side="$1" --batch=8M --print=raw \
		--out="$dir/$1" "${@:4}" \
		"$objects/$3.bpf.o" $file
	sed -n 's/.*lambda_request:.* ns \([0-9]*\) .*/\1/p' $trace/trace |
		awk 'NR > 4 { sum += $1 } END { printf "%d", sum / (NR - 4) }'
}

# compare STATE PROGRAM [OPTION]: not slower, with the same output
compare() {
	local host device auto better gain divided sum
	host=$(time_of host "$@")
	device=$(time_of device "$@")
	auto=$(time_of auto "$@")
	better=$((host < device ? host : device))
	gain=$((better * 100 / auto))
	divided=$(grep -c 'side both' $trace/trace || true)
	# shellcheck disable=SC2017 # in ns; the product of all would overflow
	sum=$((host * device / (host + device) * 100 / auto))
	echo "$2 $1: host $host device $device auto $auto ns," \
		"$divided of 12 on both, gain $gain %, $sum % of both" |
		tee -a /tmp/measured
	cmp $dir/host $dir/device && cmp $dir/host $dir/auto || return
	[ $gain -ge 98 ] || fail "auto is slower"
	[ "$1" = cold ] || [ "$divided" -eq 0 ] || [ $sum -ge 93 ] ||
		fail "too far from both together"
	[ "$1" = cold ] || [[ " $GAINS " != *" $2 "* ]] || [ $gain -ge 150 ] ||
		fail "less than half as fast again"
}

test_stats64_cold() { compare cold stats64; }
test_stats64_cached() { compare cached stats64; }
test_stats32_cached() { compare cached stats32; }
test_knn_cold() { compare cold knn --args="file:$dir/point"; }
test_knn_cached() { compare cached knn --args="file:$dir/point"; }
test_grep_cold() { compare cold grep --args=str:needle; }
test_grep_cached() { compare cached grep --args=str:needle; }

run_all
sed 's/^/# /' /tmp/measured
umount $dir/mnt
