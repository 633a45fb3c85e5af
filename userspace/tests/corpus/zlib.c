// SPDX-License-Identifier: GPL-2.0-only
// package: zlib
// sources: adler32.c compress.c crc32.c deflate.c inffast.c inflate.c
// sources: inftrees.c trees.c uncompr.c zutil.c
// flags: -I.
// input: text 128K
/* Compresses as deflate does at three levels, and back. */
#include <zlib.h>

#include "corpus.h"

static void work(const unsigned char *in, size_t len)
{
	uLongf size = compressBound(len), back = len;
	unsigned char *packed = malloc(size), *again = malloc(len);
	int level;

	for (level = 1; level <= 9; level += 4) {
		size = compressBound(len);
		put64(compress2(packed, &size, in, len, level));
		put_sum(packed, size);
		put64(uncompress(again, &back, packed, size));
		put64(memcmp(in, again, len));
	}
	put(packed, size);
	put64(crc32(0, in, len));
	put64(adler32(1, in, len));
	free(packed);
	free(again);
}
