// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How fast translated λ programs are: each program of userspace/programs on a
 * MiB of input, in nanoseconds of processor time per byte, beside the same
 * source compiled for this machine and beside code that checks nothing.
 *
 * Usage: jit_bench FOLDER-OF-PROGRAMS [rounds]
 *
 * Every way must give the same output. The best of all rounds is shown, which
 * is what a machine that others use as well can tell.
 */
#include <lambda.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "formats.h"
#include "platform/posix/sbpf_posix.h"

#define INPUT	1048576u
#define OUTPUT	(4 * INPUT)
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

typedef int twin_fn(struct lambda_ctx *ctx);
twin_fn bitmap, csvfilter, grep, histogram, knn, stats32, stats64, wordcount;

enum kind { NATIVE, UNCHECKED, GUARDED, COMPARE, WAYS };

static const char * const way_names[WAYS] = {
	"native", "unchecked", "guarded", "compare",
};

static const char pattern[] = "lambda function";
static const struct csvfilter_args filter = {
	.column = 2, .op = CSVFILTER_GE, .value = 80,
};

static __u8 input[INPUT], text[INPUT], csv[INPUT];
static __u8 expected[OUTPUT];

static const struct job {
	const char *name;
	twin_fn *twin;
	const __u8 *in;
	const void *args;
	__u32 args_len;
} jobs[] = {
	{ "stats32", stats32, input, NULL, 0 },
	{ "stats64", stats64, input, NULL, 0 },
	{ "knn", knn, input, input, sizeof(struct knn_args) },
	{ "histogram", histogram, input, NULL, 0 },
	{ "wordcount", wordcount, text, NULL, 0 },
	{ "grep", grep, text, pattern, sizeof(pattern) - 1 },
	{ "csvfilter", csvfilter, csv, &filter, sizeof(filter) },
	{ "bitmap", bitmap, NULL, NULL, 0 },
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "jit_bench: %s: %s\n", what, why);
	exit(1);
}

static __u32 pick(__u32 below)
{
	static __u64 state = 88172645463325252ull;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (__u32)(state >> 33) % below;
}

static void make_inputs(void)
{
	char line[64];
	__u32 at, len;

	for (at = 0; at < INPUT; at++) {
		input[at] = pick(256);
		text[at] = pick(6) ? 'a' + pick(26) : pick(8) ? ' ' : '\n';
	}
	for (at = 0; at < INPUT; at += len) {
		len = snprintf(line, sizeof(line), "%u,name%u,%u,x\n",
			       pick(100000), pick(100), pick(100));
		len = len < INPUT - at ? len : INPUT - at;
		memcpy(csv + at, line, len);
	}
}

