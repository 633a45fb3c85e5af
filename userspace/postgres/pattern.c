// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Patterns of LIKE, taken apart for the λ. */
#include "pg_lambda.h"

#define PATTERN_PART_MAX	8192	/* bytes of a text in a pattern */

static void
pattern_put(StringInfo to, enum pgl_part kind, const char *bytes, int len)
{
	struct pgl_part_head head = {.kind = kind,.len = len};

	appendBinaryStringInfo(to, (char *) &head, sizeof(head));
	if (len > 0)
		appendBinaryStringInfo(to, bytes, len);
	while (to->len % 4 != 0)
		appendStringInfoChar(to, '\0');
}

static void
pattern_put_text(StringInfo to, StringInfo text)
{
	if (text->len > 0)
		pattern_put(to, PGL_PART_TEXT, text->data, text->len);
	resetStringInfo(text);
}

/*
 * Of wildcards in a row, those for one character come first: it is the same
 * text that they match. Returns behind them.
 */
static const char *
pattern_put_wildcards(StringInfo to, const char *p, const char *end)
{
	bool		any = false;

	for (; p < end && (*p == '%' || *p == '_'); p++)
	{
		if (*p == '%')
			any = true;
		else
			pattern_put(to, PGL_PART_CHAR, NULL, 0);
	}
	if (any)
		pattern_put(to, PGL_PART_ANY, NULL, 0);
	return p;
}

/* False: PostgreSQL is to deal with this one. */
bool
pgl_pattern(StringInfo to, const char *p, int len)
{
	const char *end = p + len;
	StringInfoData text;
	bool		good = true;

	initStringInfo(&text);
	while (p < end)
	{
		if (*p == '%' || *p == '_')
		{
			pattern_put_text(to, &text);
			p = pattern_put_wildcards(to, p, end);
			continue;
		}
		/* A backslash at the end is an error that is PostgreSQL's to raise. */
		if (*p == '\\' && ++p == end)
			good = false;
		else
			appendStringInfoChar(&text, *p++);
		good = good && text.len <= PATTERN_PART_MAX;
		if (!good)
			break;
	}
	pattern_put_text(to, &text);
	pfree(text.data);
	return good;
}
