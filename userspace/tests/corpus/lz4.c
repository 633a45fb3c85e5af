// SPDX-License-Identifier: GPL-2.0-only
// package: lz4
// sources: lib/lz4.c lib/lz4hc.c
// flags: -Ilib
// input: text 128K
/* Compresses fast and well, and back. */
#include <lz4.h>
#include <lz4hc.h>

#include "corpus.h"

static void work(const unsigned char *in, size_t len)
{
	int bound = LZ4_compressBound(len), fast, high;
	char *packed = malloc(bound), *again = malloc(len);

	fast = LZ4_compress_default((const char *)in, packed, len, bound);
	put_sum(packed, fast);
	put64(LZ4_decompress_safe(packed, again, fast, len));
	put64(memcmp(in, again, len));
	high = LZ4_compress_HC((const char *)in, packed, len, bound, 9);
	put(packed, high);
	put64(LZ4_decompress_safe(packed, again, high, len));
	put64(memcmp(in, again, len));
	free(packed);
	free(again);
}
