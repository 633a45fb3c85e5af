/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAMBDA_WCTYPE_H
#define LAMBDA_WCTYPE_H

#include <ctype.h>
#include <wchar.h>

/* The one locale is C, whose characters are those of ASCII. */
#define LAMBDA_WIDE_KIND(kind) \
	static inline int isw##kind(wint_t c) \
	{ \
		return c < 128 && is##kind(c); \
	}
LAMBDA_WIDE_KIND(alnum)
LAMBDA_WIDE_KIND(alpha)
LAMBDA_WIDE_KIND(blank)
LAMBDA_WIDE_KIND(cntrl)
LAMBDA_WIDE_KIND(digit)
LAMBDA_WIDE_KIND(graph)
LAMBDA_WIDE_KIND(lower)
LAMBDA_WIDE_KIND(print)
LAMBDA_WIDE_KIND(punct)
LAMBDA_WIDE_KIND(space)
LAMBDA_WIDE_KIND(upper)
LAMBDA_WIDE_KIND(xdigit)
#undef LAMBDA_WIDE_KIND

static inline wint_t towlower(wint_t c)
{
	return c < 128 ? (wint_t)tolower(c) : c;
}

static inline wint_t towupper(wint_t c)
{
	return c < 128 ? (wint_t)toupper(c) : c;
}

#endif /* LAMBDA_WCTYPE_H */
