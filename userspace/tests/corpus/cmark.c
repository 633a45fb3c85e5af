// SPDX-License-Identifier: GPL-2.0-only
// package: cmark
// sources: src/blocks.c src/buffer.c src/cmark.c src/cmark_ctype.c
// sources: src/commonmark.c src/houdini_href_e.c src/houdini_html_e.c
// sources: src/houdini_html_u.c src/html.c src/inlines.c src/iterator.c
// sources: src/latex.c src/man.c src/node.c src/references.c src/render.c
// sources: src/scanners.c src/utf8.c src/xml.c
// flags: -Isrc
// input: markdown 32K
/* Reads Markdown and writes HTML, a manual page and Markdown. */
#include <cmark.h>

#include "corpus.h"

static void work(const unsigned char *in, size_t len)
{
	cmark_node *tree;
	char *text;

	tree = cmark_parse_document((const char *)in, len, CMARK_OPT_DEFAULT);
	text = cmark_render_html(tree, CMARK_OPT_SOURCEPOS);
	put(text, strlen(text));
	free(text);
	text = cmark_render_man(tree, CMARK_OPT_DEFAULT, 72);
	put(text, strlen(text));
	free(text);
	text = cmark_render_commonmark(tree, CMARK_OPT_DEFAULT, 72);
	put_sum(text, strlen(text));
	free(text);
	cmark_node_free(tree);
}
