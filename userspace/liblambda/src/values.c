// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Arguments by name: from "NAME=VALUE" to the bytes that a program is given. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "internal.h"

/* The arguments while they are put together. */
struct block {
	const struct lambda_layout *layout;
	const struct lambda_log *log;
	__u8 *bytes;
	size_t len, size;
	__u8 *told;		/* which fields were */
};

/* All names, and what need not be told in brackets. */
static void lambda_value_say_fields(const struct block *block)
{
	const struct lambda_layout *layout = block->layout;
	__u32 i;

	for (i = 0; i < layout->nr_fields; i++) {
		const struct lambda_field *field = &layout->fields[i];

		lambda_log_add(block->log, field->given ? "%s[%s]" : "%s%s",
			       i ? ", " : "", field->name);
	}
}

static void lambda_value_say_values(const struct block *block,
				    const struct lambda_field *field)
{
	__u32 i;

	for (i = 0; i < field->nr_values; i++)
		lambda_log_add(block->log, "%s%s", i ? ", " : "",
			       field->values[i].brief);
}

/* One number or name of a value; its text ends at @end. */

static const struct lambda_enumerator *
lambda_value_find_value(const struct lambda_field *field, const char *text,
			size_t len)
{
	__u32 i;

	for (i = 0; i < field->nr_values; i++) {
		const struct lambda_enumerator *value = &field->values[i];

		if ((!strncasecmp(value->brief, text, len) &&
		     !value->brief[len]) ||
		    (!strncasecmp(value->name, text, len) &&
		     !value->name[len]))
			return value;
	}
	return NULL;
}

static int lambda_value_digit_of(char c, int base)
{
	int digit = isdigit((unsigned char)c) ? c - '0' :
		    isxdigit((unsigned char)c) ?
			    tolower((unsigned char)c) - 'a' + 10 : base;

	return digit < base ? digit : -1;
}

/* Digits and at most one letter, as everywhere in the command. */
static bool lambda_value_parse_number(const char *text, const char *end,
				      __u64 *ret)
{
	static const char letters[] = "KMGTPE";
	bool hex = end - text > 2 && text[0] == '0' && text[1] == 'x';
	int base = hex ? 16 : 10, digit, shift = 0;
	const char *first = text + (hex ? 2 : 0), *letter;
	__u64 value = 0;

	for (text = first;
	     text < end &&
	     (digit = lambda_value_digit_of(*text, base)) >= 0; text++) {
		if (value > (~0ull - digit) / base)
			return false;
		value = value * base + digit;
	}
	if (text == first)
		return false;
	if (text < end) {
		letter = memchr(letters, *text, 6);
		shift = letter ? (letter - letters + 1) * 10 : 0;
		if (!letter || ++text < end || value > ~0ull >> shift)
			return false;
	}
	*ret = value << shift;
	return true;
}

/* An enum without negative values has none in its elements either. */
static bool lambda_value_has_sign(const struct lambda_field *field)
{
	__u32 i;

	for (i = 0; i < field->nr_values; i++)
		if (field->values[i].value < 0)
			return true;
	return field->kind == LAMBDA_KIND_INT;
}

/* The most that an element of a field holds, without its sign. */
static __u64 lambda_value_most_of(const struct lambda_field *field, bool minus)
{
	__u64 most = ~0ull >> (64 - 8 * field->size);

	if (field->kind == LAMBDA_KIND_BOOL)
		return 1;
	return lambda_value_has_sign(field) ? most / 2 + minus : most;
}

static int lambda_value_no_number(const struct block *block,
				  const struct lambda_field *field,
				  const char *text, const char *end)
{
	lambda_log_add(block->log, "%s: '%.*s' is ", field->name,
		       (int)(end - text), text);
	if (field->nr_values) {
		lambda_log_add(block->log, "none of ");
		lambda_value_say_values(block, field);
	} else if (field->kind == LAMBDA_KIND_BYTES) {
		lambda_log_add(block->log,
			       "no value that can be told by name; --args takes bytes");
	} else {
		lambda_log_add(block->log, "not a number from %s%llu to %llu",
			       lambda_value_has_sign(field) ? "-" : "",
			       lambda_value_has_sign(field) ?
				       lambda_value_most_of(field, true) :
				       0ull,
			       lambda_value_most_of(field, false));
	}
	return -EINVAL;
}

