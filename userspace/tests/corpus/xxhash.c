// SPDX-License-Identifier: GPL-2.0-only
// package: xxhash
// sources: xxhash.c
// flags: -I. -DXXH_VECTOR=0
// input: text 128K
/* All four hashes, at once and in pieces. */
#include <xxhash.h>

#include "corpus.h"

static void work(const unsigned char *in, size_t len)
{
	XXH64_state_t *state = XXH64_createState();
	XXH128_hash_t wide = XXH3_128bits(in, len);
	size_t at;

	put64(XXH32(in, len, 1));
	put64(XXH64(in, len, 2));
	put64(XXH3_64bits(in, len));
	put64(wide.low64);
	put64(wide.high64);
	XXH64_reset(state, 3);
	for (at = 0; at < len; at += 100)
		XXH64_update(state, in + at, len - at < 100 ? len - at : 100);
	put64(XXH64_digest(state));
	XXH64_freeState(state);
	for (at = 0; at < 400; at++)
		put64(XXH3_64bits_withSeed(in, at, at));
}
