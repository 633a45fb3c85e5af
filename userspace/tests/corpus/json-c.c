// SPDX-License-Identifier: GPL-2.0-only
// package: json-c
// sources: arraylist.c json_object.c json_tokener.c
// sources: json_util.c linkhash.c printbuf.c random_seed.c
// sources: strerror_override.c
// flags: -I.
// input: json 64K
/* Reads JSON and prints it. */
#include <json_object.h>
#include <json_tokener.h>

#include "corpus.h"

static void work(const unsigned char *in, size_t len)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *tree;
	const char *text;

	tree = json_tokener_parse_ex(tokener, (const char *)in, len);
	put64(json_tokener_get_error(tokener));
	text = json_object_to_json_string_ext(tree, JSON_C_TO_STRING_PRETTY);
	put(text, strlen(text));
	json_object_put(tree);
	json_tokener_free(tokener);
}
