// SPDX-License-Identifier: GPL-2.0-only
// package: yajl
// sources: src/yajl.c src/yajl_alloc.c src/yajl_buf.c src/yajl_encode.c
// sources: src/yajl_gen.c src/yajl_lex.c src/yajl_parser.c src/yajl_tree.c
// flags: -Isrc/api -Isrc
// input: json 64K
/* Reads JSON to a tree and writes it. */
#include <yajl/yajl_gen.h>
#include <yajl/yajl_tree.h>

#include "corpus.h"

static void copy(yajl_gen to, yajl_val value)
{
	size_t i;

	if (YAJL_IS_OBJECT(value)) {
		yajl_gen_map_open(to);
		for (i = 0; i < value->u.object.len; i++) {
			const char *key = value->u.object.keys[i];

			yajl_gen_string(to, (const void *)key, strlen(key));
			copy(to, value->u.object.values[i]);
		}
		yajl_gen_map_close(to);
	} else if (YAJL_IS_ARRAY(value)) {
		yajl_gen_array_open(to);
		for (i = 0; i < value->u.array.len; i++)
			copy(to, value->u.array.values[i]);
		yajl_gen_array_close(to);
	} else if (YAJL_IS_INTEGER(value)) {
		yajl_gen_integer(to, YAJL_GET_INTEGER(value));
	} else if (YAJL_IS_DOUBLE(value)) {
		yajl_gen_double(to, YAJL_GET_DOUBLE(value));
	} else if (YAJL_IS_STRING(value)) {
		const char *text = YAJL_GET_STRING(value);

		yajl_gen_string(to, (const void *)text, strlen(text));
	} else if (YAJL_IS_NULL(value)) {
		yajl_gen_null(to);
	} else {
		yajl_gen_bool(to, YAJL_IS_TRUE(value));
	}
}

static void work(const unsigned char *in, size_t len)
{
	char *copied = malloc(len + 1), error[200] = "";
	const unsigned char *text;
	yajl_gen to = yajl_gen_alloc(NULL);
	yajl_val tree;
	size_t size;

	memcpy(copied, in, len);
	copied[len] = '\0';
	tree = yajl_tree_parse(copied, error, sizeof(error));
	put64(!!tree);
	put(error, strlen(error));
	if (tree)
		copy(to, tree);
	yajl_gen_get_buf(to, &text, &size);
	put(text, size);
	yajl_gen_free(to);
	yajl_tree_free(tree);
	free(copied);
}
