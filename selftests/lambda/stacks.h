/* SPDX-License-Identifier: GPL-2.0-only */
/* Disks that the device mapper makes of others, by its ioctls. */
#ifndef LAMBDA_SELFTEST_STACKS_H
#define LAMBDA_SELFTEST_STACKS_H

#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <linux/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define SECTOR	512ull
#define TARGETS	4

/* Bytes of a mapped device: @length from @start on are @kind with @params. */
struct target {
	__u64 start, length;
	const char *kind;
	char params[160];
};

struct stack_call {
	struct dm_ioctl head;
	char targets[TARGETS * 256];
};

static inline int stack_ioctl(unsigned long request, struct stack_call *call,
			      const char *name, __u32 flags)
{
	int fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC), ret;

	call->head.version[0] = DM_VERSION_MAJOR;
	call->head.data_size = sizeof(*call);
	call->head.data_start = sizeof(call->head);
	call->head.flags = flags;
	snprintf(call->head.name, sizeof(call->head.name), "%s", name);
	ret = ioctl(fd, request, call);
	close(fd);
	return ret;
}

static inline void stack_put_target(char *to, const struct target *t)
{
	struct dm_target_spec spec = {
		.sector_start = t->start / SECTOR,
		.length = t->length / SECTOR,
		.next = 256,
	};

	snprintf(spec.target_type, sizeof(spec.target_type), "%s", t->kind);
	memcpy(to, &spec, sizeof(spec));
	snprintf(to + sizeof(spec), 256 - sizeof(spec), "%s", t->params);
}

/* Of a device: the table that is going to be its own when it is resumed. */
static inline int stack_load(const char *name, const struct target *targets,
			     int nr)
{
	struct stack_call call = { .head.target_count = nr };
	int i;

	for (i = 0; i < nr; i++)
		stack_put_target(call.targets + 256 * i, &targets[i]);
	return stack_ioctl(DM_TABLE_LOAD, &call, name, 0);
}

static inline int stack_suspend(const char *name)
{
	struct stack_call call = { .head.target_count = 0 };

	return stack_ioctl(DM_DEV_SUSPEND, &call, name, DM_SUSPEND_FLAG);
}

static inline int stack_resume(const char *name)
{
	struct stack_call call = { .head.target_count = 0 };

	return stack_ioctl(DM_DEV_SUSPEND, &call, name, 0);
}

static inline void stack_remove(const char *name)
{
	struct stack_call call = { .head.target_count = 0 };

	stack_ioctl(DM_DEV_REMOVE, &call, name, 0);
}

/* Makes a mapped device, whose node is put in @path; 0, or -1 with errno. */
static inline int stack_make(const char *name, const struct target *targets,
			     int nr, char *path, size_t len)
{
	struct stack_call call = { .head.target_count = 0 };

	if (stack_ioctl(DM_DEV_CREATE, &call, name, 0))
		return -1;
	snprintf(path, len, "/dev/dm-%u", minor(call.head.dev));
	if (!stack_load(name, targets, nr) && !stack_resume(name))
		return 0;
	stack_remove(name);
	return -1;
}

/* Bytes @start to @start + @length lie on @device from @at on. */
static inline struct target linear(__u64 start, __u64 length,
				   const char *device, __u64 at)
{
	struct target t = { .start = start, .length = length,
			    .kind = "linear" };

	snprintf(t.params, sizeof(t.params), "%s %llu", device,
		 (unsigned long long)(at / SECTOR));
	return t;
}

#endif /* LAMBDA_SELFTEST_STACKS_H */
