#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: programs_test.sh [PROGRAMS [SEED]]
# Random λ programs over a file of the drive, on the host.

mkfs.ext4 -q -F /dev/nvme0n1 && mount /dev/nvme0n1 /mnt || exit
./random_programs host /mnt "${1:-${PROGRAMS:-3000}}" ${2:+"$2"}
status=$?
umount /mnt
exit $status
