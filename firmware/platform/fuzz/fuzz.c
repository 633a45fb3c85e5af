// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The fuzzers, and what is done with an input: see fuzz.h. */
#include <sys/mman.h>

#include "fuzz.h"

#define FUZZ_INSNS_MAX		100000u	/* of one λ: inputs shall be quick */
#define FUZZ_TEXT_BYTES		(4u << 20)

#define REQUEST	(sizeof(struct nvme_lambda_request) + \
		 4 * sizeof(struct nvme_lambda_extent))

const struct fuzzer fuzzers[FUZZ_KINDS] = {
	[FUZZ_ADMIN] = { "ADMIN", fuzz_command_admin, .record = 65 },
	[FUZZ_IO] = { "IO", fuzz_command_io, .head = 256, .record = 65 },
	[FUZZ_LAMBDA] = { "LAMBDA", fuzz_command_lambda, .record = 65 + REQUEST,
			  .sqe = 1, .guard = true },
	[FUZZ_PROGRAM] = { "PROGRAM", fuzz_command_program, .head = 5,
			   .record = 8, .sqe = 8, .guard = true },
	[FUZZ_REGISTER] = { "REGISTER", fuzz_event_register, .record = 12,
			    .sqe = 12 },
	[FUZZ_FAILURE] = { "FAILURE", fuzz_event_failure, .record = 68,
			   .sqe = 4, .fresh = true },
	[FUZZ_DEFER] = { "DEFER", fuzz_event_defer, .record = 4, .sqe = 4,
			 .defer = true, .guard = true },
};

const struct fuzzer *fuzzer;

static void fuzz_check_nothing_left(void)
{
	struct fw_ctrl *c = guest.host.ctrl;
	struct fw_lambda *l = c->cmdset_state;
	u32 n = 0;

	for (const struct fw_cmd *cmd = c->free; cmd; cmd = cmd->next)
		n++;
	fuzz_base_must(n == FW_CMDS_MAX && n == c->nr_free && !c->nr_aer &&
		       !c->pieces);
	fuzz_base_must(!c->entered && !c->late && !c->stop);
	fuzz_base_must(fw_timing_next(&c->timing) == FW_NEVER);
	for (u32 i = 0; i < l->cfg.slots + l->fast; i++)
		fuzz_base_must(!l->slots[i].id && !l->slots[i].running);
	fuzz_base_must(!fw_sessions_open(l));
	for (u32 i = 0; i < l->cfg.programs; i++)
		fuzz_base_must(!l->programs[i].id && !l->programs[i].runs);
}

u64 fuzz_runs;

static u64 fuzz_count_runs(void)
{
	const struct nvme_lambda_stats *st = &fw_lambda(guest.host.ctrl)->stats;
	u64 runs = 0;

	for (u32 i = 0; i < FW_ARRAY_SIZE(st->runs); i++)
		runs += st->runs[i];
	return runs;
}

void fuzz_begin(enum fuzz_kind kind)
{
	u8 *text = guest.host.text.rw;

	if (!text)
		text = mmap(NULL, FUZZ_TEXT_BYTES, PROT_READ | PROT_WRITE |
			    PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	fuzz_base_must(text != MAP_FAILED);
	fuzzer = &fuzzers[kind];
	csd_default();
	guest.cfg.profile.timing = true;
	guest.cfg.lambda.insns_max = FUZZ_INSNS_MAX;
	guest.cfg.faults = true;
	guest_power_on();
	guest.host.text = (struct fw_text){
		.rw = text, .rx = text, .bytes = FUZZ_TEXT_BYTES,
	};
	guest.host.defer = fuzzer->defer;
	guest.host.guard = fuzzer->guard;
	fuzz_base_must(!fw_host_power_on(&guest.host, &guest.cfg));
}

/* A driver that behaves reads, and runs a λ. */
static void fuzz_check_serves(void)
{
	fuzz_base_restart();
	fuzz_base_must(!guest_io(guest_rw(FW_IO_READ, 1, 0, 8)));
	fuzz_base_must(!guest_io(csd_fast(fuzz_program_id, 0, 100, 100)));
	fuzz_base_must(guest.result == 100);
}

void fuzz_input(const u8 *data, size_t size)
{
	u64 runs = fuzz_count_runs();

	fuzz_input_set(data, size);
	if (fuzzer->fresh) {
		fuzz_base_must(!fw_host_power_on(&guest.host, &guest.cfg));
		runs = 0;
	}
	fuzz_base_restart();
	fuzzer->run();
	fuzz_runs += fuzz_count_runs() - runs;
	while (fw_host_work(&guest.host))
		;
	fw_ctrl_reset(guest.host.ctrl);
	fuzz_check_nothing_left();
	fw_host_media_flush(&guest.host.media);
	fuzz_check_serves();
	fw_ctrl_reset(guest.host.ctrl);
}
