// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How fast translated λ programs are: each program of userspace/programs on a
 * MiB of input or less, in nanoseconds of processor time per byte, beside native
 * code of bench/native and of the same source, and code that checks nothing.
 *
 * Usage: jit-bench FOLDER-OF-PROGRAMS [ROUNDS [CSV [KERNEL-CODE [DATA]]]]
 *
 * Every method must give the same output. A round does a job once by each, and
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

#include "jit.h"
#ifdef BENCH_KERNEL
#include "kernel_code.h"
#endif

/* What is compared, beside all times. */
static const struct ratio {
	enum method over, under;
} ratios[] = {
	{ METHOD_KERNEL, METHOD_SCALAR },
	{ METHOD_KERNEL, METHOD_VECTOR },
	{ METHOD_KERNEL, METHOD_OWN },
	{ METHOD_KERNEL, METHOD_BARE },
	{ METHOD_GUARDED, METHOD_SCALAR },
	{ METHOD_GUARDED, METHOD_UNCHECKED },
	{ METHOD_COMPARE, METHOD_SCALAR },
};

#define NR_RATIOS	ARRAY_SIZE(ratios)

/* Of processor time, to see where a program spends it. */
#define SAMPLE_SECONDS	0.5

/* Nanoseconds per byte, of each round. */
static double ns[NR_METHODS][ROUNDS_MAX];

static int jit_bench_by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Sorts; the numbers that a quarter, a half, three quarters lie below. */
static void jit_bench_quartiles(double *numbers, int n, double quarter[3])
{
	qsort(numbers, n, sizeof(*numbers), jit_bench_by_size);
	quarter[0] = numbers[n / 4];
	quarter[1] = numbers[n / 2];
	quarter[2] = numbers[3 * n / 4];
}

/* Into the table of times, as the rounds of one more method. */
static void jit_bench_write_samples(FILE *csv, struct bench *b)
{
#ifdef BENCH_KERNEL
	const __u32 *counts;
	int at;

	if (!jit_method_there_is(b, METHOD_KERNEL))
		return;
	counts = sample(b, METHOD_KERNEL, SAMPLE_SECONDS);
	for (at = 0; at < SAMPLE_MAX; at++)
		if (counts[at])
			fprintf(csv, "%s,samples,%d,%u\n", b->job->name, at,
				counts[at]);
#endif
}

/* Of a virtual machine's processor time, the clock may miss a stretch. */
static double jit_bench_time_method(struct bench *b, enum method method)
{
	double took;

	do
		took = jit_method_run(b, method);
	while (took <= 0);
	return took * 1e9 / b->in_len;
}

/* All ways in turn, so that whatever else goes on meets them alike. */
static void jit_bench_measure(struct bench *b, int rounds, FILE *csv)
{
	enum method method;
	int round;

	jit_method_set_up(b);
	for (round = 0; round < rounds; round++)
		for (method = 0; method < NR_METHODS; method++)
			if (jit_method_there_is(b, method))
				ns[method][round] =
					jit_bench_time_method(b, method);
	if (csv)
		jit_bench_write_samples(csv, b);
	jit_method_tear_down(b);
}

static void jit_bench_write_csv(FILE *csv, const struct bench *b, int rounds)
{
	enum method method;
	int round;

	for (method = 0; method < NR_METHODS; method++)
		for (round = 0;
		     round < rounds && jit_method_there_is(b, method); round++)
			fprintf(csv, "%s,%s,%d,%.4f\n", b->job->name,
				method_names[method], round, ns[method][round]);
}

static bool jit_bench_has_ratio(const struct bench *b, const struct ratio *r)
{
	return jit_method_there_is(b, r->over) &&
	       jit_method_there_is(b, r->under);
}

/* Of one round each, which is more than the quotient of two medians says. */
static void jit_bench_compare(const struct ratio *r, int rounds,
			      double quarter[3])
{
	static double ratio[ROUNDS_MAX];
	int k;

	for (k = 0; k < rounds; k++)
		ratio[k] = ns[r->over][k] / ns[r->under][k];
	jit_bench_quartiles(ratio, rounds, quarter);
}

