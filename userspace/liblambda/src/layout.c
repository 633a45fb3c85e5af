// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * What LAMBDA_ARGS() and LAMBDA_OUTPUT() leave in an object: a variable each, in
 * a section of its own, of whose type the debug info tells.
 */
#include <errno.h>
#include <linux/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* Far above what arguments and outputs are, so that an object takes no more. */
#define FIELDS_MAX	4096u
#define VALUES_MAX	65536u
#define TYPES_DEEP	32u
#define STRUCTS_DEEP	8u

/* A layout while it is read. */
struct reader {
	const struct lambda_object *obj;
	struct lambda_fields *to;
	size_t nr_values;	/* of all fields */
	const char *why;	/* what is wrong, or NULL */
	unsigned int deep;
};

/* A type without what does not change what its bytes mean. */
struct resolved {
	__u32 id;
	struct btf_type type;
	const __u8 *tail;	/* what follows the head */
	const char *alias;	/* a typedef's name, or NULL */
};

static const char *layout_name_at(const struct reader *reader, __u32 offset)
{
	return lambda_btf_string(&reader->obj->btf, offset);
}

static bool layout_wrong(struct reader *reader, const char *why)
{
	if (!reader->why)
		reader->why = why;
	return false;
}

static bool layout_is_modifier(__u32 kind)
{
	return kind == BTF_KIND_TYPEDEF || kind == BTF_KIND_CONST ||
	       kind == BTF_KIND_VOLATILE || kind == BTF_KIND_RESTRICT ||
	       kind == BTF_KIND_TYPE_TAG;
}

static bool layout_resolve(struct reader *reader, __u32 id,
			   struct resolved *ret)
{
	unsigned int i;

	ret->alias = NULL;
	for (i = 0; i < TYPES_DEEP; i++) {
		ret->tail = lambda_btf_type(&reader->obj->btf, id, &ret->type);
		ret->id = id;
		if (!ret->tail)
			return layout_wrong(reader,
					    "has a type that is not there");
		if (!layout_is_modifier(BTF_INFO_KIND(ret->type.info)))
			return true;
		if (BTF_INFO_KIND(ret->type.info) == BTF_KIND_TYPEDEF &&
		    !ret->alias)
			ret->alias = layout_name_at(reader, ret->type.name_off);
		id = ret->type.type;
	}
	return layout_wrong(reader, "has a type of types without end");
}

/* Type names; what is allocated is freed with the object. */

static char *layout_keep(struct reader *reader, char *text)
{
	struct lambda_fields *to = reader->to;
	char **more;

	if (!text)
		return NULL;
	more = realloc(to->texts, (to->nr_texts + 1) * sizeof(*more));
	if (!more) {
		free(text);
		return NULL;
	}
	to->texts = more;
	to->texts[to->nr_texts++] = text;
	return text;
}

static const char *layout_join(struct reader *reader, const char *a,
			       const char *b)
{
	char *text;

	if (asprintf(&text, "%s%s", a, b) < 0)
		text = NULL;
	return layout_keep(reader, text);
}

static const char *layout_type_name(struct reader *reader,
				    const struct resolved *type)
{
	const char *name = layout_name_at(reader, type->type.name_off);

	if (type->alias)
		return type->alias;
	switch (BTF_INFO_KIND(type->type.info)) {
	case BTF_KIND_STRUCT:
		return layout_join(reader, "struct ", name);
	case BTF_KIND_UNION:
		return layout_join(reader, "union ", name);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return layout_join(reader, "enum ", name);
	case BTF_KIND_PTR:
		return "void *";
	default:
		return name;
	}
}

/* Enumerators */

/* What all names begin with, up to an underscore; nothing if there is one. */
static size_t layout_common_prefix(const struct lambda_enumerator *values,
				   size_t count)
{
	const char *first = count > 1 ? values->name : "";
	size_t len = strlen(first), i, k;

	for (i = 1; i < count; i++) {
		for (k = 0; k < len && values[i].name[k] == first[k]; k++)
			;
		len = k;
	}
	while (len && first[len - 1] != '_')
		len--;
	return len;
}

/*
 * Older compilers do not tell whether an enum has a sign: those of four bytes
 * are taken to have one.
 */
static __s64 layout_enumerator(const struct resolved *type, size_t i,
			       __u32 *name)
{
	struct btf_enum32 {
		__u32 name_off;
		__s32 value;
	} narrow;
	struct btf_enum_wide {
		__u32 name_off, low, high;
	} wide;

	if (BTF_INFO_KIND(type->type.info) == BTF_KIND_ENUM) {
		memcpy(&narrow, type->tail + i * sizeof(narrow),
		       sizeof(narrow));
		*name = narrow.name_off;
		return narrow.value;
	}
	memcpy(&wide, type->tail + i * sizeof(wide), sizeof(wide));
	*name = wide.name_off;
	return (__u64)wide.high << 32 | wide.low;
}

