// SPDX-License-Identifier: GPL-2.0-only
/* string.h and ctype.h, after lambda_bpf.h. */
#include "native.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

static void places(const char *s, const char *base)
{
	put64(s ? s - base : -1);
}

static void program(const unsigned char *in, size_t len)
{
	static char copy[4096], other[4096];
	char *rest, *word;
	size_t i;

	len = len < 2000 ? len : 2000;
	memcpy(copy, in, len);
	copy[len] = '\0';
	for (i = 0; i < 64; i++) {
		put64(strlen(copy + i));
		put64(strnlen(copy + i, 7 * i));
		places(strchr(copy, i + 40), copy);
		places(strrchr(copy, i + 40), copy);
		places(memchr(copy, i + 40, 500), copy);
		places(memrchr(copy, i + 40, 500), copy);
		put64(strspn(copy + i, " */abcdefgh\n"));
		put64(strcspn(copy + i, ";{}x"));
		places(strpbrk(copy + i, "(){"), copy);
		put64(sign(strcmp(copy + i, copy + 64)));
		put64(sign(strncmp(copy + i, copy, 2)));
		put64(sign(strcasecmp(copy + i, copy + 65)));
		put64(sign(memcmp(copy + i, copy + 66, i)));
	}
	places(strstr(copy, "static"), copy);
	places(strstr(copy, "nowhere to be found"), copy);
	places(strcasestr(copy, "INCLUDE"), copy);
	places(memmem(copy, len, "put", 3), copy);
	for (i = 0; i < 256; i++) {
		int all = 0, c = i;

		all = !!isalnum(c) | !!isalpha(c) << 1 | !!isblank(c) << 2 |
		      !!iscntrl(c) << 3 | !!isdigit(c) << 4 | !!isgraph(c) << 5 |
		      !!islower(c) << 6 | !!isprint(c) << 7 | !!ispunct(c) << 8 |
		      !!isspace(c) << 9 | !!isupper(c) << 10 |
		      !!isxdigit(c) << 11;
		if (i < 128)
			put64(all);
		put64(toupper(c) * 1000 + tolower(c));
	}
	strcpy(other, "begin:");
	strcat(other, "middle:");
	strncat(other, copy, 20);
	put(other, 40);
	put64(stpcpy(other, "abc") - other);
	strncpy(other, "xyz", 10);
	put(other, 40);
	memmove(other + 3, other, 100);
	put(other, 40);
	memset(other + 5, 'm', in[0]);
	put(other, 256);
	places(memccpy(other, copy, ' ', 100), other);
	for (word = strtok_r(copy, " \n", &rest); word;
	     word = strtok_r(NULL, " \n", &rest))
		put64(word - copy);
	put64(ffs(in[1]));
}
