// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Doing a job once by each method. */
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "jit.h"
#ifdef BENCH_KERNEL
#include "kernel_code.h"
#endif

const char *const method_names[NR_METHODS] = {
	[METHOD_SCALAR] = "scalar",
	[METHOD_VECTOR] = "vector",
	[METHOD_OWN] = "own",
	[METHOD_UNCHECKED] = "unchecked",
	[METHOD_GUARDED] = "guarded",
	[METHOD_COMPARE] = "compare",
	[METHOD_BARE] = "bare",
	[METHOD_KERNEL] = "kernel",
};

/* Between a window's header and its first byte, in the kernel's layout. */
#define GUARD	0x10000
#define PAGE	4096

static __u8 expected[OUTPUT], output[OUTPUT];

static double jit_method_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void jit_method_must_equal(const struct bench *b, __s32 retval,
				  const __u8 *out)
{
	if (retval != b->retval || memcmp(out, expected, b->retval))
		die(b->job->name, "the output is not that of the native code");
}

static double jit_method_run_native(struct bench *b, enum method method)
{
	__u8 *out = method == METHOD_SCALAR ? expected : output;
	struct lambda_ctx ctx = {
		.in = (__u64)b->in, .in_len = b->in_len,
		.out = (__u64)out, .out_cap = OUTPUT,
		.args = (__u64)b->job->args, .args_len = b->job->args_len,
	};
	native_fn *func = method == METHOD_SCALAR ? b->subject->scalar :
			  method == METHOD_VECTOR ? b->job->native :
						    b->subject->own;
	__s32 retval;
	double start;

	memset(out, 0, OUTPUT);
	start = jit_method_seconds();
	retval = func(&ctx);
	start = jit_method_seconds() - start;
	if (retval < 0)
		die(b->job->name, "the native code fails");
	if (method == METHOD_SCALAR)
		b->retval = retval;
	jit_method_must_equal(b, retval, out);
	return start;
}

/* What a request finds fresh: zeroed output, .data as it was. */
static void jit_method_fresh(const struct bench *b,
			     const struct sbpf_window *window)
{
	const struct sbpf_segment *data = &window->seg[SBPF_SEG_DATA];

	memset(window->seg[SBPF_SEG_OUT].mem, 0, OUTPUT);
	if (data->len == data->ro)
		return;
	memset(data->mem + data->ro, 0, data->len - data->ro);
	memcpy(data->mem + data->ro, (void *)b->attr.data, b->attr.data_len);
}

static double jit_method_run_jitted(const struct bench *b, enum method method)
{
	struct sbpf_run run = {
		.program = &b->jitted[method], .window = &b->windows[method],
		.budget = SBPF_BUDGET_MAX, .max_insns = SBPF_INSNS_UNLIMITED,
		.max_helper_bytes = SBPF_BYTES_UNLIMITED,
	};
	double start;

	start = jit_method_seconds();
	sbpf_posix_run(&run);
	start = jit_method_seconds() - start;
	if (run.status != LAMBDA_STATUS_OK)
		die(b->job->name, "the translated code fails");
	jit_method_must_equal(b, run.retval, run.window->seg[SBPF_SEG_OUT].mem);
	return start;
}

static struct sbpf_shape jit_method_shape_of(const struct bench *b)
{
	return (struct sbpf_shape) {
		.in_len = b->in_len, .out_cap = OUTPUT,
		.args_len = b->job->args_len, .heap_len = b->attr.heap_len,
		.rodata_len = b->attr.rodata_len,
		.data_len = b->attr.data_len + b->attr.bss_len,
		.frame_len = b->attr.frame_len,
		.nr_funcs = b->program.check.nr_funcs,
	};
}

#ifdef BENCH_KERNEL
static const struct kernel_code *jit_method_dumped(const struct bench *b,
						   enum method method)
{
	return kernel_code_find(b->job->name, method == METHOD_BARE);
}

static void jit_method_place(struct bench *b, enum method method)
{
	b->entries[method] = kernel_code_place(jit_method_dumped(b, method));
}

static void jit_method_displace(struct bench *b, enum method method)
{
	kernel_code_displace(jit_method_dumped(b, method));
}

/* The header's page; bare code has its window elsewhere. */
static void *jit_method_header_of(const struct sbpf_window *window)
{
	static __u8 *apart;
	__u8 *page;

	if (window->base) {
		page = window->base - GUARD;
		if (mprotect(page, PAGE, PROT_READ | PROT_WRITE))
			die("header", "no memory");
		return page;
	}
	if (!apart)
		apart = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (apart == MAP_FAILED)
		die("header", "no memory");
	return apart;
}

