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

static size_t start_of(const struct data *data, size_t i)
{
	return i ? data->ends[i - 1] : 0;
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
	io->out_cap = job->out_cap;
	io->args = (unsigned long)job->args;
	io->args_len = job->args_len;
}

static ssize_t read_lambda(struct data *data)
{
	struct lambda_io io;
	size_t i, at = 0;
	ssize_t got;

	for (i = 0; i < data->count; i++, at += got) {
		size_t start = start_of(data, i);

		prepare_io(data->job, &io);
		got = lambda_pread(data->fd, data->out + at,
				   data->ends[i] - start, start, data->lambda,
				   &io);
		if (got < 0)
			return ended_badly(data, &io, got);
	}
	return at;
}

static ssize_t read_native(struct data *data)
{
	void *buf = malloc(BATCH);
	size_t i, at = 0;
	ssize_t got = 0;

	if (!buf)
		return fail("no memory for a buffer");
	for (i = 0; i < data->count && got >= 0; i++, at += got) {
		size_t start = start_of(data, i);
		size_t len = data->ends[i] - start;

		got = pread(data->fd, buf, len, start);
		if (got != (ssize_t)len)
			got = fail("%s: %s", data->path,
				   got < 0 ? strerror(errno) : "short read");
		else
			got = run_twin(data->job, buf, len, data->out + at);
	}
	free(buf);
	return got < 0 ? -1 : (ssize_t)at;
}

static ssize_t read_mmap(struct data *data)
{
	size_t i, at = 0;
	int got = 0;
	char *in;

	in = mmap(NULL, data->size, PROT_READ, MAP_SHARED, data->fd, 0);
	if (in == MAP_FAILED)
		return fail("%s: mmap: %s", data->path, strerror(errno));
	for (i = 0; i < data->count && got >= 0; i++, at += got) {
		size_t start = start_of(data, i);

		got = run_twin(data->job, in + start, data->ends[i] - start,
			       data->out + at);
	}
	munmap(in, data->size);
	return got < 0 ? -1 : (ssize_t)at;
}

static ssize_t write_lambda(struct data *data)
{
	struct lambda_io io;
	size_t i, at = 0;
	ssize_t put;

	for (i = 0; i < data->count; i++, at += put) {
		size_t start = start_of(data, i);

		prepare_io(data->job, &io);
		put = lambda_pwrite(data->file, data->input + start,
				    data->ends[i] - start, at, data->lambda,
				    &io);
		if (put < 0)
			return ended_badly(data, &io, put);
		if ((size_t)put != io.out_len)
			return fail("%s: short write", data->job->name);
	}
	return at;
}

static ssize_t write_native(struct data *data)
{
	size_t cap = data->job->out_cap, i, at = 0;
	void *buf = malloc(cap);
	int len = 0;

	if (!buf)
		return fail("no memory for a buffer");
	for (i = 0; i < data->count && len >= 0; i++, at += len) {
		size_t start = start_of(data, i);

		/* The output of a λ starts as zeros as well. */
		memset(buf, 0, cap);
		len = run_twin(data->job, data->input + start,
			       data->ends[i] - start, buf);
		if (len > 0 && pwrite(data->file, buf, len, at) != len)
			len = fail("cannot write: %s", strerror(errno));
	}
	free(buf);
	return len < 0 ? -1 : (ssize_t)at;
}

static ssize_t write_mmap(struct data *data)
{
	size_t room = data->count * data->job->out_cap, i, at = 0;
	int len = 0;
	char *out;

	if (ftruncate(data->file, room))
		return fail("cannot make room: %s", strerror(errno));
	out = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED, data->file,
		   0);
	if (out == MAP_FAILED)
		return fail("mmap: %s", strerror(errno));
	for (i = 0; i < data->count && len >= 0; i++, at += len) {
		size_t start = start_of(data, i);

		len = run_twin(data->job, data->input + start,
			       data->ends[i] - start, out + at);
	}
	munmap(out, room);
	if (len >= 0 && ftruncate(data->file, at))
		len = fail("cannot cut the file: %s", strerror(errno));
	return len < 0 ? -1 : (ssize_t)at;
}

ssize_t do_job(struct data *data, enum way way, bool sync)
{
	static ssize_t (*const reads[])(struct data *data) = {
		[WAY_LAMBDA] = read_lambda,
		[WAY_READ] = read_native,
		[WAY_MMAP] = read_mmap,
	};
	static ssize_t (*const writes[])(struct data *data) = {
		[WAY_LAMBDA] = write_lambda,
		[WAY_READ] = write_native,
		[WAY_MMAP] = write_mmap,
	};
	ssize_t len;

	if (!data->job->write)
		return reads[way](data);
	len = writes[way](data);
	if (len >= 0 && sync && fdatasync(data->file))
		return fail("cannot sync: %s", strerror(errno));
	return len;
}
