// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Reads the object's types and makes them fit for the kernel.
 *
 * A compiler does not know where the linker puts variables, so it leaves the
 * sizes of sections and the offsets of variables open, which the kernel
 * refuses. It also describes functions of other objects, which this library
 * has mapped to helpers by then.
 */
#include <errno.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* Types of one object, while they are being edited. */
struct types {
	__u8 *bytes;
	size_t size;
	__u32 *offset;	/* of each type by id, from 1; the object's then */
	size_t count;
	const struct lambda_symbol **vars;	/* by section and name */
};

/* What is longer than any name is none, so that looking at it costs little. */
const char *lambda_btf_string(const struct lambda_btf *btf, __u32 offset)
{
	const char *string = btf->strings + offset;

	if (offset >= btf->strings_size ||
	    strnlen(string, LAMBDA_STRING_MAX + 1) > LAMBDA_STRING_MAX)
		return "";
	return string;
}

/* Bytes that follow a type's head, or -1 for a kind unknown here. */
static __s64 btf_tail_size(const struct btf_type *type)
{
	__u32 vlen = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return sizeof(__u32);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_DATASEC:
	case BTF_KIND_ENUM64:
		return vlen * 12;
	case BTF_KIND_ENUM:
	case BTF_KIND_FUNC_PROTO:
		return vlen * 8;
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return 0;
	default:
		return -1;
	}
}

/* Finds where each type is. False: cut off, or of a kind unknown here. */
static bool btf_index_types(struct types *types)
{
	struct btf_type type;
	size_t at = 0;

	while (at < types->size) {
		__s64 tail;

		if (types->size - at < sizeof(type))
			return false;
		memcpy(&type, types->bytes + at, sizeof(type));
		tail = btf_tail_size(&type);
		if (tail < 0 ||
		    (size_t)tail > types->size - at - sizeof(type))
			return false;
		types->offset[++types->count] = at;
		at += sizeof(type) + tail;
	}
	return true;
}

static struct btf_type btf_type_at(const struct types *types, size_t id)
{
	struct btf_type type;

	memcpy(&type, types->bytes + types->offset[id], sizeof(type));
	return type;
}

