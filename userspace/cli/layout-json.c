// SPDX-License-Identifier: GPL-2.0-only
/* What an object declares of arguments and output, as JSON. */
#include "layout-json.h"

/* What an argument is if it is not told: a number, the name of one, or nothing. */
static void layout_json_put_default(struct json *json,
				    const struct lambda_field *field,
				    const void *values)
{
	const struct lambda_enumerator *known;
	__s64 value;

	if (!field->given || field->array) {
		json_text(json, "default", NULL);
		return;
	}
	value = lambda_field__number(field, values, 0);
	known = lambda_field__value(field, value);
	if (known)
		json_text(json, "default", known->brief);
	else if (field->kind == LAMBDA_KIND_UINT)
		json_count(json, "default", value);
	else
		json_number(json, "default", value);
}

static void layout_json_put_field(struct json *json,
				  const struct lambda_field *field,
				  const void *values)
{
	static const char *const kinds[] = {
		[LAMBDA_KIND_UINT] = "unsigned",
		[LAMBDA_KIND_INT] = "signed",
		[LAMBDA_KIND_BOOL] = "bool",
		[LAMBDA_KIND_CHAR] = "char",
		[LAMBDA_KIND_ENUM] = "enum",
		[LAMBDA_KIND_BYTES] = "bytes",
	};
	__u32 i;

	json_begin(json, NULL, '{');
	json_text(json, "name", field->name);
	json_text(json, "type", field->type);
	json_text(json, "kind", kinds[field->kind]);
	json_count(json, "offset", field->offset);
	json_count(json, "size", field->size);
	json_flag(json, "array", field->array);
	/* 0: as many as there are. */
	json_count(json, "count", field->count);
	json_flag(json, "optional", field->given);
	layout_json_put_default(json, field, values);
	json_begin(json, "values", '[');
	for (i = 0; i < field->nr_values; i++)
		json_text(json, NULL, field->values[i].brief);
	json_end(json, ']');
	json_end(json, '}');
}

void layout_json_fields(struct json *json, const char *name,
			const struct lambda_layout *layout)
{
	__u32 i;

	json_begin(json, name, '[');
	for (i = 0; layout && i < layout->nr_fields; i++)
		layout_json_put_field(json, &layout->fields[i], layout->values);
	json_end(json, ']');
}

void layout_json(struct json *json, const char *name,
		 const struct lambda_layout *layout)
{
	if (!layout) {
		json_text(json, name, NULL);
		return;
	}
	json_begin(json, name, '{');
	json_text(json, "type", layout->type);
	json_count(json, "size", layout->size);
	json_flag(json, "rows", layout->rows);
	layout_json_fields(json, "fields", layout);
	json_end(json, '}');
}
