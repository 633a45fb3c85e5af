/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What the library uses of λs: helpers, the context, the ends of a run. */
#ifndef LAMBDA_HELPERS_H
#define LAMBDA_HELPERS_H

#include <lambda_bpf.h>
#include <lambda_end.h>

/* Eight bytes of whatever there is. */
typedef unsigned long __attribute__((may_alias)) lambda_word;

#define lambda_context ((const struct lambda_ctx *)(unsigned long)SBPF_CTX_BASE)

/* Ends the run: a write where nothing is ever mapped. */
static inline __attribute__((noreturn)) void lambda_end(unsigned int end)
{
	*(volatile char *)(unsigned long)(LAMBDA_END_BASE + end) = 0;
	__builtin_unreachable();
}

#endif /* LAMBDA_HELPERS_H */
