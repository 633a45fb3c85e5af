// SPDX-License-Identifier: GPL-2.0-only
/* What the device mapper tells of a disk of its own, by its ioctls. */
#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "mapper.h"

#define MAPPER	"/dev/mapper/control"
/* A table that is longer is as good as a secret one. */
#define TABLE_MAX	(1u << 20)

/* Parameters begin with a disk where a target has but one. */
static dev_t mapper_first_disk(const char *params)
{
	unsigned int major, minor;

	if (sscanf(params, "%u:%u ", &major, &minor) != 2)
		return 0;
	return makedev(major, minor);
}

static void mapper_note_target(const struct dm_target_spec *spec,
			       const char *params, unsigned int index,
			       struct mapped *mapped)
{
	if (!index)
		mapped->first = mapper_first_disk(params);
	if (!index || !strcmp(mapped->kind, "linear"))
		snprintf(mapped->kind, sizeof(mapped->kind), "%.16s",
			 spec->target_type);
}

int mapper_read_table(const void *table, size_t size, unsigned int targets,
		      struct mapped *mapped)
{
	struct dm_target_spec spec;
	unsigned int i;
	size_t at = 0;

	*mapped = (struct mapped){ 0 };
	for (i = 0; i < targets; i++) {
		const char *target = (const char *)table + at;

		if (at > size || size - at <= sizeof(spec))
			return -EPROTO;
		memcpy(&spec, target, sizeof(spec));
		if (!memchr(target + sizeof(spec), 0,
			    size - at - sizeof(spec)))
			return -EPROTO;
		mapper_note_target(&spec, target + sizeof(spec), i, mapped);
		/* From the first one on, as the kernel gives it. */
		at = spec.next;
	}
	return 0;
}

/* Asks with room for @size bytes; the flag says whether that was enough. */
static int mapper_ask_into(int fd, dev_t dev, struct dm_ioctl *call,
			   size_t size)
{
	*call = (struct dm_ioctl){
		.version = { DM_VERSION_MAJOR },
		.data_size = size,
		.data_start = sizeof(*call),
		.dev = dev,
		.flags = DM_STATUS_TABLE_FLAG,
	};
	if (ioctl(fd, DM_TABLE_STATUS, call))
		return -errno;
	return call->flags & DM_BUFFER_FULL_FLAG ? -ENOSPC : 0;
}

static int mapper_ask_opened(int fd, dev_t dev, struct mapped *mapped)
{
	struct dm_ioctl *call = NULL;
	size_t size;
	int err = -ENOSPC;

	for (size = 4096; err == -ENOSPC && size <= TABLE_MAX; size *= 4) {
		free(call);
		call = malloc(size);
		if (!call)
			return -ENOMEM;
		err = mapper_ask_into(fd, dev, call, size);
		if (!err)
			err = mapper_read_table((char *)call + call->data_start,
						size - call->data_start,
						call->target_count, mapped);
	}
	free(call);
	return err;
}

int mapper_ask(dev_t dev, struct mapped *mapped)
{
	int fd = open(MAPPER, O_RDWR | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = mapper_ask_opened(fd, dev, mapped);
	close(fd);
	return err;
}
