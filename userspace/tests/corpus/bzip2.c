// SPDX-License-Identifier: GPL-2.0-only
// package: bzip2
// sources: blocksort.c bzlib.c compress.c crctable.c decompress.c huffman.c
// sources: randtable.c
// flags: -I. -DBZ_NO_STDIO
// input: text 128K
/* Compresses, and back. */
#include <bzlib.h>

#include "corpus.h"

#ifdef BZ_NO_STDIO
void bz_internal_error(int code)
{
	put64(code);
	abort();
}
#endif

static void work(const unsigned char *in, size_t len)
{
	unsigned int size = len + len / 100 + 600, back = len;
	char *packed = malloc(size), *again = malloc(len);

	put64(BZ2_bzBuffToBuffCompress(packed, &size, (char *)in, len, 1, 0, 0));
	put(packed, size);
	put64(BZ2_bzBuffToBuffDecompress(again, &back, packed, size, 0, 0));
	put64(memcmp(in, again, len));
	free(packed);
	free(again);
}
