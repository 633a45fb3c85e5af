// SPDX-License-Identifier: GPL-2.0-only
// package: libzstd
// sources: lib/common/debug.c lib/common/entropy_common.c
// sources: lib/common/error_private.c lib/common/fse_decompress.c
// sources: lib/common/pool.c lib/common/threading.c lib/common/xxhash.c
// sources: lib/common/zstd_common.c lib/compress/fse_compress.c
// sources: lib/compress/hist.c lib/compress/huf_compress.c
// sources: lib/compress/zstd_compress.c lib/compress/zstd_compress_literals.c
// sources: lib/compress/zstd_compress_sequences.c
// sources: lib/compress/zstd_compress_superblock.c
// sources: lib/compress/zstd_double_fast.c lib/compress/zstd_fast.c
// sources: lib/compress/zstd_lazy.c lib/compress/zstd_ldm.c
// sources: lib/compress/zstd_opt.c lib/decompress/huf_decompress.c
// sources: lib/decompress/zstd_ddict.c lib/decompress/zstd_decompress.c
// sources: lib/decompress/zstd_decompress_block.c
// flags: -Ilib -DZSTD_DISABLE_ASM -DXXH_NAMESPACE=ZSTD_ -DZSTD_NO_INTRINSICS
// input: text 128K
/*
 * Compresses at three levels, and back: without vectors, for which the library
 * has another search, with another result.
 */
#include <zstd.h>

#include "corpus.h"

static void work(const unsigned char *in, size_t len)
{
	size_t bound = ZSTD_compressBound(len), size;
	unsigned char *packed = malloc(bound), *again = malloc(len);
	int level;

	for (level = 1; level <= 9; level += 4) {
		size = ZSTD_compress(packed, bound, in, len, level);
		put_sum(packed, size);
		put64(ZSTD_decompress(again, len, packed, size));
		put64(memcmp(in, again, len));
	}
	put(packed, size);
	free(packed);
	free(again);
}
