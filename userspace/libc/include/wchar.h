/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAMBDA_WCHAR_H
#define LAMBDA_WCHAR_H

#include <lambda_libc.h>
#include <stdint.h>

#define WEOF ((wint_t)-1)

typedef unsigned int wint_t;

size_t wcslen(const wchar_t *s);
size_t wcsnlen(const wchar_t *s, size_t len);
wchar_t *wcscpy(wchar_t *dst, const wchar_t *src);
wchar_t *wcsncpy(wchar_t *dst, const wchar_t *src, size_t len);
wchar_t *wcscat(wchar_t *dst, const wchar_t *src);
int wcscmp(const wchar_t *a, const wchar_t *b);
int wcsncmp(const wchar_t *a, const wchar_t *b, size_t len);
wchar_t *wcschr(const wchar_t *s, wchar_t c);
wchar_t *wcsrchr(const wchar_t *s, wchar_t c);
wchar_t *wcsstr(const wchar_t *hay, const wchar_t *needle);
wchar_t *wmemcpy(wchar_t *dst, const wchar_t *src, size_t len);
wchar_t *wmemmove(wchar_t *dst, const wchar_t *src, size_t len);
wchar_t *wmemset(wchar_t *dst, wchar_t c, size_t len);
wchar_t *wmemchr(const wchar_t *s, wchar_t c, size_t len);
int wmemcmp(const wchar_t *a, const wchar_t *b, size_t len);

#endif /* LAMBDA_WCHAR_H */
