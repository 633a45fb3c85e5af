// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs by lambda_lines.h: whatever the parts are that their input is divided
 * into, the outputs are those of the native version, and merged they are the
 * output over all of it.
 *
 *	divided_test [ROUNDS [SEED]]
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <formats.h>

#include "linked.h"
#include "test.h"

#define SIZE	6000
#define LONG	20001
#define ROOM	(16 * SIZE)
#define PARTS	100

typedef int native_fn(struct lambda_ctx *ctx);
native_fn csvfilter, csvfilter_merge, csvfilter_whole, lengths, lengths_merge,
	  lengths_whole, totals, totals_merge, totals_whole;

static const struct csvfilter_args second = {
	.column = 1, .op = CSVFILTER_GE, .value = 5,
};

static const struct subject {
	const char *object, *name;
	native_fn *part, *merge, *whole;
	const void *args;
	size_t args_len;
} subjects[] = {
	{ "programs/csvfilter", "csvfilter", csvfilter, csvfilter_merge,
	  csvfilter_whole, &second, sizeof(second) },
	{ "tests/divided", "lengths", lengths, lengths_merge, lengths_whole,
	  NULL, 0 },
	{ "tests/divided", "totals", totals, totals_merge, totals_whole,
	  NULL, 0 },
};

static const struct subject *subject;
static const struct lambda_program *prog;
static struct lambda_local *program, *merger;
static unsigned long long seed = 1;
static char text[LONG];
static size_t text_len;
static char why[1024];

static unsigned int roll(unsigned int sides)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (seed >> 33) % sides;
}

/* Outputs */

struct output {
	__attribute__((aligned(16))) unsigned char bytes[ROOM];
	ssize_t len;
};

static void run_native_version(native_fn *fn, const void *in, size_t len,
			       struct output *out)
{
	/* Where a caller has its input is aligned for what it is. */
	static __attribute__((aligned(16))) unsigned char copy[ROOM];
	struct lambda_ctx ctx = {
		.in = (uintptr_t)copy,
		.in_len = len,
		.out = (uintptr_t)out->bytes,
		.out_cap = ROOM,
		.args = (uintptr_t)subject->args,
		.args_len = subject->args_len,
	};

	memcpy(copy, in, len);
	memset(out->bytes, 0, ROOM);
	out->len = fn(&ctx);
}

static ssize_t run_program(struct lambda_local *local, const void *in,
			   size_t len, struct output *out)
{
	struct lambda_io io = {
		.size = sizeof(io),
		.result_size = sizeof(io.result),
		.out_cap = ROOM,
		.args = (uintptr_t)subject->args,
		.args_len = subject->args_len,
	};

	out->len = lambda_local__run(local, in, len, out->bytes, 0, &io);
	if (out->len == -ECANCELED)
		out->len = io.result.retval;
	return out->len;
}

static bool equal(const struct output *a, const struct output *b)
{
	return a->len == b->len &&
	       (a->len <= 0 || !memcmp(a->bytes, b->bytes, a->len));
}

/* Texts */

static void fill_text(void)
{
	unsigned int kind = roll(6), every = 1 + roll(60);

	text_len = roll(4) ? roll(400) : roll(SIZE);
	for (size_t i = 0; i < text_len; i++)
		text[i] = roll(every) ? "0123456789,,-ab"[roll(15)] : '\n';
	/* Lines of other systems, a last line without end, one line alone. */
	for (size_t i = 1; kind == 0 && i < text_len; i++)
		if (text[i] == '\n')
			text[i - 1] = '\r';
	if (kind == 1 && text_len)
		text[text_len - 1] = 'x';
	if (kind == 2)
		for (size_t i = 0; i < text_len; i++)
			if (text[i] == '\n')
				text[i] = ',';
}

/* Parts */

static struct output parts[PARTS];

/* The outputs over parts of the text, one byte long or more. */
static unsigned int make_parts(bool *same)
{
	static struct output native;
	unsigned int count = 0, most = 1 + roll(roll(3) ? 6 : PARTS - 1);
	size_t from = 0, len;

	do {
		len = count + 1 == most ? text_len - from :
		      roll(2) ? 1 : roll(2 * text_len / most + 2);
		if (len > text_len - from)
			len = text_len - from;
		run_program(program, text + from, len, &parts[count]);
		run_native_version(subject->part, text + from, len, &native);
		*same &= equal(&parts[count++], &native);
		from += len;
	} while (from < text_len);
	return count;
}

/* Merges some neighbours, until one is left. */
static void merge_parts(unsigned int count, bool *same)
{
	static struct output native, merged;
	static unsigned char in[ROOM];
	unsigned int from, n, i;
	size_t len;

	while (count > 1) {
		n = 2 + roll(count - 1);
		from = roll(count - n + 1);
		for (len = 0, i = from; i < from + n; i++) {
			if (len + parts[i].len > ROOM)
				exit(1);
			memcpy(in + len, parts[i].bytes, parts[i].len);
			len += parts[i].len;
		}
		run_program(merger, in, len, &merged);
		run_native_version(subject->merge, in, len, &native);
		*same &= equal(&merged, &native) && merged.len > 0;
		if (!*same)
			return;
		parts[from] = merged;
		memmove(&parts[from + 1], &parts[from + n],
			(count - from - n) * sizeof(*parts));
		count -= n - 1;
	}
}

