/* SPDX-License-Identifier: GPL-2.0-only */
/* Arrays that md makes of disks, without superblocks, by its ioctls. */
#ifndef LAMBDA_SELFTEST_ARRAYS_H
#define LAMBDA_SELFTEST_ARRAYS_H

#include <fcntl.h>
#include <linux/major.h>
#include <linux/raid/md_p.h>
#include <linux/raid/md_u.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* An array of @nr disks, of each its first @size bytes; @dirty: not yet alike. */
struct array {
	int level;
	int layout;
	unsigned int chunk;
	int nr;
	char (*disks)[32];
	__u64 size;
	bool dirty;
};

static inline dev_t array_disk(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_rdev;
}

static inline int array_add(int fd, const char *path, int number)
{
	dev_t dev = array_disk(path);
	mdu_disk_info_t disk = {
		.number = number,
		.raid_disk = number,
		.major = major(dev),
		.minor = minor(dev),
		.state = 1 << MD_DISK_ACTIVE | 1 << MD_DISK_SYNC,
	};

	return ioctl(fd, ADD_NEW_DISK, &disk);
}

static inline int array_run(int fd, const struct array *a)
{
	mdu_array_info_t info = {
		.level = a->level,
		.layout = a->layout,
		.chunk_size = a->chunk,
		.raid_disks = a->nr,
		.nr_disks = a->nr,
		.size = a->size / 1024,
		.not_persistent = 1,
		.state = a->dirty ? 0 : 1 << MD_SB_CLEAN,
	};
	int i;

	if (ioctl(fd, SET_ARRAY_INFO, &info))
		return -1;
	for (i = 0; i < a->nr; i++)
		if (array_add(fd, a->disks[i], i))
			return -1;
	return ioctl(fd, RUN_ARRAY, NULL);
}

/* Makes the array md_@name, whose node is put in @path; -1 with errno. */
static inline int array_make(const char *name, const struct array *a,
			     char *path, size_t len)
{
	int fd, ret;

	fd = open("/sys/module/md_mod/parameters/new_array", O_WRONLY);
	if (fd < 0 || dprintf(fd, "md_%s", name) < 0)
		return -1;
	close(fd);
	snprintf(path, len, "/dev/md_%s", name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ret = array_run(fd, a);
	close(fd);
	return ret;
}

static inline int array_call(const char *path, unsigned long request,
			     unsigned long arg)
{
	int fd = open(path, O_RDWR | O_CLOEXEC), ret;

	ret = ioctl(fd, request, arg);
	close(fd);
	return ret;
}

static inline int array_stop(const char *path)
{
	return array_call(path, STOP_ARRAY, 0);
}

/* Has a member count as broken. */
static inline int array_fail(const char *path, const char *disk)
{
	return array_call(path, SET_DISK_FAULTY, array_disk(disk));
}

#endif /* LAMBDA_SELFTEST_ARRAYS_H */
