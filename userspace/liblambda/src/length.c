// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * How much of a file there is, and where its lines end. A file's size is a hint:
 * files of /proc have none, those of FUSE and of networks an old one, and any
 * may grow or shrink meanwhile. What can be read is what there is.
 */
#include <errno.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

/* Bytes read at a time to find out where something ends. */
#define LOOK	65536

/* pread() that no signal handler cuts short. */
static ssize_t length_pread(int fd, void *buf, size_t len, off_t offset)
{
	ssize_t got;

	do {
		got = pread(fd, buf, len, offset);
	} while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

off_t lambda_length_hint(int fd)
{
	struct stat st;
	__u64 size;

	if (fstat(fd, &st))
		return 0;
	if (S_ISREG(st.st_mode))
		return st.st_size;
	if (S_ISBLK(st.st_mode) && !ioctl(fd, BLKGETSIZE64, &size))
		return size;
	return 0;
}

/* Reads on until @want bytes, the end, or an error behind some bytes. */
static ssize_t length_read_through(int fd, off_t offset, size_t want)
{
	char buf[LOOK];
	size_t have = 0;
	ssize_t got;

	while (have < want) {
		size_t n = want - have < LOOK ? want - have : LOOK;

		got = length_pread(fd, buf, n, offset + have);
		if (got < 0 && !have)
			return got;
		if (got <= 0)
			break;
		have += got;
	}
	return have;
}

ssize_t lambda_length(int fd, off_t offset, size_t want)
{
	off_t size = lambda_length_hint(fd);
	char byte;

	if (size > offset && (__u64)(size - offset) >= want)
		return want;
	/* Nothing behind the size that it tells, or no way to look there. */
	if (size > offset && length_pread(fd, &byte, 1, size) <= 0)
		return size - offset;
	return length_read_through(fd, offset, want);
}

ssize_t lambda_length_of_lines(int fd, off_t offset, size_t len)
{
	char buf[LOOK], *newline;
	size_t n;
	ssize_t got;

	for (; len; len -= n) {
		n = len % LOOK ? len % LOOK : LOOK;
		got = length_pread(fd, buf, n, offset + len - n);
		if (got < 0)
			return got;
		newline = memrchr(buf, '\n', got);
		if (newline)
			return len - n + (newline + 1 - buf);
	}
	return 0;
}
