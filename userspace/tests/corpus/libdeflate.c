// SPDX-License-Identifier: GPL-2.0-only
// package: libdeflate
// sources: lib/x86/cpu_features.c lib/adler32.c lib/crc32.c lib/deflate_compress.c
// sources: lib/deflate_decompress.c lib/utils.c lib/zlib_compress.c
// sources: lib/zlib_decompress.c
// flags: -I.
// input: text 128K
/* Compresses as zlib does at three levels, and back. */
#include <libdeflate.h>

#include "corpus.h"

static void work(const unsigned char *in, size_t len)
{
	struct libdeflate_decompressor *from = libdeflate_alloc_decompressor();
	unsigned char *packed = malloc(2 * len), *again = malloc(len);
	size_t size = 0, back;
	int level;

	for (level = 1; level <= 9; level += 4) {
		struct libdeflate_compressor *to;

		to = libdeflate_alloc_compressor(level);
		size = libdeflate_zlib_compress(to, in, len, packed, 2 * len);
		put_sum(packed, size);
		put64(libdeflate_zlib_decompress(from, packed, size, again, len,
						 &back));
		put64(memcmp(in, again, len));
		libdeflate_free_compressor(to);
	}
	put(packed, size);
	libdeflate_free_decompressor(from);
	free(packed);
	free(again);
}
