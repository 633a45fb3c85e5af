/* SPDX-License-Identifier: GPL-2.0-only */
/* One request on both sides: whatever comes of it is the same. */
#ifndef LAMBDA_SELFTEST_BOTH_H
#define LAMBDA_SELFTEST_BOTH_H

#include "common.h"
#include "drive.h"

/* Bytes behind a buffer that must stay as they are. */
#define BEYOND	64

/* What one side answered. */
struct answer {
	ssize_t ret;
	int err;
	struct lambda_io io;
	char *out;
};

/* A request to be made on each side. */
struct question {
	int fd, lambda;
	size_t count;
	off_t offset;
	size_t cap;
	const void *args;
	size_t args_len;
	__u32 flags;			/* beside those that force a side */
};

static inline void fill(char *data, size_t len, unsigned int seed)
{
	size_t i;

	/* Nowhere 0, which is what a hole would show. */
	for (i = 0; i < len; i++)
		data[i] = rand_r(&seed) % 255 + 1;
}

static inline void ask(const struct question *q, __u32 side, struct answer *a)
{
	a->out = malloc(q->cap + BEYOND);
	memset(a->out, 'o', q->cap + BEYOND);
	a->io = io_for(q->cap, q->args, q->args_len);
	a->io.flags = side | q->flags;
	errno = 0;
	a->ret = lambda_pread(q->fd, a->out, q->count, q->offset, q->lambda,
			      &a->io);
	a->err = errno;
}

static inline void show(const char *side, const struct answer *a)
{
	fprintf(stderr,
		"# %s: %zd (%s) side %u reason %u status %u retval %d fault %llx%s in %llu out %llu\n",
		side, a->ret, strerror(a->err), a->io.result.side,
		a->io.result.reason, a->io.result.status, a->io.result.retval,
		a->io.result.fault_addr,
		a->io.result.fault_write ? " write" : "", a->io.result.in_len,
		a->io.result.out_len);
}

static inline bool same_answers(const struct answer *host,
				const struct answer *device, size_t cap)
{
	return host->ret == device->ret && host->err == device->err &&
	       host->io.result.status == device->io.result.status &&
	       host->io.result.retval == device->io.result.retval &&
	       host->io.result.fault_addr == device->io.result.fault_addr &&
	       host->io.result.fault_write == device->io.result.fault_write &&
	       host->io.result.in_len == device->io.result.in_len &&
	       host->io.result.out_len == device->io.result.out_len &&
	       !memcmp(host->out, device->out, cap + BEYOND);
}

/* What an undivided run takes is the same as well. */
static inline bool same_work(const struct answer *host,
			     const struct answer *device)
{
	return host->io.result.budget_used == device->io.result.budget_used &&
	       host->io.result.helper_bytes == device->io.result.helper_bytes;
}

/* The drive has answered, nobody in its place; nor was there no need to. */
static inline bool by_drive(const struct answer *a)
{
	if (a->io.result.status == LAMBDA_STATUS_NOT_RUN)
		return a->io.result.side == LAMBDA_SIDE_NONE;
	return a->io.result.side == LAMBDA_SIDE_DEVICE &&
	       a->io.result.reason == LAMBDA_REASON_FORCED;
}

/*
 * Makes the request on the host and in the drive. The host goes last: it would
 * leave the file in the page cache.
 */
static inline bool same_on_both(const struct question *q, struct answer *ret)
{
	struct answer host, device;
	bool same;

	ask(q, FORCED, &device);
	ask(q, LAMBDA_IO_HOST, &host);
	same = same_answers(&host, &device, q->cap) && same_work(&host, &device) &&
	       by_drive(&device);
	if (!same) {
		fprintf(stderr, "# %zu bytes at %lld\n", q->count,
			(long long)q->offset);
		show("host", &host);
		show("drive", &device);
	}
	free(host.out);
	if (ret)
		*ret = device;
	else
		free(device.out);
	return same;
}

/* A request of a test that has a file and a λ. */
#define QUESTION(...) (&(struct question) {				\
	.fd = self->fd, .lambda = self->lambda, __VA_ARGS__ })

#endif /* LAMBDA_SELFTEST_BOTH_H */
