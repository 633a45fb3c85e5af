// SPDX-License-Identifier: GPL-2.0-only
/* Linking: where things are put, and that the result computes what C says. */
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "linked.h"
#include "test.h"

int globals(struct lambda_ctx *ctx);

static unsigned int seed = 1;

static unsigned char random_byte(void)
{
	seed = seed * 1103515245 + 12345;
	return seed >> 16;
}

static struct lambda_function function(const struct lambda_program *prog,
				       unsigned int i)
{
	struct lambda_function func = { .name = "" };

	lambda_program__function(prog, i, &func);
	return func;
}

/* One request, because the native version keeps its globals. */
static void test_globals(void)
{
	struct lambda_object *obj;
	struct lambda_program *prog = open_linked("tests/globals", NULL, &obj);
	unsigned char in[16], out[96], expected[96];
	struct request req = { in, sizeof(in), NULL, 0, 12345, sizeof(out) };
	struct lambda_io io;
	ssize_t len;
	size_t i;

	for (i = 0; i < sizeof(in); i++)
		in[i] = random_byte();
	len = run_linked(prog, &req, out, &io);
	test_ok(len == sizeof(out), "globals: runs");
	test_ok(run_native(globals, &req, expected) == sizeof(out),
		"globals: the native version runs");
	for (i = 0; i < sizeof(out) / 8; i++)
		test_ok(!memcmp(out + 8 * i, expected + 8 * i, 8),
			"globals: result %zu", i);
	len = run_linked(prog, &req, out, &io);
	test_ok(len == sizeof(out) && !memcmp(out, expected, sizeof(out)),
		"globals: fresh for each request");
	lambda_object__close(obj);
}

static void test_layout(void)
{
	struct lambda_variable var;
	struct lambda_load_attr attr;
	struct lambda_object *obj;
	struct lambda_program *prog = open_linked("tests/globals", NULL, &obj);
	__u64 data, bss, found = 0;
	unsigned int i;

	lambda_program__attr(prog, &attr);
	data = SBPF_DATA_BASE + (attr.rodata_len + 4095) / 4096 * 4096;
	bss = data + attr.data_len;
	for (i = 0; !lambda_object__variable(obj, i, &var); i++) {
		__u64 from = data, to = bss;

		if (!strncmp(var.section, ".rodata", 7)) {
			from = SBPF_DATA_BASE;
			to = from + attr.rodata_len;
		} else if (!strcmp(var.section, ".bss")) {
			from = bss;
			to = bss + attr.bss_len;
		}
		test_ok(var.address >= from && var.address + var.size <= to,
			"layout: %s lies in %s", var.name, var.section);
		found |= (__u64)!strcmp(var.name, "page") << 0;
		if (!strcmp(var.name, "page"))
			test_ok(var.address % 4096 == 0, "layout: page aligned");
		if (!strcmp(var.name, "wide"))
			test_ok(var.address % 64 == 0, "layout: wide aligned");
	}
	test_ok(found && i >= 8, "layout: %u variables", i);
	test_ok(attr.prog_fd == -1 && !attr.flags && !attr.heap_len,
		"layout: nothing else is set");
	lambda_object__close(obj);
}

static void test_order(void)
{
	struct lambda_object *obj;
	struct lambda_program *prog = open_linked("tests/calls", "first", &obj);
	struct lambda_function func;
	size_t count, at = 0;
	unsigned int i;

	test_ok(!strcmp(function(prog, 0).name, "first") &&
		!strcmp(function(prog, 1).name, "middle") &&
		!strcmp(function(prog, 2).name, "last"),
		"order: entry, then callees by their first call");
	lambda_program__insns(prog, &count);
	for (i = 0; !lambda_program__function(prog, i, &func); i++) {
		test_ok(func.start == at && func.count > 0,
			"order: %s follows directly", func.name);
		at += func.count;
	}
	test_ok(i == 3 && at == count, "order: what is not called is left out");
	func = function(prog, 1);
	test_ok(func.file && strstr(func.file, "calls.bpf.c") && func.line == 19,
		"order: source line of middle is %u", func.line);
	lambda_object__close(obj);
}

/* The first instruction of this one is that of an inline function. */
static void test_line(void)
{
	struct lambda_object *obj;
	struct lambda_program *prog = open_linked("tests/options", NULL, &obj);
	struct lambda_function func = function(prog, 0);

	test_ok(func.file && strstr(func.file, "options.bpf.c"),
		"line: %s:%u is no header", func.file, func.line);
	lambda_object__close(obj);
}

/* Which function an instruction is of, and at which line it was written. */
static void test_locate(void)
{
	struct lambda_object *obj;
	struct lambda_program *prog = open_linked("tests/calls", "first", &obj);
	struct lambda_function func, last = function(prog, 2);
	size_t count;

	lambda_program__insns(prog, &count);
	test_ok(!lambda_program__locate(prog, 0, &func) &&
		!strcmp(func.name, "first") && func.start == 0 &&
		strstr(func.file, "calls.bpf.c"), "locate: the first");
	test_ok(!lambda_program__locate(prog, last.start - 1, &func) &&
		!strcmp(func.name, "middle") && func.line == 19 &&
		func.start == function(prog, 1).start,
		"locate: the last of a function");
	test_ok(!lambda_program__locate(prog, count - 1, &func) &&
		!strcmp(func.name, "last") && func.count == last.count,
		"locate: the last of all");
	test_ok(lambda_program__locate(prog, count, &func) == -ENOENT,
		"locate: none behind it");
	lambda_object__close(obj);
}

