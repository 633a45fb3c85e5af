#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# PostgreSQL in the guest, as a user of its own without root, over a drive that runs
# λs: its answers on each side, the regression tests there, and what ends a request.
# PG_FS is the filesystem, SIDES where λs run, SEED and BATCHES are of the random
# questions. With arguments, those of the tests.

case ${1:-} in
-h|--help)
	echo "Usage: ${0##*/} [TEST...], in the guest (scripts/check-postgres --guest)"
	sed -n '3,/^$/s/^# \{0,1\}//p' "$0"
	exit ;;
esac
if [ ! -e /etc/lambda-guest ]; then
	echo "${0##*/}: only the guest runs this; scripts/check-postgres boots one" >&2
	exit 2
fi
# shellcheck source=selftests/nvme/tap.sh
. "$(dirname "$0")/tap.sh"

# shellcheck source=userspace/postgres/guest.sh
. "$(dirname "$0")/guest.sh"

second=/mnt/second
export PYTHONUTF8=1

# regress SIDE: the tests, with another side in what they set and expect
regress() {
	local side=$1 tests=$top/tests/$1
	mkdir -p "$tests"
	cp -r /root/sql /root/expected "$tests/"
	sed -i -e "s/lambda\.side = process/lambda.side = $side/" \
		-e "s/Side: process/Side: $side/" -e "s/(process)/($side)/" \
		-e "s/requests_process/requests_$side/" \
		"$tests"/sql/*.sql "$tests"/expected/*.out
	chown -R 100:100 $top/tests
	as_server /usr/lib/postgresql/15/lib/pgxs/src/test/regress/pg_regress \
		--inputdir="$tests" --outputdir="$tests" --bindir=$bin --host=/tmp \
		--user=postgres --dbname="regress_$side" scan group visible && return
	cat "$tests/regression.diffs"
	return 1
}

# A query of which a request takes long: 57,856 rows, and 800 tests of each.
slow_query="SELECT count(*) FROM slow WHERE true$(printf ' AND i <> %d' {-800..-1})"

make_slow() {
	ask "CREATE TABLE slow (i integer)" \
		"INSERT INTO slow SELECT * FROM generate_series(1, 226 * 256)" \
		"VACUUM slow" "CHECKPOINT"
}

on_side() {
	PGOPTIONS="-c lambda.side=$1 -c lambda.always=on ${interpret:-}" "${@:2}"
}

# explain SIDE SQL: what the scan did
explain() {
	on_side "$1" ask "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) $2"
}

milliseconds() {
	echo $((${EPOCHREALTIME/[.,]/} / 1000))
}

# soon WHAT TOOK: milliseconds that an end took, of a machine that does nothing else
soon() {
	echo "# $1: $2 ms" >>/tmp/soon
	[ "$2" -le "${CANCEL_MS:-3000}" ] || fail "$1 took $2 ms"
}

slow_backend() {
	ask "SELECT pid FROM pg_stat_activity WHERE application_name = 'slow'
		AND state = 'active'" | grep .
}

# What a query takes until its first request, with room to spare: where time is counted
# in instructions little, else of an emulated processor.
begin_ms=$([ -n "${CANCEL_MS:-}" ] && echo 200 || echo 3000)

# Whether a backend waits for the drive, or has run for so long.
in_request() {
	local words
	[[ $(cat "/proc/$1/syscall") != 549\ * ]] || return 0
	read -ra words <"/proc/$1/stat"
	[ $((words[13] + words[14])) -ge $((begin_ms / 10)) ]
}

# begin_slowly SIDE: has its backend within a request, and sets pid
begin_slowly() {
	interpret="-c lambda.interpret=on" PGAPPNAME=slow on_side "$1" ask "$slow_query" >/tmp/slowly 2>&1 &
	until_true 60 slow_backend >/dev/null
	pid=$(slow_backend)
	until_true 60 in_request "$pid"
	# Where time is counted there is one processor, which others would have first.
	[ -z "${CANCEL_MS:-}" ] || renice -n -15 -p "$pid"
}

# When the log has a message of a backend, in milliseconds.
logged_at() {
	grep -F "$2" $top/server.log | sed -n "s/^\([0-9]*\)\.\([0-9]*\) $1 .*/\1\2/p" |
		tail -n 1 | grep .
}

