// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Text of others, so that showing it does nothing but show it. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

/* Ranges of code points that move or hide what stands around them. */
static const struct {
	__u32 first;
	__u32 last;
} unfit[] = {
	{ 0x0, 0x1f },		/* controls: C0 */
	{ 0x7f, 0x9f },		/* DEL, and C1 */
	{ 0x61c, 0x61c },	/* marks of direction */
	{ 0x200b, 0x200f },	/* no width, and marks of direction */
	{ 0x2028, 0x202e },	/* line breaks, and directions */
	{ 0x2060, 0x206f },	/* no width, and directions */
	{ 0xd800, 0xdfff },	/* surrogates: no characters */
	{ 0xfeff, 0xfeff },	/* no width */
	{ 0xe0000, 0xe0fff },	/* tags, which nobody sees */
};

/* Bytes of the UTF-8 character at @text that may be shown; 0: none may. */
static size_t printable_character(const unsigned char *text)
{
	static const __u32 least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len, i;
	__u32 code;

	if ((*text >= 0x80 && *text < 0xc0) || *text >= 0xf8)
		return 0;
	len = *text < 0x80 ? 1 : *text < 0xe0 ? 2 : *text < 0xf0 ? 3 : 4;
	code = len == 1 ? *text : *text & (0x7f >> len);
	for (i = 1; i < len; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (text[i] & 0x3f);
	}
	if (code < least[len] || code > 0x10ffff)
		return 0;
	for (i = 0; i < sizeof(unfit) / sizeof(*unfit); i++)
		if (code >= unfit[i].first && code <= unfit[i].last)
			return 0;
	return len;
}

/* The shown form of what @text begins with, and how many bytes that was. */
static size_t printable_show(const char *text, char shown[8])
{
	size_t len = printable_character((const unsigned char *)text);

	if (len)
		memcpy(shown, text, len);
	shown[len] = '\0';
	if (len)
		return len;
	sprintf(shown, *text == '\n' ? "\\n" : "\\x%02x",
		(unsigned char)*text);
	return 1;
}

LAMBDA_API size_t lambda_printable(const char *text, char *buf, size_t size)
{
	size_t wanted = 0, used = 0;
	char shown[8];

	while (*text) {
		size_t len;

		text += printable_show(text, shown);
		len = strlen(shown);
		/* What does not fit whole is left out, and all behind it. */
		if (used == wanted && len < size - used) {
			memcpy(buf + used, shown, len);
			used += len;
		}
		wanted += len;
	}
	if (size)
		buf[used] = '\0';
	return wanted;
}
