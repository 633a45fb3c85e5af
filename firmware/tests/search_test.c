// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Substring search and checksum, against plain ways to compute the same. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sbpf/internal.h"
#include "test.h"

static __u64 random_state = 88172645463325252ull;

static __u32 pick(__u32 below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (__u32)(random_state >> 33) % below;
}

static const __u8 *plain_search(const __u8 *hay, size_t hay_len,
				const __u8 *needle, size_t len)
{
	size_t at;

	for (at = 0; at + len <= hay_len; at++)
		if (!memcmp(hay + at, needle, len))
			return hay + at;
	return NULL;
}

/* Few letters make for needles with periods and near matches. */
static bool search_round(void)
{
	__u32 hay_len = pick(pick(4) ? 60 : 600), len = pick(pick(9) ? 12 : 90);
	__u32 letters = 1 + pick(3), k;
	__u8 *hay = malloc(hay_len), *needle = malloc(len);
	bool same;

	if ((hay_len && !hay) || (len && !needle))
		abort();
	for (k = 0; k < hay_len; k++)
		hay[k] = pick(letters);
	for (k = 0; k < len; k++)
		needle[k] = pick(letters);
	same = sbpf_memmem(hay, hay_len, needle, len) ==
	       plain_search(hay, hay_len, needle, len);
	free(hay);
	free(needle);
	return same;
}

/* A needle that is there, among so many that nearly are. */
static bool crowded_round(void)
{
	__u32 len = 20 + pick(60), k;
	__u8 hay[6000];
	__u8 *needle = hay + pick(sizeof(hay) - len);

	for (k = 0; k < sizeof(hay); k++)
		hay[k] = pick(25) == 0;
	return sbpf_memmem(hay, sizeof(hay), needle, len) ==
	       plain_search(hay, sizeof(hay), needle, len);
}

static void test_search(void)
{
	int round = 0;

	while (round < 300000 && search_round())
		round++;
	test_ok(round == 300000, "search agrees with a plain one");
	round = 0;
	while (round < 10000 && crowded_round())
		round++;
	test_ok(round == 10000, "so it does among near matches");
}

/* Milliseconds to search @len bytes for half as many. */
static double search_time(__u8 *hay, size_t len, const __u8 *needle)
{
	clock_t start = clock();

	sbpf_memmem(hay, len, needle, len / 2);
	return (double)(clock() - start) * 1000 / CLOCKS_PER_SEC;
}

static void test_linear(void)
{
	size_t len = 4 << 20;
	__u8 *hay = calloc(1, len), *needle = calloc(1, len);
	double took;

	if (!hay || !needle)
		abort();
	/* Quadratic would be 4 * 10^12 comparisons: an hour. */
	needle[len / 2 - 1] = 1;
	took = search_time(hay, len, needle);
	needle[len / 2 - 1] = 0;
	needle[0] = 1;
	took += search_time(hay, len, needle);
	needle[0] = 0;
	needle[len / 4] = 1;
	took += search_time(hay, len, needle);
	printf("# %.0f ms\n", took);
	test_ok(took < 2000, "search takes linear time");
	free(hay);
	free(needle);
}

static __u32 plain_crc(__u32 crc, const __u8 *p, size_t len)
{
	int bit;

	for (; len; len--) {
		crc ^= *p++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return crc;
}

static void test_crc(void)
{
	__u8 bytes[300];
	bool fast = true, portable = true;
	__u32 k, len;

	for (k = 0; k < sizeof(bytes); k++)
		bytes[k] = pick(256);
	for (len = 0; len < 290; len++) {
		__u32 want = plain_crc(len, bytes + len % 9, len);

		fast &= sbpf_crc32c(len, bytes + len % 9, len) == want;
		portable &= sbpf_crc32c_portable(len, bytes + len % 9, len) ==
			    want;
	}
	test_ok(fast, "CRC-32C");
	test_ok(portable, "CRC-32C without the processor's help");
}

int main(void)
{
	test_search();
	test_linear();
	test_crc();
	return test_done();
}
