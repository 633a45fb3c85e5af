// SPDX-License-Identifier: GPL-2.0-only
/* lambda info: what an object holds, or what a disk or this kernel can. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "find.h"

struct info {
	const char *path;
	bool disk;
};

static const struct argp_option options[] = {
	{ "disk", 'd', NULL, 0,
	  "The disk that PATH lies on, whatever PATH is", 0 },
	{ 0 }
};

static error_t cmd_info_parse(int key, char *arg, struct argp_state *state)
{
	struct info *info = state->input;

	switch (key) {
	case 'd':
		info->disk = true;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num > 0)
			argp_usage(state);
		info->path = arg;
		return 0;
	case ARGP_KEY_END:
		if (info->disk && !info->path)
			argp_error(state, "which disk?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	options,
	cmd_info_parse,
	"[OBJ | DISK]\n--disk PATH",
	"Says which programs, functions and globals an object has and whether they pass the check, without loading it. Of a disk it says whether its drive runs λ programs, with what limits, and what it has done. Without an argument it says whether this kernel runs λ programs, and their limits.",
	NULL,
	NULL,
	NULL
};

/* What the library said comes where it belongs among the output. */
static int cmd_info_refused(int err, const char *why)
{
	fflush(stdout);
	return complain_lines(exit_code(err), why);
}

static int cmd_info_print_program(struct lambda_object *obj, const char *name)
{
	struct lambda_program *prog;
	struct lambda_function func;
	char why[4096] = "";
	unsigned int i;
	size_t count;
	int err;

	err = lambda_object__program(obj, name, why, sizeof(why), &prog);
	if (err)
		return cmd_info_refused(err, why);
	lambda_program__insns(prog, &count);
	print(stdout, "program %s: %zu instructions\n", name, count);
	for (i = 0; !lambda_program__function(prog, i, &func); i++) {
		print(stdout, "  function %-20s %6zu instructions", func.name,
		      func.count);
		if (func.file)
			print(stdout, "  %s:%u", func.file, func.line);
		putchar('\n');
	}
	err = lambda_program__check(prog, why, sizeof(why));
	if (err)
		return cmd_info_refused(err, why);
	printf("  passes the load-time check\n");
	return 0;
}

static void cmd_info_print_globals(struct lambda_object *obj)
{
	struct lambda_variable var;
	unsigned int i;

	for (i = 0; !lambda_object__variable(obj, i, &var); i++)
		print(stdout, "global %-24s 0x%08x %8llu bytes  %s\n",
		      var.name, var.address, var.size, var.section);
}

/* Where the file may be cut into requests, and what makes one answer of them. */
static void cmd_info_print_cut(const struct lambda_program *prog,
			       __u32 record_len)
{
	const struct lambda_program *whole = lambda_program__whole(prog);
	const char *answers = lambda_program__merge(whole) ?
				      "merged" : "one after the other";

	if (lambda_program__lines(prog))
		printf("input: lines%s; outputs: %s\n",
		       prog == whole ? "" : ", cut anywhere", answers);
	else if (record_len)
		printf("input: records of %u bytes; outputs: %s\n", record_len,
		       answers);
	else
		printf("input: the whole range in one request\n");
}

static void cmd_info_print_field(const struct lambda_field *field)
{
	__u32 i;

	printf("  %s%s%s", field->type, *field->name ? " " : "", field->name);
	if (field->array && field->count)
		printf("[%u]", field->count);
	else if (field->array)
		printf("[]");
	for (i = 0; i < field->nr_values; i++)
		printf("%s%s", i ? ", " : ": ", field->values[i].brief);
}

/* The value that an argument has if it is not told. */
static void cmd_info_print_given(const struct lambda_field *field,
				 const void *values)
{
	__s64 value = lambda_field__number(field, values, 0);
	const struct lambda_enumerator *known =
		lambda_field__value(field, value);

	if (field->array)
		printf(" (may be left out)");
	else if (known)
		printf(" (%s)", known->brief);
	else if (field->kind == LAMBDA_KIND_CHAR)
		printf(" (%c)", value > ' ' && value < 0x7f ? (int)value : '?');
	else if (field->kind == LAMBDA_KIND_UINT)
		printf(" (%llu)", (__u64)value);
	else
		printf(" (%lld)", value);
}

