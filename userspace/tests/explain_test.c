// SPDX-License-Identifier: GPL-2.0-only
/* What the library says of each end, each side and each reason. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lambda_end.h"
#include "linked.h"
#include "test.h"

static struct lambda_program *prog;

static void test_io(struct lambda_io io, const char *says)
{
	char text[512], cut[8];

	lambda_explain(prog, &io, text, sizeof(text));
	test_ok(strstr(text, says), "'%s' has '%s'", text, says);
	lambda_explain(NULL, &io, cut, sizeof(cut));
	test_ok(strlen(cut) == 7 && !strncmp(cut, text, 4),
		"'%s' is cut to '%s'", text, cut);
	lambda_explain(prog, &io, NULL, 0);
}

static void test_fault(long long address, int write, const char *says)
{
	const struct lambda_io io = {
		.result = {
			.status = LAMBDA_STATUS_FAULT,
			.fault_addr = address,
			.fault_write = write,
		},
	};

	test_io(io, says);
}

/* @cap bytes of output allowed, and the result. */
#define IO(cap, ...)							\
	((struct lambda_io){ .out_cap = cap, .result = { __VA_ARGS__ } })

static void test_statuses(void)
{
	test_io(IO(3, .status = LAMBDA_STATUS_OK, .in_len = 5, .out_len = 3),
		"5 bytes in, 3 bytes out");
	test_io(IO(8, .status = LAMBDA_STATUS_ERROR, .retval = -22),
		"program error: the program returned -22 (Invalid argument)");
	test_io(IO(8, .status = LAMBDA_STATUS_BAD_LENGTH, .retval = 9),
		"returned 9, more than the 8 bytes");
	test_io(IO(8, .status = LAMBDA_STATUS_OVER_BUDGET, .budget_used = 7),
		"over budget: the program used up its budget of 7; each");
	test_io(IO(8, .status = LAMBDA_STATUS_OVER_BUDGET, .budget_used = 7,
		   .helper_bytes = 256),
		"budget of 7, 4 of it for 256 bytes that helpers went through");
	test_io(IO(8, .status = LAMBDA_STATUS_KILLED), "fatal signal");
	test_io(IO(8, .status = LAMBDA_STATUS_NOT_RUN), "was not run");
	test_io(IO(8, .status = 99), "status 99");
}

static void test_faults(void)
{
	test_fault(0x10, 0, "read from 0x10 (null pointer page)");
	test_fault(-8, 1, "wrote to -0x8 (no segment)");
	test_fault(LLONG_MIN, 1, "wrote to -0x8000000000000000 (no segment)");
	test_fault(SBPF_CTX_BASE, 1, "wrote to 0x10000 (context)");
	test_fault(SBPF_ARGS_BASE + 4096, 0,
		   "(arguments), where it may not: no arguments were given");
	test_fault(SBPF_HEAP_BASE, 0, "(heap)");
	test_fault(SBPF_IN_BASE, 1, "(input)");
	test_fault(SBPF_OUT_BASE + 4096ll, 1, "(output)");
	test_fault(0x100000000, 0, "0x100000000 (no segment)");
	test_fault(0x30000, 0, "(no segment)");
	test_fault(SBPF_FRAME_TOP(0) - 4104ll, 1,
		   "stack, 4104 bytes below the frame of function globals (");
	test_fault(SBPF_FRAME_TOP(200) - 1ll, 1, "(stack)");
}

static void test_ends(void)
{
	test_fault(LAMBDA_END_BASE + 3ll, 1, "the program called exit(3)");
	test_fault(LAMBDA_END_BASE + 0ll + LAMBDA_END_ABORT, 1, "called abort()");
	test_fault(LAMBDA_END_BASE + 0ll + LAMBDA_END_ASSERT, 1, "an assertion");
	test_fault(LAMBDA_END_BASE + 0ll + LAMBDA_END_LONGJMP, 1, "longjmp()");
	test_fault(LAMBDA_END_BASE + 0ll + LAMBDA_END_TRAP, 1,
		   "cannot be reached");
	test_fault(LAMBDA_END_BASE + 0ll + LAMBDA_END_POINTER, 1,
		   "through a pointer to no function of that type");
	test_fault(LAMBDA_END_BASE + 0ll + LAMBDA_END_DEPTH, 1, "--stack=");
	test_fault(LAMBDA_END_BASE + 0ll + LAMBDA_END_MAX, 1, "(no segment)");
	test_fault(LAMBDA_END_BASE + 3ll, 0, "read from 0xe0000003");
}

static void test_globals(struct lambda_object *obj)
{
	struct lambda_variable var;
	char says[64];
	unsigned int i;

	for (i = 0; !lambda_object__variable(obj, i, &var); i++) {
		snprintf(says, sizeof(says), "globals, at '%s' + 0)", var.name);
		test_fault(var.address, 1, says);
	}
	test_ok(i > 0, "there are globals");
}

static void test_sides(void)
{
	test_ok(!strcmp(lambda_side_name(LAMBDA_SIDE_NONE), "none"), "no side");
	test_ok(!strcmp(lambda_side_name(LAMBDA_SIDE_HOST), "host"), "host");
	test_ok(!strcmp(lambda_side_name(LAMBDA_SIDE_DEVICE), "device"),
		"device");
	test_ok(!strcmp(lambda_side_name(LAMBDA_SIDE_BOTH), "both"), "both");
	test_ok(!lambda_side_name(4) && !lambda_side_name(-1),
		"sides that are not known");
}

/* A reason that joins the header without a text is found here. */
static void test_reasons(void)
{
	size_t size;
	char *header = read_file("../linux/include/uapi/linux/lambda.h", &size);
	char *at = strstr(header, "LAMBDA_REASON_NONE = ");
	bool known[256] = { 0 };
	unsigned int i, wrong = 0;

	for (; at; at = strstr(at + 1, "\tLAMBDA_REASON_")) {
		const char *text;

		i = strtoul(strchr(at, '=') + 1, NULL, 10);
		text = lambda_reason_text(i);
		test_ok(text && *text, "reason %u: %s", i, text ?: "no text");
		known[i & 255] = true;
	}
	free(header);
	for (i = 0; i < 256; i++)
		wrong += known[i] != !!lambda_reason_text(i);
	test_ok(!wrong, "reasons between them are not known");
	test_ok(!lambda_reason_text(-1), "the largest is not known");
}

int main(void)
{
	struct lambda_object *obj;

	prog = open_linked("tests/globals", NULL, &obj);
	test_statuses();
	test_faults();
	test_ends();
	test_globals(obj);
	test_sides();
	test_reasons();
	lambda_object__close(obj);
	return test_done();
}
