// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A fuzzer for libFuzzer; FUZZ says of which kind. */
#include "fuzz.h"

size_t LLVMFuzzerMutate(u8 *data, size_t size, size_t room);
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t room,
			       unsigned int seed);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	if (!fuzzer)
		fuzz_begin(FUZZ);
	fuzz_input(data, size);
	return 0;
}

/* Half of the changes are libFuzzer's own, which know nothing. */
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t room,
			       unsigned int seed)
{
	if (fuzzer && seed % 2)
		return fuzz_mutate(data, size, room, seed);
	return LLVMFuzzerMutate(data, size, room);
}
