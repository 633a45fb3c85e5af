/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A filesystem in a process, with one file whose server does what servers may:
 * answer a read with less than was asked for, fail behind some bytes, tell a
 * size that is not that of the file, fail when the file is closed.
 */
#ifndef LAMBDA_SELFTEST_FUSE_H
#define LAMBDA_SELFTEST_FUSE_H

#include <linux/fuse.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/uio.h>

#include "mounts.h"

/**
 * struct fuse_plan - how the server answers
 * @data:   the file's bytes
 * @size:   how many there are
 * @told:   how many it tells
 * @chunk:  bytes that a read gets at most
 * @broken: from this byte on reading fails with EIO
 * @direct: the kernel asks the server for each read and each write, at the same
 *          time, and caches nothing
 * @room:   bytes that @data has room for, so that the file can be written
 * @flush:  errno of closing it
 * @own:    the server ends with who has mounted it
 */
struct fuse_plan {
	char *data;
	size_t size, told, chunk, broken;
	bool direct;
	size_t room;
	int flush;
	bool own;
};

#define FUSE_FILE	2u	/* inode of the file; 1 is the root's */
#define FUSE_NO_FLUSH	ENOSYS	/* errno of a close: none need tell */

static inline void fuse_reply(int dev, __u64 unique, int err, const void *data,
			      size_t len)
{
	struct fuse_out_header head = {
		.len = sizeof(head) + len,
		.error = err,
		.unique = unique,
	};
	struct iovec parts[] = {
		{ &head, sizeof(head) }, { (void *)data, len },
	};

	/* The request may have been interrupted meanwhile. */
	if (writev(dev, parts, 2) < 0 && errno != ENOENT)
		perror("# fuse reply");
}

static inline struct fuse_attr fuse_attr_of(const struct fuse_plan *plan,
					    __u64 ino)
{
	return (struct fuse_attr) {
		.ino = ino,
		.size = ino == FUSE_FILE ? plan->told : 0,
		.mode = ino == FUSE_FILE ? S_IFREG | 0644 : S_IFDIR | 0755,
		.nlink = 1,
		.blksize = 4096,
	};
}

static inline void fuse_read(int dev, const struct fuse_plan *plan,
			     __u64 unique, const struct fuse_read_in *in)
{
	size_t end = plan->size < plan->broken ? plan->size : plan->broken;
	size_t len = in->size < plan->chunk ? in->size : plan->chunk;

	if (in->offset >= end) {
		fuse_reply(dev, unique, in->offset < plan->size ? -EIO : 0,
			   NULL, 0);
		return;
	}
	if (len > end - in->offset)
		len = end - in->offset;
	fuse_reply(dev, unique, 0, plan->data + in->offset, len);
}

static inline void fuse_write(int dev, struct fuse_plan *plan, __u64 unique,
			      const struct fuse_write_in *in)
{
	struct fuse_write_out out = { .size = in->size };

	if (in->offset > plan->room || in->size > plan->room - in->offset) {
		fuse_reply(dev, unique, -ENOSPC, NULL, 0);
		return;
	}
	memcpy(plan->data + in->offset, in + 1, in->size);
	if (plan->size < in->offset + in->size)
		plan->size = in->offset + in->size;
	plan->told = plan->size;
	fuse_reply(dev, unique, 0, &out, sizeof(out));
}

static inline void fuse_answer(int dev, struct fuse_plan *plan,
			       const struct fuse_in_header *head)
{
	struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION,
		.minor = 31,
		.max_readahead = 131072,
		.max_write = 131072,
		.flags = FUSE_BIG_WRITES,
	};
	struct fuse_open_out open = {
		.open_flags = (plan->direct ? FOPEN_DIRECT_IO |
				FOPEN_PARALLEL_DIRECT_WRITES : 0) |
			      (plan->flush == FUSE_NO_FLUSH ? FOPEN_NOFLUSH :
							      0),
	};
	struct fuse_entry_out entry = {
		.nodeid = FUSE_FILE,
		.attr = fuse_attr_of(plan, FUSE_FILE),
	};
	struct fuse_attr_out attr = {
		.attr = fuse_attr_of(plan, head->nodeid),
	};

	switch (head->opcode) {
	case FUSE_INIT:
		fuse_reply(dev, head->unique, 0, &init, sizeof(init));
		break;
	case FUSE_LOOKUP:
		fuse_reply(dev, head->unique, 0, &entry, sizeof(entry));
		break;
	case FUSE_GETATTR:
	case FUSE_SETATTR:
		fuse_reply(dev, head->unique, 0, &attr, sizeof(attr));
		break;
	case FUSE_OPEN:
		fuse_reply(dev, head->unique, 0, &open, sizeof(open));
		break;
	case FUSE_READ:
		fuse_read(dev, plan, head->unique, (const void *)(head + 1));
		break;
	case FUSE_WRITE:
		fuse_write(dev, plan, head->unique, (const void *)(head + 1));
		break;
	case FUSE_FLUSH:
		fuse_reply(dev, head->unique, -plan->flush, NULL, 0);
		break;
	case FUSE_RELEASE:
		fuse_reply(dev, head->unique, 0, NULL, 0);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	default:
		/* To FUSE that is: not to be asked again. */
		fuse_reply(dev, head->unique, -ENOSYS, NULL, 0);
	}
}

static inline void fuse_serve(int dev, struct fuse_plan *plan)
{
	static char request[1 << 20];
	ssize_t len;

	for (;;) {
		len = read(dev, request, sizeof(request));
		if (len > 0)
			fuse_answer(dev, plan, (const void *)request);
		else if (errno != EINTR && errno != ENOENT)
			_exit(0);
	}
}

/* Mounts it on @dir, which is made; `file` in it is the file. */
static inline pid_t mount_fuse(const char *dir, struct fuse_plan *plan)
{
	int dev = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[128];
	pid_t pid;

	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=40000,user_id=0,group_id=0", dev);
	if (dev < 0 || (mkdir(dir, 0777) && errno != EEXIST) ||
	    mount("none", dir, "fuse", 0, options))
		mount_failed(dir);
	pid = fork();
	if (!pid) {
		if (plan->own)
			prctl(PR_SET_PDEATHSIG, SIGKILL);
		fuse_serve(dev, plan);
	}
	close(dev);
	return pid;
}

/* From now on the server of this process answers nobody, and takes no request. */
static inline void silence_fuse(pid_t server)
{
	if (kill(server, SIGSTOP) || waitpid(server, NULL, WUNTRACED) != server)
		mount_failed("the server of FUSE");
}

#endif /* LAMBDA_SELFTEST_FUSE_H */
