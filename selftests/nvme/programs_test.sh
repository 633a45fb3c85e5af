#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Random λ programs over a file of the drive, on the host: as many as the first
# argument says, from the seed on that is the second.

. "$(dirname "$0")/tap.sh"

mkfs.ext4 -q -F /dev/nvme0n1 && mount /dev/nvme0n1 /mnt || exit
./random_programs host /mnt "${1:-${PROGRAMS:-3000}}" ${2:+"$2"}
status=$?
umount /mnt
exit $status
