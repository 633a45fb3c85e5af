// SPDX-License-Identifier: GPL-2.0-only
// package: expat
// sources: expat/lib/xmlparse.c expat/lib/xmlrole.c expat/lib/xmltok.c
// flags: -Iexpat/lib -DXML_POOR_ENTROPY
// input: xml 64K
/* Reads XML, with functions for what is in it. */
#include <expat.h>

#include "corpus.h"

static unsigned int depth;

static void begin(void *data, const XML_Char *name, const XML_Char **attributes)
{
	(void)data;
	put(name, strlen(name));
	for (; *attributes; attributes++)
		put(*attributes, strlen(*attributes));
	put64(++depth);
}

static void end(void *data, const XML_Char *name)
{
	(void)data;
	(void)name;
	depth--;
}

static void characters(void *data, const XML_Char *text, int len)
{
	uint64_t *sum = data;

	while (len--)
		*sum = *sum * 31 + *text++;
}

static void work(const unsigned char *in, size_t len)
{
	XML_Parser parser = XML_ParserCreate(NULL);
	uint64_t sum = 0;

	XML_SetHashSalt(parser, 1);
	XML_SetUserData(parser, &sum);
	XML_SetElementHandler(parser, begin, end);
	XML_SetCharacterDataHandler(parser, characters);
	put64(XML_Parse(parser, (const char *)in, len, 1));
	put64(XML_GetErrorCode(parser));
	put64(sum);
	XML_ParserFree(parser);
}