# ends_by FUNCTION MESSAGE: a request on each side is ended by it
ends_by() {
	local side at pid
	for side in $SIDES; do
		begin_slowly "$side"
		at=$(ask "WITH t AS MATERIALIZED (SELECT clock_timestamp() AS at)
			SELECT floor(extract(epoch FROM at) * 1000)::bigint FROM t WHERE $1($pid)")
		until_true 60 logged_at "$pid" "$2" >/dev/null
		soon "$1 on $side" $(($(logged_at "$pid" "$2") - at))
		wait
	done
}

test_explain_tells_the_side() {
	local side said
	for side in $SIDES; do
		said=$(explain "$side" "SELECT count(*) FROM slow WHERE i > 0")
		[[ $said == *"Side: $side"*"Requests ($side): 1"*"Pages by λ: 256"* ]] ||
			fail "$said"
		[ "$(grep -c Requests <<<"$said")" = 1 ] || fail "$said"
	done
	said=$(explain auto "SELECT count(*) FROM slow WHERE i > 0")
	[[ $said == *"Side: auto"*"Requests ("[hd]*"Pages by λ: 256"* ]] || fail "$said"
}

test_a_query_ends_when_its_time_is_up() {
	local side said
	for side in $SIDES; do
		said=$(interpret="-c lambda.interpret=on" on_side "$side" psql -X -q 2>&1 <<-END
			SET statement_timeout = $begin_ms;
			\timing on
			$slow_query;
		END
		) || true
		[[ $said == *"due to statement timeout"* ]] || fail "$said"
		said=$(sed -n 's/^Time: \([0-9]*\).*/\1/p' <<<"$said")
		soon "time up on $side" $((said - begin_ms))
	done
}

test_a_query_is_cancelled() {
	ends_by pg_cancel_backend "canceling statement due to user request"
}

test_a_backend_is_terminated() {
	ends_by pg_terminate_backend "terminating connection due to administrator command"
}

# Whether a process has not ended, though its parent may not have heard of that.
runs() {
	local words
	{ read -ra words <"/proc/$1/stat"; } 2>/dev/null && [ "${words[2]}" != Z ]
}

# killed PID: sets took, the milliseconds until it has ended; all backends end with it,
# and the server recovers
killed() {
	local begun
	kill -9 "$1"
	begun=$(milliseconds)
	while runs "$1"; do read -rt 0.001 -u 9 || true; done
	took=$(($(milliseconds) - begun))
	wait
	until_true 120 ask "SELECT 1" 2>/dev/null
	equal "λs left over" "$(bpftool prog show | wc -l)" "$programs"
}

# That a process takes its time to end is not to be held against its request.
test_a_backend_is_killed() {
	local side pid took idle
	PGAPPNAME=slow ask "SELECT pg_sleep(1000)" >/tmp/slowly 2>&1 &
	until_true 60 slow_backend >/dev/null
	killed "$(slow_backend)"
	idle=$took
	for side in $SIDES; do
		begin_slowly "$side"
		killed "$pid"
		soon "kill on $side, beside $idle ms of an idle one" $((took - idle))
		equal "answer on $side" "$(on_side "$side" ask \
			"SELECT count(*) FROM slow WHERE i > 0")" 57856
	done
}

# What is refused to everybody two capabilities give, which are not root's.
test_capabilities_will_do() {
	local query="SELECT count(*) FROM slow WHERE i > 0"
	stop
	echo 0 >/proc/sys/fs/lambda/unprivileged
	start
	refused 'lambda.side is "host", but the kernel runs no λ for this server' \
		explain host "$query"
	[[ $(explain auto "$query") == *"Requests (process): 1"* ]] || fail "not in the process"
	stop
	CAPS="--inh-caps=+bpf,+perfmon --ambient-caps=+bpf,+perfmon" start
	[[ $(explain host "$query") == *"Requests (host): 1"* ]] || fail "not on the host"
	[[ $(explain device "$query") == *"Requests (device): 1"* ]] || fail "not in the drive"
	stop
	echo 1 >/proc/sys/fs/lambda/unprivileged
	start
}

test_each_side_answers_as_the_server_does() {
	local side
	for side in $SIDES; do
		as_server env DIFFER_SIDES="$side" python3 -S /root/differ.py \
			"${SEED:-1}" "${BATCHES:-1}"
	done
}

# make_second: another server, with the same cluster over a drive of its own
make_second() {
	"mkfs.${PG_FS:-ext4}" -q /dev/nvme1n1 && mkdir $second && mount /dev/nvme1n1 $second &&
		cp -a /root/cluster $second/data &&
		grep -v ^port $data/postgresql.conf >$second/data/postgresql.conf &&
		echo "port = 5433" >>$second/data/postgresql.conf &&
		chown -R 100:100 $second && chmod 700 $second/data &&
		as_server pg_ctl -D $second/data -l $second/server.log -w -t 300 start >/dev/null
}

# fill_sites FROM TO TABLE: 3,000 readings of each site
fill_sites() {
	ask "CREATE TABLE $3 (site int, at date, price numeric(12,2), text char(10))" \
		"INSERT INTO $3 SELECT s, date '2020-01-01' + i % 1000,
			(i * 7919 % 100000)::numeric / 100, CASE i % 5 WHEN 0 THEN 'cold' ELSE 'warm' END
			FROM generate_series($1, $2) s, generate_series(1, 3000) i" \
		"VACUUM ANALYZE $3" CHECKPOINT
}

# A partition at each server, which is reached as by anybody else. The second server's
# scans, and the first one's when they come from abroad, are the drive's.
share_sites() {
	local number
	ask "CREATE EXTENSION postgres_fdw" \
		"CREATE TABLE sites (site int, at date, price numeric(12,2), text char(10))
			PARTITION BY RANGE (site)"
	for number in 1 2; do
		ask "CREATE SERVER server$number FOREIGN DATA WRAPPER postgres_fdw OPTIONS (
				host '/tmp', port '$((5431 + number))', dbname 'postgres', async_capable 'true', use_remote_estimate 'true',
				options '-c lambda.side=$1 -c lambda.always=on')" \
			"CREATE USER MAPPING FOR postgres SERVER server$number OPTIONS (user 'postgres')" \
			"CREATE FOREIGN TABLE sites$number PARTITION OF sites
				FOR VALUES FROM ($((number * 10 - 9))) TO ($((number * 10 + 1)))
				SERVER server$number OPTIONS (table_name 'readings')"
	done
}

