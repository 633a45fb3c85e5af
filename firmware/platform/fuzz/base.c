// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What all fuzzers stand on: a drive that is ready for their input. */
#include <stdlib.h>

#include "fuzz.h"

u32 fuzz_program_id, fuzz_slot;

void fuzz_base_must(bool ok)
{
	if (!ok)
		abort();
}

void fuzz_base_drain(u16 queue)
{
	u16 cid;

	for (u32 i = 0; i < FUZZ_COMMANDS_MAX; i++)
		if (guest_reap(queue, &cid) == GUEST_NOTHING)
			break;
}

void fuzz_base_restart(void)
{
	struct nvme_lambda_request r = { .in_len = 4096, .out_cap = 4096 };
	struct nvme_lambda_extent e = { 8192, 4096 };

	fuzz_base_must(csd_enable());
	fuzz_base_must(!guest_create_queues(1, GUEST_ENTRIES));
	fuzz_program_id = csd_program(csd_copy, CSD_COPY);
	fuzz_base_must(fuzz_program_id && !csd_alloc(&fuzz_slot));
	r.program = fuzz_program_id;
	fuzz_base_must(!csd_request(fuzz_slot, r, &e, 1, NULL));
}