static bool is_result(const struct output *all, const struct output *result)
{
	__u64 len, at = 48;

	if (all->len < (ssize_t)at)
		return false;
	memcpy(&len, all->bytes, sizeof(len));
	return (ssize_t)len == result->len &&
	       !memcmp(all->bytes + at, result->bytes, len);
}

static void test_parts(unsigned int rounds)
{
	static struct output whole, result;
	unsigned int i, count;
	bool same = true;

	for (i = 0; i < rounds && same; i++) {
		fill_text();
		count = make_parts(&same);
		if (!same)
			break;
		merge_parts(count, &same);
		run_native_version(subject->part, text, text_len, &whole);
		run_native_version(subject->whole, text, text_len, &result);
		same &= equal(&parts[0], &whole) && is_result(&whole, &result);
	}
	test_ok(same, "%s: the same in any parts, merged in any groups: %u of %u, %zu bytes",
		subject->name, i, rounds, text_len);
}

/* Files */

static struct output answer;

static int take(void *data, const void *bytes, size_t len)
{
	(void)data;
	if (answer.len + len > ROOM)
		return 1;
	memcpy(answer.bytes + answer.len, bytes, len);
	answer.len += len;
	return 0;
}

/* What a kernel does that divides requests between two sides. */
static ssize_t divide(void *data, int fd, void *buf, size_t count, off_t offset,
		      struct lambda_io *io)
{
	static struct output halves;
	size_t first = roll(count + 1);
	ssize_t got, more;

	(void)data;
	got = lambda_local__pread(program, fd, halves.bytes, first, offset, io);
	if (got < 0)
		return got;
	more = lambda_local__pread(program, fd, halves.bytes + got,
				   count - first, offset + first, io);
	if (more < 0)
		return more;
	got = lambda_local__run(merger, halves.bytes, got + more, buf, offset,
				io);
	io->result.in_len = count;
	return got;
}

static ssize_t merge(void *data, const void *in, size_t len, void *buf,
		     off_t offset, struct lambda_io *io)
{
	(void)data;
	return lambda_local__run(merger, in, len, buf, offset, io);
}

static const struct lambda_engine divides = { .pread = divide, .merge = merge };

static int run_over_file(bool divided, const struct lambda_program *what)
{
	struct lambda_run_attr attr = {
		.size = sizeof(attr),
		.flags = divided ? 0 : LAMBDA_RUN_LOCAL,
		.args = subject->args,
		.args_len = subject->args_len,
		.length = UINT64_MAX,
		.batch = roll(2) ? 1 + roll(60) : 1 + roll(SIZE),
		.output = take,
		.engine = divided ? &divides : NULL,
		.jobs = divided ? 1 : 1 + roll(4),
	};
	int fd = memfd_create("text", MFD_CLOEXEC), err;

	if (fd < 0 || pwrite(fd, text, text_len, 0) != (ssize_t)text_len)
		exit(1);
	answer.len = 0;
	err = lambda_program__run(what, -1, fd, &attr, why, sizeof(why));
	close(fd);
	return err;
}

static void test_files(unsigned int rounds)
{
	static struct output result;
	const struct lambda_program *whole = lambda_program__whole(prog);
	unsigned int i;
	bool same = true;

	for (i = 0; i < rounds && same; i++) {
		fill_text();
		run_native_version(subject->whole, text, text_len, &result);
		same = !run_over_file(i % 3 == 1, i % 3 == 2 ? whole : prog) &&
		       equal(&answer, &result);
	}
	test_ok(same, "%s: the result of files: %u of %u, %zu bytes, %s",
		subject->name, i, rounds, text_len, why);
}

/* Errors */

static void test_long_line(void)
{
	static struct output out;
	int err;

	memset(text, 'x', LONG);
	text_len = LONG;
	err = run_over_file(false, prog);
	test_ok(err == -ECANCELED &&
		strstr(why, "bytes 0 to 20001: lengths: program error") &&
		strstr(why, "longer than the LAMBDA_LINE_MAX of its source"),
		"a line of more than the source allows: %s", why);
	run_program(program, text, 12000, &parts[0]);
	memcpy(parts[0].bytes + parts[0].len, parts[0].bytes, parts[0].len);
	test_ok(run_program(merger, parts[0].bytes, 2 * parts[0].len, &out) ==
		-E2BIG, "the same of one that comes of two parts");
	test_ok(run_program(merger, text, 1000, &out) == -EINVAL &&
		run_program(merger, text, 10, &out) == -EINVAL,
		"outputs that are none are not merged");
}

static void test_subject(unsigned int rounds)
{
	struct lambda_object *obj;

	prog = open_linked(subject->object, subject->name, &obj);
	if (lambda_local__open(prog, NULL, why, sizeof(why), &program) ||
	    lambda_local__open(lambda_program__merge(prog), NULL, why,
			       sizeof(why), &merger)) {
		test_ok(false, "%s: %s", subject->name, why);
		return;
	}
	test_ok(lambda_program__lines(prog) == 1, "%s: is over lines",
		subject->name);
	test_parts(rounds);
	test_files(rounds);
	if (subject->part == lengths)
		test_long_line();
	lambda_local__close(program);
	lambda_local__close(merger);
	lambda_object__close(obj);
}

int main(int argc, char **argv)
{
	unsigned int rounds = argc > 1 ? strtoul(argv[1], NULL, 0) : 60;
	size_t i;

	if (argc > 2)
		seed = strtoull(argv[2], NULL, 0);
	for (i = 0; i < sizeof(subjects) / sizeof(*subjects); i++) {
		subject = &subjects[i];
		test_subject(rounds);
	}
	return test_done();
}
