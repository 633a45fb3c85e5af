// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How fast translated λ programs are: each program of userspace/programs on a
 * MiB of input, in nanoseconds of processor time per byte, beside the same
 * source compiled for this machine and beside code that checks nothing.
 *
 * Usage: jit_bench FOLDER-OF-PROGRAMS [ROUNDS]
 *
 * Every way must give the same output. A round does a job once in each way, and
 * medians are shown: of the ratios within a round, which is what a machine that
 * others use as well can tell, and of the times. Native code is scalar, but for
 * what it calls: memmem() is the C library's.
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
#define ROUNDS_MAX	10001
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

typedef int twin_fn(struct lambda_ctx *ctx);
twin_fn bitmap, csvfilter, grep, histogram, knn, stats32, stats64, wordcount;

enum kind { NATIVE, UNCHECKED, GUARDED, COMPARE, WAYS };

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

/* One way to run a job; the native one has neither program nor window. */
struct way {
	struct sbpf_program program;
	struct sbpf_window window;
	double *ns;		/* per byte, of each round */
};

struct bench {
	const struct job *job;
	const __u8 *in;
	struct sbpf_program program;
	struct lambda_load_attr attr;
	struct way ways[WAYS];
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
static void fresh(const struct bench *b, const struct sbpf_window *window)
{
	const struct sbpf_segment *data = &window->seg[SBPF_SEG_DATA];

	memset(window->seg[SBPF_SEG_OUT].mem, 0, OUTPUT);
	if (data->len == data->ro)
		return;
	memset(data->mem + data->ro, 0, data->len - data->ro);
	memcpy(data->mem + data->ro, (void *)b->attr.data, b->attr.data_len);
}

static double run_translated(const struct bench *b, const struct way *way)
{
	struct sbpf_run run = {
		.program = &way->program, .window = &way->window,
		.budget = SBPF_BUDGET_MAX, .max_insns = SBPF_INSNS_UNLIMITED,
	};
	double start;

	fresh(b, &way->window);
	start = seconds();
	sbpf_posix_run(&run);
	start = seconds() - start;
	if (run.status != LAMBDA_STATUS_OK || run.retval != b->retval ||
	    memcmp(way->window.seg[SBPF_SEG_OUT].mem, expected, run.retval))
		die(b->job->name, "the output is not that of the native code");
	return start;
}

static void map(const struct bench *b, struct sbpf_window *window, __u8 *base)
{
	struct sbpf_segment *seg = window->seg;
	struct sbpf_shape shape = {
		.in_len = INPUT, .out_cap = OUTPUT,
		.args_len = b->job->args_len, .heap_len = b->attr.heap_len,
		.rodata_len = b->attr.rodata_len,
		.data_len = b->attr.data_len + b->attr.bss_len,
		.frame_len = b->attr.frame_len,
		.nr_funcs = b->program.check.nr_funcs,
	};

	if (sbpf_window_lay_out(window, &shape) ||
	    sbpf_posix_map(base, window))
		die(b->job->name, "no memory");
	sbpf_window_set_ctx(window, &shape);
	memcpy(seg[SBPF_SEG_IN].mem, b->in, INPUT);
	memcpy(seg[SBPF_SEG_ARGS].mem, b->job->args, b->job->args_len);
	memcpy(seg[SBPF_SEG_DATA].mem, (void *)b->attr.rodata,
	       b->attr.rodata_len);
	if (sbpf_posix_protect(window))
		die(b->job->name, "no memory");
}

static void set_up(struct bench *b, enum kind kind)
{
	static const enum sbpf_jit_mode modes[WAYS] = {
		[UNCHECKED] = SBPF_JIT_UNCHECKED,
		[GUARDED] = SBPF_JIT_GUARDED,
		[COMPARE] = SBPF_JIT_COMPARE,
	};
	static __u8 *bases[WAYS];
	struct way *way = &b->ways[kind];

	/* Unchecked code takes window addresses for its own. */
	if (kind != UNCHECKED && !bases[kind])
		bases[kind] = sbpf_posix_reserve();
	if (kind != UNCHECKED && !bases[kind])
		die(b->job->name, "no address space");
	map(b, &way->window, bases[kind]);
	way->program = b->program;
	if (sbpf_posix_compile(&way->program, modes[kind]))
		die(b->job->name, "cannot be translated");
}

/* All ways in turn, so that whatever else goes on meets them alike. */
static void measure(struct bench *b, int rounds)
{
	enum kind kind;
	double took;
	int round;

	for (kind = UNCHECKED; kind < WAYS; kind++)
		set_up(b, kind);
	for (round = 0; round < rounds; round++) {
		for (kind = 0; kind < WAYS; kind++) {
			took = kind == NATIVE ? run_native(b) :
			       run_translated(b, &b->ways[kind]);
			b->ways[kind].ns[round] = took * 1e9 / INPUT;
		}
	}
	for (kind = UNCHECKED; kind < WAYS; kind++) {
		sbpf_posix_discard(&b->ways[kind].program);
		sbpf_posix_unmap(&b->ways[kind].window);
	}
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *numbers, int n)
{
	qsort(numbers, n, sizeof(*numbers), by_size);
	return numbers[n / 2];
}

/* Of one round each, which is more than the quotient of two medians says. */
static double median_ratio(const struct bench *b, enum kind over,
			   enum kind under, int rounds)
{
	double ratio[ROUNDS_MAX];
	int k;