/* Runs whose bits fit the output. */
static __u8 *make_runs(void)
{
	static __u16 runs[INPUT / 2];
	__u32 k;

	for (k = 0; k < INPUT / 2; k++)
		runs[k] = pick(2) << 15 | pick(60);
	return (__u8 *)runs;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

struct bench {
	const struct job *job;
	const __u8 *in;
	struct sbpf_program program;
	struct sbpf_window window;
	struct lambda_load_attr attr;
	__s32 retval;
};

static double run_native(struct bench *b)
{
	struct lambda_ctx ctx = {
		.in = (__u64)b->in, .in_len = INPUT,
		.out = (__u64)expected, .out_cap = OUTPUT,
		.args = (__u64)b->job->args, .args_len = b->job->args_len,
	};
	double start;

	memset(expected, 0, sizeof(expected));
	start = seconds();
	b->retval = b->job->twin(&ctx);
	return seconds() - start;
}

/* What a request finds fresh: zeroed output, .data as it was. */
static void fresh(struct bench *b)
{
	struct sbpf_segment *data = &b->window.seg[SBPF_SEG_DATA];

	memset(b->window.seg[SBPF_SEG_OUT].mem, 0, OUTPUT);
	if (data->len == data->ro)
		return;
	memset(data->mem + data->ro, 0, data->len - data->ro);
	memcpy(data->mem + data->ro, (void *)b->attr.data, b->attr.data_len);
}

static double run_translated(struct bench *b)
{
	struct sbpf_run run = {
		.program = &b->program, .window = &b->window,
		.budget = SBPF_BUDGET_MAX, .max_insns = SBPF_INSNS_UNLIMITED,
	};
	double start;

	fresh(b);
	start = seconds();
	sbpf_posix_run(&run);
	start = seconds() - start;
	if (run.status != LAMBDA_STATUS_OK || run.retval != b->retval ||
	    memcmp(b->window.seg[SBPF_SEG_OUT].mem, expected, run.retval))
		die(b->job->name, "the output is not that of the native code");
	return start;
}

static void set_up(struct bench *b, __u8 *base)
{
	struct sbpf_segment *seg = b->window.seg;
	struct sbpf_shape shape = {
		.in_len = INPUT, .out_cap = OUTPUT,
		.args_len = b->job->args_len, .heap_len = b->attr.heap_len,
		.rodata_len = b->attr.rodata_len,
		.data_len = b->attr.data_len + b->attr.bss_len,
		.frame_len = b->attr.frame_len,
		.nr_funcs = b->program.check.nr_funcs,
	};

	if (sbpf_window_lay_out(&b->window, &shape) ||
	    sbpf_posix_map(base, &b->window))
		die(b->job->name, "no memory");
	sbpf_window_set_ctx(&b->window, &shape);
	memcpy(seg[SBPF_SEG_IN].mem, b->in, INPUT);
	memcpy(seg[SBPF_SEG_ARGS].mem, b->job->args, b->job->args_len);
	memcpy(seg[SBPF_SEG_DATA].mem, (void *)b->attr.rodata,
	       b->attr.rodata_len);
	if (sbpf_posix_protect(&b->window))
		die(b->job->name, "no memory");
}

/* Unchecked code takes window addresses for its own. */
static __u8 *base_for(enum kind way)
{
	static __u8 *reserved;

	if (way == UNCHECKED)
		return NULL;
	if (!reserved)
		reserved = sbpf_posix_reserve();
	return reserved;
}

static double measure(struct bench *b, enum kind way, int rounds)
{
	static const enum sbpf_jit_mode modes[WAYS] = {
		[UNCHECKED] = SBPF_JIT_UNCHECKED,
		[GUARDED] = SBPF_JIT_GUARDED,
		[COMPARE] = SBPF_JIT_COMPARE,
	};
	double best = 1e9;

	if (way != NATIVE) {
		set_up(b, base_for(way));
		if (sbpf_posix_compile(&b->program, modes[way]))
			die(b->job->name, "cannot be translated");
	}
	while (rounds--) {
		double took = way == NATIVE ? run_native(b) :
			      run_translated(b);

		best = took < best ? took : best;
	}
	if (way != NATIVE) {
		sbpf_posix_discard(&b->program);
		sbpf_posix_unmap(&b->window);
	}
	return best * 1e9 / INPUT;
}

static struct lambda_program *load(struct bench *b, const char *folder,
				   struct lambda_object **obj)
{
	struct lambda_program *prog;
	char path[4096], log[4096] = "";
	const struct bpf_insn *insns;
	void *scratch;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s.bpf.o", folder, b->job->name);
	if (lambda_object__open(path, log, sizeof(log), obj) ||
	    lambda_object__program(*obj, NULL, log, sizeof(log), &prog))
		die(path, log);
	insns = lambda_program__insns(prog, &len);
	lambda_program__attr(prog, &b->attr);
	scratch = malloc(SBPF_CHECK_SCRATCH(len));
	if (!scratch ||
	    sbpf_program_init(&b->program, (const struct sbpf_insn *)insns,
			      (__u32)len, scratch))
		die(path, "refused");
	free(scratch);
	return prog;
}

int main(int argc, char **argv)
{
	int rounds = argc > 2 ? atoi(argv[2]) : 20;
	double log_sum[WAYS] = { 0 }, ns[WAYS];
	size_t nr = ARRAY_SIZE(jobs), k;
	enum kind way;

	if (argc < 2)
		die("usage", "jit_bench FOLDER-OF-PROGRAMS [rounds]");
	make_inputs();
	printf("%-12s", "ns/byte");
	for (way = 0; way < WAYS; way++)
		printf("%12s", way_names[way]);
	printf("   /native /unchecked\n");
	for (k = 0; k < nr; k++) {
		static struct bench b;
		struct lambda_object *obj;

		memset(&b, 0, sizeof(b));
		b.job = &jobs[k];
		b.in = jobs[k].in ? jobs[k].in : make_runs();
		load(&b, argv[1], &obj);
		printf("%-12s", jobs[k].name);
		for (way = 0; way < WAYS; way++) {
			ns[way] = measure(&b, way, rounds);
			log_sum[way] += log(ns[way]);
			printf("%12.3f", ns[way]);
		}
		printf("%10.2f%11.2f\n", ns[GUARDED] / ns[NATIVE],
		       ns[GUARDED] / ns[UNCHECKED]);
		lambda_object__close(obj);
	}
	printf("means: guarded %.2f, compare %.2f of native; guarded %.2f of unchecked\n",
	       exp((log_sum[GUARDED] - log_sum[NATIVE]) / nr),
	       exp((log_sum[COMPARE] - log_sum[NATIVE]) / nr),
	       exp((log_sum[GUARDED] - log_sum[UNCHECKED]) / nr));
	return 0;
}
