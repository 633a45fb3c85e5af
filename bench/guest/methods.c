// SPDX-License-Identifier: GPL-2.0-only
/* One request by each method. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

const char *const method_names[NR_METHODS] = {
	[METHOD_READ] = "read",
	[METHOD_DIRECT] = "direct",
	[METHOD_MMAP] = "mmap",
	[METHOD_HOST] = "host",
	[METHOD_DRIVE] = "drive",
	[METHOD_AUTO] = "auto",
	[METHOD_BOTH] = "both",
	[METHOD_RING_HOST] = "ring-host",
	[METHOD_RING_DRIVE] = "ring-drive",
};

static int guest_method_run_native(const struct job *job, struct request *r,
				   const void *in, size_t in_len, void *out)
{
	struct lambda_ctx ctx = {
		.in = (unsigned long)in,
		.in_len = in_len,
		.out = (unsigned long)out,
		.out_cap = r->out_cap,
		.args = (unsigned long)job->args,
		.args_len = job->args_len,
	};
	int len = job->native(&ctx);

	if (len < 0)
		return fail("%s: the native code returned %d", job->name, len);
	r->out_len = len;
	return 0;
}

static int guest_method_read_native(struct work *w, struct request *r,
				    unsigned char *buf)
{
	const struct point *p = w->point;
	ssize_t got = pread(w->fd, buf, p->size, r->offset);

	if (got != (ssize_t)p->size)
		return fail("%s: %s", p->file,
			    got < 0 ? strerror(errno) : "too short");
	return guest_method_run_native(p->job, r, buf, p->size, r->out);
}

static int guest_method_write_native(struct work *w, struct request *r,
				     unsigned char *buf)
{
	const struct point *p = w->point;

	/* As a λ finds its output. */
	memset(buf, 0, r->out_cap);
	if (guest_method_run_native(p->job, r, r->in, r->in_len, buf))
		return -1;
	if (pwrite(w->fd, buf, r->out_len, r->offset) != (ssize_t)r->out_len)
		return fail("%s: cannot write: %s", p->file, strerror(errno));
	return 0;
}

static int guest_method_request_mapped(struct work *w, struct request *r)
{
	const struct job *job = w->point->job;
	unsigned char *at = w->map + (r->offset - w->point->start);

	if (!job->expand)
		return guest_method_run_native(job, r, at, w->point->size,
					       r->out);
	memset(at, 0, r->out_cap);
	return guest_method_run_native(job, r, r->in, r->in_len, at);
}

static int guest_method_ended_badly(const struct work *w,
				    const struct request *r, ssize_t err)
{
	char why[512];

	if (err != -ECANCELED)
		return fail("%s: %s", w->point->job->name, strerror(-err));
	lambda_explain(w->program, &r->io, why, sizeof(why));
	return fail("%s: %s", w->point->job->name, why);
}

void guest_method_fill_io(const struct work *w, struct request *r)
{
	static const __u32 flags[NR_METHODS] = {
		[METHOD_HOST] = LAMBDA_IO_HOST,
		[METHOD_RING_HOST] = LAMBDA_IO_HOST,
		[METHOD_DRIVE] = LAMBDA_IO_DEVICE | LAMBDA_IO_NO_FALLBACK,
		[METHOD_RING_DRIVE] = LAMBDA_IO_DEVICE | LAMBDA_IO_NO_FALLBACK,
	};
	const struct point *p = w->point;

	memset(&r->io, 0, sizeof(r->io));
	r->io.size = sizeof(r->io);
	r->io.result_size = sizeof(r->io.result);
	r->io.flags = flags[p->method];
	r->io.out_cap = r->out_cap;
	r->io.args = (unsigned long)p->job->args;
	r->io.args_len = p->job->args_len;
}

int guest_method_ended(const struct work *w, struct request *r, ssize_t done)
{
	const struct point *p = w->point;

	if (done < 0)
		return guest_method_ended_badly(w, r, done);
	if ((size_t)done != r->io.result.out_len ||
	    (!p->job->expand && r->io.result.in_len != p->size))
		return fail("%s: a short request", p->file);
	r->out_len = done;
	return 0;
}

static int guest_method_request_lambda(struct work *w, struct request *r)
{
	const struct point *p = w->point;
	ssize_t done;

	guest_method_fill_io(w, r);
	if (p->job->expand)
		done = lambda_pwrite(w->fd, r->in, r->in_len, r->offset,
				     w->lambda, &r->io);
	else
		done = lambda_pread(w->fd, r->out, p->size, r->offset,
				    w->lambda, &r->io);
	return guest_method_ended(w, r, done);
}

int guest_method_request(struct work *w, struct request *r, unsigned char *buf)
{
	unsigned long long start = now_ns();
	int err;

	if (w->point->method >= METHOD_HOST)
		err = guest_method_request_lambda(w, r);
	else if (w->point->method == METHOD_MMAP)
		err = guest_method_request_mapped(w, r);
	else if (w->point->job->expand)
		err = guest_method_write_native(w, r, buf);
	else
		err = guest_method_read_native(w, r, buf);
	r->ns = now_ns() - start;
	return err;
}

int guest_method_sync_output(struct work *w)
{
	if (!w->point->job->expand)
		return 0;
	if (w->map && msync(w->map, w->map_len, MS_SYNC))
		return fail("%s: cannot sync: %s", w->point->file,
			    strerror(errno));
	if (fdatasync(w->fd))
		return fail("%s: cannot sync: %s", w->point->file,
			    strerror(errno));
	return 0;
}