static double jit_method_run_dumped(const struct bench *b, enum method method)
{
	const struct sbpf_window *window = &b->windows[method];
	const struct sbpf_shape shape = jit_method_shape_of(b);
	__u32 weight = b->program.check.funcs[0].weight;
	__s32 retval;
	double start;

	kernel_window_set(jit_method_header_of(window), window, &shape, weight);
	start = jit_method_seconds();
	if (kernel_code_run(b->entries[method], SBPF_BUDGET_MAX, &retval))
		die(b->job->name, "the kernel's code fails");
	start = jit_method_seconds() - start;
	jit_method_must_equal(b, retval, window->seg[SBPF_SEG_OUT].mem);
	return start;
}
#else
static const void *jit_method_dumped(const struct bench *b, enum method method)
{
	return NULL;
}

static void jit_method_place(struct bench *b, enum method method)
{
}

static void jit_method_displace(struct bench *b, enum method method)
{
}

static double jit_method_run_dumped(const struct bench *b, enum method method)
{
	return 0;
}
#endif

static void jit_method_map(const struct bench *b, struct sbpf_window *window,
			   __u8 *base)
{
	struct sbpf_segment *seg = window->seg;
	const struct sbpf_shape shape = jit_method_shape_of(b);

	if (sbpf_window_lay_out(window, &shape) ||
	    sbpf_posix_map(base, window))
		die(b->job->name, "no memory");
	sbpf_window_set_ctx(window, &shape);
	memcpy(seg[SBPF_SEG_IN].mem, b->in, b->in_len);
	memcpy(seg[SBPF_SEG_ARGS].mem, b->job->args, b->job->args_len);
	memcpy(seg[SBPF_SEG_DATA].mem, (void *)b->attr.rodata,
	       b->attr.rodata_len);
	if (sbpf_posix_protect(window))
		die(b->job->name, "no memory");
}

static void jit_method_compile(struct bench *b, enum method method)
{
	static const enum sbpf_jit_mode modes[] = {
		[METHOD_UNCHECKED] = SBPF_JIT_UNCHECKED,
		[METHOD_GUARDED] = SBPF_JIT_GUARDED,
		[METHOD_COMPARE] = SBPF_JIT_COMPARE,
	};

	b->jitted[method] = b->program;
	if (sbpf_posix_compile(&b->jitted[method], modes[method]))
		die(b->job->name, "cannot be translated");
}

bool jit_method_there_is(const struct bench *b, enum method method)
{
	return method < METHOD_BARE || jit_method_dumped(b, method);
}

/* Code that checks nothing takes window addresses for its own. */
static bool jit_method_at_zero(enum method method)
{
	return method == METHOD_UNCHECKED || method == METHOD_BARE;
}

void jit_method_set_up(struct bench *b)
{
	static __u8 *bases[NR_METHODS];
	enum method method;

	for (method = METHOD_UNCHECKED; method < NR_METHODS; method++) {
		if (!jit_method_there_is(b, method))
			continue;
		if (!jit_method_at_zero(method) && !bases[method])
			bases[method] = sbpf_posix_reserve();
		if (!jit_method_at_zero(method) && !bases[method])
			die(b->job->name, "no address space");
		if (method == METHOD_BARE)
			b->windows[method] = b->windows[METHOD_UNCHECKED];
		else
			jit_method_map(b, &b->windows[method], bases[method]);
		if (method <= METHOD_COMPARE)
			jit_method_compile(b, method);
		else
			jit_method_place(b, method);
	}
}

void jit_method_tear_down(struct bench *b)
{
	enum method method;

	for (method = METHOD_UNCHECKED; method < NR_METHODS; method++) {
		if (!jit_method_there_is(b, method))
			continue;
		if (method <= METHOD_COMPARE)
			sbpf_posix_discard(&b->jitted[method]);
		else
			jit_method_displace(b, method);
		if (method != METHOD_BARE)
			sbpf_posix_unmap(&b->windows[method]);
	}
}

double jit_method_run(struct bench *b, enum method method)
{
	if (method <= METHOD_OWN)
		return jit_method_run_native(b, method);
	jit_method_fresh(b, &b->windows[method]);
	return method <= METHOD_COMPARE ? jit_method_run_jitted(b, method) :
					  jit_method_run_dumped(b, method);
}
