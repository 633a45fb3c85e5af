#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The modelled time of the drive, in a guest whose clock counts instructions:
# sequential reads reach the rate that the profile promises, two streams share
# it, and a short read does not wait for a long λ. RATE is what is promised, in
# MB/s. All that is measured is printed, so that runs can be compared.

. "$(dirname "$0")/tap.sh"

disk=$(namespace 1)

# stream JOBS: MB/s of each of so many sequential readers
stream() {
	fio --name=read --filename="$disk" --direct=1 --ioengine=libaio --rw=read \
		--bs=256k --iodepth=8 --numjobs="$1" --size=$((384 / $1))M \
		--offset_increment=$((384 / $1))M --clocksource=clock_gettime \
		--output-format=json >/tmp/fio.json
	cat /tmp/fio.json >>/tmp/measured
	awk '/"read" :/ { here = 1 }
		here && /"bw_bytes"/ { print int($3 / 1000000); here = 0 }' /tmp/fio.json
}

# about GOT WANTED PERCENT
about() {
	local off=$(($1 > $2 ? $1 - $2 : $2 - $1))
	[ $((off * 100)) -le $(($2 * $3)) ] ||
		fail "$1 MB/s is not about $2 MB/s"
}

test_reads_reach_the_promised_rate() {
	about "$(stream 1)" "$RATE" 3
}

test_two_streams_share_it() {
	local both
	both=$(stream 2)
	equal streams "$(wc -w <<<"$both")" 2
	for one in $both; do
		about "$one" $((RATE / 2)) 6
	done
}

test_a_short_read_does_not_wait_for_a_long_lambda() {
	./latency_test >/tmp/latency
	cat /tmp/latency >>/tmp/measured
	grep -c '^ok' /tmp/latency | grep -qx 3 || fail "$(cat /tmp/latency)"
}

run_all
sed 's/^/# /' /tmp/measured
echo "# at the end: $(grep '^now at' /proc/timer_list)"
