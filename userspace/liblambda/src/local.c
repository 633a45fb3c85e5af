// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * One request after another in a window of this process, with the runtime
 * that the drive has. Each begins with fresh memory, as in the kernel.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"
#include "local.h"
#include "mapped.h"

/* Bytes of input from which on its pages are populated. */
#define LOCAL_POPULATE 65536u

static struct sbpf_shape local_shape_of(const struct lambda_local *local)
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

static int local_init_program(struct lambda_local *local)
{
	const struct bpf_insn *insns;
	void *scratch;
	size_t count;
	int err;

	insns = lambda_program__insns(local->prog, &count);
	scratch = malloc(SBPF_CHECK_SCRATCH(count));
	if (!scratch)
		return -ENOMEM;
	err = sbpf_program_init(&local->checked, (const void *)insns, count,
				scratch);
	free(scratch);
	return err ? -EINVAL : 0;
}

/* What is wrong with @attr, which the program's object need not have made. */
static int local_judge_attr(struct lambda_local *local,
			    const struct lambda_log *log)
{
	const struct lambda_load_attr *attr = &local->attr;
	struct sbpf_shape shape = local_shape_of(local);

	if (attr->budget > SBPF_BUDGET_MAX) {
		lambda_log_add(log, "a budget of %llu is over the limit of %llu",
			       attr->budget, SBPF_BUDGET_MAX);
		return -EINVAL;
	}
	if (sbpf_window_lay_out(&local->window, &shape)) {
		lambda_log_add(log, "heap, frames or globals are over a limit");
		return -EMSGSIZE;
	}
	return 0;
}

static int local_set_up(struct lambda_local *local,
			const struct lambda_log *log)
{
	int err = local_init_program(local);

	if (!err)
		err = local_judge_attr(local, log);
	if (err)
		return err;
	local->base = sbpf_posix_reserve();
	if (!local->base)
		return -errno;
	/* What cannot be translated is interpreted, with the same results. */
	sbpf_posix_compile(&local->checked, SBPF_JIT_GUARDED);
	return 0;
}

LAMBDA_API int lambda_local__open(const struct lambda_program *prog,
				  const struct lambda_load_attr *attr,
				  char *log, size_t log_size,
				  struct lambda_local **ret)
{
	LAMBDA_KEEP_ERRNO;
	const struct lambda_log to = { log, log_size };
	int err = lambda_program__check(prog, log, log_size);
	struct lambda_local *local;

	*ret = NULL;
	if (err)
		return err;
	local = calloc(1, sizeof(*local));
	if (!local)
		return lambda_log_end(&to, -ENOMEM);
	local->prog = prog;
	local->stop = &local->own_stop;
	if (attr)
		local->attr = *attr;
	else
		lambda_program__attr(prog, &local->attr);
	err = local_set_up(local, &to);
	if (err)
		lambda_local__close(local);
	else
		*ret = local;
	return lambda_log_end(&to, err);
}

LAMBDA_API void lambda_local__close(struct lambda_local *local)
{
	LAMBDA_KEEP_ERRNO;

	if (!local)
		return;
	if (local->base)
		sbpf_posix_release(local->base);
	sbpf_posix_discard(&local->checked);
	if (local->own_counts)
		free(local->counts);
	free(local);
}

/* All but the input. */
static void local_fill(struct lambda_local *local,
		       const struct sbpf_shape *shape,
		       const struct lambda_io *io)
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
	sbpf_window_set_ctx(&local->window, shape);
}

/*
 * The input is going to be written to its end: all of its pages at once cost less
 * than a fault for each. Where the system cannot do so it does that.
 */
static void local_populate(const struct lambda_local *local, size_t count,
			   off_t offset)
{
#ifdef MADV_POPULATE_WRITE
	if (count >= LOCAL_POPULATE)
		madvise(local->window.seg[SBPF_SEG_IN].mem,
			count + offset % SBPF_PAGE_SIZE, MADV_POPULATE_WRITE);
#endif
}

static bool local_same_layout(const struct sbpf_window *a,
			      const struct sbpf_window *b)
{
	int id;

	for (id = 0; id < SBPF_SEGS; id++)
		if (a->seg[id].len != b->seg[id].len ||
		    a->seg[id].ro != b->seg[id].ro)
			return false;
	return true;
}

/*
 * Makes the memory of a request before like fresh memory, but for the input,
 * which is going to be written from its first byte to its last: to take pages
 * away and clear others costs more than to copy the input. What surrounds the
 * input has never been written. Returns 0, or -1 with errno set.
 */
static int local_renew_window(const struct sbpf_window *window, bool mapped)
{
	int id;

	for (id = 0; id < SBPF_SEGS; id++) {
		const struct sbpf_segment *seg = &window->seg[id];
		size_t len = seg->len;

		if (mapped && id == SBPF_SEG_IN)
			continue;
		if (seg->ro &&
		    mprotect(seg->mem, seg->ro, PROT_READ | PROT_WRITE))
			return -1;
		/* Of the stack it is all frames, with what is between them. */
		if (id == SBPF_SEG_STACK)
			len = len / window->frame_len * window->frame_stride;
		if (id != SBPF_SEG_IN && len &&
		    madvise(seg->mem, len, MADV_DONTNEED))
			return -1;
	}
	return 0;
}

