// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Selects the lines of a CSV file by the number in one of their columns. */
#include "formats.h"
#include "lambda_array.h"
#include "lambda_lines.h"

LAMBDA_ABOUT("the lines of a CSV file that have a number in a column");
LAMBDA_ARGS(struct csvfilter_args);

/* Delimiters are looked for in so many bytes together; the heap has where they are. */
#define PIECE 4096
#define DELIMITERS 0x2c2c2c2c0a0a0a0aULL /* commas and newlines, eight together */
LAMBDA_HEAP(PIECE * sizeof(__u32));

#define CSVFILTER_MAX (~0ULL >> 1) /* the largest __s64 */

/* Finds the newline that ends a line, or the end of the input. */
static const char *csvfilter_line_end(const char *p, const char *end)
{
	const char *newline = lambda_memchr(p, '\n', end - p);

	return newline ? newline : end;
}

/* Finds column @column of a line; NULL where it has none. */
static const char *csvfilter_find_column(const char *p, const char *end,
					 __u32 column)
{
	for (; column; column--) {
		while (p != end && *p != ',')
			p++;
		if (p == end)
			return NULL;
		p++;
	}
	return p;
}

/* Reads a decimal number that ends at a comma or the line's end. */
static int csvfilter_parse_number(const char *p, const char *end, __s64 *ret)
{
	__u64 value = 0, limit = CSVFILTER_MAX;
	int negative = p != end && *p == '-';

	p += negative;
	limit += negative;
	if (p == end || *p == ',')
		return 0;
	for (; p != end && *p != ','; p++) {
		__u64 digit = (__u8)(*p - '0');

		if (digit > 9 || value > CSVFILTER_MAX / 10)
			return 0;
		value = value * 10 + digit;
		if (value > limit)
			return 0;
	}
	*ret = negative ? -value : value;
	return 1;
}

static int csvfilter_holds(__s64 a, __u32 op, __s64 b)
{
	switch (op) {
	case CSVFILTER_LT:
		return a < b;
	case CSVFILTER_LE:
		return a <= b;
	case CSVFILTER_EQ:
		return a == b;
	case CSVFILTER_NE:
		return a != b;
	case CSVFILTER_GE:
		return a >= b;
	default:
		return a > b;
	}
}

/* Whether the number at @p, NULL where there is none, is one that is asked for. */
static int csvfilter_selects(const char *p, const char *end,
			     const struct csvfilter_args *args)
{
	__s64 value;

	return p && csvfilter_parse_number(p, end, &value) &&
	       csvfilter_holds(value, args->op, args->value);
}

/* Puts out the bytes from @line to @next. */
static int csvfilter_put(const struct lambda_ctx *ctx, __u64 *len,
			 const char *line, const char *next)
{
	if (ctx->out_cap - *len < (__u64)(next - line))
		return 0;
	lambda_memcpy((char *)lambda_out(ctx) + *len, line, next - line);
	*len += next - line;
	return 1;
}

/* A line that is longer than what delimiters are looked for in together. */
static const char *csvfilter_long_line(const struct lambda_ctx *ctx,
				       const char *line, const char *end,
				       __u64 *len)
{
	const struct csvfilter_args *args = lambda_args(ctx);
	const char *stop = csvfilter_line_end(line, end);
	const char *next = stop + (stop != end), *p;

	p = csvfilter_find_column(line, stop, args->column);
	if (csvfilter_selects(p, stop, args) &&
	    !csvfilter_put(ctx, len, line, next))
		return NULL;
	return next;
}

/*
 * Goes over the lines of @piece bytes at @in by their delimiters: of two in a row,
 * what lies between them is a field. Returns where it ended: with the last whole
 * line, or NULL without room.
 */
static const char *csvfilter_piece(const struct lambda_ctx *ctx, const char *in,
				   __u64 piece, __u32 *at, __u64 *len)
{
	const struct csvfilter_args *args = lambda_args(ctx);
	__u64 nr = lambda_index(at, in, piece, DELIMITERS);
	const __u32 *last = at + nr;
	const char *line = in, *field = in, *found = NULL, *found_end = NULL;
	__u32 left = args->column;

	for (; at != last; at++) {
		const char *p = in + *at;

		if (!left--) {
			found = field;
			found_end = p;
		}
		field = p + 1;
		if (*p != '\n')
			continue;
		if (csvfilter_selects(found, found_end, args) &&
		    !csvfilter_put(ctx, len, line, field))
			return NULL;
		line = field;
		found = NULL;
		left = args->column;
	}
	return line;
}

LAMBDA_LINES_PROGRAM(csvfilter)(struct lambda_ctx *ctx)
{
	const struct csvfilter_args *args = lambda_args(ctx);
	const char *in = lambda_in(ctx), *end = in + ctx->in_len;
#ifdef __bpf__
	__u32 *at = lambda_heap(ctx);
#else
	__u32 at[PIECE];
#endif
	__u64 len = 0;

	if (ctx->args_len != sizeof(*args) || args->op < CSVFILTER_LT ||
	    args->op > CSVFILTER_GT)
		return -EINVAL;
	while (in != end) {
		__u64 left = end - in;
		const char *next = csvfilter_piece(ctx, in, left < PIECE ?
						   left : PIECE, at, &len);

		if (next == in)
			next = csvfilter_long_line(ctx, in, end, &len);
		if (!next)
			return -ENOSPC;
		in = next;
	}
	return len;
}
