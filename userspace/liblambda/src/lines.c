// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Reads from .BTF.ext which instruction stems from which line of source, and
 * which function is of which type.
 *
 * Both are lists of records, section by section: the size of a record, then
 * for each section its name, a count, and that many records.
 */
#include <elf.h>
#include <errno.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define BTF_EXT_MAGIC	0xeb9f

struct ext_header {
	__u16 magic;
	__u8 version;
	__u8 flags;
	__u32 hdr_len;
	__u32 func_off;	/* from the end of the header, like line_off */
	__u32 func_len;
	__u32 line_off;
	__u32 line_len;
};

/* What is left to read. */
struct cursor {
	const __u8 *at;
	size_t left;
};

/* Records of which @known bytes are wanted, gathered from all sections. */
struct records {
	__u8 *bytes;		/* @count times @known */
	__u32 *section;
	size_t count;
	size_t known;
};

static bool take(struct cursor *from, void *to, size_t size)
{
	if (from->left < size)
		return false;
	memcpy(to, from->at, size);
	from->at += size;
	from->left -= size;
	return true;
}

static bool read_block(struct cursor *from, struct records *records,
		       __u32 section, __u32 count, __u32 size)
{
	if ((__u64)count * size > from->left)
		return false;
	for (; count; count--, from->at += size, from->left -= size) {
		memcpy(records->bytes + records->count * records->known,
		       from->at, records->known);
		records->section[records->count++] = section;
	}
	return true;
}

static bool read_blocks(const struct lambda_object *obj, struct cursor from,
			struct records *records, __u32 size)
{
	__u32 name, count;

	while (from.left) {
		const struct lambda_section *section;

		if (!take(&from, &name, sizeof(name)) ||
		    !take(&from, &count, sizeof(count)))
			return false;
		section = lambda_elf_section(obj, lambda_btf_string(&obj->btf,
								    name));
		if (!section ||
		    !read_block(&from, records, section - obj->sections, count,
				size))
			return false;
	}
	return true;
}

/* 0, -ENOEXEC or -ENOMEM. What @records then holds is to be freed always. */
static int read_records(const struct lambda_object *obj, struct cursor from,
			struct records *records)
{
	__u32 size;

	if (!take(&from, &size, sizeof(size)))
		return from.left ? -ENOEXEC : 0;
	if (size < records->known)
		return -ENOEXEC;
	records->bytes = calloc(from.left / size + 1, records->known);
	records->section = calloc(from.left / size + 1,
				  sizeof(*records->section));
	if (!records->bytes || !records->section)
		return -ENOMEM;
	return read_blocks(obj, from, records, size) ? 0 : -ENOEXEC;
}

static int read_lists(struct lambda_object *obj, struct cursor funcs,
		      struct cursor lines)
{
	struct records types = { .known = sizeof(*obj->btf.types.info) };
	struct records infos = { .known = sizeof(*obj->btf.lines.info) };
	int err = read_records(obj, funcs, &types);

	if (!err)
		err = read_records(obj, lines, &infos);
	obj->btf.types.info = (void *)types.bytes;
	obj->btf.types.section = types.section;
	obj->btf.types.count = types.count;
	obj->btf.lines.info = (void *)infos.bytes;
	obj->btf.lines.section = infos.section;
	obj->btf.lines.count = infos.count;
	return err;
}

int lambda_lines_read(struct lambda_object *obj, const struct lambda_log *log)
{
	const struct lambda_section *section;
	struct cursor body, funcs, lines;
	struct ext_header head;
	int err = -ENOEXEC;

	section = lambda_elf_section(obj, ".BTF.ext");
	if (!section || !obj->btf.raw)
		return 0;
	body.at = section->bytes;
	body.left = section->bytes ? section->size : 0;
	if (take(&body, &head, sizeof(head)) && head.magic == BTF_EXT_MAGIC &&
	    head.hdr_len >= sizeof(head) && head.hdr_len <= section->size) {
		body.at = section->bytes + head.hdr_len;
		body.left = section->size - head.hdr_len;
		if (head.func_off <= body.left &&
		    head.func_len <= body.left - head.func_off &&
		    head.line_off <= body.left &&
		    head.line_len <= body.left - head.line_off) {
			funcs.at = body.at + head.func_off;
			funcs.left = head.func_len;
			lines.at = body.at + head.line_off;
			lines.left = head.line_len;
			err = read_lists(obj, funcs, lines);
		}
	}
	if (err == -ENOEXEC)
		lambda_refuse(log, err, obj, "malformed: section .BTF.ext");
	return err;
}

const struct bpf_line_info *
lambda_line_at(const struct lambda_object *obj, size_t section, __u64 offset)
{
	const struct lambda_lines *lines = &obj->btf.lines;
	const struct bpf_line_info *best = NULL;
	size_t i;

	for (i = 0; i < lines->count; i++) {
		const struct bpf_line_info *line = &lines->info[i];

		if (lines->section[i] != section || line->insn_off > offset)
			continue;
		if (!best || line->insn_off >= best->insn_off)
			best = line;
	}
	return best;
}