by_drives() {
	cat /sys/block/nvme{0,1}n1/lambda/stats/device_requests
}

# shared PART QUESTION ORDER: what SITES are asked is done by both servers, to which the
# plan leaves it by PART, in their drives, and answered as by one that has all of them
shared() {
	local said before after drive
	said=$(ask "SET enable_partitionwise_aggregate = on" \
		"EXPLAIN (VERBOSE, COSTS OFF) ${2/SITES/sites}")
	[ "$(grep -c 'Async Foreign Scan' <<<"$said")" = 2 ] || fail "$said"
	[ "$(grep -c "$1" <<<"$said")" = 2 ] || fail "$said"
	mapfile -t before < <(by_drives)
	said=$(ask "SET enable_partitionwise_aggregate = on" "${2/SITES/sites} ORDER BY $3")
	mapfile -t after < <(by_drives)
	[ -n "$said" ] || fail "no answer"
	equal "the answer" "$said" "$(PGOPTIONS='-c lambda.side=off' ask \
		"${2/SITES/together} ORDER BY $3")"
	for drive in 0 1; do
		[ "${after[drive]}" -gt "${before[drive]}" ] ||
			fail "drive $drive answered nothing: ${before[*]}, ${after[*]}: $2"
	done
}

test_servers_share_a_question_and_their_drives_answer() {
	make_second
	fill_sites 1 10 readings
	PGPORT=5433 fill_sites 11 20 readings
	fill_sites 1 20 together
	share_sites device
	shared 'Relations: Aggregate on' \
		"SELECT site, count(*), sum(price), avg(price), min(at), max(price) FROM SITES
		WHERE text = 'cold' AND at < '2022-01-01' GROUP BY site" site
	shared 'Foreign Scan on public.sites' \
		"SELECT site, at, price FROM SITES WHERE price < 3 AND text = 'warm'" \
		"site, at, price"
	as_server pg_ctl -D $second/data -m fast -w -t 300 stop >/dev/null
	umount $second
}

test_the_regression_tests_pass_on_each_side() {
	local side status=0
	for side in $SIDES; do
		regress "$side" || status=1
	done
	return $status
}

: >/tmp/soon
mkfifo /tmp/never && exec 9<>/tmp/never
programs=$(bpftool prog show | wc -l)
if ! { make_cluster /dev/nvme0n1 && start && make_slow; } >/tmp/said 2>&1; then
	sed 's/^/# /' /tmp/said $top/server.log
	exit 1
fi
if [ $# -eq 0 ]; then
	run_all
else
	echo "TAP version 13"
	echo "1..$#"
	for one; do run "$one"; done
fi
cat /tmp/soon
stop && umount /mnt
