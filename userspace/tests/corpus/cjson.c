// SPDX-License-Identifier: GPL-2.0-only
// package: cjson
// sources: cJSON.c
// flags: -I.
// input: json 64K
/* Reads JSON, adds numbers in it, and prints it. */
#include <cJSON.h>

#include "corpus.h"

static void work(const unsigned char *in, size_t len)
{
	cJSON *tree = cJSON_ParseWithLength((const char *)in, len), *item;
	double sum = 0;
	char *text;

	put64(!!tree);
	cJSON_ArrayForEach(item, tree)
		sum += cJSON_GetNumberValue(cJSON_GetObjectItem(item, "value"));
	put(&sum, sizeof(sum));
	text = cJSON_Print(tree);
	put(text, strlen(text));
	free(text);
	cJSON_Delete(tree);
}
