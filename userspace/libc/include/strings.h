/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAMBDA_STRINGS_H
#define LAMBDA_STRINGS_H

#include <string.h>

static inline int bcmp(const void *a, const void *b, size_t len)
{
	return memcmp(a, b, len);
}

static inline void bzero(void *p, size_t len)
{
	memset(p, 0, len);
}

static inline int ffs(int n)
{
	return __builtin_ffs(n);
}

static inline void bcopy(const void *from, void *to, size_t len)
{
	memmove(to, from, len);
}

static inline char *index(const char *s, int c)
{
	return strchr(s, c);
}

static inline char *rindex(const char *s, int c)
{
	return strrchr(s, c);
}

#endif /* LAMBDA_STRINGS_H */
