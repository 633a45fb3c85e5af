// SPDX-License-Identifier: GPL-2.0-only
// package: xz-utils
// sources: src/liblzma/check/check.c src/liblzma/check/crc32_fast.c
// sources: src/liblzma/check/crc32_table.c src/liblzma/check/crc64_fast.c
// sources: src/liblzma/check/crc64_table.c src/liblzma/check/sha256.c
// sources: src/liblzma/common/common.c src/liblzma/common/block_util.c
// sources: src/liblzma/common/block_buffer_encoder.c
// sources: src/liblzma/common/block_decoder.c
// sources: src/liblzma/common/block_encoder.c
// sources: src/liblzma/common/block_header_decoder.c
// sources: src/liblzma/common/block_header_encoder.c
// sources: src/liblzma/common/easy_buffer_encoder.c
// sources: src/liblzma/common/easy_preset.c
// sources: src/liblzma/common/filter_common.c
// sources: src/liblzma/common/filter_decoder.c
// sources: src/liblzma/common/filter_encoder.c
// sources: src/liblzma/common/filter_flags_decoder.c
// sources: src/liblzma/common/filter_flags_encoder.c
// sources: src/liblzma/common/index.c src/liblzma/common/index_encoder.c
// sources: src/liblzma/common/index_hash.c
// sources: src/liblzma/common/stream_buffer_decoder.c
// sources: src/liblzma/common/stream_buffer_encoder.c
// sources: src/liblzma/common/stream_decoder.c
// sources: src/liblzma/common/stream_flags_common.c
// sources: src/liblzma/common/stream_flags_decoder.c
// sources: src/liblzma/common/stream_flags_encoder.c
// sources: src/liblzma/common/vli_decoder.c src/liblzma/common/vli_encoder.c
// sources: src/liblzma/common/vli_size.c src/liblzma/lz/lz_decoder.c
// sources: src/liblzma/lz/lz_encoder.c src/liblzma/lz/lz_encoder_mf.c
// sources: src/liblzma/lzma/fastpos_table.c src/liblzma/lzma/lzma2_decoder.c
// sources: src/liblzma/lzma/lzma2_encoder.c src/liblzma/lzma/lzma_decoder.c
// sources: src/liblzma/lzma/lzma_encoder.c
// sources: src/liblzma/lzma/lzma_encoder_optimum_fast.c
// sources: src/liblzma/lzma/lzma_encoder_optimum_normal.c
// sources: src/liblzma/lzma/lzma_encoder_presets.c
// sources: src/liblzma/rangecoder/price_table.c
// flags: -Isrc/liblzma/api -Isrc/liblzma/common -Isrc/liblzma/check
// flags: -Isrc/liblzma/lz -Isrc/liblzma/lzma -Isrc/liblzma/rangecoder
// flags: -Isrc/liblzma/delta -Isrc/liblzma/simple -Isrc/common
// flags: -DHAVE_STDINT_H -DHAVE_STDBOOL_H -DHAVE_INTTYPES_H -DHAVE_STRING_H
// flags: -DHAVE_LIMITS_H -DHAVE__BOOL -DHAVE_VISIBILITY=0 -DSIZEOF_SIZE_T=8
// flags: -DHAVE_CHECK_CRC32 -DHAVE_CHECK_CRC64 -DHAVE_CHECK_SHA256
// flags: -DHAVE_ENCODER_LZMA1 -DHAVE_ENCODER_LZMA2 -DHAVE_DECODER_LZMA1
// flags: -DHAVE_DECODER_LZMA2 -DHAVE_MF_HC3 -DHAVE_MF_HC4 -DHAVE_MF_BT2
// flags: -DHAVE_MF_BT3 -DHAVE_MF_BT4
// input: text 128K
/* Compresses to a .xz file in memory, and back. */
#include <lzma.h>

#include "corpus.h"

static void work(const unsigned char *in, size_t len)
{
	size_t bound = lzma_stream_buffer_bound(len), size = 0, from = 0, back = 0;
	unsigned char *packed = malloc(bound), *again = malloc(len);
	uint64_t memory = 16 << 20;

	put64(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC64, NULL, in, len,
				      packed, &size, bound));
	put(packed, size);
	put64(lzma_stream_buffer_decode(&memory, 0, NULL, packed, &from, size,
					again, &back, len));
	put64(from == size && back == len);
	put64(memcmp(in, again, len));
	free(packed);
	free(again);
}