/*
 * Memory for a window as it is laid out, where one of the same layout may have
 * been. Returns 0, or -1 with errno set.
 */
static int local_put_window(struct lambda_local *local,
			    const struct sbpf_window *before, size_t count,
			    off_t offset, bool mapped)
{
	if (before->base && local->mapped == mapped &&
	    local->at == (size_t)offset % SBPF_PAGE_SIZE &&
	    local->count == count &&
	    local_same_layout(before, &local->window)) {
		local->window = *before;
		return local_renew_window(before, mapped);
	}
	if (before->base)
		sbpf_posix_unmap(before);
	if (sbpf_posix_map(local->base, &local->window))
		return -1;
	if (!mapped)
		local_populate(local, count, offset);
	local->mapped = mapped;
	local->at = offset % SBPF_PAGE_SIZE;
	local->count = count;
	return 0;
}

/*
 * Fresh memory in place of what the request before had; the input is still to
 * be put to *@in.
 */
static int local_map_window(struct lambda_local *local, size_t count,
			    off_t offset, const struct lambda_io *io,
			    bool mapped, __u8 **in)
{
	struct sbpf_shape shape = local_shape_of(local);
	struct sbpf_window before = local->window;

	shape.offset = offset;
	shape.in_len = count;
	shape.out_cap = io->out_cap;
	shape.args_len = io->args_len;
	if (sbpf_window_lay_out(&local->window, &shape)) {
		if (before.base)
			sbpf_posix_unmap(&before);
		return -EMSGSIZE;
	}
	if (local_put_window(local, &before, count, offset, mapped))
		return -errno;
	local_fill(local, &shape, io);
	*in = local->window.seg[SBPF_SEG_IN].mem + offset % SBPF_PAGE_SIZE;
	return 0;
}

static __u64 local_budget_of(const struct lambda_local *local, size_t in_len)
{
	if (local->attr.flags & LAMBDA_ATTR_BUDGET)
		return local->attr.budget;
	return sbpf_default_budget(in_len);
}

static __u64 local_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