/* One element, little-endian. */
static int lambda_value_put_number(const struct block *block,
				   const struct lambda_field *field,
				   const char *text, const char *end, __u8 *to)
{
	const struct lambda_enumerator *known =
		lambda_value_find_value(field, text, end - text);
	bool minus = lambda_value_has_sign(field) && text < end && *text == '-';
	__u64 value;
	__u32 i;

	if (known)
		value = known->value;
	else if (field->kind == LAMBDA_KIND_BYTES ||
		 !lambda_value_parse_number(text + minus, end, &value) ||
		 value > lambda_value_most_of(field, minus))
		return lambda_value_no_number(block, field, text, end);
	if (minus && !known)
		value = -value;
	for (i = 0; i < field->size; i++)
		to[i] = value >> 8 * i;
	return 0;
}

/* Fields */

static int lambda_value_too_many(const struct block *block,
				 const struct lambda_field *field, size_t count)
{
	lambda_log_add(block->log, "%s: %zu elements, where there are %u",
		       field->name, count, field->count);
	return -EINVAL;
}

/* Room for the elements of the last field, which has as many as are told. */
static int lambda_value_make_longer(struct block *block,
				    const struct lambda_field *field,
				    size_t count)
{
	if (count > (block->size - field->offset) / field->size) {
		lambda_log_add(block->log, "%s: longer than %zu bytes",
			       field->name, block->size - field->offset);
		return -EMSGSIZE;
	}
	block->len = field->offset + count * field->size;
	return 0;
}

static int lambda_value_put_text(struct block *block,
				 const struct lambda_field *field,
				 const char *text)
{
	size_t len = strlen(text);
	int err = 0;

	if (!field->count)
		err = lambda_value_make_longer(block, field, len);
	else if (len > field->count)
		err = lambda_value_too_many(block, field, len);
	if (err)
		return err;
	if (field->count)
		memset(block->bytes + field->offset, 0, field->count);
	memcpy(block->bytes + field->offset, text, len);
	return 0;
}

static size_t lambda_value_count_words(const char *text)
{
	size_t count = 1;

	for (; *text; text++)
		count += *text == ',';
	return count;
}

static int lambda_value_put_array(struct block *block,
				  const struct lambda_field *field,
				  const char *text)
{
	size_t count = lambda_value_count_words(text), i;
	const char *end;
	int err = 0;

	if (!field->count)
		err = lambda_value_make_longer(block, field, count);
	else if (count > field->count)
		err = lambda_value_too_many(block, field, count);
	if (!err && field->count)
		memset(block->bytes + field->offset, 0,
		       field->count * field->size);
	for (i = 0; !err && i < count; i++, text = end + 1) {
		end = text + strcspn(text, ",");
		err = lambda_value_put_number(block, field, text, end,
					      block->bytes + field->offset +
					       i * field->size);
	}
	return err;
}

static int lambda_value_put_field(struct block *block,
				  const struct lambda_field *field,
				  const char *text)
{
	if (field->kind == LAMBDA_KIND_CHAR && field->array)
		return lambda_value_put_text(block, field, text);
	if (field->array)
		return lambda_value_put_array(block, field, text);
	if (field->kind == LAMBDA_KIND_CHAR && strlen(text) == 1) {
		block->bytes[field->offset] = *text;
		return 0;
	}
	return lambda_value_put_number(block, field, text, text + strlen(text),
				       block->bytes + field->offset);
}

static int lambda_value_unknown(const struct block *block, const char *name,
				size_t len)
{
	lambda_log_add(block->log, "no argument '%.*s'; there are ",
		       (int)len, name);
	lambda_value_say_fields(block);
	return -EINVAL;
}

