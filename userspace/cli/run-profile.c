// SPDX-License-Identifier: GPL-2.0-only
/* lambda run --profile: what each line of the source came to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "run.h"

/* A line, or where there is no debug info a function. */
struct line {
	const char *file, *function, *text;
	unsigned int number;
	struct lambda_count count;
};

struct profile {
	struct line *lines;
	size_t nr;
	struct lambda_count total;
};

static struct lambda_count *run_profile_counts(const struct lambda_program *prog)
{
	size_t count;

	lambda_program__insns(prog, &count);
	return calloc(count, sizeof(struct lambda_count));
}

int run_profile_begin(struct run *run)
{
	const struct lambda_program *prog = run->loaded.prog;
	const struct lambda_program *merge = lambda_program__merge(prog);

	if (!run->profile)
		return 0;
	run->counts = run_profile_counts(prog);
	if (merge)
		run->merge_counts = run_profile_counts(merge);
	if (!run->counts || (merge && !run->merge_counts))
		return complain(EXIT_SYSTEM,
				"no memory to count instructions");
	lambda_local__profile(run->local, run->counts);
	return 0;
}

static int run_profile_compare_places(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	int ret = strcmp(x->file ?: x->function, y->file ?: y->function);

	return ret ?: (x->number > y->number) - (x->number < y->number);
}

static double run_profile_part(__u64 part, __u64 all)
{
	return all ? 100.0 * part / all : 0;
}

/* Of what a line takes, be it instructions or budget, the larger part. */
static double run_profile_weight(const struct line *line,
				 const struct lambda_count *total)
{
	double insns = run_profile_part(line->count.insns, total->insns);
	double budget = run_profile_part(line->count.budget, total->budget);

	return insns > budget ? insns : budget;
}

static int run_profile_compare_weights(const void *a, const void *b, void *total)
{
	double x = run_profile_weight(a, total), y = run_profile_weight(b, total);

	return x == y ? run_profile_compare_places(a, b) : x < y ? 1 : -1;
}

/* A line for each instruction that was executed. */
static bool run_profile_add(struct profile *profile,
			    const struct lambda_program *prog,
			    const struct lambda_count *counts)
{
	struct lambda_function func;
	struct line *more;
	size_t count, i;

	lambda_program__insns(prog, &count);
	more = realloc(profile->lines,
		       (profile->nr + count + 1) * sizeof(*more));
	if (!more)
		return false;
	profile->lines = more;
	for (i = 0; i < count; i++) {
		if (!counts[i].insns || lambda_program__locate(prog, i, &func))
			continue;
		more[profile->nr++] = (struct line){
			.file = func.file,
			.function = func.name,
			.text = lambda_program__source(prog, i) ?: "",
			.number = func.file ? func.line : 0,
			.count = counts[i],
		};
		profile->total.insns += counts[i].insns;
		profile->total.budget += counts[i].budget;
	}
	return true;
}

/* Makes one of those that are of one place. */
static void run_profile_fold(struct profile *profile)
{
	struct line *to = profile->lines, *from = to, *end = to + profile->nr;

	qsort(to, profile->nr, sizeof(*to), run_profile_compare_places);
	for (; from < end; from++) {
		if (to > profile->lines &&
		    !run_profile_compare_places(to - 1, from)) {
			to[-1].count.insns += from->count.insns;
			to[-1].count.budget += from->count.budget;
		} else {
			*to++ = *from;
		}
	}
	profile->nr = to - profile->lines;
	qsort_r(profile->lines, profile->nr, sizeof(*to),
		run_profile_compare_weights, &profile->total);
}

/* Where it is, without what says nothing of that. */
static void run_profile_print_place(const struct line *line)
{
	const char *file = line->file;

	if (!file) {
		print(stderr, "function %s\n", line->function);
		return;
	}
	while (!strncmp(file, "./", 2))
		file += 2;
	if (line->number)
		print(stderr, "%s:%u: %s\n", file, line->number,
		      line->text + strspn(line->text, " \t"));
	else
		print(stderr, "%s, of no line\n", file);
}

static void run_profile_print(const struct profile *profile)
{
	const struct lambda_count *total = &profile->total;
	size_t i;

	fprintf(stderr, "%14s %6s %14s %6s  %s\n", "instructions", "%",
		"budget", "%", "line");
	for (i = 0; i < profile->nr; i++) {
		const struct line *line = &profile->lines[i];

		fprintf(stderr, "%14llu %6.1f %14llu %6.1f  ",
			line->count.insns,
			run_profile_part(line->count.insns, total->insns),
			line->count.budget,
			run_profile_part(line->count.budget, total->budget));
		run_profile_print_place(line);
	}
	fprintf(stderr, "%14llu %6s %14llu %6s  in all\n", total->insns, "",
		total->budget, "");
}

static void run_profile_print_json(const struct profile *profile)
{
	struct json json = { .to = stderr };
	size_t i;

	json_begin(&json, NULL, '{');
	json_count(&json, "instructions", profile->total.insns);
	json_count(&json, "budget", profile->total.budget);
	json_begin(&json, "lines", '[');
	for (i = 0; i < profile->nr; i++) {
		const struct line *line = &profile->lines[i];

		json_begin(&json, NULL, '{');
		json_text(&json, "file", line->file);
		json_count(&json, "line", line->number);
		json_text(&json, "function", line->function);
		json_text(&json, "source", line->text);
		json_count(&json, "instructions", line->count.insns);
		json_count(&json, "budget", line->count.budget);
		json_end(&json, '}');
	}
	json_end(&json, ']');
	json_end(&json, '}');
	json_done(&json);
}

int run_profile_end(struct run *run, int code)
{
	const struct lambda_program *merge;
	struct profile profile = { 0 };
	bool kept;

	if (!run->counts)
		return code;
	merge = lambda_program__merge(run->loaded.prog);
	kept = run_profile_add(&profile, run->loaded.prog, run->counts) &&
	       (!run->merge_counts ||
		run_profile_add(&profile, merge, run->merge_counts));
	if (!kept) {
		code = complain(code ?: EXIT_SYSTEM,
				"no memory to add up what lines came to");
	} else if (profile.nr) {
		run_profile_fold(&profile);
		if (run->format == FORMAT_JSON)
			run_profile_print_json(&profile);
		else
			run_profile_print(&profile);
	}
	free(profile.lines);
	free(run->counts);
	free(run->merge_counts);
	return code;
}
