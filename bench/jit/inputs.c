// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What is timed, and on what: made up here, alike each time, or given. */
#include <stdio.h>
#include <string.h>

#include "jit.h"

#define NATIVE(name) native_fn name, name##_own
NATIVE(bitmap);
NATIVE(csvfilter);
NATIVE(grep);
NATIVE(histogram);
NATIVE(knn);
NATIVE(stats32);
NATIVE(stats64);
NATIVE(wordcount);

#define SUBJECT(name) { #name, name, name##_own }

const struct subject subjects[] = {
	SUBJECT(stats32), SUBJECT(stats64), SUBJECT(knn), SUBJECT(histogram),
	SUBJECT(wordcount), SUBJECT(grep), SUBJECT(csvfilter), SUBJECT(bitmap),
};

const unsigned int nr_subjects = ARRAY_SIZE(subjects);

/* Runs that expand to 32 times as much. */
#define RUNS	(OUTPUT / 32)

static __u8 numbers[INPUT], text[INPUT], csv[INPUT];
static __u16 runs[RUNS / 2];

static const struct input {
	const char *name;
	void *mem;
	__u32 len;
} inputs[] = {
	{ "numbers", numbers, sizeof(numbers) },
	{ "text", text, sizeof(text) },
	{ "csv", csv, sizeof(csv) },
	{ "runs", runs, sizeof(runs) },
};

static __u32 jit_input_pick(__u32 below)
{
	static __u64 state = 88172645463325252ull;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (__u32)(state >> 33) % below;
}

static void jit_input_make(void)
{
	char line[64];
	__u32 at, len;

	for (at = 0; at < INPUT; at++) {
		numbers[at] = jit_input_pick(256);
		text[at] = jit_input_pick(6) ? 'a' + jit_input_pick(26) :
			   jit_input_pick(8) ? ' ' :
					       '\n';
	}
	for (at = 0; at < INPUT; at += len) {
		len = snprintf(line, sizeof(line), "%u,name%u,%u,x\n",
			       jit_input_pick(100000), jit_input_pick(100),
			       jit_input_pick(100));
		len = len < INPUT - at ? len : INPUT - at;
		memcpy(csv + at, line, len);
	}
	for (at = 0; at < RUNS / 2; at += 2) {
		len = jit_input_pick(1024);
		runs[at] = BITMAP_ONES | len;
		runs[at + 1] = 1024 - len;
	}
}

static void jit_input_read_file(const char *folder, const struct input *input)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, input->name);
	file = fopen(path, "re");
	if (!file || fread(input->mem, 1, input->len, file) != input->len)
		die(path, "is missing or too short");
	fclose(file);
}

void jit_input_get_all(const char *folder)
{
	size_t k;

	if (!folder)
		jit_input_make();
	for (k = 0; folder && k < ARRAY_SIZE(inputs); k++)
		jit_input_read_file(folder, &inputs[k]);
	jobs_set_neighbour((const struct knn_row *)numbers);
}

const __u8 *jit_input_get(const struct job *job, __u32 *len)
{
	const char *name = job->expand ? job->source : job->file;
	const struct input *input = inputs;

	while (strcmp(input->name, name))
		input++;
	*len = input->len;
	return input->mem;
}
