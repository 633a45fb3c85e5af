#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The lambda command over files on a drive that runs λs: the same output from
# either side, which side it was and why, and what the drive tells of itself.
# Needs the drive of the project's emulator; skipped without, unless
# LAMBDA_DRIVE promises one. TAP on standard output.

. "${0%/*}/command.sh"

on_drive
text=$mnt/text
make_text "$text"
sync
size=$(stat -c %s "$text")
batches=$(((size + 65535) / 65536))

# counter NAME: of what the drive tells, the first number of that line
counter()
{
	lambda info "$disk" | sed -n "s/^$1 *\([0-9]*\).*/\1/p"
}

says 0 "drive         runs λs, version 1 of the command set" info "$disk"
says 0 "disk          ${disk##*/}" info --disk "$text"
says 0 " million instructions/s each" info --disk "$mnt"
# As sysfs names it, and the controller as nvme-cli does.
says 0 "disk          ${disk##*/}" info "${disk##*/}"
controller=${disk%n2}
says 0 "disk          ${controller##*/}n1" info "$controller"
says 0 "$(printf '  %-11s version 1' "${disk##*/}")" version
says 0 "{\"disk\": \"${disk##*/}\", \"command_set\": 1}" --version --json
chmod 644 "$disk"
as_nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
said=$($as_nobody lambda version 2>&1)
[[ $said == *"$(printf '  %-11s told to root only' "${disk##*/}")"* ]]
result $? "versions of drives are told to root only"
said=$($as_nobody lambda info "$disk" 2>&1)
[ $? -eq 1 ] && [[ $said == *"only root may ask a drive about itself"* ]]
result $? "who is not root is told what it takes"

# Every program over the same file, on the host and in the drive alone.
for run in "stats64 --batch=4K --length=320K" "wordcount --batch=64K" \
		"grep --args=str:row --batch=64K" "histogram --batch=64K" \
		"csvfilter --lines --args=u32:1 --args=u32:5 --args=i64:990"; do
	read -r name options <<<"$run"
	for side in host "device --no-fallback"; do
		# shellcheck disable=SC2086
		lambda run --side=$side $options --out="$dir/${side%% *}" \
			"$objects/$name.bpf.o" "$text"
		result $? "$name on the $side"
	done
	same "$name has the same output on both" "$dir/host" "$dir/device"
done

# By one thread with a ring the same, and by threads where nobody has a ring.
ring=/proc/sys/kernel/io_uring_disabled
for name in wordcount histogram stats64; do
	for side in host "device --no-fallback" auto; do
		for no in 0 2; do
			echo $no >$ring
			for depth in 1 8 64; do
				# shellcheck disable=SC2086
				lambda run --side=$side --depth=$depth --batch=4K \
					--length=320K --out="$dir/ring" \
					"$objects/$name.bpf.o" "$text" 2>"$dir/said"
				result $? "$name, $depth at a time, on ${side%% *}"
				lambda run --side=host --batch=4K --length=320K \
					--out="$dir/host" "$objects/$name.bpf.o" "$text"
				same "$name has the same output" "$dir/host" "$dir/ring"
				[ "$(grep -c "^lambda: --depth=$depth: .* threads" \
					"$dir/said")" -eq $((no / 2)) ]
				result $? "$name is told of a ring that is not there"
			done
		done
	done
done
echo 0 >$ring

before=$(counter runs)
says 0 "$batches in the device: the caller asked for it" run --side=device \
	--verbose --batch=64K --out=/dev/null "$objects/wordcount.bpf.o" "$text"
says 0 "link to the drive: " run --side=device --verbose --batch=64K \
	--out=/dev/null "$objects/wordcount.bpf.o" "$text"
says 0 "$batches on the host: the caller asked for it" run --side=host \
	--verbose --batch=64K --out=/dev/null "$objects/wordcount.bpf.o" "$text"
[ "$(counter runs)" -eq $((before + 2 * batches)) ]
result $? "the drive has counted its own"
says 0 "$batches requests, $size bytes in" run --side=auto --verbose \
	--batch=64K --out=/dev/null "$objects/wordcount.bpf.o" "$text"

says 4 "each backward jump takes 1, in the device" run --side=device \
	--budget=100 "$objects/wordcount.bpf.o" "$text"
says 4 "each backward jump takes 1, on the host" run --side=host \
	--budget=100 "$objects/wordcount.bpf.o" "$text"

# Neither side tells the instruction; the place is known all the same.
for side in device host; do
	where="in the device"
	[ $side = device ] || where="on the host"
	says 4 "each backward jump takes 1, $where, in function wordcount (" \
		run --side=$side --budget=100 "$objects/wordcount.bpf.o" "$text"
	says 4 "csvfilter.bpf.c:" run --side=$side --lines --args=u32:1 \
		--args=u32:99 --args=i64:990 "$objects/csvfilter.bpf.o" "$text"
done

# Without extents blocks count as written before they are.
touch "$mnt/stale"
chattr -e "$mnt/stale"
cat "$text" >"$mnt/stale"
why="the file's blocks may count as written before its data is in them"
says 1 "the drive did not run it: $why; leave --no-fallback out to let the" \
	run --side=device --no-fallback "$objects/wordcount.bpf.o" \
	"$mnt/stale"
says 0 "on the host: $why" run --verbose --side=device --out="$dir/device" \
	"$objects/wordcount.bpf.o" "$mnt/stale"
lambda run --side=host --out="$dir/host" "$objects/wordcount.bpf.o" "$text"
same "what the drive may not touch has the same output" "$dir/host" "$dir/device"

# 12 zeros, 20 ones, 3 zeros, over bits that are there and written.
printf '\014\000\024\200\003\000' >"$dir/runs"
for side in host "device --no-fallback"; do
	yes | head -c 8192 >"$mnt/bits"
	sync
	# shellcheck disable=SC2086
	lambda run --side=$side --write --offset=4000 --in="$dir/runs" \
		"$objects/bitmap.bpf.o" "$mnt/bits"
	result $? "bitmap writes on the $side"
	cp "$mnt/bits" "$dir/${side%% *}"
done
same "what was written is the same from both" "$dir/host" "$dir/device"
yes | head -c 8192 >"$dir/expected"
printf '\000\360\377\377\000' |
	dd of="$dir/expected" bs=1 seek=4000 conv=notrunc status=none
same "and is what it should be" "$dir/device" "$dir/expected"
says 1 "the drive did not run it: the write begins at or beyond the end" run \
	--side=device --no-fallback --write --offset=8192 --in="$dir/runs" \
	"$objects/bitmap.bpf.o" "$mnt/bits"

says 4 "returned -28 (No space left on device), in the device, in function" run \
	--side=device --write --out-cap=2 --in="$dir/runs" \
	"$objects/bitmap.bpf.o" "$mnt/bits"

# wait_for COMMAND...: until it succeeds, at most a minute
wait_for()
{
	local i
	for ((i = 0; i < 600; i++)); do
		"$@" && return
		sleep 0.1
	done
	return 1
}

# What the kernel makes of it. A profile lives as long as its λ is loaded.
sys=/sys/block/${disk##*/}/lambda
debug=/sys/kernel/debug/block/${disk##*/}/lambda
[ -d /sys/kernel/debug/block ] || mount -t debugfs none /sys/kernel/debug
says 0 "kernel        policy auto, 5 probes in 200 requests" info "$disk"
says 0 "stale " info "$disk"
lambda run --repeat=100000 --batch=64K --out=/dev/null \
	"$objects/wordcount.bpf.o" "$text" &
running=$!
wait_for grep -q read "$debug/profiles"
lambda top --count=2 --interval=1 >"$dir/top"
result $? "top ends after its last table"
[ "$(grep -c "^${disk##*/}: policy auto, 5 probes in 200" "$dir/top")" -eq 2 ]
result $? "top has a line for the disk in each table"
grep -q "^ *[1-9][0-9]* wordcount  *read  host  *[1-9]" "$dir/top"
result $? "top has the λ with its name and what the host ran"
sed '1,/^$/d' "$dir/top" | awk '$1 == "all" && $4 + 0 > 0 && $6 + 0 > 0 { ok = 1 }
	$1 == "device" && $3 + 0 > 0 && $5 + 0 > 0 { ok = 1 } END { exit !ok }'
result $? "top has rates in the second table"

# An ordinary user is shown what he may read, and told what he may not.
as_nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
said=$($as_nobody lambda top --once 2>&1)
result $? "nobody may look at top"
told="policy auto, 5 probes in 200, * left to the host;"
told+=" what is under way, and its λs: shown to root only"
# shellcheck disable=SC2053 # a pattern
[[ $said == *"${disk##*/}: "$told* ]]
result $? "which says what it does not show"
[[ $said != *wordcount* && $said =~ \ all\ +host\ +[1-9] ]]
result $? "and shows what the host ran, but no λ"
said=$($as_nobody lambda info "$disk" 2>&1)
status=$?
[ $status -eq 1 ] && [[ $said == *"only root may ask a drive about itself"* ]]
result $? "nobody is told why the drive was not asked"
for line in "kernel        policy auto" "limits        " "requests      host " \
		"stale " "profiles      shown to root only"; do
	[[ $said == *"$line"* ]] || echo "# $said"
	[[ $said == *"$line"* ]]
	result $? "info tells nobody: $line"
done
kill $running
wait $running 2>/dev/null
echo host >"$sys/policy"
says 0 "on the host: the disk's policy leaves no other choice" run --verbose \
	--out=/dev/null "$objects/wordcount.bpf.o" "$text"
says 0 ": policy host, " top --once
echo auto >"$sys/policy"

# follow ARGUMENT...: starts lambda trace, as $tracing, with its output in $dir
follow()
{
	rm -f "$dir/trace"
	lambda trace "$@" >"$dir/trace" &
	tracing=$!
	wait_for [ -s "$dir/trace" ]
}
inode=$(stat -c %i "$text")
follow --count=2
for side in host device; do
	lambda run --side=$side --length=64K --out=/dev/null \
		"$objects/wordcount.bpf.o" "$text"
done
wait $tracing
result $? "trace ends after its last event"
for side in host device; do
	grep -q "lambda-[0-9]* *${disk##*/}:$inode .* read  *65536 .* $side  *forced .* ok$" \
		"$dir/trace"
	status=$?
	[ $status -eq 0 ] || sed 's/^/# /' "$dir/trace"
	result $status "trace shows the request on the $side"
done
follow
lambda run --side=device --out=/dev/null "$objects/wordcount.bpf.o" \
	"$mnt/stale"
wait_for grep -q "device>host *stale" "$dir/trace"
result $? "trace shows a request that fell back"
kill -INT $tracing
wait $tracing
result $? "trace ends well when it is interrupted"
[ -z "$(ls /sys/kernel/tracing/instances)" ]
result $? "trace leaves nothing behind"

done_testing
