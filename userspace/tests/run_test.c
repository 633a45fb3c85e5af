// SPDX-License-Identifier: GPL-2.0-only
/*
 * lambda_program__run() over files, with an engine that the test holds: which
 * requests it makes, what becomes of their outputs, and each of its errors.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "linked.h"
#include "test.h"

#define GIB	(1ll << 30)

/* What the engine is to do, and what it saw. */
static struct {
	size_t give;		/* of each request's input at most */
	int err;		/* what requests return; 0: their input's length */
	int status;
	int requests, merges;
	size_t asked[64];
	off_t at[64];
	size_t merged;
} engine;

/* What the run put out. */
static struct {
	int calls;
	unsigned char bytes[4096];
	size_t len;
	int result, after;	/* returned by the calls after so many */
} answer;

static int file;

/* The output is the length of the input. */
static ssize_t fake_pread(void *data, int fd, void *buf, size_t count,
			  off_t offset, struct lambda_io *io)
{
	int i = engine.requests++ % 64;
	__u64 len = count < engine.give ? count : engine.give;

	engine.asked[i] = count;
	engine.at[i] = offset;
	if (data != &engine || fd != file || io->out_cap < 8)
		return -EBADF;
	io->result.status = engine.status;
	if (engine.err)
		return engine.err;
	io->result.in_len = len;
	memcpy(buf, &len, 8);
	return 8;
}

static ssize_t fake_merge(void *data, const void *in, size_t len, void *buf,
			  off_t offset, struct lambda_io *io)
{
	const __u64 *lens = in;
	__u64 sum = 0;
	size_t i;

	engine.merges++;
	engine.merged = len;
	for (i = 0; i < len / 8; i++)
		sum += lens[i];
	io->result.status = LAMBDA_STATUS_OK;
	memcpy(buf, &sum, 8);
	return data == &engine && offset >= 0 ? 8 : -EBADF;
}

static int take(void *data, const void *bytes, size_t len)
{
	if (data != &answer || answer.len + len > sizeof(answer.bytes))
		return -EBADF;
	memcpy(answer.bytes + answer.len, bytes, len);
	answer.len += len;
	return answer.calls++ >= answer.after ? answer.result : 0;
}

static int stop(void *data, const struct lambda_request *request)
{
	return data == &answer && request->offset == 4096 ? 77 : 0;
}

static void reset(void)
{
	memset(&engine, 0, sizeof(engine));
	memset(&answer, 0, sizeof(answer));
	engine.give = SIZE_MAX;
}

/* Over @length bytes from @offset on; @log is kept of what it says. */
static char log_text[512];

static int run_over(const struct lambda_program *prog, unsigned int flags,
		    off_t offset, __u64 length, size_t batch,
		    int (*request)(void *, const struct lambda_request *))
{
	static const struct lambda_engine fake = {
		.pread = fake_pread,
		.merge = fake_merge,
		.data = &engine,
	};
	struct lambda_run_attr attr = {
		.size = sizeof(attr),
		.flags = flags,
		.offset = offset,
		.length = length,
		.batch = batch,
		.output = take,
		.request = request,
		.data = &answer,
		.engine = &fake,
	};

	return lambda_program__run(prog, -1, file, &attr, log_text,
				   sizeof(log_text));
}

static __u64 number(size_t i)
{
	__u64 value;

	memcpy(&value, answer.bytes + 8 * i, sizeof(value));
	return value;
}

static void fill_file(size_t len, size_t line)
{
	char *bytes = malloc(len + 1);
	size_t i;

	for (i = 0; i < len; i++)
		bytes[i] = i % line == line - 1 ? '\n' : 'x';
	if (ftruncate(file, 0) || pwrite(file, bytes, len, 0) != (ssize_t)len)
		exit(1);
	free(bytes);
}

static void test_records(const struct lambda_program *rows,
			 const struct lambda_program *count)
{
	reset();
	fill_file(10000, 100);
	test_ok(!run_over(rows, 0, 10, UINT64_MAX, 1000, NULL) &&
		engine.requests == 11 && engine.asked[0] == 984 &&
		engine.at[1] == 994 && engine.asked[10] == 150 &&
		answer.len == 88 && number(10) == 150 && !engine.merges,
		"records: whole ones, and the rest of the file");
	reset();
	test_ok(!run_over(rows, 0, 0, UINT64_MAX, 5, NULL) &&
		engine.asked[0] == 24, "records: one at least");
	reset();
	test_ok(!run_over(rows, 0, 0, 2000, 0, NULL) &&
		engine.requests == 1 && engine.asked[0] == 2000,
		"records: a length ends them");
	reset();
	test_ok(!run_over(count, 0, 0, UINT64_MAX, 1000, NULL) &&
		engine.merges == 1 && engine.merged == 88 &&
		answer.calls == 1 && answer.len == 8 && number(0) == 10000,
		"records: merged to one answer");
	reset();
	test_ok(!run_over(count, 0, 0, 500, 1000, NULL) && !engine.merges &&
		number(0) == 500, "records: one part needs no merge");
	reset();
	test_ok(!run_over(count, LAMBDA_RUN_EACH, 0, UINT64_MAX, 1000, NULL) &&
		answer.calls == 11 && answer.len == 88 && !engine.merges,
		"records: an answer for each batch");
}

