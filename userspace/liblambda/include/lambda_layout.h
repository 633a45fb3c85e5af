/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Part of <lambda.h>: what a program's arguments and its output are. */
#ifndef LAMBDA_H
#error "include <lambda.h>, which includes this"
#endif
#ifndef LAMBDA_LAYOUT_H
#define LAMBDA_LAYOUT_H

#ifdef __cplusplus
extern "C" {
#endif

/**
 * enum lambda_kind - what an element of a field is
 * @LAMBDA_KIND_UINT:  a number, not negative
 * @LAMBDA_KIND_INT:   a number
 * @LAMBDA_KIND_BOOL:  0 or 1
 * @LAMBDA_KIND_CHAR:  a character; several are a string
 * @LAMBDA_KIND_ENUM:  one of some values, or another
 * @LAMBDA_KIND_BYTES: anything else
 */
enum lambda_kind {
	LAMBDA_KIND_UINT,
	LAMBDA_KIND_INT,
	LAMBDA_KIND_BOOL,
	LAMBDA_KIND_CHAR,
	LAMBDA_KIND_ENUM,
	LAMBDA_KIND_BYTES,
};

/**
 * struct lambda_enumerator - a value with a name
 * @name:  as in the source
 * @brief: the same without what all names of its type begin with
 * @value: sign-extended, if its type has a sign
 */
struct lambda_enumerator {
	const char *name;
	const char *brief;
	__s64 value;
};

/**
 * struct lambda_field - a member of a struct, or what is no struct as a whole
 * @name:      its name, of a member of a member "a.b"; of no struct ""
 * @type:      type of an element, as in the source
 * @kind:      enum lambda_kind
 * @offset:    bytes before it
 * @size:      bytes of an element; a number has 1, 2, 4 or 8 of them, little-endian
 * @count:     elements; 0: as many as there are, at the end of the whole
 * @array:     it is an array
 * @given:     it need not be told, since it has a value
 * @nr_values: values that it has names for
 * @values:    those
 */
struct lambda_field {
	const char *name;
	const char *type;
	__u32 kind;
	__u32 offset;
	__u32 size;
	__u32 count;
	int array;
	int given;
	__u32 nr_values;
	const struct lambda_enumerator *values;
};

/**
 * struct lambda_layout - what bytes mean
 * @type:      its type, as in the source
 * @size:      bytes
 * @rows:      it is followed by any number of its like
 * @nr_fields: fields
 * @fields:    those, valid as long as the object
 * @values:    the bytes of fields that need not be told, @size; or NULL
 */
struct lambda_layout {
	const char *type;
	__u32 size;
	int rows;
	__u32 nr_fields;
	const struct lambda_field *fields;
	const void *values;
};

/**
 * lambda_program__args_layout - what a program takes for arguments
 * @prog: the program
 *
 * Return: what LAMBDA_ARGS() in its source declares, valid as long as the
 * object; NULL: nothing, or the object has no debug info.
 */
const struct lambda_layout *
lambda_program__args_layout(const struct lambda_program *prog);

/**
 * lambda_program__output_layout - what a program puts out
 * @prog: the program
 *
 * Return: as lambda_program__args_layout(), for LAMBDA_OUTPUT().
 */
const struct lambda_layout *
lambda_program__output_layout(const struct lambda_program *prog);

/**
 * lambda_program__args - arguments by name
 * @prog:     the program
 * @words:    "NAME=VALUE": a number, the name of a value, a text, or of an array
 *            several with commas between them
 * @nr_words: how many
 * @buf:      where to put the arguments
 * @size:     bytes there
 * @log:      where to say what is wrong, and what there is
 * @log_size: bytes of @log
 *
 * Numbers are decimal digits, or 0x and hexadecimal ones, with at most one of
 * the letters K, M, G, T, P and E behind them for powers of 1024.
 *
 * Return: bytes of arguments; -EINVAL: a name or a value is wrong, given twice,
 * or missing; -ENOENT: the program does not declare its arguments; -EMSGSIZE:
 * they are longer than @size.
 */
ssize_t lambda_program__args(const struct lambda_program *prog,
			     const char *const *words, size_t nr_words,
			     void *buf, size_t size, char *log,
			     size_t log_size);

/**
 * lambda_field__number - an element of a field
 * @field: the field, of a kind that is a number, an enum or a character
 * @bytes: what the layout describes
 * @i:     which element, from 0
 *
 * Return: its value; one without a sign above INT64_MAX as the same 64 bits.
 */
__s64 lambda_field__number(const struct lambda_field *field, const void *bytes,
			   __u32 i);

/**
 * lambda_field__value - the name of a value
 * @field: the field
 * @value: the value
 *
 * Return: the enumerator, or NULL if there is none.
 */
const struct lambda_enumerator *
lambda_field__value(const struct lambda_field *field, __s64 value);

#ifdef __cplusplus
}
#endif

#endif /* LAMBDA_LAYOUT_H */
