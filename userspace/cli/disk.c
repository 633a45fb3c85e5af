// SPDX-License-Identifier: GPL-2.0-only
/* From a path to the disk below it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cli.h"
#include "disk.h"

static void cli_disk_name_disk(struct disk *disk)
{
	char *at;

	snprintf(disk->name, sizeof(disk->name), "%s",
		 strrchr(disk->dir, '/') + 1);
	snprintf(disk->node, sizeof(disk->node), "/dev/%s", disk->name);
	for (at = disk->node; (at = strchr(at, '!')); )
		*at = '/';
}

int cli_disk_of(const char *sysfs, dev_t dev, struct disk *disk)
{
	char link[PATH_MAX], partition[PATH_MAX + 16];

	snprintf(link, sizeof(link), "%s/dev/block/%u:%u", sysfs, major(dev),
		 minor(dev));
	if (!realpath(link, disk->dir))
		return errno == ENOENT ? -ENODEV : -errno;
	snprintf(partition, sizeof(partition), "%s/partition", disk->dir);
	if (!access(partition, F_OK))
		*strrchr(disk->dir, '/') = '\0';
	cli_disk_name_disk(disk);
	return 0;
}

int cli_disk_find(const char *path, struct disk *disk)
{
	struct stat st;
	int err;

	if (stat(path, &st))
		return complain(EXIT_SYSTEM, "%s: %s", path, strerror(errno));
	err = cli_disk_of(SYSFS, S_ISBLK(st.st_mode) ? st.st_rdev : st.st_dev,
			  disk);
	if (err == -ENODEV)
		return complain(EXIT_SYSTEM,
				"%s: not on a disk of its own, so that λs over it run on the host",
				path);
	if (err)
		return complain(EXIT_SYSTEM, "%s: cannot find its disk: %s",
				path, strerror(-err));
	return 0;
}
