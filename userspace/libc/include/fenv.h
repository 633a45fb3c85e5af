/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAMBDA_FENV_H
#define LAMBDA_FENV_H

#include <lambda_libc.h>

/* Results are rounded to nearest, and no exception is told. */
#define FE_TONEAREST 0
#define FE_INVALID 1
#define FE_DIVBYZERO 4
#define FE_OVERFLOW 8
#define FE_UNDERFLOW 16
#define FE_INEXACT 32
#define FE_ALL_EXCEPT 61

typedef unsigned int fexcept_t;
typedef struct { unsigned int none; } fenv_t;

#define FE_DFL_ENV ((const fenv_t *)-1)

static inline int fegetround(void)
{
	return FE_TONEAREST;
}

static inline int fesetround(int how)
{
	return how != FE_TONEAREST;
}

static inline int feclearexcept(int which)
{
	return which * 0;
}

static inline int feraiseexcept(int which)
{
	return which != 0;
}

static inline int fetestexcept(int which)
{
	return which * 0;
}

static inline int fegetenv(fenv_t *ret)
{
	ret->none = 0;
	return 0;
}

static inline int feholdexcept(fenv_t *ret)
{
	return fegetenv(ret);
}

static inline int fesetenv(const fenv_t *env)
{
	return !env;
}

static inline int feupdateenv(const fenv_t *env)
{
	return fesetenv(env);
}

#endif /* LAMBDA_FENV_H */
