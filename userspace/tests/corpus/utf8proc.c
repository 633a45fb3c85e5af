// SPDX-License-Identifier: GPL-2.0-only
// package: utf8proc
// sources: utf8proc.c
// flags: -I. -DUTF8PROC_STATIC
// input: unicode 64K
/* Normalizes text in three ways. */
#include <utf8proc.h>

#include "corpus.h"

static void work(const unsigned char *in, size_t len)
{
	static const int options[] = {
		UTF8PROC_COMPOSE, UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT,
		UTF8PROC_CASEFOLD | UTF8PROC_COMPOSE | UTF8PROC_STRIPMARK,
	};
	utf8proc_ssize_t size;
	utf8proc_uint8_t *text;
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(*options); i++) {
		size = utf8proc_map(in, len, &text, options[i]);
		put64(size);
		if (size < 0)
			continue;
		put_sum(text, size);
		put(text, size < 4096 ? size : 4096);
		free(text);
	}
}
