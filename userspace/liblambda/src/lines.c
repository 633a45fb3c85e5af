// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Reads from .BTF.ext which instruction stems from which line of source, and
 * which function is of which type.
 *
 * Both are lists of records, section by section: the size of a record, then
 * for each section its name, a count, and that many records.
 */
#include <errno.h>
#include <linux/btf.h>
#include <stddef.h>
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

/* How a struct lambda_line and a struct lambda_type begin. */
struct place {
	__u32 section;
	__u32 nth;
	__u32 offset;
};

/* Records of which @known bytes are wanted, gathered from all sections. */
struct records {
	__u8 *entries;		/* @count of @stride bytes */
	size_t count;
	size_t known;
	size_t stride;
};

static bool lines_take(struct cursor *from, void *to, size_t size)
{
	if (from->left < size)
		return false;
	memcpy(to, from->at, size);
	from->at += size;
	from->left -= size;
	return true;
}

static bool lines_read_block(struct cursor *from, struct records *records,
			     __u32 section, __u32 count, __u32 size)
{
	struct place place = { .section = section };

	if (!count || (__u64)count * size > from->left)
		return false;
	for (; count; count--, from->at += size, from->left -= size) {
		__u8 *entry = records->entries +
			      records->count * records->stride;

		place.nth = records->count++;
		memcpy(entry, &place, sizeof(place));
		memcpy(entry + offsetof(struct place, offset), from->at,
		       records->known);
	}
	return true;
}

static int lines_read_blocks(const struct lambda_object *obj,
			     struct cursor from, struct records *records,
			     __u32 size)
{
	__u32 name, count;

	while (from.left) {
		const struct lambda_section *section;

		if (!lines_take(&from, &name, sizeof(name)) ||
		    !lines_take(&from, &count, sizeof(count)))
			return -ENOEXEC;
		if (count > LAMBDA_LINES_MAX - records->count)
			return -EMSGSIZE;
		section = lambda_elf_section(obj, lambda_btf_string(&obj->btf,
								    name));
		if (!section ||
		    !lines_read_block(&from, records, section - obj->sections,
				      count, size))
			return -ENOEXEC;
	}
	return 0;
}

static int lines_compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->section != y->section)
		return x->section < y->section ? -1 : 1;
	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return x->nth < y->nth ? -1 : x->nth > y->nth;
}

/* What @records then holds is to be freed whatever this returns. */
static int lines_read_records(const struct lambda_object *obj,
			      struct cursor from, struct records *records)
{
	size_t most;
	__u32 size;
	int err;

	if (!lines_take(&from, &size, sizeof(size)))
		return from.left ? -ENOEXEC : 0;
	if (size < records->known)
		return -ENOEXEC;
	most = from.left / size;
	if (most > LAMBDA_LINES_MAX)
		most = LAMBDA_LINES_MAX;
	records->entries = calloc(most + 1, records->stride);
	if (!records->entries)
		return -ENOMEM;
	err = lines_read_blocks(obj, from, records, size);
	qsort(records->entries, records->count, records->stride,
	      lines_compare_places);
	return err;
}

static bool lines_is_header(const char *file)
{
	size_t len = strlen(file);

	return len > 2 && !strcmp(file + len - 2, ".h");
}

/* Each line learns which one is the first from it on that no header holds. */
static void lines_find_own(struct lambda_btf *btf)
{
	__u32 own = btf->nr_lines, i;

	for (i = btf->nr_lines; i-- > 0; ) {
		struct lambda_line *line = &btf->lines[i];
		__u32 name = line->info.file_name_off;

		if (!lines_is_header(lambda_btf_string(btf, name)))
			own = i;
		line->own = own;
	}
}

static int lines_read_lists(struct lambda_btf *btf,
			    const struct lambda_object *obj,
			    struct cursor funcs, struct cursor lines)
{
	struct records types = {
		.known = sizeof(btf->types->info),
		.stride = sizeof(*btf->types),
	};
	struct records infos = {
		.known = sizeof(btf->lines->info),
		.stride = sizeof(*btf->lines),
	};
	int err = lines_read_records(obj, funcs, &types);