static void cmd_info_print_layout(const char *what,
				  const struct lambda_layout *layout)
{
	__u32 i;

	if (!layout)
		return;
	printf("%s: %s%s, %u bytes%s\n", what, layout->type,
	       layout->rows ? "[]" : "", layout->size,
	       layout->rows ? " each" : "");
	for (i = 0; i < layout->nr_fields; i++) {
		cmd_info_print_field(&layout->fields[i]);
		if (layout->fields[i].given)
			cmd_info_print_given(&layout->fields[i],
					     layout->values);
		printf("\n");
	}
}

static void cmd_info_print_options(struct lambda_object *obj, const char *name)
{
	struct lambda_program *prog;
	struct lambda_load_attr attr;

	if (lambda_object__program(obj, name, NULL, 0, &prog))
		return;
	lambda_program__attr(prog, &attr);
	printf("image: %llu bytes constant, %llu data, %llu zero\n",
	       attr.rodata_len, attr.data_len, attr.bss_len);
	printf("heap: %llu bytes\nframe: %u bytes\n", attr.heap_len,
	       attr.frame_len ?: SBPF_FRAME_DEFAULT);
	if (attr.flags & LAMBDA_ATTR_BUDGET)
		printf("budget: %llu jumps\n", attr.budget);
	cmd_info_print_cut(prog, attr.record_len);
	cmd_info_print_layout("arguments", lambda_program__args_layout(prog));
	cmd_info_print_layout("output", lambda_program__output_layout(prog));
}

static int cmd_info_object(const char *path)
{
	char object[PATH_MAX], why[4096] = "";
	struct lambda_object *obj;
	unsigned int i;
	const char *name;
	int code = 0, err;

	if (!find_object(path, object))
		return find_nothing(path);
	err = lambda_object__open(object, why, sizeof(why), &obj);
	if (err)
		return cmd_info_refused(err, why);
	if (lambda_object__about(obj))
		print(stdout, "%s\n", lambda_object__about(obj));
	for (i = 0; (name = lambda_object__program_name(obj, i)); i++)
		code = cmd_info_print_program(obj, name) ?: code;
	if (i == 0)
		code = complain(EXIT_REFUSED, "%s: has no λ program", path);
	cmd_info_print_globals(obj);
	if (i)
		cmd_info_print_options(obj,
				       lambda_object__program_name(obj, 0));
	lambda_object__close(obj);
	return code;
}

static void cmd_info_print_limits(void)
{
	printf("instructions  %u\n", SBPF_INSNS_MAX);
	printf("functions     %u, nested %u deep\n", SBPF_FUNCS_MAX,
	       SBPF_DEPTH_MAX);
	printf("frame         %u bytes\n", SBPF_FRAME_MAX);
	printf("globals       %u bytes\n", SBPF_DATA_MAX);
	printf("heap          %u bytes\n", SBPF_HEAP_MAX);
	printf("arguments     %u bytes\n", SBPF_ARGS_MAX);
	printf("input         %u bytes\n", SBPF_IN_MAX);
	printf("output        %u bytes\n", SBPF_OUT_MAX);
	printf("budget        %llu jumps\n", SBPF_BUDGET_MAX);
}

static int cmd_info_kernel(void)
{
	int code = kernel_needed();

	if (!code)
		printf("kernel ABI    %d (this command knows %d)\n",
		       lambda_load(NULL, 0, LAMBDA_LOAD_ABI), LAMBDA_ABI);
	cmd_info_print_limits();
	return code;
}

static bool cmd_info_is_disk(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISBLK(st.st_mode);
}

int cmd_info(int argc, char **argv)
{
	struct info info = { 0 };

	argp_parse(&argp, argc, argv, 0, NULL, &info);
	if (!info.path)
		return cmd_info_kernel();
	if (info.disk || cmd_info_is_disk(info.path))
		return info_disk(info.path);
	return cmd_info_object(info.path);
}
