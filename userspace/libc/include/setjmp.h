/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAMBDA_SETJMP_H
#define LAMBDA_SETJMP_H

#include <lambda_libc.h>

typedef int jmp_buf[1];
typedef int sigjmp_buf[1];

/* A λ has no way back: longjmp() ends the run. */
#define setjmp(env) ((void)(env), 0)
#define sigsetjmp(env, mask) ((void)(env), (void)(mask), 0)
void longjmp(jmp_buf env, int value) __attribute__((noreturn));
#define siglongjmp(env, value) longjmp(env, value)

#endif /* LAMBDA_SETJMP_H */
