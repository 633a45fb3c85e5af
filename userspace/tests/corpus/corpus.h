/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each driver includes: work() is done over the input, and what it puts is
 * the output, of the λ as of the native version. The lines at the head of a
 * driver are read by scripts/check-corpus, which see.
 */
#ifndef LAMBDA_TESTS_CORPUS_H
#define LAMBDA_TESTS_CORPUS_H

#include <lambda_bpf.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

static unsigned char *corpus_out;
static size_t corpus_used, corpus_cap;

/* What does not fit is missing in both outputs, but counts. */
static inline void put(const void *p, size_t len)
{
	if (len <= corpus_cap - corpus_used)
		__builtin_memcpy(corpus_out + corpus_used, p, len);
	else
		len = 0;
	corpus_used += len;
}

static inline void put64(uint64_t n)
{
	put(&n, sizeof(n));
}

/* A sum of bytes that are too many to put (FNV-1a). */
static inline void put_sum(const void *p, size_t len)
{
	const unsigned char *c = p;
	uint64_t sum = 0xcbf29ce484222325ull;

	put64(len);
	while (len--)
		sum = (sum ^ *c++) * 0x100000001b3ull;
	put64(sum);
}

static void work(const unsigned char *in, size_t len);

LAMBDA_PROGRAM(corpus)(struct lambda_ctx *ctx)
{
	corpus_out = lambda_out(ctx);
	corpus_cap = ctx->out_cap;
	corpus_used = 0;
	work(lambda_in(ctx), ctx->in_len);
	return corpus_used;
}

#endif /* LAMBDA_TESTS_CORPUS_H */
