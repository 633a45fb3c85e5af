// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* What can be known of a linked program without a kernel. */
#include <assert.h>
#include <errno.h>
#include <linux/lambda_check.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static_assert(sizeof(struct sbpf_insn) == sizeof(struct bpf_insn),
	      "the check is given the kernel's instructions");

LAMBDA_API const char *lambda_program__name(const struct lambda_program *prog)
{
	return prog->funcs->symbol->name;
}

LAMBDA_API const struct bpf_insn *
lambda_program__insns(const struct lambda_program *prog, size_t *count)
{
	*count = prog->count;
	return prog->insns;
}

LAMBDA_API void lambda_program__attr(const struct lambda_program *prog,
				     struct lambda_load_attr *attr)
{
	*attr = prog->obj->attr;
	/* Of the programs of a divided object all but one. */
	if (prog->obj->divided && !prog->divided)
		attr->record_len = 0;
	/* What is over lines is the library's to divide and to merge. */
	if (prog->merge && attr->record_len) {
		attr->flags |= LAMBDA_ATTR_MERGE;
		attr->merge_fd = -1;
	}
}

LAMBDA_API const struct lambda_program *
lambda_program__merge(const struct lambda_program *prog)
{
	return prog->merge;
}

LAMBDA_API int lambda_program__lines(const struct lambda_program *prog)
{
	return prog->obj->lines || prog->obj->divided;
}

LAMBDA_API const struct lambda_program *
lambda_program__whole(const struct lambda_program *prog)
{
	return prog->whole ? prog->whole : prog;
}

static void program_describe(const struct lambda_program *prog,
			     const struct lambda_linked *linked,
			     const struct bpf_line_info *line,
			     struct lambda_function *ret)
{
	ret->name = linked->symbol->name;
	ret->start = linked->start;
	ret->count = linked->count;
	ret->file = NULL;
	ret->line = 0;
	if (line) {
		ret->file = lambda_btf_string(&prog->obj->btf,
					      line->file_name_off);
		ret->line = BPF_LINE_INFO_LINE_NUM(line->line_col);
	}
}

LAMBDA_API int lambda_program__function(const struct lambda_program *prog,
					unsigned int i,
					struct lambda_function *ret)
{
	const struct lambda_linked *linked = &prog->funcs[i];

	if (i >= prog->nr_funcs)
		return -ENOENT;
	program_describe(prog, linked,
			 lambda_lines_own(prog->obj, linked->symbol), ret);
	return 0;
}

LAMBDA_API int lambda_program__locate(const struct lambda_program *prog,
				      size_t insn, struct lambda_function *ret)
{
	const struct lambda_linked *linked;
	const struct bpf_line_info *line;
	__u64 offset;

	if (insn >= prog->count)
		return -ENOENT;
	linked = lambda_link_place(prog, insn, &offset);
	line = lambda_lines_at(prog->obj, linked->symbol->shndx, offset);
	program_describe(prog, linked, line, ret);
	return 0;
}

LAMBDA_API const char *
lambda_program__source(const struct lambda_program *prog, size_t insn)
{
	const struct lambda_linked *linked;
	const struct bpf_line_info *line;
	__u64 offset;

	if (insn >= prog->count)
		return NULL;
	linked = lambda_link_place(prog, insn, &offset);
	line = lambda_lines_at(prog->obj, linked->symbol->shndx, offset);
	return line ? lambda_btf_string(&prog->obj->btf, line->line_off) : NULL;
}

/* What to do about C that is as it should be, and that clang made this of. */
static const char *program_advice_on(const char *why)
{
	static const struct {
		const char *what;
		const char *advice;
	} known[] = {
		{ "read but not written",
		  "; set the variable where it is declared, or compile by lambda cc" },
		{ "must end in exit",
		  "; it ends in a call that does not return: lambda cc ends it" },
		{ "do not recurse",
		  "; lambda cc makes loops of functions that call themselves" },
		{ "nest deeper", "; lambda cc inlines some, or makes jumps of calls" },
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strstr(why, known[i].what))
			return known[i].advice;
	return "";
}

static int program_refuse_checked(const struct lambda_program *prog,
				  const struct sbpf_check *ck,
				  const struct lambda_log *log)
{
	size_t index = ck->where < prog->count ? ck->where : prog->count - 1;
	const struct lambda_symbol *func;
	__u64 offset;

	func = lambda_link_place(prog, index, &offset)->symbol;
	return lambda_refuse_at(log, -EINVAL, prog->obj, func->shndx, offset,
				"instruction %zu: %s%s", index, ck->why,
				program_advice_on(ck->why));
}

LAMBDA_API int lambda_program__check(const struct lambda_program *prog,
				     char *log, size_t log_size)
{
	LAMBDA_KEEP_ERRNO;
	const struct lambda_log to = { log, log_size };
	struct sbpf_check *ck = calloc(1, sizeof(*ck));
	int err = -ENOMEM;

	if (log_size)
		*log = '\0';
	if (!ck)
		return lambda_log_end(&to, err);
	ck->insns = (const struct sbpf_insn *)prog->insns;
	ck->len = prog->count;
	ck->scratch = malloc(SBPF_CHECK_SCRATCH(prog->count));
	if (ck->scratch)
		err = sbpf_check(ck) ? program_refuse_checked(prog, ck, &to) :
				       0;
	free(ck->scratch);
	free(ck);
	return lambda_log_end(&to, err);
}
