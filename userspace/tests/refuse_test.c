// SPDX-License-Identifier: GPL-2.0-only
/* Objects that are refused, each with the message that a person gets. */
#include <errno.h>
#include <string.h>

#include "linked.h"
#include "test.h"

static const struct refused {
	const char *object;
	int err;
	const char *says[4];
} objects[] = {
	{ "refused_map", -EOPNOTSUPP,
	  { "function refused (", "refused_map.bpf.c:10)", "'table'",
	    "no maps: use a global array" } },
	{ "refused_call", -EOPNOTSUPP,
	  { "section .text, function say (", "refused_call.bpf.c:8)",
	    "calls 'bpf_printk'", "neither defined in the object nor a helper" } },
	{ "refused_variable", -EOPNOTSUPP,
	  { "section lambda/refused", "refused_variable.bpf.c:8)",
	    "'elsewhere'", "not defined in the object" } },
	{ "refused_pointer", -EOPNOTSUPP,
	  { "function refused (", "refused_pointer.bpf.c:11)", "is a function",
	    "cannot call through pointers" } },
	{ "refused_table", -EOPNOTSUPP,
	  { "section .data", "is a function", "cannot call through pointers" } },
	{ "refused_globals", -EMSGSIZE,
	  { "section .bss", "16777217 bytes", "16 MiB in all" } },
	{ "refused_heap", -EMSGSIZE,
	  { "LAMBDA_HEAP(268435457)", "limit of 268435456" } },
	{ "refused_record", -EMSGSIZE,
	  { "LAMBDA_RECORD(1073676289)", "limit of 1073676288" } },
	{ "refused_bits", -EOPNOTSUPP, { "LAMBDA_ARGS()", "has a bit field" } },
	{ "refused_open", -EOPNOTSUPP,
	  { "LAMBDA_OUTPUT()", "has an array of structs without a length" } },
	{ "refused_args", -EOPNOTSUPP,
	  { "LAMBDA_ARGS()", "longer than arguments may be" } },
	{ "refused_merge", -EOPNOTSUPP,
	  { "a merge program for 'refused'", "neither LAMBDA_RECORD()" } },
	{ "refused_divided", -EOPNOTSUPP,
	  { "has lambda_lines.h", "'refused' has to begin by",
	    "LAMBDA_LINES_PROGRAM()" } },
	{ "refused_twice", -EOPNOTSUPP,
	  { "has lambda_lines.h", "neither LAMBDA_LINES()" } },
	{ "refused_recursion", -EINVAL,
	  { "function ", "refused_recursion.bpf.c:", "instruction ",
	    "do not recurse" } },
	{ "refused_atomic", -EINVAL,
	  { "function refused (", "refused_atomic.bpf.c:8)", "instruction " } },
	{ "no_program", -ENOENT, { "no λ program", "lambda/NAME" } },
};

/* Goes as far as it can without a kernel. */
static int judge(const char *path, char *why, size_t size)
{
	struct lambda_program *prog;
	struct lambda_object *obj;
	int err = lambda_object__open(path, why, size, &obj);

	if (err)
		return err;
	err = lambda_object__program(obj, NULL, why, size, &prog);
	if (!err)
		err = lambda_program__check(prog, why, size);
	lambda_object__close(obj);
	return err;
}

static void test_object(const struct refused *refused)
{
	char name[64], why[1024] = "";
	size_t i;
	int err;

	snprintf(name, sizeof(name), "tests/%s", refused->object);
	err = judge(object_path(name), why, sizeof(why));
	test_ok(err == refused->err, "%s: %d: %s", refused->object, err, why);
	test_ok(!strncmp(why, object_path(name), strlen(object_path(name))),
		"%s: names the object first", refused->object);
	for (i = 0; i < 4 && refused->says[i]; i++)
		test_ok(strstr(why, refused->says[i]), "%s: says '%s'",
			refused->object, refused->says[i]);
	test_ok(judge(object_path(name), NULL, 0) == refused->err,
		"%s: the same without a log", refused->object);
}

static void test_file(const char *path, int err, const char *says)
{
	char why[1024] = "";
	int got = judge(path, why, sizeof(why));

	test_ok(got == err && strstr(why, says), "%s: %d: %s", path, got, why);
}

int main(void)
{
	size_t i;

	for (i = 0; i < sizeof(objects) / sizeof(*objects); i++)
		test_object(&objects[i]);
	test_file("/nonexistent", -ENOENT, "/nonexistent: cannot read it");
	test_file("/", -EISDIR, "cannot read it");
	/* It has less to read than it says, and the next more. */
	test_file("/sys/devices/system/cpu/online", -ENOEXEC,
		  "not an ELF file");
	test_file("/proc/self/status", -ENOEXEC, "not an ELF file");
	test_file("/dev/null", -ENOEXEC, "a device is no object file");
	test_file("/proc/self/exe", -ENOEXEC, "not an object of clang");
	test_file(object_path("lambda"), -ENOENT, "cannot read it");
	return test_done();
}
