// SPDX-License-Identifier: GPL-2.0-only
// package: lzo2
// sources: src/lzo1x_1.c src/lzo1x_d2.c src/lzo1x_9x.c src/lzo_crc.c
// sources: src/lzo_init.c src/lzo_ptr.c src/lzo_str.c src/lzo_util.c
// flags: -Iinclude -I. -Isrc
// input: text 128K
/* Compresses fast and well, and back. */
#include <lzo/lzo1x.h>

#include "corpus.h"

static void work(const unsigned char *in, size_t len)
{
	lzo_voidp memory = malloc(LZO1X_999_MEM_COMPRESS);
	unsigned char *packed = malloc(2 * len), *again = malloc(len);
	lzo_uint size, back = len;

	put64(lzo_init());
	put64(lzo1x_1_compress(in, len, packed, &size, memory));
	put_sum(packed, size);
	put64(lzo1x_decompress_safe(packed, size, again, &back, NULL));
	put64(memcmp(in, again, len));
	put64(lzo1x_999_compress(in, len, packed, &size, memory));
	put(packed, size);
	put64(lzo1x_decompress_safe(packed, size, again, &back, NULL));
	put64(memcmp(in, again, len));
	put64(lzo_crc32(0, in, len));
	free(packed);
	free(again);
	free(memory);
}
