// SPDX-License-Identifier: GPL-2.0-only
// package: jansson
// sources: src/dump.c src/error.c src/hashtable.c src/hashtable_seed.c
// sources: src/load.c src/memory.c src/pack_unpack.c src/strbuffer.c
// sources: src/strconv.c src/utf.c src/value.c
// flags: -Isrc -DHAVE_CONFIG_H
// input: json 64K
/* Reads JSON, adds numbers in it, and prints it in order. */
#include <jansson.h>

#include "corpus.h"

static void work(const unsigned char *in, size_t len)
{
	json_error_t error;
	json_t *tree, *item;
	double sum = 0;
	size_t i;
	char *text;

	json_object_seed(1);
	tree = json_loadb((const char *)in, len, 0, &error);
	put64(!!tree);
	json_array_foreach(tree, i, item)
		sum += json_number_value(json_object_get(item, "value"));
	put(&sum, sizeof(sum));
	text = json_dumps(tree, JSON_INDENT(1) | JSON_SORT_KEYS);
	put(text, strlen(text));
	free(text);
	json_decref(tree);
}
