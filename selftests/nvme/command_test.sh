#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Random runs of the lambda command over files of the drive, on the host and in
# the drive, against the programs' native versions: as many as the first argument
# says, from the seed on that is the second.

. "$(dirname "$0")/tap.sh"

mkfs.ext4 -q -F /dev/nvme0n1 && mount /dev/nvme0n1 /mnt || exit
here=$PWD
cd /mnt || exit
TMPDIR=/mnt BPF_OBJECTS=$here/objects COMMAND_SIDES="host device auto local" \
	"$here/command_random" "${1:-${COMMANDS:-300}}" ${2:+"$2"}
status=$?
cd /
umount /mnt
exit $status