static void test_lines(const struct lambda_program *lines,
		       const struct lambda_program *whole)
{
	reset();
	fill_file(1050, 100);
	test_ok(!run_over(lines, 0, 0, UINT64_MAX, 250, NULL) &&
		engine.requests == 6 && engine.asked[0] == 200 &&
		engine.at[1] == 200 && engine.asked[5] == 50 &&
		number(0) == 1050, "lines: whole ones, and a cut one at the end");
	reset();
	test_ok(!run_over(lines, 0, 50, UINT64_MAX, 7, NULL) &&
		engine.asked[0] == 50 && engine.asked[1] == 100 &&
		number(0) == 1000, "lines: longer than a batch");
	reset();
	test_ok(!run_over(whole, LAMBDA_RUN_LINES | LAMBDA_RUN_EACH, 0,
			  UINT64_MAX, 250, NULL) && answer.calls == 6,
		"lines: of a program that does not say so");
	/* A line as long as no request may be. */
	reset();
	if (ftruncate(file, 2 * GIB))
		exit(1);
	test_ok(run_over(lines, 0, 1050, UINT64_MAX, GIB / 4, NULL) ==
		-EMSGSIZE && !engine.requests &&
		strstr(log_text, "bytes 1050 to 1073676288: no newline"),
		"lines: %s", log_text);
}

static void test_whole(const struct lambda_program *whole)
{
	reset();
	fill_file(3000, 100);
	test_ok(!run_over(whole, 0, 100, UINT64_MAX, 0, NULL) &&
		engine.requests == 1 && engine.asked[0] == 2900,
		"whole: one request");
	reset();
	test_ok(!run_over(whole, 0, 0, UINT64_MAX, 3000, NULL) &&
		engine.requests == 1, "whole: as long as a batch");
	reset();
	test_ok(run_over(whole, 0, 0, UINT64_MAX, 2999, NULL) == -EMSGSIZE &&
		!engine.requests && !answer.calls &&
		strstr(log_text, "declares neither"), "whole: %s", log_text);
	reset();
	test_ok(!run_over(whole, LAMBDA_RUN_EACH, 0, UINT64_MAX, 2999, NULL) &&
		engine.requests == 2 && engine.asked[1] == 1,
		"whole: cut when that is wanted");
	reset();
	test_ok(!run_over(whole, 0, 3000, UINT64_MAX, 0, NULL) &&
		!engine.requests && answer.calls == 1 && answer.len == 16 &&
		!number(0), "whole: nothing at the end, which is run here");
	reset();
	test_ok(!run_over(whole, LAMBDA_RUN_EACH, 3000, UINT64_MAX, 0, NULL) &&
		!engine.requests && !answer.calls,
		"whole: nothing has no batches");
}

static void test_short(const struct lambda_program *rows,
		       const struct lambda_program *whole)
{
	fill_file(1000, 100);
	reset();
	engine.give = 48;
	test_ok(!run_over(rows, 0, 0, UINT64_MAX, 1000, NULL) &&
		engine.at[1] == 48 && answer.len == 8 * 21,
		"short: whole records count, and the rest is asked for");
	reset();
	engine.give = 50;
	test_ok(run_over(rows, 0, 0, UINT64_MAX, 1000, NULL) == -EAGAIN &&
		engine.requests == 8 && !answer.calls &&
		strstr(log_text, "shorter and longer again"), "short: %s",
		log_text);
	reset();
	engine.give = 0;
	test_ok(run_over(whole, 0, 0, UINT64_MAX, 0, NULL) == -EAGAIN,
		"short: nothing, though there is something");
}

static void test_errors(const struct lambda_program *rows)
{
	fill_file(10000, 100);
	reset();
	engine.err = -ECANCELED;
	engine.status = LAMBDA_STATUS_OVER_BUDGET;
	test_ok(run_over(rows, 0, 0, UINT64_MAX, 0, NULL) == -ECANCELED &&
		strstr(log_text, "bytes 0 to 10000: rows: over budget"),
		"errors: %s", log_text);
	reset();
	engine.err = -EIO;
	test_ok(run_over(rows, 0, 0, UINT64_MAX, 0, NULL) == -EIO &&
		strstr(log_text, "bytes 0 to 10000: Input/output error"),
		"errors: %s", log_text);
	reset();
	answer.result = 99;
	answer.after = 2;
	test_ok(run_over(rows, 0, 0, UINT64_MAX, 1000, NULL) == 99 &&
		answer.calls == 3, "errors: of who takes the output");
	reset();
	test_ok(run_over(rows, 0, 0, UINT64_MAX, 1024, stop) == 0 ||
		engine.requests, "errors: runs");
	reset();
	test_ok(run_over(rows, 0, 4096, UINT64_MAX, 1024, stop) == 77 &&
		engine.requests == 1 && !answer.calls,
		"errors: of who is told of requests");
	reset();
	test_ok(run_over(rows, 1 << 5, 0, 1, 0, NULL) == -EINVAL &&
		run_over(rows, 0, -1, 1, 0, NULL) == -EINVAL,
		"errors: flags and offset");
	test_ok(run_over(rows, LAMBDA_RUN_LINES, 0, 1, 0, NULL) == -EINVAL &&
		strstr(log_text, "records of 24 bytes"), "errors: %s",
		log_text);
	test_ok(!engine.requests, "errors: found before anything is run");
}

int main(void)
{
	struct lambda_object *records, *text, *others;
	struct lambda_program *rows, *count, *lines, *whole;

	file = memfd_create("input", MFD_CLOEXEC);
	rows = open_linked("tests/rows", "rows", &records);
	lines = open_linked("tests/lines", NULL, &text);
	whole = open_linked("tests/whole", NULL, &others);
	if (lambda_object__program(records, "count_rows", NULL, 0, &count))
		return 1;
	test_ok(lambda_program__lines(lines) && !lambda_program__lines(rows),
		"the object tells what it is over");
	test_records(rows, count);
	test_lines(lines, whole);
	test_whole(whole);
	test_short(rows, whole);
	test_errors(rows);
	lambda_object__close(records);
	lambda_object__close(text);
	lambda_object__close(others);
	return test_done();
}