static int lambda_value_put_word(struct block *block, const char *word)
{
	const struct lambda_layout *layout = block->layout;
	size_t len = strcspn(word, "=");
	__u32 i;

	for (i = 0; i < layout->nr_fields; i++)
		if (!strncmp(layout->fields[i].name, word, len) &&
		    !layout->fields[i].name[len])
			break;
	if (i == layout->nr_fields || !word[len])
		return lambda_value_unknown(block, word, len);
	if (block->told[i]) {
		lambda_log_add(block->log, "%s: given twice",
			       layout->fields[i].name);
		return -EINVAL;
	}
	block->told[i] = 1;
	return lambda_value_put_field(block, &layout->fields[i],
				      word + len + 1);
}

/* Whether a field has a value, maybe as another member of a union. */
static bool lambda_value_has_value(const struct block *block, __u32 i)
{
	const struct lambda_field *fields = block->layout->fields;
	__u32 k;

	for (k = 0; k < block->layout->nr_fields; k++)
		if (fields[k].offset == fields[i].offset &&
		    (block->told[k] || fields[k].given))
			return true;
	return false;
}

static int lambda_value_find_missing(const struct block *block)
{
	const struct lambda_layout *layout = block->layout;
	__u32 i;

	for (i = 0; i < layout->nr_fields; i++)
		if (!lambda_value_has_value(block, i))
			break;
	if (i == layout->nr_fields)
		return 0;
	lambda_log_add(block->log, "argument '%s' is missing; there are ",
		       layout->fields[i].name);
	lambda_value_say_fields(block);
	return -EINVAL;
}

static int lambda_value_put_words(struct block *block, const char *const *words,
				  size_t nr_words)
{
	size_t i;
	int err = 0;

	memcpy(block->bytes, block->layout->values, block->layout->size);
	block->len = block->layout->size;
	for (i = 0; !err && i < nr_words; i++)
		err = lambda_value_put_word(block, words[i]);
	return err ? err : lambda_value_find_missing(block);
}

LAMBDA_API ssize_t lambda_program__args(const struct lambda_program *prog,
					const char *const *words,
					size_t nr_words, void *buf,
					size_t size, char *log,
					size_t log_size)
{
	LAMBDA_KEEP_ERRNO;
	const struct lambda_log to = { log, log_size };
	struct block block = {
		.layout = lambda_program__args_layout(prog),
		.log = &to,
		.bytes = buf,
		.size = size,
	};
	int err;

	if (log_size)
		*log = '\0';
	if (!block.layout) {
		lambda_log_add(&to,
			       "no arguments by name, since it does not declare them by LAMBDA_ARGS()");
		return -ENOENT;
	}
	if (block.layout->size > size)
		return lambda_log_end(&to, -EMSGSIZE);
	block.told = calloc(block.layout->nr_fields + 1, 1);
	if (!block.told)
		return lambda_log_end(&to, -ENOMEM);
	err = lambda_value_put_words(&block, words, nr_words);
	free(block.told);
	return err ? err : (ssize_t)block.len;
}

LAMBDA_API __s64 lambda_field__number(const struct lambda_field *field,
				      const void *bytes, __u32 i)
{
	const __u8 *from = (const __u8 *)bytes + field->offset +
			   (size_t)i * field->size;
	__u64 value = 0;
	__u32 k, bits = 64 - 8 * field->size;

	for (k = 0; k < field->size && k < 8; k++)
		value |= (__u64)from[k] << 8 * k;
	if (!lambda_value_has_sign(field) || field->size >= 8)
		return value;
	return (__s64)(value << bits) >> bits;
}

LAMBDA_API const struct lambda_enumerator *
lambda_field__value(const struct lambda_field *field, __s64 value)
{
	__u32 i;

	for (i = 0; i < field->nr_values; i++)
		if (field->values[i].value == value)
			return &field->values[i];
	return NULL;
}
