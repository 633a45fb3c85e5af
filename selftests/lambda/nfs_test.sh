#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A file over NFS 4 from this machine to itself, as nfs.sh mounts it: what is
# written at either end is read at the other. Needs root and a kernel that is
# NFS client and server; skipped without. TAP on standard output.

. "${0%/*}/command.sh"
. "${0%/*}/nfs.sh"

if ! grep -qw nfsd /proc/filesystems || ! grep -qw nfs4 /proc/filesystems; then
	echo "1..0 # SKIP the kernel is no NFS server and client"
	exit 4
fi
mkdir "$dir/here" "$dir/there"
trap 'nfs_stop 2>/dev/null; rm -rf "$dir"' EXIT

make_text "$dir/here/text"
nfs_start "$dir/here" "$dir/there"
result $? "a folder is exported and mounted"
[ "$(stat -f -c %T "$dir/there")" = nfs ]
result $? "it is there by NFS"
same "what is written here is read there" "$dir/here/text" "$dir/there/text"
make_text "$dir/there/copy" && sync
result $? "a file is written there"
same "and read here" "$dir/here/text" "$dir/here/copy"
nfs_stop
result $? "and taken back"
[ -z "$(ls "$dir/there")" ]
result $? "nothing is left of it"
nfs_start "$dir/here" "$dir/there" && cmp "$dir/here/copy" "$dir/there/copy"
result $? "it can be exported again"


# λs over it, by the kernel's own reads.
awk -F, '$2 >= 990' "$dir/here/text" >"$dir/expected"
for side in --local --side=host --side=auto; do
	lambda run $side --batch=64K --args=u32:1 --args=u32:5 --args=i64:990 \
		--out="$dir/out" "$objects/csvfilter.bpf.o" "$dir/there/text"
	same "a λ reads it, $side" "$dir/out" "$dir/expected"
	lambda run $side --args=u32:1 --args=u32:5 --args=i64:990 \
		--out="$dir/there/out" "$objects/csvfilter.bpf.o" \
		"$dir/here/text"
	same "and its answer is written there, $side" "$dir/here/out" \
		"$dir/expected"
done
nfs_stop

# A server without room: what does not fit is told, though only synchronising or
# closing the file finds out. It goes on to serve, for the client keeps pages and
# would ask a server that was stopped for minutes.
mkdir "$dir/full"
mount -t tmpfs -o size=256K none "$dir/full"
result $? "a small disk is there"
nfs_start "$dir/full" "$dir/there"
result $? "and exported"
trap 'umount "$dir/there"' EXIT
# 600 KB of rows, and as much of ones in runs of 32767.
yes "a,2,b" | head -c 600000 >"$dir/many"
printf '\377\377%.0s' {1..150} >"$dir/runs"
echo old >"$dir/full/out"

# untouched: the file is as it was, and alone. A client renames what is removed
# while it is open, and removes it some time after the last close: a server that
# is busy with the file is asked again 15 s later (NFS4_POLL_RETRY_MAX).
untouched()
{
	local tries

	for ((tries = 0; tries < 600; tries++)); do
		[ "$(ls -A "$dir/full")" = out ] && break
		sleep 0.1
	done
	[ "$(<"$dir/full/out")" = old ] && [ $tries -lt 600 ] && return
	printf '# %s\n' "$dir"/full/{*,.[!.]*} "$(head -c 40 "$dir/full/out")"
	return 1
}

for side in --local --side=host; do
	says 1 "No space left on device" run $side --args=u32:1 --args=u32:5 \
		--args=i64:1 --out="$dir/there/out" "$objects/csvfilter.bpf.o" \
		"$dir/many"
	untouched
	result $? "and a file that was there is as it was, $side"
done
for side in --local --side=host; do
	says 1 "No space left on device" run $side --write --out-cap=1M \
		--each --batch=100 --in="$dir/runs" "$objects/bitmap.bpf.o" \
		"$dir/there/written"
done

done_testing
