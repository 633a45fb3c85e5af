/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program that `lambda cc` makes a λ of, and its native version: program()
 * reads from @in and puts what it finds out at @out.
 */
#ifndef LAMBDA_TESTS_NATIVE_H
#define LAMBDA_TESTS_NATIVE_H

#include <lambda_bpf.h>
#include <stddef.h>
#include <stdint.h>

#define OUT_MAX 65536

static unsigned char *test_out;
static size_t test_used;

static inline void put(const void *p, size_t len)
{
	if (test_used + len > OUT_MAX)
		return;
	__builtin_memcpy(test_out + test_used, p, len);
	test_used += len;
}

static inline void put64(uint64_t n)
{
	put(&n, sizeof(n));
}

/* The same numbers on either side, of all bits (xorshift64). */
static uint64_t random_state = 88172645463325252ull;

static inline uint64_t any(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static void program(const unsigned char *in, size_t len);

LAMBDA_PROGRAM(compiled)(struct lambda_ctx *ctx)
{
	test_out = lambda_out(ctx);
	test_used = 0;
	program(lambda_in(ctx), ctx->in_len);
	return test_used;
}

#ifndef __bpf__
#include <stdio.h>

int main(int argc, char **argv)
{
	static unsigned char in[1 << 20], out[OUT_MAX];
	struct lambda_ctx ctx = { .in = (uintptr_t)in, .out = (uintptr_t)out };
	FILE *file = argc > 1 ? fopen(argv[1], "rb") : NULL;

	if (!file)
		return 2;
	ctx.in_len = fread(in, 1, sizeof(in), file);
	ctx.out_cap = OUT_MAX;
	fwrite(out, 1, compiled(&ctx), stdout);
	return 0;
}
#endif

#endif /* LAMBDA_TESTS_NATIVE_H */
