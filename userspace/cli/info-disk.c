// SPDX-License-Identifier: GPL-2.0-only
/* lambda info of a disk: what its drive can, and what it has done. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "disk.h"
#include "drive.h"
#include "sched.h"

/* @err is what asking the drive gave. */
static int info_disk_cannot_ask(const struct disk *disk, int err)
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

/* What the drive says; @runs: it runs λs, or nobody knows. */
static int info_disk_print_drive(const struct disk *disk, int fd, bool *runs)
{
	struct nvme_lambda_stats stats;
	struct nvme_lambda_id id;
	int err = drive_identify(fd, &id);

	if (err == -ENODEV)
		return 0;
	*runs = true;
	if (err == -EPROTONOSUPPORT)
		return complain(EXIT_UNSUPPORTED,
				"%s: the drive speaks version %u of the λ command set; this command knows %u",
				disk->node, id.version, NVME_LAMBDA_VERSION);
	if (err)
		return info_disk_cannot_ask(disk, err);
	drive_print_capability(&id, stdout);
	err = drive_stats(fd, &stats);
	if (err)
		return info_disk_cannot_ask(disk, err);
	drive_print_stats(&id, &stats, stdout);
	return 0;
}

static int info_disk_ask_drive(const struct disk *disk, bool *runs)
{
	int fd = open(disk->node, O_RDONLY | O_CLOEXEC);
	int code;

	if (fd < 0) {
		*runs = true;
		return info_disk_cannot_ask(disk, -errno);
	}
	code = info_disk_print_drive(disk, fd, runs);
	close(fd);
	return code;
}

int info_disk(const char *path)
{
	static struct sched sched;
	bool runs = false;
	struct disk disk;
	int code;

	code = disk_find(path, &disk);
	if (code)
		return code;
	print(stdout, "disk          %s\n", disk.name);
	code = info_disk_ask_drive(&disk, &runs);
	if (!sched_read(disk.dir, SYSFS, &sched))
		sched_print(disk.dir, &sched, stdout);
	else if (!runs)
		printf("an ordinary disk: λs over its files run on the host\n");
	else if (!code)
		printf("kernel        does not use it: λs over its files run on the host\n");
	return code;
}
