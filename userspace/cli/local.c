// SPDX-License-Identifier: GPL-2.0-only
/*
 * One request after another in a window of this process, with the runtime
 * that the drive has. Each begins with fresh memory, as in the kernel.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "local.h"

static struct sbpf_shape shape_of(const struct local *local)
{
	const struct lambda_load_attr *attr = &local->attr;

	return (struct sbpf_shape){
		.heap_len = attr->heap_len,
		.rodata_len = attr->rodata_len,
		.data_len = attr->data_len + attr->bss_len,
		.frame_len = attr->frame_len,
		.nr_funcs = local->checked.check.nr_funcs,
	};
}

static int check(struct local *local, char *why, size_t size)
{
	int err = lambda_program__check(local->prog, why, size);
	const struct bpf_insn *insns;
	void *scratch;
	size_t count;

	if (err)
		return err;
	insns = lambda_program__insns(local->prog, &count);
	scratch = malloc(SBPF_CHECK_SCRATCH(count));
	if (!scratch)
		return -ENOMEM;
	err = sbpf_program_init(&local->checked, (const void *)insns, count,
				scratch);
	free(scratch);
	return err ? -EINVAL : 0;
}

int local_open(struct local *local, const struct lambda_program *prog,
	       const struct lambda_load_attr *attr, char *why, size_t size)
{
	struct sbpf_shape shape;
	int err;

	memset(local, 0, sizeof(*local));
	local->prog = prog;
	local->attr = *attr;
	err = check(local, why, size);
	if (err)
		return err;
	if (attr->budget > SBPF_BUDGET_MAX)
		return -EINVAL;
	shape = shape_of(local);
	if (sbpf_window_lay_out(&local->window, &shape))
		return -EMSGSIZE;
	local->base = sbpf_posix_reserve();
	if (!local->base)
		return -errno;
	/* What cannot be translated is interpreted, with the same results. */
	sbpf_posix_compile(&local->checked, SBPF_JIT_GUARDED);
	return 0;
}

void local_close(struct local *local)
{
	if (local->base)
		sbpf_posix_release(local->base);
	sbpf_posix_discard(&local->checked);
	free(local->input);
	memset(local, 0, sizeof(*local));
}

static void fill(struct local *local, const void *in,
		 const struct sbpf_shape *shape, const struct lambda_io *io)
{
	const struct lambda_load_attr *attr = &local->attr;
	struct sbpf_segment *seg = local->window.seg;

	if (attr->rodata_len)
		memcpy(seg[SBPF_SEG_DATA].mem,
		       (void *)(uintptr_t)attr->rodata, attr->rodata_len);
	if (attr->data_len)
		memcpy(seg[SBPF_SEG_DATA].mem + seg[SBPF_SEG_DATA].ro,
		       (void *)(uintptr_t)attr->data, attr->data_len);
	if (io->args_len)
		memcpy(seg[SBPF_SEG_ARGS].mem, (void *)(uintptr_t)io->args,
		       io->args_len);
	memcpy(seg[SBPF_SEG_IN].mem + shape->offset % SBPF_PAGE_SIZE, in,
	       shape->in_len);
	sbpf_window_set_ctx(&local->window, shape);
}

/* Fresh memory in place of what the request before had. */
static int map_window(struct local *local, const void *in,
		      const struct sbpf_shape *shape,
		      const struct lambda_io *io)
{
	if (local->window.base)
		sbpf_posix_unmap(&local->window);
	if (sbpf_window_lay_out(&local->window, shape))
		return -EMSGSIZE;
	if (sbpf_posix_map(local->base, &local->window))
		return -errno;
	fill(local, in, shape, io);
	return sbpf_posix_protect(&local->window) ? -errno : 0;
}

static __u64 budget_of(const struct local *local, size_t in_len)
{
	if (local->attr.flags & LAMBDA_ATTR_BUDGET)
		return local->attr.budget;
	return sbpf_default_budget(in_len);
}

static __u64 now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

