// SPDX-License-Identifier: GPL-2.0-only
/* What objects declare of arguments and outputs, and arguments by name. */
#include <errno.h>
#include <formats.h>
#include <stdio.h>
#include <string.h>

#include "linked.h"
#include "test.h"

static char why[1024];
static unsigned char block[SBPF_ARGS_MAX];

#define ARGS(prog, ...)							\
	args(prog, (const char *const[]){ __VA_ARGS__ },		\
	     sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static ssize_t args(const struct lambda_program *prog,
		    const char *const *words, size_t count)
{
	memset(block, 0xee, sizeof(block));
	return lambda_program__args(prog, words, count, block, sizeof(block),
				    why, sizeof(why));
}

static const struct lambda_field *field(const struct lambda_layout *layout,
					const char *name)
{
	__u32 i;

	for (i = 0; i < layout->nr_fields; i++)
		if (!strcmp(layout->fields[i].name, name))
			return &layout->fields[i];
	test_ok(0, "%s is there", name);
	return &layout->fields[0];
}

static void test_layouts(void)
{
	const struct lambda_layout *layout;
	struct lambda_program *prog;
	struct lambda_object *obj;

	prog = open_linked("programs/wordcount", NULL, &obj);
	layout = lambda_program__output_layout(prog);
	test_ok(layout && !strcmp(layout->type, "struct wordcount_out") &&
		layout->size == 32 && layout->nr_fields == 5 && !layout->rows &&
		field(layout, "first")->offset == 24 &&
		field(layout, "first")->size == 4 &&
		!strcmp(field(layout, "first")->type, "__u32") &&
		!lambda_program__args_layout(prog), "wordcount's output");
	lambda_object__close(obj);
	prog = open_linked("programs/grep", NULL, &obj);
	layout = lambda_program__output_layout(prog);
	test_ok(layout && layout->rows && layout->size == 8 &&
		layout->nr_fields == 1 && !*layout->fields->name &&
		layout->fields->kind == LAMBDA_KIND_INT, "grep's output");
	layout = lambda_program__args_layout(prog);
	test_ok(layout && !layout->size && !layout->fields->count &&
		layout->fields->array, "grep's arguments");
	test_ok(ARGS(prog, "what=a=b c") == 5 && !memcmp(block, "a=b c", 5),
		"as long as they are told to be");
	test_ok(lambda_program__args(prog, (const char *const[]){ "what=abc" },
				     1, block, 2, why, sizeof(why)) == -EMSGSIZE,
		"or an error: %s", why);
	lambda_object__close(obj);
	prog = open_linked("programs/bitmap", NULL, &obj);
	test_ok(!lambda_program__output_layout(prog) &&
		ARGS(prog, "a=1") == -ENOENT, "bitmap: %s", why);
	lambda_object__close(obj);
}

static void test_csvfilter(void)
{
	static const struct csvfilter_args wanted = {
		.column = 2, .op = CSVFILTER_GE, .value = -100,
	};
	struct lambda_program *prog;
	struct lambda_object *obj;

	prog = open_linked("programs/csvfilter", NULL, &obj);
	test_ok(ARGS(prog, "value=-100", "column=0x2", "op=ge") ==
			sizeof(wanted) && !memcmp(block, &wanted, sizeof(wanted)),
		"csvfilter: arguments by name, in any order");
	test_ok(ARGS(prog, "column=2", "op=CSVFILTER_GE", "value=-100") ==
			sizeof(wanted) && !memcmp(block, &wanted, sizeof(wanted)),
		"csvfilter: and the whole name of a value");
	test_ok(ARGS(prog, "column=4G", "op=GE", "value=1") == -EINVAL &&
		strstr(why, "column: '4G' is not a number from 0 to 4294967295"),
		"csvfilter: %s", why);
	test_ok(ARGS(prog, "column=1", "op=G", "value=1") == -EINVAL &&
		strstr(why, "op: 'G' is none of LT, LE, EQ, NE, GE, GT"),
		"csvfilter: %s", why);
	test_ok(ARGS(prog, "row=1") == -EINVAL &&
		strstr(why, "no argument 'row'; there are column, op, value"),
		"csvfilter: %s", why);
	test_ok(ARGS(prog, "column=1", "op=GE") == -EINVAL &&
		strstr(why, "argument 'value' is missing"), "csvfilter: %s",
		why);
	test_ok(ARGS(prog, "op=GE", "op=GE") == -EINVAL &&
		strstr(why, "op: given twice"), "csvfilter: %s", why);
	test_ok(ARGS(prog, "column=", "op=GE", "value=1") == -EINVAL,
		"csvfilter: %s", why);
	lambda_object__close(obj);
}

static void test_numbers(const struct lambda_program *prog)
{
	static const char *const wrong[] = {
		"small=256", "small=-1", "small=1x", "small=1KK", "small=0x",
		"flag=2", "letter=xy", "name=0123456789abc", "sign=-5000000000",
		"place.x=32768", "place.x=-32769", "place.y=1,2,3",
		"large=18446744073709551616", "large=16E", "pointer=1",
	};
	const struct lambda_layout *layout = lambda_program__args_layout(prog);
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		test_ok(ARGS(prog, wrong[i]) == -EINVAL && *why, "types: %s",
			why);
	test_ok(ARGS(prog, "small=255", "large=15E", "place.x=-0x8000",
		     "place.y=32767,-1", "corners[1].x=7", "sign=PLUS") ==
			layout->size &&
		lambda_field__number(field(layout, "large"), block, 0) ==
			(__s64)(15ull << 60) &&
		lambda_field__number(field(layout, "place.x"), block, 0) ==
			-32768 &&
		lambda_field__number(field(layout, "place.y"), block, 0) ==
			32767 &&
		lambda_field__number(field(layout, "place.y"), block, 1) == -1 &&
		lambda_field__number(field(layout, "corners[1].x"), block, 0) ==
			7 &&
		lambda_field__number(field(layout, "sign"), block, 0) == 1,
		"types: numbers at their limits: %s", why);
}

static void test_types(void)
{
	const struct lambda_layout *layout;
	struct lambda_program *prog;
	struct lambda_object *obj;

	prog = open_linked("tests/types", NULL, &obj);
	layout = lambda_program__args_layout(prog);
	if (!test_ok(layout && layout->nr_fields == 17, "types: declared"))
		return;
	test_ok(field(layout, "flag")->kind == LAMBDA_KIND_BOOL &&
		field(layout, "letter")->kind == LAMBDA_KIND_CHAR &&
		field(layout, "colour")->kind == LAMBDA_KIND_ENUM &&
		field(layout, "pointer")->kind == LAMBDA_KIND_BYTES &&
		field(layout, "large")->kind == LAMBDA_KIND_UINT &&
		field(layout, "place.y")->count == 2, "types: kinds");
	test_ok(!field(layout, "small")->given &&
		field(layout, "name")->given &&
		field(layout, "corners[1].y")->given,
		"types: a name in a string is none of a member");
	test_ok(ARGS(prog, "small=1") == layout->size &&
		!strcmp((char *)block + field(layout, "name")->offset,
			"a, .small =") &&
		lambda_field__number(field(layout, "sign"), block, 0) == -1 &&
		lambda_field__number(field(layout, "same"), block, 0) == 9,
		"types: what is not told: %s", why);
	test_ok(!strcmp(lambda_field__value(field(layout, "colour"), 7)->brief,
			"DARK_BLUE") &&
		!lambda_field__value(field(layout, "colour"), 3),
		"types: names of values");
	test_numbers(prog);
	lambda_object__close(obj);
}

int main(void)
{
	test_layouts();
	test_csvfilter();
	test_types();
	return test_done();
}