static void jit_bench_print_job(const struct bench *b, int rounds,
				double log_sum[NR_RATIOS])
{
	double quarter[3];
	enum method method;
	size_t k;

	printf("%-10s", b->job->name);
	for (k = 0; k < NR_RATIOS; k++) {
		if (!jit_bench_has_ratio(b, &ratios[k]))
			continue;
		jit_bench_compare(&ratios[k], rounds, quarter);
		log_sum[k] += log(quarter[1]);
		printf("    %5.2f %4.2f-%4.2f", quarter[1], quarter[0],
		       quarter[2]);
	}
	for (method = 0; method < NR_METHODS; method++) {
		if (!jit_method_there_is(b, method))
			continue;
		jit_bench_quartiles(ns[method], rounds, quarter);
		printf("%10.3f", quarter[1]);
	}
	putchar('\n');
}

static void jit_bench_print_head(const struct bench *b)
{
	enum method method;
	char name[32];
	size_t k;

	printf("%-10s", "ns/byte: /");
	for (k = 0; k < NR_RATIOS; k++) {
		if (!jit_bench_has_ratio(b, &ratios[k]))
			continue;
		snprintf(name, sizeof(name), "%s/%s",
			 method_names[ratios[k].over],
			 method_names[ratios[k].under]);
		printf("%19s", name);
	}
	for (method = 0; method < NR_METHODS; method++)
		if (jit_method_there_is(b, method))
			printf("%10s", method_names[method]);
	putchar('\n');
}

static void jit_bench_print_means(const struct bench *b,
				  const double log_sum[NR_RATIOS])
{
	size_t k;

	printf("%-10s", "geo. mean");
	for (k = 0; k < NR_RATIOS; k++)
		if (jit_bench_has_ratio(b, &ratios[k]))
			printf("    %5.2f %9s", exp(log_sum[k] / nr_subjects), "");
	putchar('\n');
}

static void jit_bench_load(struct bench *b, const char *folder,
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

static void jit_bench_read_kernel_code(const char *path)
{
#ifdef BENCH_KERNEL
	kernel_code_read(path);
#else
	die(path, "this is no x86-64, whose code it is");
#endif
}

static void jit_bench_all(const char *folder, int rounds, FILE *csv)
{
	double log_sum[NR_RATIOS] = { 0 };
	struct lambda_object *obj;
	static struct bench b;
	unsigned int k;

	for (k = 0; k < nr_subjects; k++) {
		memset(&b, 0, sizeof(b));
		b.job = jobs_find(subjects[k].name);
		b.subject = &subjects[k];
		b.in = jit_input_get(b.job, &b.in_len);
		jit_bench_load(&b, folder, &obj);
		jit_bench_measure(&b, rounds, csv);
		if (csv)
			jit_bench_write_csv(csv, &b, rounds);
		if (!k)
			jit_bench_print_head(&b);
		jit_bench_print_job(&b, rounds, log_sum);
		fflush(stdout);
		lambda_object__close(obj);
	}
	jit_bench_print_means(&b, log_sum);
}

int main(int argc, char **argv)
{
	int rounds = argc > 2 ? atoi(argv[2]) : 51;
	FILE *csv = NULL;

	if (argc < 2 || argc > 6 || rounds < 1 || rounds > ROUNDS_MAX)
		die("usage", "jit-bench FOLDER-OF-PROGRAMS [ROUNDS [CSV [KERNEL-CODE [DATA]]]]");
	if (argc > 3) {
		csv = fopen(argv[3], "we");
		if (!csv)
			die(argv[3], "cannot be written");
		fputs("program,method,round,value\n", csv);
	}
	if (argc > 4)
		jit_bench_read_kernel_code(argv[4]);
	jit_input_get_all(argc > 5 ? argv[5] : NULL);
	jit_bench_all(argv[1], rounds, csv);
	if (csv && fclose(csv))
		die(argv[3], "cannot be written");
	return 0;
}
