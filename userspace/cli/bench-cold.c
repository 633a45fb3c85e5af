// SPDX-License-Identifier: GPL-2.0-only
/* What lets a file be read from its disk again. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

/* Bytes that are looked at in one go. */
#define BENCH_COLD_LOOK	(256ull << 20)
/* Of so many pages one may have stayed, such as one that others read just now. */
#define BENCH_COLD_PART	64

static bool bench_cold_cannot(struct bench *bench, const char *why)
{
	snprintf(bench->warm_only, sizeof(bench->warm_only), "%s", why);
	return false;
}

/* How many of the pages are in memory; a negative errno. None is read by it. */
static long bench_cold_count(int fd, off_t from, size_t len)
{
	static unsigned char pages[BENCH_COLD_LOOK / SBPF_PAGE_SIZE + 1];
	void *map = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, from);
	long count = 0;
	size_t i;

	if (map == MAP_FAILED)
		return -errno;
	if (mincore(map, len, pages))
		count = -errno;
	for (i = 0; count >= 0 && i < len; i += SBPF_PAGE_SIZE)
		count += pages[i / SBPF_PAGE_SIZE] & 1;
	munmap(map, len);
	return count;
}

/* The same of all of the range. */
static long bench_cold_count_all(const struct bench *bench)
{
	off_t at = bench->run.offset - bench->run.offset % SBPF_PAGE_SIZE;
	off_t end = bench->run.offset + bench->bytes;
	long all = 0, some;
	size_t len;

	for (; at < end; at += len) {
		len = end - at < (off_t)BENCH_COLD_LOOK ? (size_t)(end - at) :
							  BENCH_COLD_LOOK;
		some = bench_cold_count(bench->run.file, at, len);
		if (some < 0)
			return some;
		all += some;
	}
	return all;
}

bool bench_cold_drop(struct bench *bench)
{
	const struct run *run = &bench->run;
	long stayed;
	int err;

	/* Pages that are to be written stay. */
	fdatasync(run->file);
	err = posix_fadvise(run->file, run->offset, bench->bytes,
			    POSIX_FADV_DONTNEED);
	if (err)
		return bench_cold_cannot(bench, strerror(err));
	stayed = bench_cold_count_all(bench);
	if (stayed < 0)
		return bench_cold_cannot(bench, strerror(-stayed));
	if (stayed * BENCH_COLD_PART * SBPF_PAGE_SIZE > (long)bench->bytes)
		return bench_cold_cannot(bench,
			"the file stays in memory, or who does not own it is not told");
	return true;
}
