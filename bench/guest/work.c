// SPDX-License-Identifier: GPL-2.0-only
/* What a point needs before it is measured: files, memory, a λ, a cache. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

#define ALIGN	4096
#define ROUND_UP(x)	(((x) + ALIGN - 1) / ALIGN * ALIGN)

/* Memory whose pages are there. */
static void *work_get_memory(size_t len)
{
	void *mem = NULL;

	if (posix_memalign(&mem, ALIGN, ROUND_UP(len + 1)))
		return NULL;
	memset(mem, 0xa5, len);
	return mem;
}

static int work_open_files(struct work *w, const char *folder)
{
	const struct point *p = w->point;
	int flags = (p->job->expand ? O_RDWR : O_RDONLY) | O_CLOEXEC;
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder, p->file);
	w->plain = open(path, flags);
	w->fd = open(path, flags | (p->method == METHOD_DIRECT ? O_DIRECT : 0));
	if (w->fd < 0 || w->plain < 0)
		return fail("%s: %s", path, strerror(errno));
	/* Cached is what the point says, nothing beside it. */
	if (posix_fadvise(w->plain, 0, 0, POSIX_FADV_RANDOM))
		return fail("%s: cannot be advised", path);
	return 0;
}

static int work_map_file(struct work *w)
{
	const struct point *p = w->point;

	w->map_len = (p->count - 1) * p->stride + p->size;
	w->map = mmap(NULL, w->map_len,
		      PROT_READ | (p->job->expand ? PROT_WRITE : 0),
		      MAP_SHARED, w->fd, p->start);
	if (w->map == MAP_FAILED) {
		w->map = NULL;
		return fail("%s: cannot be mapped: %s", p->file,
			    strerror(errno));
	}
	return 0;
}

/* The input of a write is in memory before it begins. */
static int work_read_source(struct work *w, const char *folder, size_t len)
{
	const struct job *job = w->point->job;
	char path[4096];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, job->source);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail("%s: %s", path, strerror(errno));
	got = read(fd, w->input, len);
	close(fd);
	return got == (ssize_t)len ? 0 : fail("%s: too short", path);
}

static int work_get_buffers(struct work *w, const char *folder)
{
	const struct point *p = w->point;
	const struct job *job = p->job;
	size_t cap = job->expand ? p->size : job->extra;
	size_t in_len = job->expand ? p->size / job->expand : 0;
	size_t k;

	if (job->per)
		cap += (p->size + job->per - 1) / job->per * job->out;
	w->requests = calloc(p->count, sizeof(*w->requests));
	w->output = work_get_memory(job->expand ? 0 : p->count * cap);
	w->input = work_get_memory(p->count * in_len);
	if (!w->requests || !w->output || !w->input)
		return fail("no memory");
	for (k = 0; k < p->threads; k++) {
		w->buffers[k] = work_get_memory(p->size);
		if (!w->buffers[k])
			return fail("no memory");
	}
	for (k = 0; k < p->count; k++) {
		w->requests[k].offset = p->start + k * p->stride;
		w->requests[k].in = w->input + k * in_len;
		w->requests[k].in_len = in_len;
		w->requests[k].out = w->output + k * cap;
		w->requests[k].out_cap = cap;
	}
	return in_len ? work_read_source(w, folder, p->count * in_len) : 0;
}

static int work_load(struct work *w, const char *objects)
{
	char path[4096], why[4096];

	snprintf(path, sizeof(path), "%s/%s.bpf.o", objects,
		 w->point->job->name);
	if (lambda_object__open(path, why, sizeof(why), &w->object) ||
	    lambda_object__program(w->object, NULL, why, sizeof(why),
				   &w->program))
		return fail("%s", why);
	w->lambda = lambda_program__load(w->program, NULL, why, sizeof(why));
	return w->lambda < 0 ? fail("%s", why) : 0;
}

int work_open(struct work *w, const char *folder, const char *objects)
{
	int err = work_open_files(w, folder);

	if (!err)
		err = work_get_buffers(w, folder);
	if (!err && w->point->method == METHOD_MMAP)
		err = work_map_file(w);
	if (!err && w->point->method >= METHOD_HOST)
		err = work_load(w, objects);
	if (!err && w->point->method >= METHOD_RING_HOST)
		err = guest_ring_open(w);
	if (!err)
		err = guest_disk_tell(w);
	return err;
}

