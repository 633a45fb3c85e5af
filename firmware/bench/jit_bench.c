// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How fast translated λ programs are: each program of userspace/programs on a
 * MiB of input or less, in nanoseconds of processor time per byte, beside the same
 * source compiled for this machine and beside code that checks nothing.
 *
 * Usage: jit_bench FOLDER-OF-PROGRAMS [ROUNDS [CSV [KERNEL-CODE [DATA]]]]
 *
 * Every way must give the same output. A round does a job once in each way, and
 * medians are shown: of the ratios within a round, which is what a machine that
 * others use as well can tell, and of the times. Each time goes to the file
 * CSV, and how often which offset of the kernel's code was seen at work.
 * KERNEL-CODE is what `lambda-bench jit` printed in a guest. DATA is a folder
 * with the input; without, it is made up.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#ifdef BENCH_KERNEL
#include "kernel_code.h"
#endif

/* What is compared, beside all times. */
static const struct ratio {
	enum way over, under;
} ratios[] = {
	{ KERNEL, SCALAR }, { KERNEL, VECTOR }, { KERNEL, BARE },
	{ GUARDED, SCALAR }, { GUARDED, UNCHECKED }, { COMPARE, SCALAR },
};

#define NR_RATIOS	ARRAY_SIZE(ratios)

/* Of processor time, to see where a program spends it. */
#define SAMPLE_SECONDS	0.5

/* Nanoseconds per byte, of each round. */
static double ns[WAYS][ROUNDS_MAX];

void die(const char *what, const char *why)
{
	fprintf(stderr, "jit_bench: %s: %s\n", what, why);
	exit(1);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Sorts; the numbers that a quarter, a half, three quarters lie below. */
static void quartiles(double *numbers, int n, double quarter[3])
{
	qsort(numbers, n, sizeof(*numbers), by_size);
	quarter[0] = numbers[n / 4];
	quarter[1] = numbers[n / 2];
	quarter[2] = numbers[3 * n / 4];
}

/* Into the table of times, as the rounds of one more way. */
static void write_samples(FILE *csv, struct bench *b)
{
#ifdef BENCH_KERNEL
	const __u32 *counts;
	int at;

	if (!has_way(b, KERNEL))
		return;
	counts = sample(b, KERNEL, SAMPLE_SECONDS);
	for (at = 0; at < SAMPLE_MAX; at++)
		if (counts[at])
			fprintf(csv, "%s,samples,%d,%u\n", b->job->name, at,
				counts[at]);
#endif
}

/* Of a virtual machine's processor time, the clock may miss a stretch. */
static double time_way(struct bench *b, enum way way)
{
	double took;

	do
		took = run_way(b, way);
	while (took <= 0);
	return took * 1e9 / b->job->in_len;
}

/* All ways in turn, so that whatever else goes on meets them alike. */
static void measure(struct bench *b, int rounds, FILE *csv)
{
	enum way way;
	int round;

	set_up(b);
	for (round = 0; round < rounds; round++)
		for (way = 0; way < WAYS; way++)
			if (has_way(b, way))
				ns[way][round] = time_way(b, way);
	if (csv)
		write_samples(csv, b);
	tear_down(b);
}

static void write_csv(FILE *csv, const struct bench *b, int rounds)
{
	enum way way;
	int round;

	for (way = 0; way < WAYS; way++)
		for (round = 0; round < rounds && has_way(b, way); round++)
			fprintf(csv, "%s,%s,%d,%.4f\n", b->job->name,
				way_names[way], round, ns[way][round]);
}

static bool has_ratio(const struct bench *b, const struct ratio *r)
{
	return has_way(b, r->over) && has_way(b, r->under);
}

/* Of one round each, which is more than the quotient of two medians says. */
static void compare(const struct ratio *r, int rounds, double quarter[3])
{
	static double ratio[ROUNDS_MAX];
	int k;

	for (k = 0; k < rounds; k++)
		ratio[k] = ns[r->over][k] / ns[r->under][k];
	quartiles(ratio, rounds, quarter);
}

static void print_job(const struct bench *b, int rounds,
		      double log_sum[NR_RATIOS])
{
	double quarter[3];
	enum way way;
	size_t k;

	printf("%-10s", b->job->name);
	for (k = 0; k < NR_RATIOS; k++) {
		if (!has_ratio(b, &ratios[k]))
			continue;
		compare(&ratios[k], rounds, quarter);
		log_sum[k] += log(quarter[1]);
		printf("    %5.2f %4.2f-%4.2f", quarter[1], quarter[0],
		       quarter[2]);
	}
	for (way = 0; way < WAYS; way++) {
		if (!has_way(b, way))
			continue;
		quartiles(ns[way], rounds, quarter);
		printf("%10.3f", quarter[1]);
	}
	putchar('\n');
}

static void print_head(const struct bench *b)
{
	enum way way;
	char name[32];
	size_t k;

	printf("%-10s", "ns/byte: /");
	for (k = 0; k < NR_RATIOS; k++) {
		if (!has_ratio(b, &ratios[k]))
			continue;
		snprintf(name, sizeof(name), "%s/%s", way_names[ratios[k].over],
			 way_names[ratios[k].under]);
		printf("%19s", name);
	}
	for (way = 0; way < WAYS; way++)
		if (has_way(b, way))
			printf("%10s", way_names[way]);
	putchar('\n');
}

static void print_means(const struct bench *b, const double log_sum[NR_RATIOS])
{
	size_t k;

	printf("%-10s", "geo. mean");
	for (k = 0; k < NR_RATIOS; k++)
		if (has_ratio(b, &ratios[k]))
			printf("    %5.2f %9s", exp(log_sum[k] / nr_jobs), "");
	putchar('\n');
}

static void load(struct bench *b, const char *folder,
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
}

static void read_kernel_code(const char *path)
{
#ifdef BENCH_KERNEL
	kernel_code_read(path);
#else
	die(path, "this is no x86-64, whose code it is");
#endif
}

static void bench_all(const char *folder, int rounds, FILE *csv)
{
	double log_sum[NR_RATIOS] = { 0 };
	struct lambda_object *obj;
	static struct bench b;
	unsigned int k;

	for (k = 0; k < nr_jobs; k++) {
		memset(&b, 0, sizeof(b));
		b.job = &jobs[k];
		load(&b, folder, &obj);
		measure(&b, rounds, csv);
		if (csv)
			write_csv(csv, &b, rounds);
		if (!k)
			print_head(&b);
		print_job(&b, rounds, log_sum);
		fflush(stdout);
		lambda_object__close(obj);
	}
	print_means(&b, log_sum);
}

int main(int argc, char **argv)
{
	int rounds = argc > 2 ? atoi(argv[2]) : 51;
	FILE *csv = NULL;

	if (argc < 2 || argc > 6 || rounds < 1 || rounds > ROUNDS_MAX)
		die("usage", "jit_bench FOLDER-OF-PROGRAMS [ROUNDS [CSV [KERNEL-CODE [DATA]]]]");
	if (argc > 3) {
		csv = fopen(argv[3], "we");
		if (!csv)
			die(argv[3], "cannot be written");
		fputs("program,way,round,value\n", csv);
	}
	if (argc > 4)
		read_kernel_code(argv[4]);
	get_inputs(argc > 5 ? argv[5] : NULL);
	bench_all(argv[1], rounds, csv);
	if (csv && fclose(csv))
		die(argv[3], "cannot be written");
	return 0;
}
