// SPDX-License-Identifier: GPL-2.0-only
/* lambda info: what an object holds, or what a disk or this kernel can. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "find.h"
#include "json.h"
#include "kernel.h"

struct info {
	const char *path;
	bool disk, json;
};

static const struct argp_option options[] = {
	{ "disk", 'd', NULL, 0,
	  "The disk that PATH lies on, whatever PATH is", 0 },
	JSON_OPTION,
	{ 0 }
};

static error_t cmd_info_parse(int key, char *arg, struct argp_state *state)
{
	struct info *info = state->input;

	switch (key) {
	case 'd':
		info->disk = true;
		return 0;
	case 'j':
		info->json = true;
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
	return complain_lines(complain_exit_code(err), why);
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

static const struct {
	const char *name, *member;
	unsigned long long limit;
	const char *unit;
} limits[] = {
	{ "instructions", "instructions", SBPF_INSNS_MAX, "" },
	{ "functions", "functions", SBPF_FUNCS_MAX, "" },
	{ "nested", "depth", SBPF_DEPTH_MAX, " deep" },
	{ "frame", "frame", SBPF_FRAME_MAX, " bytes" },
	{ "globals", "globals", SBPF_DATA_MAX, " bytes" },
	{ "heap", "heap", SBPF_HEAP_MAX, " bytes" },
	{ "arguments", "arguments", SBPF_ARGS_MAX, " bytes" },
	{ "input", "input", SBPF_IN_MAX, " bytes" },
	{ "output", "output", SBPF_OUT_MAX, " bytes" },
	{ "budget", "budget", SBPF_BUDGET_MAX, " jumps" },
};

#define NR_LIMITS	(sizeof(limits) / sizeof(*limits))

static int cmd_info_kernel(void)
{
	int code = kernel_needed();
	size_t i;

	if (!code)
		printf("kernel ABI    %d (this command knows %d)\n",
		       kernel_abi(), LAMBDA_ABI);
	for (i = 0; i < NR_LIMITS; i++)
		printf("%-13s %llu%s\n", limits[i].name, limits[i].limit,
		       limits[i].unit);
	return code;
}

static int cmd_info_kernel_json(void)
{
	struct json json = { .to = stdout };
	int abi = kernel_abi();
	size_t i;

	json_begin(&json, NULL, '{');
	if (abi < 0)
		json_text(&json, "kernel_abi", NULL);
	else
		json_number(&json, "kernel_abi", abi);
	json_number(&json, "command_abi", LAMBDA_ABI);
	json_begin(&json, "limits", '{');
	for (i = 0; i < NR_LIMITS; i++)
		json_count(&json, limits[i].member, limits[i].limit);
	json_end(&json, '}');
	json_end(&json, '}');
	json_done(&json);
	fflush(stdout);
	return kernel_needed();
}

/*
 * The disk that is meant by a word that is no path of an object: a node, the name of
 * a disk without its folder, or a controller, which stands for its first namespace.
 */
static bool cmd_info_is_disk(const char *word, char node[PATH_MAX])
{
	static const char *const forms[] = { "%s", "/dev/%s", "%sn1",
					     "/dev/%sn1" };
	char found[PATH_MAX];
	struct stat st;
	size_t i;

	if (find_object(word, found) && !stat(found, &st) &&
	    S_ISREG(st.st_mode))
		return false;
	for (i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		if (snprintf(node, PATH_MAX, forms[i], word) < PATH_MAX &&
		    !stat(node, &st) && S_ISBLK(st.st_mode))
			return true;
	return false;
}

int cmd_info(int argc, char **argv)
{
	struct info info = { 0 };
	char node[PATH_MAX];

	argp_parse(&argp, argc, argv, 0, NULL, &info);
	if (!info.path)
		return info.json ? cmd_info_kernel_json() : cmd_info_kernel();
	if (info.disk)
		return info_disk(info.path, info.json);
	if (cmd_info_is_disk(info.path, node))
		return info_disk(node, info.json);
	return info.json ? info_object_json(info.path) :
			   cmd_info_object(info.path);
}