int work_close(struct work *w)
{
	int err = guest_disk_tell_again(w);
	size_t k;

	guest_ring_close(w);
	if (w->map)
		munmap(w->map, w->map_len);
	if (w->lambda >= 0)
		close(w->lambda);
	if (w->fd >= 0)
		close(w->fd);
	if (w->plain >= 0)
		close(w->plain);
	lambda_object__close(w->object);
	for (k = 0; k < THREADS_MAX; k++)
		free(w->buffers[k]);
	free(w->requests);
	free(w->input);
	free(w->output);
	return err;
}

void work_meet(const struct work *w)
{
	if (w->beside)
		pthread_barrier_wait(w->beside);
}

static int work_empty_cache(struct work *w)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);
	bool ok;

	if (w->map)
		madvise(w->map, w->map_len, MADV_DONTNEED);
	sync();
	ok = fd >= 0 && write(fd, "3", 1) == 1;
	if (fd >= 0)
		close(fd);
	return ok ? 0 : fail("cannot drop the page cache: %s", strerror(errno));
}

/* Metadata is in memory in any case: the method is not to blame. */
static int work_touch_metadata(struct work *w, const struct request *r)
{
	unsigned char byte;

	if (w->point->cached)
		return 0;
	if (pread(w->plain, &byte, 1, r->offset) != 1)
		return fail("%s: too short", w->point->file);
	return posix_fadvise(w->plain, r->offset / ALIGN * ALIGN, ALIGN,
			     POSIX_FADV_DONTNEED);
}

/* Bytes of a request that the page cache holds, by what mincore(2) says. */
static ssize_t work_cached_bytes(struct work *w, const struct request *r)
{
	size_t size = w->point->size, pages = ROUND_UP(size) / ALIGN, k;
	void *mem = mmap(NULL, size, PROT_READ, MAP_SHARED, w->plain,
			 r->offset);
	unsigned char *there = calloc(1, pages);
	ssize_t bytes = 0;

	if (mem == MAP_FAILED || !there || mincore(mem, size, there)) {
		bytes = fail("%s: %s", w->point->file, strerror(errno));
	} else {
		for (k = 0; k < pages; k++)
			bytes += there[k] & 1 ? ALIGN : 0;
	}
	if (mem != MAP_FAILED)
		munmap(mem, size);
	free(there);
	return bytes;
}

static int work_cache_request(struct work *w, const struct request *r)
{
	const struct point *p = w->point;
	size_t len = ROUND_UP(p->size * p->cached / 100);
	ssize_t cached;

	if (len > p->size)
		len = p->size;
	if (work_touch_metadata(w, r))
		return -1;
	if (pread(w->plain, w->buffers[0], len, r->offset) != (ssize_t)len)
		return fail("%s: too short", p->file);
	/* What has been read is there, and more than that there cannot be. */
	if (p->cached == 100)
		return 0;
	cached = work_cached_bytes(w, r);
	if (cached != (ssize_t)ROUND_UP(len))
		return fail("%s: %zd bytes are cached, not %zu", p->file,
			    cached, len);
	return 0;
}

/* What is written next is not there by accident. */
static int work_spoil(struct work *w)
{
	const struct point *p = w->point;
	size_t k;

	memset(w->buffers[0], 0xa5, p->size);
	for (k = 0; k < p->count; k++)
		if (pwrite(w->plain, w->buffers[0], p->size,
			   w->requests[k].offset) != (ssize_t)p->size)
			return fail("%s: cannot be written", p->file);
	return 0;
}

int work_set_cache(struct work *w)
{
	const struct point *p = w->point;
	size_t k;

	if (p->job->expand && work_spoil(w))
		return -1;
	/* Where all is to be cached, nothing has to go. */
	if (p->cached < 100 ? work_empty_cache(w) : fdatasync(w->plain))
		return -1;
	/* What one of a pair puts there, the other does not empty. */
	work_meet(w);
	for (k = 0; k < p->count; k++)
		if (work_cache_request(w, &w->requests[k]))
			return -1;
	return 0;
}
