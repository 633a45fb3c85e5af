// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* CRC-32C (Castagnoli): by the processor's instruction where it has one. */
#include <string.h>

#include "internal.h"

/* What four zero bits more do to a CRC that ends in each four bits. */
static const __u32 nibbles[16] = {
	0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
	0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
	0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
	0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

__u32 sbpf_crc32c_portable(__u32 crc, const __u8 *p, size_t len)
{
	for (; len; len--) {
		crc ^= *p++;
		crc = crc >> 4 ^ nibbles[crc & 15];
		crc = crc >> 4 ^ nibbles[crc & 15];
	}
	return crc;
}

#ifdef __x86_64__

__attribute__((__target__("sse4.2")))
static __u32 crc32c_sse42(__u32 crc, const __u8 *p, size_t len)
{
	__u64 wide = crc;
	__u64 word;

	for (; len >= sizeof(word); len -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		wide = __builtin_ia32_crc32di(wide, word);
	}
	crc = (__u32)wide;
	for (; len; len--)
		crc = __builtin_ia32_crc32qi(crc, *p++);
	return crc;
}

__u32 sbpf_crc32c(__u32 crc, const __u8 *p, size_t len)
{
	if (__builtin_cpu_supports("sse4.2"))
		return crc32c_sse42(crc, p, len);
	return sbpf_crc32c_portable(crc, p, len);
}

#else

__u32 sbpf_crc32c(__u32 crc, const __u8 *p, size_t len)
{
	return sbpf_crc32c_portable(crc, p, len);
}

#endif