/* Runs over what is in the window. Returns the length of the output. */
static ssize_t run(struct local *local, size_t in_len, struct lambda_io *io)
{
	struct sbpf_run *run = &local->run;
	__u64 begin = now();

	*run = (struct sbpf_run){
		.program = &local->checked,
		.window = &local->window,
		.budget = budget_of(local, in_len),
		.max_insns = SBPF_INSNS_UNLIMITED,
		.max_helper_bytes = SBPF_BYTES_UNLIMITED,
	};
	sbpf_posix_run(run);
	io->result.ns_compute = now() - begin;
	io->result.in_len = in_len;
	io->result.status = run->status;
	io->result.retval = run->retval;
	io->result.fault_addr = run->fault_addr;
	io->result.fault_write = run->fault_write;
	io->result.budget_used = run->budget_used;
	io->result.helper_bytes = run->helper_bytes;
	local->insns += run->insns;
	if (run->status != LAMBDA_STATUS_OK)
		return -ECANCELED;
	io->result.out_len = run->retval;
	return run->retval;
}

/* As in the kernel, it is the request that is over a limit, not the file. */
static int begin(size_t count, off_t offset, struct lambda_io *io)
{
	io->result.status = LAMBDA_STATUS_NOT_RUN;
	if (io->args_len > SBPF_ARGS_MAX || io->out_cap > SBPF_OUT_MAX ||
	    count > SBPF_IN_MAX - (size_t)offset % SBPF_PAGE_SIZE)
		return -EMSGSIZE;
	return 0;
}

ssize_t local_over(struct local *local, const void *in, size_t count,
		   off_t offset, struct lambda_io *io)
{
	struct sbpf_shape shape = shape_of(local);
	int err = begin(count, offset, io);

	if (err || !count)
		return err;
	shape.offset = offset;
	shape.in_len = count;
	shape.out_cap = io->out_cap;
	shape.args_len = io->args_len;
	err = map_window(local, in, &shape, io);
	return err ? err : run(local, count, io);
}

const void *local_output(const struct local *local)
{
	return local->window.seg[SBPF_SEG_OUT].mem;
}

/* What is given to the program of @have bytes before an error, as in the kernel. */
static ssize_t before_error(const struct local *local, size_t have, int err)
{
	size_t record = local->attr.record_len;

	if (!have)
		return err;
	if (record)
		have -= have % record;
	return have ? (ssize_t)have : -EIO;
}

/* Up to the end of the file, or to where it cannot be read. */
static ssize_t read_input(const struct local *local, int fd, size_t count,
			  off_t offset)
{
	size_t have = 0;
	ssize_t got;

	while (have < count) {
		got = pread(fd, local->input + have, count - have,
			    offset + have);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return before_error(local, have, -errno);
		if (got == 0)
			break;
		have += got;
	}
	return have;
}

ssize_t local_pread(struct local *local, int fd, void *buf, size_t count,
		    off_t offset, struct lambda_io *io)
{
	ssize_t ret = begin(count, offset, io);
	unsigned char *input;

	if (ret || !count)
		return ret;
	input = realloc(local->input, count);
	if (!input)
		return -ENOMEM;
	local->input = input;
	ret = read_input(local, fd, count, offset);
	if (ret > 0)
		ret = local_over(local, input, ret, offset, io);
	if (ret > 0)
		memcpy(buf, local_output(local), ret);
	return ret;
}

ssize_t local_pwrite(struct local *local, int fd, const void *buf,
		     size_t count, off_t offset, struct lambda_io *io)
{
	ssize_t ret = local_over(local, buf, count, 0, io);

	if (ret > 0) {
		ret = pwrite(fd, local_output(local), ret, offset);
		if (ret < 0)
			ret = -errno;
	}
	return ret;
}

void local_where(const struct local *local, char *buf, size_t size)
{
	struct lambda_function func;

	lambda_program__locate(local->prog, local->run.where, &func);
	if (func.file)
		snprintf(buf, size, "in function %s (%s:%u)", func.name,
			 func.file, func.line);
	else
		snprintf(buf, size, "in function %s, instruction %zu of it",
			 func.name, local->run.where - func.start);
}