static int btf_compare_vars(const void *a, const void *b)
{
	const struct lambda_symbol *x = *(const struct lambda_symbol **)a;
	const struct lambda_symbol *y = *(const struct lambda_symbol **)b;

	if (x->shndx != y->shndx)
		return x->shndx < y->shndx ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int btf_index_vars(const struct lambda_object *obj, struct types *types)
{
	size_t size = obj->nr_vars * sizeof(*types->vars);

	types->vars = malloc(size + 1);
	if (!types->vars)
		return -ENOMEM;
	memcpy(types->vars, obj->vars, size);
	qsort(types->vars, obj->nr_vars, sizeof(*types->vars),
	      btf_compare_vars);
	return 0;
}

static const struct lambda_symbol *btf_find_var(const struct lambda_object *obj,
						const struct types *types,
						size_t section,
						const char *name)
{
	struct lambda_symbol key = { .shndx = section, .name = name };
	const struct lambda_symbol *pkey = &key, **found;

	found = bsearch(&pkey, types->vars, obj->nr_vars, sizeof(*types->vars),
			btf_compare_vars);
	return found ? *found : NULL;
}

static int btf_compare_offsets(const void *a, const void *b)
{
	const struct btf_var_secinfo *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Tells a list of variables where each of them is. */
static bool btf_place_vars(const struct lambda_object *obj,
			   const struct types *types, size_t section,
			   struct btf_var_secinfo *vars, size_t count)
{
	const struct lambda_symbol *sym;
	size_t i;

	for (i = 0; i < count; i++) {
		struct btf_type var;

		if (vars[i].type == 0 || vars[i].type > types->count)
			return false;
		var = btf_type_at(types, vars[i].type);
		sym = btf_find_var(obj, types, section,
				   lambda_btf_string(&obj->btf, var.name_off));
		if (!sym)
			return false;
		vars[i].offset = sym->value;
	}
	qsort(vars, count, sizeof(*vars), btf_compare_offsets);
	return true;
}

static bool btf_fix_datasec(const struct lambda_object *obj,
			    const struct types *types, size_t id)
{
	__u8 *head = types->bytes + types->offset[id];
	struct btf_type type = btf_type_at(types, id);
	size_t count = BTF_INFO_VLEN(type.info);
	size_t bytes = count * sizeof(struct btf_var_secinfo);
	const struct lambda_section *section;
	struct btf_var_secinfo *vars;
	bool ok;

	section = lambda_elf_section(obj, lambda_btf_string(&obj->btf,
							    type.name_off));
	vars = malloc(bytes ?: 1);
	if (!section || !vars) {
		free(vars);
		return false;
	}
	type.size = section->size;
	memcpy(head, &type, sizeof(type));
	memcpy(vars, head + sizeof(type), bytes);
	ok = btf_place_vars(obj, types, section - obj->sections, vars, count);
	memcpy(head + sizeof(type), vars, bytes);
	free(vars);
	return ok;
}

/* The kernel has no word for a function that is defined elsewhere. */
static void btf_fix_func(const struct types *types, size_t id)
{
	struct btf_type type = btf_type_at(types, id);

	if (BTF_INFO_VLEN(type.info) == BTF_FUNC_EXTERN)
		type.info &= ~0xffffu;
	memcpy(types->bytes + types->offset[id], &type, sizeof(type));
}

static bool btf_fix_types(const struct lambda_object *obj,
			  const struct types *types)
{
	size_t id;

	for (id = 1; id <= types->count; id++) {
		struct btf_type type = btf_type_at(types, id);

		if (BTF_INFO_KIND(type.info) == BTF_KIND_FUNC)
			btf_fix_func(types, id);
		if (BTF_INFO_KIND(type.info) == BTF_KIND_DATASEC &&
		    !btf_fix_datasec(obj, types, id))
			return false;
	}
	return true;
}

/* Whether the kernel will be offered these types; it can do without. */
static int btf_make_loadable(struct lambda_object *obj, __u8 *bytes,
			     size_t size)
{
	struct types types = { .bytes = bytes, .size = size };
	int err = -ENOMEM;

	/* The smallest type has 12 bytes; there is no type 0. */
	types.offset = calloc(size / sizeof(struct btf_type) + 1,
			      sizeof(*types.offset));
	if (types.offset)
		err = btf_index_vars(obj, &types);
	if (!err)
		obj->btf.loadable = btf_index_types(&types) &&
				    btf_fix_types(obj, &types);
	free(types.vars);
	obj->btf.bytes = bytes;
	obj->btf.offset = types.offset;
	obj->btf.nr = types.count;
	return err;
}

static bool btf_within(__u64 offset, __u64 size, __u64 limit)
{
	return offset <= limit && size <= limit - offset;
}

/* What is written into types must not change strings that were looked at. */
static bool btf_overlap(const struct btf_header *head)
{
	__u64 types = head->type_off, strings = head->str_off;

	return types < strings + head->str_len &&
	       strings < types + head->type_len;
}

int lambda_btf_read(struct lambda_object *obj, const struct lambda_log *log)
{
	const struct lambda_section *section = lambda_elf_section(obj, ".BTF");
	struct lambda_btf *btf = &obj->btf;
	struct btf_header head;
	__u64 left;

	if (!section)
		return 0;
	if (!section->bytes || section->size < sizeof(head))
		goto malformed;
	memcpy(&head, section->bytes, sizeof(head));
	if (head.magic != BTF_MAGIC || head.hdr_len < sizeof(head) ||
	    head.hdr_len > section->size)
		goto malformed;
	left = section->size - head.hdr_len;
	if (!btf_within(head.type_off, head.type_len, left) ||
	    !btf_within(head.str_off, head.str_len, left) || !head.str_len ||
	    btf_overlap(&head) ||
	    section->bytes[head.hdr_len + head.str_off + head.str_len - 1])
		goto malformed;
	btf->raw = malloc(section->size);
	if (!btf->raw)
		return -ENOMEM;
	memcpy(btf->raw, section->bytes, section->size);
	btf->size = section->size;
	btf->strings = (char *)btf->raw + head.hdr_len + head.str_off;
	btf->strings_size = head.str_len;
	return btf_make_loadable(obj, btf->raw + head.hdr_len + head.type_off,
				 head.type_len);

malformed:
	return lambda_refuse(log, -ENOEXEC, obj, "malformed: section .BTF");
}

const __u8 *lambda_btf_type(const struct lambda_btf *btf, __u32 id,
			    struct btf_type *ret)
{
	const __u8 *head;

	if (!id || id > btf->nr)
		return NULL;
	head = btf->bytes + btf->offset[id];
	memcpy(ret, head, sizeof(*ret));
	return head + sizeof(*ret);
}

void lambda_btf_free(struct lambda_btf *btf)
{
	free(btf->raw);
	free(btf->offset);
	free(btf->lines);
	free(btf->types);
}
