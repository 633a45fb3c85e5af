// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The input of a fuzzer, eaten from the front. */
#include "fuzz.h"

/* The input; it ends in zeros. */
static const u8 *input;
static size_t left;

void fuzz_input_set(const u8 *data, size_t size)
{
	input = data;
	left = size;
}

void fuzz_input_take(void *to, size_t len)
{
	size_t part = fw_min(len, left);

	memcpy(to, input, part);
	memset((u8 *)to + part, 0, len - part);
	input += part;
	left -= part;
}

u8 fuzz_input_byte(void)
{
	u8 byte;

	fuzz_input_take(&byte, 1);
	return byte;
}

bool fuzz_input_left(void)
{
	return left;
}

u32 fuzz_input_bytes(void)
{
	return left;
}
