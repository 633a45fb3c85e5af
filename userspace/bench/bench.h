/* SPDX-License-Identifier: GPL-2.0-only */
/* lambda-bench: what its parts share. */
#ifndef LAMBDA_BENCH_H
#define LAMBDA_BENCH_H

/* Prints the code that the kernel made of each program in @folder. */
int print_jit(const char *folder);

/* Says what is wrong; returns -1. */
__attribute__((format(printf, 1, 2)))
int fail(const char *fmt, ...);

#endif /* LAMBDA_BENCH_H */
