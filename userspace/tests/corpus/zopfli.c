// SPDX-License-Identifier: GPL-2.0-only
// package: zopfli
// sources: src/zopfli/blocksplitter.c src/zopfli/cache.c src/zopfli/deflate.c
// sources: src/zopfli/gzip_container.c src/zopfli/hash.c
// sources: src/zopfli/katajainen.c src/zopfli/lz77.c src/zopfli/squeeze.c
// sources: src/zopfli/tree.c src/zopfli/util.c src/zopfli/zlib_container.c
// sources: src/zopfli/zopfli_lib.c
// flags: -Isrc/zopfli
// input: text 8K
/* Compresses as well as deflate can, by floating point. */
#include <zopfli.h>

#include "corpus.h"

static void work(const unsigned char *in, size_t len)
{
	ZopfliOptions options;
	unsigned char *packed = NULL;
	size_t size = 0;

	ZopfliInitOptions(&options);
	options.numiterations = 2;
	ZopfliCompress(&options, ZOPFLI_FORMAT_GZIP, in, len, &packed, &size);
	put(packed, size);
	free(packed);
}