	for (k = 0; k < rounds; k++)
		ratio[k] = b->ways[over].ns[k] / b->ways[under].ns[k];
	return median(ratio, rounds);
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

/* Measures a job and prints its line; adds to the logarithms of ratios. */
static void bench_job(const struct job *job, const char *folder, int rounds,
		      double log_sum[3])
{
	static const enum kind pairs[3][2] = {
		{ GUARDED, NATIVE }, { GUARDED, UNCHECKED },
		{ COMPARE, NATIVE },
	};
	static double ns[WAYS][ROUNDS_MAX];
	static struct bench b;
	struct lambda_object *obj;
	enum kind kind;
	double ratio;
	int k;

	memset(&b, 0, sizeof(b));
	b.job = job;
	b.in = job->in ? job->in : make_runs();
	for (kind = 0; kind < WAYS; kind++)
		b.ways[kind].ns = ns[kind];
	load(&b, folder, &obj);
	measure(&b, rounds);
	printf("%-12s", job->name);
	for (k = 0; k < 3; k++) {
		ratio = median_ratio(&b, pairs[k][0], pairs[k][1], rounds);
		log_sum[k] += log(ratio);
		printf("%10.2f", ratio);
	}
	for (kind = 0; kind < WAYS; kind++)
		printf("%11.3f", median(ns[kind], rounds));
	putchar('\n');
	lambda_object__close(obj);
}

int main(int argc, char **argv)
{
	int rounds = argc > 2 ? atoi(argv[2]) : 51;
	double log_sum[3] = { 0 };
	size_t nr = ARRAY_SIZE(jobs), k;

	if (argc < 2 || rounds < 1 || rounds > ROUNDS_MAX)
		die("usage", "jit_bench FOLDER-OF-PROGRAMS [ROUNDS]");
	make_inputs();
	printf("%-12s%30s%44s\n", "", "ratios: guarded   guarded   compare",
	       "ns/byte");
	printf("%-12s%10s%10s%10s%11s%11s%11s%11s\n", "", "/native",
	       "/unchecked", "/native", "native", "unchecked", "guarded",
	       "compare");
	for (k = 0; k < nr; k++)
		bench_job(&jobs[k], argv[1], rounds, log_sum);
	printf("geometric means: guarded %.2f native, %.2f unchecked; compare %.2f native\n",
	       exp(log_sum[0] / nr), exp(log_sum[1] / nr),
	       exp(log_sum[2] / nr));
	return 0;
}
