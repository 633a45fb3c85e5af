// SPDX-License-Identifier: GPL-2.0-only
/* lambda info of a disk: what its drive can, and what it has done. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "disk.h"
#include "drive.h"

/* @err is what asking the drive gave. */
static int cannot_ask(const struct disk *disk, int err)
{
	fflush(stdout);
	if (err == -EACCES || err == -EPERM)
		return complain(EXIT_SYSTEM,
				"%s: %s; only root may ask a drive about itself",
				disk->node, strerror(-err));
	if (err > 0)
		return complain(EXIT_SYSTEM,
				"%s: the drive refuses to tell about itself with status 0x%x",
				disk->node, err);
	return complain(EXIT_SYSTEM, "%s: cannot ask the drive: %s",
			disk->node, strerror(-err));
}

static int print_drive(const struct disk *disk, int fd)
{
	struct nvme_lambda_stats stats;
	struct nvme_lambda_id id;
	int err = drive_identify(fd, &id);

	if (err == -ENODEV) {
		printf("an ordinary disk: λs over its files run on the host\n");
		return 0;
	}
	if (err == -EPROTONOSUPPORT)
		return complain(EXIT_UNSUPPORTED,
				"%s: the drive speaks version %u of the λ command set; this command knows %u",
				disk->node, id.version, NVME_LAMBDA_VERSION);
	if (err)
		return cannot_ask(disk, err);
	drive_print_capability(&id, stdout);
	err = drive_stats(fd, &stats);
	if (err)
		return cannot_ask(disk, err);
	drive_print_stats(&id, &stats, stdout);
	return 0;
}

int info_disk(const char *path)
{
	struct disk disk;
	int code, fd;

	code = disk_find(path, &disk);
	if (code)
		return code;
	printf("disk          %s\n", disk.name);
	fd = open(disk.node, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return cannot_ask(&disk, -errno);
	code = print_drive(&disk, fd);
	close(fd);
	return code;
}
