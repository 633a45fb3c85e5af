# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A folder over NFS 4, from this machine to itself; sourced by tests. The kernel
# is both ends, and is told what mountd and exportfs would tell it: neither they
# nor rpcbind need be there.

# The end of time, for what the kernel is told.
nfs_never=2147483647
# Of struct svc_export: other ports than root's, the whole filesystem's files,
# and this folder is where NFS 4 begins.
nfs_flags=$((0x2 | 0x400 | 0x2000))

# nfs_start DIR MOUNTPOINT: exports DIR and mounts it; needs root, and a network
# device lo that is up. Both folders have to exist, their names without blanks.
nfs_start()
{
	local nfsd=/proc/fs/nfsd rpc=/proc/net/rpc

	nfs_mounted=$2
	[ -e $nfsd/threads ] || mount -t nfsd none $nfsd || return
	# Version 4 alone asks no rpcbind. It waits for clients of a server before
	# it, unless it has a folder to know them by and is told that none comes.
	nfs_clients=$(mktemp -d) || return
	echo "$nfs_clients" >$nfsd/nfsv4recoverydir
	echo "-3 +4" >$nfsd/versions
	echo 10 >$nfsd/nfsv4leasetime
	echo 10 >$nfsd/nfsv4gracetime
	echo "nfsd 127.0.0.1 $nfs_never self" >$rpc/auth.unix.ip/channel &&
		echo "self $1 $nfs_never $nfs_flags 65534 65534 0" \
			>$rpc/nfsd.export/channel &&
		printf 'self 1 \\x00000000 %s %s\n' $nfs_never "$1" \
			>$rpc/nfsd.fh/channel &&
		echo 4 >$nfsd/threads || return
	echo Y >$nfsd/v4_end_grace
	# -i: no mount.nfs; the kernel itself reads the options.
	mount -i -t nfs4 -o vers=4.0,addr=127.0.0.1,clientaddr=127.0.0.1,soft \
		127.0.0.1:/ "$2"
}

# nfs_stop: takes back what nfs_start did, so that DIR can be unmounted
nfs_stop()
{
	local cache

	umount "$nfs_mounted"
	echo 0 >/proc/fs/nfsd/threads
	for cache in auth.unix.ip nfsd.export nfsd.fh; do
		echo $nfs_never >/proc/net/rpc/$cache/flush
	done
	umount /proc/fs/nfsd
	rm -rf "$nfs_clients"
}
