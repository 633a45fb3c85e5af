#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Random λ programs on a file of the drive: PROGRAMS of them (3000), from SEED
# on, on SIDES (host or both).
set -e

mkfs.ext4 -q -F /dev/nvme0n1
mount /dev/nvme0n1 /mnt
status=0
# shellcheck disable=SC2086
./random_programs "${SIDES:-host}" /mnt "${PROGRAMS:-3000}" $SEED || status=$?
umount /mnt
exit $status
