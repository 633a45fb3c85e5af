/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAMBDA_LOCALE_H
#define LAMBDA_LOCALE_H

#include <lambda_libc.h>

#define LC_ALL 0
#define LC_NUMERIC 1
#define LC_CTYPE 2

struct lconv {
	char *decimal_point;
	char *thousands_sep;
};

/* There is one locale, C. */
char *setlocale(int category, const char *name);
struct lconv *localeconv(void);

#endif /* LAMBDA_LOCALE_H */
