/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * How C ends a program in the midst of it, where a λ has no such call: by a
 * write to an address that is never mapped, and that tells why.
 */
#ifndef LAMBDA_END_H
#define LAMBDA_END_H

#define LAMBDA_END_BASE 0xe0000000u

/**
 * enum lambda_end - what is added to LAMBDA_END_BASE
 * @LAMBDA_END_EXIT:     exit(0), and so on up to exit(255)
 * @LAMBDA_END_ABORT:    abort()
 * @LAMBDA_END_ASSERT:   an assertion did not hold
 * @LAMBDA_END_LONGJMP:  longjmp()
 * @LAMBDA_END_TRAP:     a place that cannot be reached: __builtin_trap(),
 *                       __builtin_unreachable(), the end of a function that
 *                       does not return
 * @LAMBDA_END_POINTER:  a call through a pointer to no function of its type
 * @LAMBDA_END_DEPTH:    no room for one more call of a function that calls itself,
 *                       or for an array whose length only the run knows
 */
enum lambda_end {
	LAMBDA_END_EXIT = 0,
	LAMBDA_END_ABORT = 0x100,
	LAMBDA_END_ASSERT,
	LAMBDA_END_LONGJMP,
	LAMBDA_END_TRAP,
	LAMBDA_END_POINTER,
	LAMBDA_END_DEPTH,
	LAMBDA_END_MAX,			/* one past the last */
};

#endif /* LAMBDA_END_H */