static void test_calls(void)
{
	struct lambda_object *obj;
	struct lambda_program *first = open_linked("tests/calls", "first", &obj);
	struct lambda_program *second, *again;
	unsigned char in[24] = "twenty-three characters", out[24];
	struct request req = { in, sizeof(in), NULL, 0, 0, sizeof(out) };
	struct lambda_io io;

	test_ok(run_linked(first, &req, out, &io) ==
		(((24 * 7 + 1) ^ 0x55) & 0xf), "calls: returns through two");
	test_ok(!memcmp(in, out, sizeof(in)), "calls: memcpy is the helper");
	test_ok(!lambda_object__program(obj, "second", NULL, 0, &second),
		"calls: a second program of the object");
	test_ok(run_linked(second, &req, out, &io) == ((24 * 7 + 1) & 0xf),
		"calls: into the same functions");
	test_ok(out[0] == 0x5a && out[23] == 0x5a,
		"calls: memset is the helper");
	test_ok(!lambda_object__program(obj, "second", NULL, 0, &again) &&
		again == second, "calls: a program is linked once");
	test_ok(lambda_program__function(second, 2, &(struct lambda_function){
		}) == -ENOENT, "calls: two functions in the second");
	lambda_object__close(obj);
}

static void test_names(void)
{
	struct lambda_object *obj;
	struct lambda_program *prog = open_linked("tests/calls", "first", &obj);
	char why[256];

	test_ok(!strcmp(lambda_object__program_name(obj, 0), "first") &&
		!strcmp(lambda_object__program_name(obj, 1), "second") &&
		!lambda_object__program_name(obj, 2), "names: both, no other");
	test_ok(lambda_object__program(obj, NULL, why, sizeof(why), &prog) ==
		-EINVAL && strstr(why, "'first', 'second'"),
		"names: none is -EINVAL: %s", why);
	test_ok(lambda_object__program(obj, "third", why, sizeof(why), &prog) ==
		-ENOENT && strstr(why, "no program 'third': it has 'first'"),
		"names: unknown is -ENOENT: %s", why);
	test_ok(lambda_object__program(obj, "third", why, 6, &prog) ==
		-ENOENT && strlen(why) == 5, "names: a short log is cut");
	lambda_object__close(obj);
}

/* What merges a program's parts is linked with it, and is none of its own. */
static void test_merge(struct lambda_object *obj,
		       const struct lambda_program *prog)
{
	const struct lambda_program *merge = lambda_program__merge(prog);
	struct request req = { "abcdefg", 7, NULL, 0, 0, 10 };
	struct lambda_program *again;
	char why[256], out[10];
	struct lambda_io io;

	test_ok(merge && !strcmp(lambda_program__name(merge), "options_merge"),
		"merge: linked");
	test_ok(!lambda_object__program_name(obj, 1),
		"merge: none of the programs");
	test_ok(lambda_object__program(obj, "options_merge", why, sizeof(why),
				       &again) == -ENOENT, "merge: no entry");
	test_ok(!lambda_object__program(obj, NULL, why, sizeof(why), &again) &&
		again == prog && lambda_program__merge(again) == merge,
		"merge: once");
	if (merge)
		test_ok(run_linked(merge, &req, out, &io) == 7, "merge: runs");
	test_ok(!merge || !lambda_program__merge(merge), "merge: has none");
}

static void test_options(void)
{
	struct lambda_object *obj;
	struct lambda_program *prog = open_linked("tests/options", NULL, &obj);
	struct lambda_load_attr attr;
	__u32 loops = 12345;
	struct request req = { &loops, sizeof(loops), NULL, 0, 0, 0 };
	struct lambda_io io;
	char none;

	lambda_program__attr(prog, &attr);
	test_ok(attr.heap_len == 5000, "options: heap");
	test_ok(attr.frame_len == 8192, "options: frame, in pages");
	test_ok(attr.flags == (LAMBDA_ATTR_BUDGET | LAMBDA_ATTR_MERGE) &&
		attr.budget == 12345, "options: budget");
	test_ok(attr.record_len == 24, "options: record");
	test_ok(attr.prog_fd == -1 && attr.merge_fd == -1,
		"options: no descriptors yet");
	test_merge(obj, prog);
	loops = 12000;
	test_ok(run_linked(prog, &req, &none, &io) == 0, "options: heap is there");
	loops = 13000;
	test_ok(run_linked(prog, &req, &none, &io) == -ECANCELED &&
		io.result.status == LAMBDA_STATUS_OVER_BUDGET,
		"options: budget ends it");
	lambda_object__close(obj);
}

int main(void)
{
	test_globals();
	test_layout();
	test_order();
	test_line();
	test_locate();
	test_calls();
	test_names();
	test_options();
	return test_done();
}
