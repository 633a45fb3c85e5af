// SPDX-License-Identifier: GPL-2.0-only
// package: brotli
// sources: c/common/constants.c c/common/context.c c/common/dictionary.c
// sources: c/common/platform.c c/common/transform.c c/dec/bit_reader.c
// sources: c/dec/decode.c c/dec/huffman.c c/dec/state.c
// sources: c/enc/backward_references.c c/enc/backward_references_hq.c
// sources: c/enc/bit_cost.c c/enc/block_splitter.c c/enc/brotli_bit_stream.c
// sources: c/enc/cluster.c c/enc/command.c c/enc/compress_fragment.c
// sources: c/enc/compress_fragment_two_pass.c c/enc/dictionary_hash.c
// sources: c/enc/encode.c c/enc/encoder_dict.c c/enc/entropy_encode.c
// sources: c/enc/fast_log.c c/enc/histogram.c c/enc/literal_cost.c
// sources: c/enc/memory.c c/enc/metablock.c c/enc/static_dict.c
// sources: c/enc/utf8_util.c
// flags: -Ic/include
// input: text 64K
/* Compresses at three levels, and back. */
#include <brotli/decode.h>
#include <brotli/encode.h>

#include "corpus.h"

/* At level 9 a table takes 33 MB, and without memory it ends by exit(). */
LAMBDA_HEAP(64 << 20);

static void work(const unsigned char *in, size_t len)
{
	size_t bound = BrotliEncoderMaxCompressedSize(len), size, back;
	unsigned char *packed = malloc(bound), *again = malloc(len);
	int quality;

	for (quality = 1; quality <= 9; quality += 4) {
		size = bound;
		back = len;
		put64(BrotliEncoderCompress(quality, 18, BROTLI_MODE_TEXT, len,
					    in, &size, packed));
		put_sum(packed, size);
		put64(BrotliDecoderDecompress(size, packed, &back, again));
		put64(memcmp(in, again, len));
	}
	put(packed, size);
	free(packed);
	free(again);
}
