// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* The value of each line, such as 2*(1.5+x): recursion and floating point. */
#include <lambda_bpf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double expression(const char **at);

static double factor(const char **at)
{
	char *end;
	double value;

	if (**at == '-') {
		++*at;
		return -factor(at);
	}
	if (**at == '(') {
		++*at;
		value = expression(at);
		*at += **at == ')';
		return value;
	}
	value = strtod(*at, &end);
	if (end == *at)
		return NAN;
	*at = end;
	return value;
}

static double term(const char **at)
{
	double value = factor(at);

	while (**at == '*' || **at == '/') {
		char op = *(*at)++;
		double other = factor(at);

		value = op == '*' ? value * other : value / other;
	}
	return value;
}

static double expression(const char **at)
{
	double value = term(at);

	while (**at == '+' || **at == '-') {
		char op = *(*at)++;
		double other = term(at);

		value = op == '+' ? value + other : value - other;
	}
	return value;
}

LAMBDA_LINES();

LAMBDA_PROGRAM(sums)(struct lambda_ctx *ctx)
{
	const char *in = lambda_in(ctx), *end = in + ctx->in_len;
	char *out = lambda_out(ctx), line[256];
	size_t used = 0;

	while (in < end && used < ctx->out_cap) {
		const char *stop = memchr(in, '\n', end - in) ?: end, *at;
		size_t len = stop - in;

		if (len >= sizeof(line))
			return -E2BIG;
		memcpy(line, in, len);
		line[len] = '\0';
		at = line;
		used += snprintf(out + used, ctx->out_cap - used, "%.10g\n",
				 expression(&at));
		in = stop + 1;
	}
	return used;
}
