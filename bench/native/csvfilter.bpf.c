// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Selects the lines of a CSV file by the number in one of their columns. */
#include "formats.h"
#include "lambda_lines.h"

/*
 * A helper is charged for all the bytes it may look at, so that looking for
 * each newline in all that is left would cost the square of the input.
 */
#define CSVFILTER_PIECE 256

#define CSVFILTER_MAX (~0ULL >> 1) /* the largest __s64 */

/* Finds the newline that ends a line, or the end of the input. */
static const char *csvfilter_line_end(const char *p, const char *end)
{
	while (p != end) {
		__u64 len = end - p;
		const char *newline;

		if (len > CSVFILTER_PIECE)
			len = CSVFILTER_PIECE;
		newline = lambda_memchr(p, '\n', len);
		if (newline)
			return newline;
		p += len;
	}
	return end;
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

static int csvfilter_selected(const char *line, const char *end,
			      const struct csvfilter_args *args)
{
	const char *p = csvfilter_find_column(line, end, args->column);
	__s64 value;

	return p && csvfilter_parse_number(p, end, &value) &&
	       csvfilter_holds(value, args->op, args->value);
}

LAMBDA_LINES_PROGRAM(csvfilter)(struct lambda_ctx *ctx)
{
	const struct csvfilter_args *args = lambda_args(ctx);
	const char *line = lambda_in(ctx), *end = line + ctx->in_len;
	char *out = lambda_out(ctx);
	__u64 len = 0;

	if (ctx->args_len != sizeof(*args) || args->op < CSVFILTER_LT ||
	    args->op > CSVFILTER_GT)
		return -EINVAL;
	while (line != end) {
		const char *stop = csvfilter_line_end(line, end);
		const char *next = stop + (stop != end);

		if (csvfilter_selected(line, stop, args)) {
			if (ctx->out_cap - len < (__u64)(next - line))
				return -ENOSPC;
			lambda_memcpy(out + len, line, next - line);
			len += next - line;
		}
		line = next;
	}
	return len;
}
