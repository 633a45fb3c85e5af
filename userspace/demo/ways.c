// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ways to do a job: lambda_pread() and lambda_pwrite(), or the native twin
 * over what read() copied or mmap() mapped.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "demo.h"

/*
 * Does one request over @len bytes of input from @start on, the output of those
 * before being @at bytes. Returns the length of its own, or -1 after a message.
 */
typedef ssize_t request_fn(struct data *data, void *mem, size_t start,
			   size_t len, size_t at);

/* All requests. Returns the length of all output, or -1. */
static ssize_t do_requests(struct data *data, request_fn *request, void *mem)
{
	size_t i, start = 0, at = 0;

	for (i = 0; i < data->count; start = data->ends[i++]) {
		ssize_t len = request(data, mem, start, data->ends[i] - start,
				      at);

		if (len < 0)
			return -1;
		at += len;
	}
	return at;
}

static int run_twin(const struct job *job, const void *in, size_t in_len,
		    void *out)
{
	struct lambda_ctx ctx = {
		.in = (unsigned long)in,
		.in_len = in_len,
		.out = (unsigned long)out,
		.out_cap = job->out_cap,
		.args = (unsigned long)job->args,
		.args_len = job->args_len,
	};
	int len = job->twin(&ctx);

	return len < 0 ? fail("%s: the native twin returned %d", job->name,
			      len) : len;
}

static int ended_badly(const struct data *data, const struct lambda_io *io,
		       ssize_t err)
{
	char why[512];

	if (err != -ECANCELED)
		return fail("%s: %s", data->job->name, strerror(-err));
	lambda_explain(data->prog, io, why, sizeof(why));
	return fail("%s: %s", data->job->name, why);
}

static void prepare_io(const struct job *job, struct lambda_io *io)
{
	memset(io, 0, sizeof(*io));
	io->size = sizeof(*io);
	io->result_size = sizeof(io->result);
	io->out_cap = job->out_cap;
	io->args = (unsigned long)job->args;
	io->args_len = job->args_len;
}

static ssize_t lambda_read(struct data *data, void *out, size_t start,
			   size_t len, size_t at)
{
	struct lambda_io io;
	ssize_t got;

	prepare_io(data->job, &io);
	got = lambda_pread(data->fd, (char *)out + at, len, start,
			   data->lambda, &io);
	return got < 0 ? ended_badly(data, &io, got) : got;
}

static ssize_t lambda_write(struct data *data, void *in, size_t start,
			    size_t len, size_t at)
{
	struct lambda_io io;
	ssize_t put;

	prepare_io(data->job, &io);
	put = lambda_pwrite(data->file, (char *)in + start, len, at,
			    data->lambda, &io);
	if (put < 0)
		return ended_badly(data, &io, put);
	if ((size_t)put != io.result.out_len)
		return fail("%s: short write", data->job->name);
	return put;
}

static ssize_t do_lambda(struct data *data)
{
	if (data->job->write)
		return do_requests(data, lambda_write, data->input);
	return do_requests(data, lambda_read, data->out);
}

static ssize_t native_read(struct data *data, void *buf, size_t start,
			   size_t len, size_t at)
{
	ssize_t got = pread(data->fd, buf, len, start);

	if (got != (ssize_t)len)
		return fail("%s: %s", data->path,
			    got < 0 ? strerror(errno) : "short read");
	return run_twin(data->job, buf, len, data->out + at);
}

static ssize_t native_write(struct data *data, void *buf, size_t start,
			    size_t len, size_t at)
{
	int put;

	/* The output of a λ starts as zeros as well. */
	memset(buf, 0, data->job->out_cap);
	put = run_twin(data->job, data->input + start, len, buf);
	if (put > 0 && pwrite(data->file, buf, put, at) != put)
		return fail("cannot write: %s", strerror(errno));
	return put;
}

static ssize_t do_native(struct data *data)
{
	bool write = data->job->write;
	void *buf = malloc(write ? data->job->out_cap : BATCH);
	ssize_t len;

	if (!buf)
		return fail("no memory for a buffer");
	len = do_requests(data, write ? native_write : native_read, buf);
	free(buf);
	return len;
}

static ssize_t mmap_read(struct data *data, void *in, size_t start, size_t len,
			 size_t at)
{
	return run_twin(data->job, (char *)in + start, len, data->out + at);
}

static ssize_t mmap_write(struct data *data, void *out, size_t start,
			  size_t len, size_t at)
{
	return run_twin(data->job, data->input + start, len, (char *)out + at);
}

static ssize_t do_mmap_read(struct data *data)
{
	void *in = mmap(NULL, data->size, PROT_READ, MAP_SHARED, data->fd, 0);
	ssize_t len;

	if (in == MAP_FAILED)
		return fail("%s: mmap: %s", data->path, strerror(errno));
	len = do_requests(data, mmap_read, in);
	munmap(in, data->size);
	return len;
}

static ssize_t do_mmap_write(struct data *data)
{
	size_t room = data->count * data->job->out_cap;
	ssize_t len;
	void *out;

	if (ftruncate(data->file, room))
		return fail("cannot make room: %s", strerror(errno));
	out = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED, data->file,
		   0);
	if (out == MAP_FAILED)
		return fail("mmap: %s", strerror(errno));
	len = do_requests(data, mmap_write, out);
	munmap(out, room);
	if (len >= 0 && ftruncate(data->file, len))
		return fail("cannot cut the file: %s", strerror(errno));
	return len;
}

static ssize_t do_mmap(struct data *data)
{
	return data->job->write ? do_mmap_write(data) : do_mmap_read(data);
}

ssize_t do_job(struct data *data, enum way way, bool sync)
{
	static ssize_t (*const ways[])(struct data *data) = {
		[WAY_LAMBDA] = do_lambda,
		[WAY_READ] = do_native,
		[WAY_MMAP] = do_mmap,
	};
	ssize_t len = ways[way](data);

	if (len >= 0 && data->job->write && sync && fdatasync(data->file))
		return fail("cannot sync: %s", strerror(errno));
	return len;
}
