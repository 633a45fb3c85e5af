#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Filesystems on the drive: a tree is unpacked onto each, read back from the
# media after unmounting, and fsck finds nothing. The tree is a tar in the
# second namespace; the sums of its files were made where it comes from.

. "$(dirname "$0")/tap.sh"

disk=$(namespace 1)
tar=$(namespace 2)
sums=/root/files/sums

unpack_and_compare() {
	mount "$disk" /mnt
	tar -C /mnt -xf "$tar"
	umount /mnt
	drop_caches
	mount -o ro "$disk" /mnt
	equal files "$(find /mnt -type f | wc -l)" "$(wc -l <"$sums")"
	(cd /mnt && sha256sum -c "$sums") >/tmp/compared ||
		fail "$(grep -v ': OK$' /tmp/compared | head -n 5)"
	umount /mnt
}

test_ext4_holds_a_tree() {
	mke2fs -q -t ext4 -F "$disk"
	unpack_and_compare
	e2fsck -fn "$disk"
}

test_xfs_holds_a_tree() {
	mkfs.xfs -q -f "$disk"
	unpack_and_compare
	xfs_repair -n "$disk"
}

# Deleted and given back to the drive, which makes holes in its image.
test_ext4_discards_and_stays_whole() {
	mke2fs -q -t ext4 -F "$disk"
	mount -o discard "$disk" /mnt
	tar -C /mnt -xf "$tar"
	sync
	find /mnt -mindepth 1 -maxdepth 1 -exec rm -rf {} +
	sync
	tar -C /mnt -xf "$tar"
	umount /mnt
	e2fsck -fn "$disk"
	unpack_and_compare
}

run_all