static bool layout_add_values(struct reader *reader,
			      const struct resolved *type,
			      struct lambda_field *field)
{
	size_t count = BTF_INFO_VLEN(type->type.info), prefix, i;
	struct lambda_enumerator *values;
	__u32 name;

	reader->nr_values += count;
	if (reader->nr_values > VALUES_MAX)
		return layout_wrong(reader, "has too many enumerators");
	values = calloc(count + 1, sizeof(*values));
	if (!layout_keep(reader, (char *)values))
		return false;
	for (i = 0; i < count; i++) {
		values[i].value = layout_enumerator(type, i, &name);
		values[i].name = layout_name_at(reader, name);
	}
	prefix = layout_common_prefix(values, count);
	for (i = 0; i < count; i++)
		values[i].brief = values[i].name[prefix] ?
					  values[i].name + prefix :
					  values[i].name;
	field->values = values;
	field->nr_values = count;
	return true;
}

/* Fields */

static bool layout_is_number(__u32 size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

static bool layout_judge_int(struct reader *reader, const struct resolved *type,
			     struct lambda_field *field)
{
	__u32 info;

	memcpy(&info, type->tail, sizeof(info));
	if (BTF_INT_BITS(info) != type->type.size * 8 || BTF_INT_OFFSET(info))
		return layout_wrong(reader, "has a bit field");
	if (BTF_INT_ENCODING(info) & BTF_INT_BOOL)
		field->kind = LAMBDA_KIND_BOOL;
	else if (!strcmp(layout_name_at(reader, type->type.name_off), "char"))
		field->kind = LAMBDA_KIND_CHAR;
	else
		field->kind = BTF_INT_ENCODING(info) & BTF_INT_SIGNED ?
			      LAMBDA_KIND_INT : LAMBDA_KIND_UINT;
	if (!layout_is_number(type->type.size))
		field->kind = LAMBDA_KIND_BYTES;
	return true;
}

static bool layout_judge_element(struct reader *reader,
				 const struct resolved *type,
				 struct lambda_field *field)
{
	field->type = layout_type_name(reader, type);
	if (!field->type)
		return false;
	field->size = type->type.size;
	switch (BTF_INFO_KIND(type->type.info)) {
	case BTF_KIND_INT:
		return layout_judge_int(reader, type, field);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		field->kind = LAMBDA_KIND_ENUM;
		if (!layout_is_number(field->size))
			return layout_wrong(reader,
					    "has an enum of an odd size");
		return layout_add_values(reader, type, field);
	case BTF_KIND_FLOAT:
		field->kind = LAMBDA_KIND_BYTES;
		return true;
	case BTF_KIND_PTR:
		field->kind = LAMBDA_KIND_BYTES;
		field->size = 8;
		return true;
	default:
		return layout_wrong(reader,
				    "has a member of a type that is not data");
	}
}

static bool layout_add_field(struct reader *reader, const struct resolved *type,
			     const char *name, const struct lambda_field *like)
{
	struct lambda_fields *to = reader->to;
	struct lambda_field *more;

	if (to->layout.nr_fields == FIELDS_MAX)
		return layout_wrong(reader, "has too many members");
	more = realloc(to->fields, (to->layout.nr_fields + 1) * sizeof(*more));
	if (!more)
		return false;
	to->fields = more;
	more += to->layout.nr_fields;
	*more = *like;
	more->name = name;
	if (!layout_judge_element(reader, type, more))
		return false;
	to->layout.nr_fields++;
	return true;
}

/* Takes the dimensions off an array, of @like->count elements then. */
static bool layout_elements(struct reader *reader, struct resolved *type,
			    struct lambda_field *like)
{
	struct btf_array array;
	__u64 count = 1;
	unsigned int i;

	for (i = 0; BTF_INFO_KIND(type->type.info) == BTF_KIND_ARRAY; i++) {
		memcpy(&array, type->tail, sizeof(array));
		count *= array.nelems;
		like->array = 1;
		if (i == TYPES_DEEP || count > SBPF_OUT_MAX)
			return layout_wrong(reader,
					    "has an array that is too large");
		if (!layout_resolve(reader, array.type, type))
			return false;
	}
	like->count = count;
	return true;
}

static bool layout_add_members(struct reader *reader,
			       const struct resolved *type, const char *prefix,
			       __u32 offset);

static bool layout_is_struct(const struct resolved *type)
{
	__u32 kind = BTF_INFO_KIND(type->type.info);

	return kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION;
}

/* The structs of a member that is one, or an array of them. */
static bool layout_add_structs(struct reader *reader,
			       const struct resolved *type, const char *name,
			       const struct lambda_field *like)
{
	const char *prefix = name;
	char index[32];
	__u32 i;

	if (!like->count)
		return layout_wrong(reader,
				    "has an array of structs without a length");
	for (i = 0; i < like->count; i++) {
		if (like->array) {
			snprintf(index, sizeof(index), "[%u]", i);
			prefix = layout_join(reader, name, index);
		}
		if (prefix && *prefix)
			prefix = layout_join(reader, prefix, ".");
		if (!prefix ||
		    !layout_add_members(reader, type, prefix,
					like->offset + i * type->type.size))
			return false;
	}
	return true;
}

static bool layout_add_member(struct reader *reader,
			      const struct resolved *whole,
			      const struct btf_member *member,
			      const char *prefix, __u32 offset)
{
	__u32 bits = member->offset;
	struct lambda_field like = { 0 };
	struct resolved type;
	const char *name;

	if (BTF_INFO_KFLAG(whole->type.info)) {
		if (BTF_MEMBER_BITFIELD_SIZE(bits))
			return layout_wrong(reader, "has a bit field");
		bits = BTF_MEMBER_BIT_OFFSET(bits);
	}
	if (bits % 8)
		return layout_wrong(reader, "has a bit field");
	like.offset = offset + bits / 8;
	name = layout_join(reader, prefix,
			   layout_name_at(reader, member->name_off));
	if (!name || !layout_resolve(reader, member->type, &type) ||
	    !layout_elements(reader, &type, &like))
		return false;
	return layout_is_struct(&type) ?
		       layout_add_structs(reader, &type, name, &like) :
		       layout_add_field(reader, &type, name, &like);
}

static bool layout_add_members(struct reader *reader,
			       const struct resolved *type, const char *prefix,
			       __u32 offset)
{
	size_t count = BTF_INFO_VLEN(type->type.info), i;
	struct btf_member member;
	bool ok = true;

	if (reader->deep == STRUCTS_DEEP)
		return layout_wrong(reader,
				    "has structs in structs without end");
	reader->deep++;
	for (i = 0; ok && i < count; i++) {
		memcpy(&member, type->tail + i * sizeof(member),
		       sizeof(member));
		ok = layout_add_member(reader, type, &member, prefix, offset);
	}
	reader->deep--;
	return ok;
}

/* What lies outside of the whole, or has its elements between others. */
static bool layout_judge_places(struct reader *reader)
{
	const struct lambda_layout *layout = &reader->to->layout;
	__u32 i;

	for (i = 0; i < layout->nr_fields; i++) {
		const struct lambda_field *field = &reader->to->fields[i];
		__u64 end = field->offset + (__u64)field->size * field->count;

		if (end > layout->size ||
		    (!field->count && (field->offset != layout->size ||
				       i + 1 < layout->nr_fields ||
				       layout->rows)))
			return layout_wrong(reader,
					    "has a member outside of it");
	}
	return true;
}

/* The layout of a type, which may be an array of any number of them. */
static bool layout_read_type(struct reader *reader, __u32 id)
{
	struct lambda_layout *layout = &reader->to->layout;
	struct lambda_field like = { .count = 1 };
	struct btf_array array;
	struct resolved type;

	if (!layout_resolve(reader, id, &type))
		return false;
	if (BTF_INFO_KIND(type.type.info) == BTF_KIND_ARRAY) {
		memcpy(&array, type.tail, sizeof(array));
		layout->rows = !array.nelems;
		if (layout->rows && !layout_resolve(reader, array.type, &type))
			return false;
	}
	if (!layout_elements(reader, &type, &like))
		return false;
	layout->type = layout_type_name(reader, &type);
	if (!layout->type)
		return false;
	layout->size = type.type.size * like.count;
	if (layout_is_struct(&type) && !like.array) {
		if (!layout_add_members(reader, &type, "", 0))
			return false;
	} else if (!layout_add_field(reader, &type, "", &like)) {
		return false;
	}
	layout->fields = reader->to->fields;
	return layout_judge_places(reader);
}

/* The only variable of a section: its type, or 0. */
static __u32 layout_variable_of(struct reader *reader, const char *section)
{
	const struct lambda_btf *btf = &reader->obj->btf;
	struct btf_var_secinfo info;
	struct btf_type type;
	const __u8 *tail;
	__u32 id;

	for (id = 1; (tail = lambda_btf_type(btf, id, &type)); id++) {
		if (BTF_INFO_KIND(type.info) != BTF_KIND_DATASEC ||
		    strcmp(layout_name_at(reader, type.name_off), section))
			continue;
		if (BTF_INFO_VLEN(type.info) != 1)
			return 0;
		memcpy(&info, tail, sizeof(info));
		tail = lambda_btf_type(btf, info.type, &type);
		return tail && BTF_INFO_KIND(type.info) == BTF_KIND_VAR ?
			       type.type : 0;
	}
	return 0;
}

/* Behind a string or a character in C. */
static const char *layout_skip_quoted(const char *at)
{
	const char quote = *at++;

	for (; *at && *at != quote; at++)
		if (*at == '\\' && at[1])
			at++;
	return at;
}

/* Whether a list of initialisers, such as ".a = 1, .b = { 2 }", has one of it. */
static bool layout_is_given(const char *set, const char *name)
{
	size_t len;
	int deep = 0;

	for (; *set; set++) {
		if (*set == '"' || *set == '\'')
			set = layout_skip_quoted(set);
		if (!*set)
			return false;
		deep += *set == '{' || *set == '(';
		deep -= *set == '}' || *set == ')';
		if (*set != '.' || deep)
			continue;
		len = strcspn(set + 1, " \t=,");
		if (!strncmp(set + 1, name, len) &&
		    (!name[len] || name[len] == '.' || name[len] == '['))
			return true;
	}
	return false;
}

/* The struct that LAMBDA_ARGS() makes: which values are given, and all of them. */
static bool layout_read_args(struct reader *reader,
			     const struct lambda_section *section)
{
	struct btf_member set, value;
	struct resolved type;
	struct lambda_fields *to = reader->to;
	const char *given = (const char *)section->bytes;
	__u32 id = layout_variable_of(reader, section->name), at, i;

	if (!id || !layout_resolve(reader, id, &type) ||
	    !layout_is_struct(&type) || BTF_INFO_VLEN(type.type.info) != 2)
		return layout_wrong(reader, "is malformed");
	memcpy(&set, type.tail, sizeof(set));
	memcpy(&value, type.tail + sizeof(set), sizeof(value));
	at = value.offset / 8;
	if (set.offset || !at || at > section->size || given[at - 1] ||
	    !layout_read_type(reader, value.type) ||
	    to->layout.size > section->size - at)
		return layout_wrong(reader, "is malformed");
	if (to->layout.size > SBPF_ARGS_MAX)
		return layout_wrong(reader, "is longer than arguments may be");
	to->layout.values = section->bytes + at;
	for (i = 0; i < to->layout.nr_fields; i++)
		to->fields[i].given =
			layout_is_given(given, to->fields[i].name);
	return true;
}

/* The pointer that LAMBDA_OUTPUT() makes. */
static bool layout_read_output(struct reader *reader,
			       const struct lambda_section *section)
{
	__u32 id = layout_variable_of(reader, section->name);
	struct resolved type;

	if (!id || !layout_resolve(reader, id, &type) ||
	    BTF_INFO_KIND(type.type.info) != BTF_KIND_PTR ||
	    !layout_read_type(reader, type.type.type))
		return layout_wrong(reader, "is malformed");
	return reader->to->layout.size || layout_wrong(reader, "has no bytes");
}

static int layout_read_one(struct lambda_object *obj, const char *name,
			   const char *macro, struct lambda_fields *to,
			   bool (*read)(struct reader *reader,
					const struct lambda_section *section),
			   const struct lambda_log *log)
{
	const struct lambda_section *section = lambda_elf_section(obj, name);
	struct reader reader = { .obj = obj, .to = to };

	if (!section || !obj->btf.raw)
		return 0;
	if (!section->bytes)
		reader.why = "is malformed";
	else if (read(&reader, section))
		to->declared = true;
	if (reader.why)
		return lambda_refuse(log, -EOPNOTSUPP, obj, "%s: the type %s",
				     macro, reader.why);
	return to->declared ? 0 : -ENOMEM;
}

int lambda_layouts_read(struct lambda_object *obj, const struct lambda_log *log)
{
	int err = layout_read_one(obj, ".lambda.args", "LAMBDA_ARGS()",
				  &obj->args, layout_read_args, log);

	return err ? err :
		     layout_read_one(obj, ".lambda.output", "LAMBDA_OUTPUT()",
				     &obj->output, layout_read_output, log);
}

void lambda_layouts_free(struct lambda_fields *fields)
{
	size_t i;

	for (i = 0; i < fields->nr_texts; i++)
		free(fields->texts[i]);
	free(fields->texts);
	free(fields->fields);
}

LAMBDA_API const struct lambda_layout *
lambda_program__args_layout(const struct lambda_program *prog)
{
	return prog->obj->args.declared ? &prog->obj->args.layout : NULL;
}

LAMBDA_API const struct lambda_layout *
lambda_program__output_layout(const struct lambda_program *prog)
{
	return prog->obj->output.declared ? &prog->obj->output.layout : NULL;
}
