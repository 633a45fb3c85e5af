#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The lambda command over files on a drive that runs λs: the same output from
# either side, which side it was and why, and what the drive tells of itself.
# Needs the drive of the project's emulator; skipped without, unless
# LAMBDA_DRIVE promises one. TAP on standard output.

. "${0%/*}/command.sh"

# The last namespace of the drive, which has blocks of 4 KiB.
for disk in /sys/block/nvme*n2; do
	[[ $(cat "$disk/device/serial" 2>/dev/null) != CSD* ]] || break
	disk=
done
if [ -z "$disk" ]; then
	[ -z "$LAMBDA_DRIVE" ] || { echo "Bail out! no drive"; exit 1; }
	echo "1..0 # SKIP no drive that runs λs"
	exit 4
fi
disk=/dev/${disk##*/}

mnt=$dir/mnt
mkdir "$mnt"
trap 'umount "$mnt" 2>/dev/null; rm -rf "$dir"' EXIT
if ! mkfs.ext4 -q "$disk" || ! mount -o nodelalloc "$disk" "$mnt"; then
	echo "Bail out! no ext4 on $disk"
	exit 1
fi
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
chmod 644 "$disk"
as_nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
said=$($as_nobody lambda info "$disk" 2>&1)
[ $? -eq 1 ] && [[ $said == *"only root may ask a drive about itself" ]]
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

says 4 "jumps than its budget allows, in the device" run --side=device \
	--budget=100 "$objects/wordcount.bpf.o" "$text"
says 4 "jumps than its budget allows, on the host" run --side=host \
	--budget=100 "$objects/wordcount.bpf.o" "$text"

# What is in the journal is not in the file. (With delalloc +j does nothing.)
touch "$mnt/journalled"
chattr +j "$mnt/journalled"
cat "$text" >"$mnt/journalled"
why="the file's data goes through the journal"
says 1 "the drive did not run it: $why; leave --no-fallback out to let the" \
	run --side=device --no-fallback "$objects/wordcount.bpf.o" \
	"$mnt/journalled"
says 0 "on the host: $why" run --verbose --side=device --out="$dir/device" \
	"$objects/wordcount.bpf.o" "$mnt/journalled"
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

done_testing
