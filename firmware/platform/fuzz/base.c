// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What all fuzzers stand on: their input, and a drive that is ready for it. */
#include <stdlib.h>

#include "fuzz.h"

u32 fuzz_program_id, fuzz_slot;

/* The input; it ends in zeros. */
static const u8 *input;
static size_t left;

void fuzz_input_set(const u8 *data, size_t size)
{
	input = data;
	left = size;
}

void fuzz_must(bool ok)
{
	if (!ok)
		abort();
}

void fuzz_take(void *to, size_t len)
{
	size_t part = fw_min(len, left);

	memcpy(to, input, part);
	memset((u8 *)to + part, 0, len - part);
	input += part;
	left -= part;
}

u8 fuzz_take_byte(void)
{
	u8 byte;

	fuzz_take(&byte, 1);
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

void fuzz_drain(u16 queue)
{
	u16 cid;

	for (u32 i = 0; i < FUZZ_COMMANDS_MAX; i++)
		if (guest_reap(queue, &cid) == GUEST_NOTHING)
			break;
}

void fuzz_restart(void)
{
	struct nvme_lambda_request r = { .in_len = 4096, .out_cap = 4096 };
	struct nvme_lambda_extent e = { 8192, 4096 };

	fuzz_must(csd_enable());
	fuzz_must(!guest_create_queues(1, GUEST_ENTRIES));
	fuzz_program_id = csd_program(csd_copy, CSD_COPY);
	fuzz_must(fuzz_program_id && !csd_alloc(&fuzz_slot));
	r.program = fuzz_program_id;
	fuzz_must(!csd_request(fuzz_slot, r, &e, 1, NULL));
}
