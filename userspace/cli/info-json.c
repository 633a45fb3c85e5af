// SPDX-License-Identifier: GPL-2.0-only
/* lambda info --json of an object. */
#include <stdio.h>

#include "find.h"
#include "functions-json.h"
#include "layout-json.h"

/* What the library said is told after the document, not in the middle of it. */
struct refusal {
	int code;
	char why[4096];
};

/* Where the file may be cut into requests, and what makes one answer of them. */
static void info_json_put_cut(struct json *json,
			      const struct lambda_program *prog,
			      __u32 record_len)
{
	const struct lambda_program *whole = lambda_program__whole(prog);
	bool lines = lambda_program__lines(prog), parts = lines || record_len;

	json_text(json, "input", lines ? "lines" :
				 record_len ? "records" : "whole");
	json_count(json, "record_len", lines ? 0 : record_len);
	json_flag(json, "anywhere", prog != whole);
	json_text(json, "outputs", !parts ? "one" :
				   lambda_program__merge(whole) ? "merged" :
				   "concatenated");
}

static void info_json_put_memory(struct json *json,
				 const struct lambda_program *prog)
{
	struct lambda_load_attr attr;

	lambda_program__attr(prog, &attr);
	info_json_put_cut(json, prog, attr.record_len);
	json_count(json, "constant", attr.rodata_len);
	json_count(json, "data", attr.data_len);
	json_count(json, "zero", attr.bss_len);
	json_count(json, "heap", attr.heap_len);
	json_count(json, "frame", attr.frame_len ?: SBPF_FRAME_DEFAULT);
	if (attr.flags & LAMBDA_ATTR_BUDGET)
		json_count(json, "budget", attr.budget);
	else
		json_text(json, "budget", NULL);
	layout_json(json, "arguments", lambda_program__args_layout(prog));
	layout_json(json, "output", lambda_program__output_layout(prog));
}

static void info_json_put_program(struct json *json, struct lambda_object *obj,
				  const char *name, struct refusal *first)
{
	struct lambda_program *prog;
	struct refusal refusal = { 0 };
	size_t count;
	int err;

	json_begin(json, NULL, '{');
	json_text(json, "name", name);
	err = lambda_object__program(obj, name, refusal.why,
				     sizeof(refusal.why), &prog);
	if (!err) {
		lambda_program__insns(prog, &count);
		json_count(json, "instructions", count);
		functions_json(json, prog, false);
		info_json_put_memory(json, prog);
		err = lambda_program__check(prog, refusal.why,
					    sizeof(refusal.why));
	}
	json_text(json, "refused", err ? refusal.why : NULL);
	json_end(json, '}');
	refusal.code = err ? complain_exit_code(err) : 0;
	if (!first->code)
		*first = refusal;
}

static void info_json_put_globals(struct json *json, struct lambda_object *obj)
{
	struct lambda_variable var;
	unsigned int i;

	json_begin(json, "globals", '[');
	for (i = 0; !lambda_object__variable(obj, i, &var); i++) {
		json_begin(json, NULL, '{');
		json_text(json, "name", var.name);
		json_count(json, "address", var.address);
		json_count(json, "size", var.size);
		json_text(json, "section", var.section);
		json_end(json, '}');
	}
	json_end(json, ']');
}

/* Returns how many programs there are. */
static unsigned int info_json_put_object(const char *path,
					 struct lambda_object *obj,
					 struct refusal *first)
{
	struct json json = { .to = stdout };
	const char *name;
	unsigned int i;

	json_begin(&json, NULL, '{');
	json_text(&json, "object", path);
	json_text(&json, "about", lambda_object__about(obj));
	json_begin(&json, "programs", '[');
	for (i = 0; (name = lambda_object__program_name(obj, i)); i++)
		info_json_put_program(&json, obj, name, first);
	json_end(&json, ']');
	info_json_put_globals(&json, obj);
	json_end(&json, '}');
	json_done(&json);
	return i;
}

int info_object_json(const char *path)
{
	struct refusal first = { 0 };
	char object[PATH_MAX];
	struct lambda_object *obj;
	unsigned int count;
	int err;

	if (!find_object(path, object))
		return find_nothing(path);
	err = lambda_object__open(object, first.why, sizeof(first.why), &obj);
	if (err)
		return complain_lines(complain_exit_code(err), first.why);
	count = info_json_put_object(object, obj, &first);
	lambda_object__close(obj);
	fflush(stdout);
	if (!count)
		return complain(EXIT_REFUSED, "%s: has no λ program", path);
	return first.code ? complain_lines(first.code, first.why) : 0;
}