	if (!err)
		err = lines_read_records(obj, lines, &infos);
	btf->types = (void *)types.entries;
	btf->nr_types = types.count;
	btf->lines = (void *)infos.entries;
	btf->nr_lines = infos.count;
	lines_find_own(btf);
	return err;
}

static bool lines_part(const struct cursor *body, __u32 offset, __u32 len,
		       struct cursor *ret)
{
	if (offset > body->left || len > body->left - offset)
		return false;
	ret->at = body->at + offset;
	ret->left = len;
	return true;
}

static int lines_read_section(struct lambda_object *obj,
			      const struct lambda_section *section)
{
	struct cursor body = { section->bytes, section->size };
	struct cursor funcs, lines;
	struct ext_header head;

	if (!section->bytes || !lines_take(&body, &head, sizeof(head)) ||
	    head.magic != BTF_EXT_MAGIC || head.hdr_len < sizeof(head) ||
	    head.hdr_len > section->size)
		return -ENOEXEC;
	body.at = section->bytes + head.hdr_len;
	body.left = section->size - head.hdr_len;
	if (!lines_part(&body, head.func_off, head.func_len, &funcs) ||
	    !lines_part(&body, head.line_off, head.line_len, &lines))
		return -ENOEXEC;
	return lines_read_lists(&obj->btf, obj, funcs, lines);
}

int lambda_lines_read(struct lambda_object *obj, const struct lambda_log *log)
{
	const struct lambda_section *section;
	int err;

	section = lambda_elf_section(obj, ".BTF.ext");
	if (!section || !obj->btf.raw)
		return 0;
	err = lines_read_section(obj, section);
	if (err == -ENOEXEC)
		lambda_refuse(log, err, obj, "malformed: section .BTF.ext");
	if (err == -EMSGSIZE)
		lambda_refuse(log, err, obj,
			      "has more than %u lines in section .BTF.ext",
			      LAMBDA_LINES_MAX);
	return err;
}

/* How many entries of a sorted list are of an earlier place. */
static size_t lines_entries_before(const void *entries, size_t count,
				   size_t stride, size_t section, __u64 offset)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct place *place = entries + mid * stride;

		if (place->section < section ||
		    (place->section == section && place->offset < offset))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

size_t lambda_lines_from(const struct lambda_object *obj, size_t section,
			 __u64 offset)
{
	const struct lambda_btf *btf = &obj->btf;

	return lines_entries_before(btf->lines, btf->nr_lines,
				    sizeof(*btf->lines), section, offset);
}

const struct bpf_line_info *lambda_lines_at(const struct lambda_object *obj,
					    size_t section, __u64 offset)
{
	size_t after = lambda_lines_from(obj, section, offset + 1);
	const struct lambda_line *line;

	if (!after)
		return NULL;
	line = &obj->btf.lines[after - 1];
	return line->section == section ? &line->info : NULL;
}

/*
 * The first instruction of a function may stem from an inline function of a
 * header, which would tell a person nothing.
 */
const struct bpf_line_info *lambda_lines_own(const struct lambda_object *obj,
					     const struct lambda_symbol *func)
{
	const struct lambda_btf *btf = &obj->btf;
	size_t i = lambda_lines_from(obj, func->shndx, func->value);
	const struct lambda_line *line;

	if (i < btf->nr_lines && btf->lines[i].own < btf->nr_lines) {
		line = &btf->lines[btf->lines[i].own];
		if (line->section == func->shndx &&
		    line->info.insn_off - func->value < func->size)
			return &line->info;
	}
	return lambda_lines_at(obj, func->shndx, func->value);
}

const struct bpf_func_info *
lambda_lines_type_at(const struct lambda_object *obj, size_t section,
		     __u64 offset)
{
	const struct lambda_btf *btf = &obj->btf;
	size_t i = lines_entries_before(btf->types, btf->nr_types,
					sizeof(*btf->types), section, offset);
	const struct lambda_type *type;

	if (i == btf->nr_types)
		return NULL;
	type = &btf->types[i];
	return type->section == section && type->info.insn_off == offset ?
		       &type->info : NULL;
}
