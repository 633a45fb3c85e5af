// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* wchar.h: strings of characters of 32 bits. */
#include <string.h>
#include <wchar.h>

size_t wcsnlen(const wchar_t *s, size_t len)
{
	size_t i = 0;

	while (i < len && s[i])
		i++;
	return i;
}

size_t wcslen(const wchar_t *s)
{
	return wcsnlen(s, SIZE_MAX);
}

wchar_t *wmemcpy(wchar_t *dst, const wchar_t *src, size_t len)
{
	return memcpy(dst, src, len * sizeof(*dst));
}

wchar_t *wmemmove(wchar_t *dst, const wchar_t *src, size_t len)
{
	return memmove(dst, src, len * sizeof(*dst));
}

wchar_t *wmemset(wchar_t *dst, wchar_t c, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		dst[i] = c;
	return dst;
}

wchar_t *wmemchr(const wchar_t *s, wchar_t c, size_t len)
{
	for (; len; len--, s++)
		if (*s == c)
			return (wchar_t *)s;
	return NULL;
}

int wmemcmp(const wchar_t *a, const wchar_t *b, size_t len)
{
	for (; len; len--, a++, b++)
		if (*a != *b)
			return *a < *b ? -1 : 1;
	return 0;
}

wchar_t *wcscpy(wchar_t *dst, const wchar_t *src)
{
	return wmemcpy(dst, src, wcslen(src) + 1);
}

wchar_t *wcsncpy(wchar_t *dst, const wchar_t *src, size_t len)
{
	size_t used = wcsnlen(src, len);

	wmemcpy(dst, src, used);
	wmemset(dst + used, 0, len - used);
	return dst;
}

wchar_t *wcscat(wchar_t *dst, const wchar_t *src)
{
	wcscpy(dst + wcslen(dst), src);
	return dst;
}

int wcsncmp(const wchar_t *a, const wchar_t *b, size_t len)
{
	for (; len; len--, a++, b++) {
		if (*a != *b)
			return *a < *b ? -1 : 1;
		if (!*a)
			break;
	}
	return 0;
}

int wcscmp(const wchar_t *a, const wchar_t *b)
{
	return wcsncmp(a, b, SIZE_MAX);
}

wchar_t *wcschr(const wchar_t *s, wchar_t c)
{
	return wmemchr(s, c, wcslen(s) + 1);
}

wchar_t *wcsrchr(const wchar_t *s, wchar_t c)
{
	size_t i = wcslen(s) + 1;

	while (i--)
		if (s[i] == c)
			return (wchar_t *)s + i;
	return NULL;
}

wchar_t *wcsstr(const wchar_t *hay, const wchar_t *needle)
{
	size_t len = wcslen(needle);

	for (; wcsncmp(hay, needle, len); hay++)
		if (!*hay)
			return NULL;
	return (wchar_t *)hay;
}
