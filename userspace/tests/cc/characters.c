// SPDX-License-Identifier: GPL-2.0-only
/* wchar.h. */
#include "native.h"
#include <wchar.h>

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

static void places(const wchar_t *s, const wchar_t *base)
{
	put64(s ? s - base : -1);
}

static void program(const unsigned char *in, size_t len)
{
	static wchar_t copy[512], other[512];
	size_t i;

	len = len < 400 ? len : 400;
	for (i = 0; i < len; i++)
		copy[i] = in[i] * 3 + 1;
	copy[len] = 0;
	put64(wcslen(copy));
	put64(wcsnlen(copy, 9));
	for (i = 0; i < 64; i++) {
		places(wcschr(copy, i * 7 + 1), copy);
		places(wcsrchr(copy, i * 7 + 1), copy);
		places(wmemchr(copy, i * 7 + 1, 100), copy);
		put64(sign(wcscmp(copy + i, copy + 65)));
		put64(sign(wcsncmp(copy + i, copy, 2)));
		put64(sign(wmemcmp(copy + i, copy + 66, i)));
	}
	wcscpy(other, L"naïve λ ");
	wcscat(other, copy + len / 2);
	put64(wcslen(other));
	places(wcsstr(other, L"λ"), other);
	places(wcsstr(other, L"nowhere"), other);
	places(wcsstr(other, L""), other);
	wcsncpy(other, copy, 5);
	wcsncpy(other + 5, L"ab", 6);
	wmemset(other + 20, 7, 9);
	wmemmove(other + 21, other + 2, 30);
	for (i = 0; i < 60; i++)
		put64(other[i]);
}
