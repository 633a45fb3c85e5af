// SPDX-License-Identifier: GPL-2.0-only
/* What `lambda run --verbose` says of where requests ran, and why there. */
#include <cli.h>
#include <string.h>
#include <summary.h>

#include "test.h"

static char said[4096];

/* Stands in for the command's own, which prints. */
int complain(int code, const char *fmt, ...)
{
	size_t len = strlen(said);
	va_list args;

	va_start(args, fmt);
	len += vsnprintf(said + len, sizeof(said) - len, fmt, args);
	va_end(args);
	snprintf(said + len, sizeof(said) - len, "\n");
	return code;
}

static struct lambda_io request(unsigned int side, unsigned int reason)
{
	bool link = side == LAMBDA_SIDE_DEVICE;

	return (struct lambda_io){
		.result = {
			.side = side,
			.reason = reason,
			.in_len = 1000,
			.out_len = 10,
			.budget_used = 3,
			.helper_bytes = 64,
			.ns_media = 2000,
			.ns_link = link ? 500 : 0,
			.ns_compute = 1000,
			.bytes_media = 1000,
			.bytes_link = link ? 16 : 0,
		},
	};
}

static void add(struct summary *sum, unsigned int side, unsigned int reason,
		int times)
{
	struct lambda_io io = request(side, reason);

	for (; times; times--) {
		summary_add(sum, &io, 10);
		sum->answer_bytes += 10;
	}
}

static void test_said(const struct summary *sum, const char *expected)
{
	*said = '\0';
	summary_say(sum, 0.25);
	if (!test_ok(!strcmp(said, expected), "says %.30s...", expected))
		printf("# %s\n", said);
}

static void test_sides(void)
{
	struct summary sum = { 0 };

	add(&sum, LAMBDA_SIDE_HOST, LAMBDA_REASON_PROFILE, 2);
	add(&sum, LAMBDA_SIDE_DEVICE, LAMBDA_REASON_MODEL, 5);
	add(&sum, LAMBDA_SIDE_HOST, LAMBDA_REASON_SHARED, 1);
	add(&sum, LAMBDA_SIDE_BOTH, LAMBDA_REASON_MODEL, 2);
	test_said(&sum,
		  "10 requests, 10000 bytes in, 100 bytes out, 0.250000 s, of which 0.000010 s in the program\n"
		  "budget: 30 used; helpers went through 640 bytes\n"
		  "2 on both sides: it was expected to end there first\n"
		  "5 in the device: it was expected to end there first\n"
		  "2 on the host: to measure that side\n"
		  "1 on the host: the file may share blocks with other files\n"
		  "file: 10000 bytes, 0.000020 s\n"
		  "link to the drive: 80 bytes, 0.000003 s\n");
}

static void test_empty(void)
{
	struct lambda_io io = { .result.side = LAMBDA_SIDE_NONE };
	struct summary sum = { 0 };

	summary_add(&sum, &io, 0);
	test_said(&sum,
		  "0 requests, 0 bytes in, 0 bytes out, 0.250000 s, of which 0.000000 s in the program\n"
		  "budget: 0 used; helpers went through 0 bytes\n");
}

/* What a newer kernel may say. */
static void test_unknown(void)
{
	struct summary sum = { 0 };

	add(&sum, LAMBDA_SIDE_HOST, 15, 1);
	add(&sum, LAMBDA_SIDE_DEVICE, SUMMARY_REASONS, 1);
	add(&sum, LAMBDA_SIDE_BOTH + 1, LAMBDA_REASON_MODEL, 1);
	add(&sum, -1, -1, 1);
	*said = '\0';
	summary_say(&sum, 0);
	test_ok(strstr(said, "\n1 on the host: a reason that this command does not know\n") &&
		strstr(said, "\n3 elsewhere or for a reason that"),
		"sides and reasons that are not known");
}

int main(void)
{
	test_sides();
	test_empty();
	test_unknown();
	test_ok(!*summary_place(LAMBDA_SIDE_NONE), "no place for no side");
	return test_done();
}