/* What came of a run over @in_len bytes, which began at @begin. */
static ssize_t local_result(struct lambda_local *local, size_t in_len,
			    __u64 begin, struct lambda_io *io)
{
	const struct sbpf_run *run = &local->run;

	io->result.ns_compute = local_now() - begin;
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

/* Begins to run over @in_len bytes in the window. Returns 0 or an errno. */
static int local_prepare(struct lambda_local *local, size_t in_len)
{
	if (sbpf_posix_protect(&local->window))
		return -errno;
	local->run = (struct sbpf_run){
		.program = &local->checked,
		.window = &local->window,
		.budget = local_budget_of(local, in_len),
		.max_insns = SBPF_INSNS_UNLIMITED,
		.max_helper_bytes = SBPF_BYTES_UNLIMITED,
		.stop = local->stop,
		.print = local->print,
		.print_data = local->print_data,
	};
	return 0;
}

/* Runs over what is in the window. Returns the length of the output. */
static ssize_t local_run(struct lambda_local *local, size_t in_len,
			 struct lambda_io *io)
{
	__u64 begin = local_now();
	int err = local_prepare(local, in_len);

	if (err)
		return err;
	if (local->counts)
		lambda_profile_run(&local->run, local->counts);
	else
		sbpf_posix_run(&local->run);
	return local_result(local, in_len, begin, io);
}

/* As in the kernel, it is the request that is over a limit, not the file. */
static int local_begin(const struct lambda_local *local, size_t count,
		       off_t offset, struct lambda_io *io)
{
	memset(&io->result, 0, sizeof(io->result));
	io->result.status = LAMBDA_STATUS_NOT_RUN;
	if (offset < 0)
		return -EINVAL;
	if (io->args_len > SBPF_ARGS_MAX || io->out_cap > SBPF_OUT_MAX ||
	    count > SBPF_IN_MAX - (size_t)offset % SBPF_PAGE_SIZE)
		return -EMSGSIZE;
	return __atomic_load_n(local->stop, __ATOMIC_RELAXED) ? -EINTR : 0;
}

ssize_t lambda_local_over(struct lambda_local *local, const void *in,
			  size_t count, off_t offset, struct lambda_io *io)
{
	int err = local_begin(local, count, offset, io);
	__u8 *to;

	if (!err)
		err = local_map_window(local, count, offset, io, false, &to);
	if (err)
		return err;
	if (count)
		memcpy(to, in, count);
	return local_run(local, count, io);
}

LAMBDA_API ssize_t lambda_local__run(struct lambda_local *local,
				     const void *in, size_t count, void *buf,
				     off_t offset, struct lambda_io *io)
{
	LAMBDA_KEEP_ERRNO;
	ssize_t ret = lambda_local_over(local, in, count, offset, io);

	if (ret > 0)
		memcpy(buf, lambda_local_output(local), ret);
	return ret;
}

/* What is given to the program of @have bytes before an error, as in the kernel. */
static ssize_t local_before_error(const struct lambda_local *local, size_t have,
				  int err)
{
	size_t record = local->attr.record_len;

	if (!have)
		return err;
	if (record)
		have -= have % record;
	return have ? (ssize_t)have : -EIO;
}

/* Up to the end of the file, or to where it cannot be read. */
static ssize_t local_read_input(const struct lambda_local *local, int fd,
				__u8 *to, size_t count, off_t offset)
{
	size_t have = 0;
	ssize_t got;

	while (have < count) {
		got = pread(fd, to + have, count - have, offset + have);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return local_before_error(local, have, -errno);
		if (got == 0)
			break;
		have += got;
	}
	return have;
}

/* Of a file that had less than was asked for: a window of just that. */
static ssize_t local_run_shorter(struct lambda_local *local, const __u8 *in,
				 size_t have, off_t offset,
				 struct lambda_io *io)
{
	void *copy = malloc(have);
	ssize_t ret = -ENOMEM;

	if (copy) {
		memcpy(copy, in, have);
		ret = lambda_local_over(local, copy, have, offset, io);
	}
	free(copy);
	return ret;
}

static ssize_t local_run_over_file(struct lambda_local *local, int fd,
				   size_t count, off_t offset,
				   struct lambda_io *io)
{
	ssize_t have = local_begin(local, count, offset, io);
	__u8 *in;

	if (!have && count)
		have = local_map_window(local, count, offset, io, false, &in);
	if (have || !count)
		return have;
	have = local_read_input(local, fd, in, count, offset);
	if (have <= 0)
		return have;
	if ((size_t)have < count)
		return local_run_shorter(local, in, have, offset, io);
	return local_run(local, count, io);
}

/*
 * Runs over a part of a file that is mapped, if that can be. Returns false where
 * it cannot: then nothing has come of it.
 */
static bool local_run_mapped(struct lambda_local *local, int fd, size_t count,
			     off_t offset, struct lambda_io *io, ssize_t *ret)
{
	struct mapped_part *part;
	__u64 begin = local_now();
	bool whole = true;
	__u8 *in;

	part = lambda_mapped_find(local->maps, fd, count, offset);
	if (!part)
		return false;
	*ret = local_begin(local, count, offset, io);
	if (!*ret)
		*ret = local_map_window(local, count, offset, io, true, &in);
	if (*ret)
		return true;
	if (lambda_mapped_show(local->maps, part, in, count, offset))
		return false;
	*ret = local_prepare(local, count);
	if (!*ret) {
		whole = lambda_mapped_run(&local->run, count);
		*ret = local_result(local, count, begin, io);
	}
	lambda_mapped_hide(part, in, count, offset, whole);
	return whole;
}

LAMBDA_API ssize_t lambda_local__pread(struct lambda_local *local, int fd,
				       void *buf, size_t count, off_t offset,
				       struct lambda_io *io)
{
	LAMBDA_KEEP_ERRNO;
	ssize_t ret;

	if (!local->maps || local->counts ||
	    !local_run_mapped(local, fd, count, offset, io, &ret))
		ret = local_run_over_file(local, fd, count, offset, io);
	if (ret > 0)
		memcpy(buf, lambda_local_output(local), ret);
	return ret;
}

LAMBDA_API void lambda_local__map(struct lambda_local *local,
				  struct lambda_maps *maps)
{
	local->maps = maps;
}

LAMBDA_API void lambda_local__print(struct lambda_local *local,
				    void (*print)(void *data, const void *text,
						  size_t len),
				    void *data)
{
	local->print = print;
	local->print_data = data;
}

LAMBDA_API void lambda_local__stop(struct lambda_local *local, int stop)
{
	__atomic_store_n(&local->own_stop, stop, __ATOMIC_RELAXED);
}

LAMBDA_API int lambda_local__where(const struct lambda_local *local,
				   struct lambda_function *ret)
{
	if (!local->run.program)
		return -ENOENT;
	return lambda_program__locate(local->prog, local->run.where, ret);
}

LAMBDA_API __u64 lambda_local__insns(const struct lambda_local *local)
{
	return local->insns;
}

LAMBDA_API int lambda_local__translated(const struct lambda_local *local)
{
	return local->checked.code[SBPF_JIT_GUARDED] && !local->counts;
}

LAMBDA_API void lambda_local__profile(struct lambda_local *local,
				      struct lambda_count *counts)
{
	LAMBDA_KEEP_ERRNO;

	if (local->own_counts)
		free(local->counts);
	local->own_counts = false;
	local->counts = counts;
}

int lambda_local_count(struct lambda_local *local)
{
	local->counts = calloc(local->prog->count, sizeof(*local->counts));
	local->own_counts = true;
	return local->counts ? 0 : -ENOMEM;
}
