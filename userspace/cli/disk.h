/* SPDX-License-Identifier: GPL-2.0-only */
/* Disks as sysfs shows them. */
#ifndef LAMBDA_CLI_DISK_H
#define LAMBDA_CLI_DISK_H

#include <limits.h>
#include <sys/types.h>

#define SYSFS	"/sys"

/**
 * struct disk - a whole disk
 * @name: as in /sys/block, where a '!' stands for the '/' of a node's path
 * @node: its device node
 * @dir:  its directory in sysfs
 */
struct disk {
	char name[NAME_MAX + 1];
	char node[NAME_MAX + 8];
	char dir[PATH_MAX];
};

/**
 * cli_disk_of - find the disk that a device number belongs to
 * @sysfs: where sysfs is mounted
 * @dev:   of a disk or a partition
 * @disk:  out: the disk, of a partition the one that it is a part of
 *
 * Return: 0; -ENODEV: it is no disk's; another negative errno of sysfs.
 */
int cli_disk_of(const char *sysfs, dev_t dev, struct disk *disk);

/**
 * cli_disk_find - find the disk that a path lies on
 * @path: a block device, or anything in a filesystem
 * @disk: out: the disk
 *
 * Return: 0, or an exit code after it has said what is wrong.
 */
int cli_disk_find(const char *path, struct disk *disk);

#endif /* LAMBDA_CLI_DISK_H */
