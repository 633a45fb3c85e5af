// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program for each way to end without a result, at the line that has the
 * program's name in a comment, and some that look at what they begin with.
 */
#include "lambda_bpf.h"

static const char constant[8] = "before";
static __u64 variable = 7, zero;

static __attribute__((noinline)) int overrun(volatile char *at, __u64 len)
{
	while (len--)
		*at-- = 1; /* frame */
	return at[1];
}

LAMBDA_PROGRAM(frame)(struct lambda_ctx *ctx)
{
	char local[8] = { 0 };

	return overrun(local, 8192 * ctx->in_len);
}

LAMBDA_PROGRAM(null)(struct lambda_ctx *ctx)
{
	const volatile __u64 *at = (void *)16;
	__u64 *out = lambda_out(ctx);

	out[0] = 1;
	return *at; /* null */
}

LAMBDA_PROGRAM(readonly)(struct lambda_ctx *ctx)
{
	volatile char *at = (void *)&constant[ctx->in_len % 8];

	*at = 1; /* readonly */
	return *at;
}

LAMBDA_PROGRAM(negative)(struct lambda_ctx *ctx)
{
	return ctx->in_len ? -EDOM : 0; /* negative */
}

LAMBDA_PROGRAM(length)(struct lambda_ctx *ctx)
{
	return ctx->out_cap + 1; /* length */
}

LAMBDA_PROGRAM(forever)(struct lambda_ctx *ctx)
{
	volatile __u64 *out = lambda_out(ctx);

	for (;;) /* forever */
		++*out;
}

/* Puts out 0 if all is as a request should find it, and leaves it otherwise. */
LAMBDA_PROGRAM(fresh)(struct lambda_ctx *ctx)
{
	const __u8 *slack = (const __u8 *)lambda_in(ctx) + ctx->in_len;
	__u64 *heap = lambda_heap(ctx), *out = lambda_out(ctx);
	__u64 dirty = *heap | *out | zero | (variable ^ 7);

	while ((__u64)slack % SBPF_PAGE_SIZE)
		dirty |= *slack++;
	*heap = 1;
	zero = 1;
	variable = 1;
	*out = dirty;
	return sizeof(*out);
}

/* Reads the page after the last that has input. */
LAMBDA_PROGRAM(beyond)(struct lambda_ctx *ctx)
{
	const volatile __u8 *at = lambda_in(ctx);

	return at[(ctx->in_len + SBPF_PAGE_SIZE - 1) / SBPF_PAGE_SIZE *
		  SBPF_PAGE_SIZE];
}

LAMBDA_PROGRAM(place)(struct lambda_ctx *ctx)
{
	__u64 *out = lambda_out(ctx);

	out[0] = ctx->in;
	out[1] = ctx->offset;
	return 2 * sizeof(*out);
}

/* Waits until its first byte is 0, then puts out the sum of those of all pages. */
LAMBDA_PROGRAM(changes)(struct lambda_ctx *ctx)
{
	const volatile __u8 *at = lambda_in(ctx);
	__u64 *out = lambda_out(ctx), sum = 0, i;

	while (*at)
		;
	for (i = 0; i < ctx->in_len; i += SBPF_PAGE_SIZE)
		sum += at[i];
	*out = sum;
	return sizeof(*out);
}

/* Prints its input, which it puts out as well. */
LAMBDA_PROGRAM(prints)(struct lambda_ctx *ctx)
{
	if (lambda_print(lambda_in(ctx), ctx->in_len))
		return -EIO;
	memcpy(lambda_out(ctx), lambda_in(ctx), ctx->in_len);
	return ctx->in_len;
}

/* Prints a byte of the page behind it, too. */
LAMBDA_PROGRAM(prints_beyond)(struct lambda_ctx *ctx)
{
	__u64 slack = -(ctx->in + ctx->in_len) % SBPF_PAGE_SIZE;

	return lambda_print(lambda_in(ctx), ctx->in_len + slack + 1);
}

LAMBDA_HEAP(8);
