// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* What LAMBDA_HEAP() and its like leave in an object. */
#include <errno.h>
#include <linux/sbpf.h>
#include <string.h>

#include "internal.h"

/* As in lambda_bpf.h. */
struct option {
	__u32 kind;
	__u32 reserved;
	__u64 value;
};

enum {
	OPTION_HEAP = 1,
	OPTION_FRAME = 2,
	OPTION_BUDGET = 3,
	OPTION_RECORD = 4,
	OPTION_LINES = 5,
	OPTION_DIVIDED = 6,
};

static int options_too_large(const struct lambda_object *obj, const char *macro,
			     __u64 value, __u64 limit,
			     const struct lambda_log *log)
{
	return lambda_refuse(log, -EMSGSIZE, obj,
			     "%s(%llu) is over the limit of %llu", macro,
			     value,
			     limit);
}

static int options_apply(struct lambda_object *obj, const struct option *option,
			 const struct lambda_log *log)
{
	struct lambda_load_attr *attr = &obj->attr;
	__u64 value = option->value;

	switch (option->kind) {
	case OPTION_HEAP:
		if (value > SBPF_HEAP_MAX)
			return options_too_large(obj, "LAMBDA_HEAP", value,
						 SBPF_HEAP_MAX, log);
		attr->heap_len = value;
		return 0;
	case OPTION_FRAME:
		if (value > SBPF_FRAME_MAX)
			return options_too_large(obj, "LAMBDA_FRAME", value,
						 SBPF_FRAME_MAX, log);
		attr->frame_len = (value + SBPF_PAGE_SIZE - 1) /
				  SBPF_PAGE_SIZE * SBPF_PAGE_SIZE;
		return 0;
	case OPTION_BUDGET:
		if (value > SBPF_BUDGET_MAX)
			return options_too_large(obj, "LAMBDA_BUDGET", value,
						 SBPF_BUDGET_MAX, log);
		attr->budget = value;
		attr->flags |= LAMBDA_ATTR_BUDGET;
		return 0;
	case OPTION_RECORD:
		if (value > SBPF_IN_MAX)
			return options_too_large(obj, "LAMBDA_RECORD", value,
						 SBPF_IN_MAX, log);
		attr->record_len = value;
		return 0;
	case OPTION_LINES:
		obj->lines = true;
		return 0;
	case OPTION_DIVIDED:
		obj->divided = true;
		return 0;
	default:
		return lambda_refuse(log, -EOPNOTSUPP, obj,
				     "has an option of kind %u, which this library does not know",
				     option->kind);
	}
}

int lambda_options_read(struct lambda_object *obj, const struct lambda_log *log)
{
	const struct lambda_section *section;
	struct option option;
	__u64 at;
	int err;

	section = lambda_elf_section(obj, ".lambda.options");
	if (!section)
		return 0;
	if (!section->bytes || section->size % sizeof(option))
		return lambda_refuse(log, -ENOEXEC, obj,
				     "malformed: section .lambda.options");
	for (at = 0; at < section->size; at += sizeof(option)) {
		memcpy(&option, section->bytes + at, sizeof(option));
		err = options_apply(obj, &option, log);
		if (err)
			return err;
	}
	if (obj->divided && (obj->lines || obj->attr.record_len != 1))
		return lambda_refuse(log, -EOPNOTSUPP, obj,
				     "has lambda_lines.h, with which it declares neither LAMBDA_LINES() nor LAMBDA_RECORD()");
	if (obj->lines && obj->attr.record_len)
		return lambda_refuse(log, -EOPNOTSUPP, obj,
				     "has both LAMBDA_LINES() and LAMBDA_RECORD(), which exclude each other");
	return 0;
}
