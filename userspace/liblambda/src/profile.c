// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * A run of which each instruction is counted: by the reference interpreter, which
 * is compiled here once more to be stepped.
 */
#define sbpf_interpret profile_interpret
#include <sbpf/interpret.c>

#include "local.h"

void lambda_profile_run(struct sbpf_run *run, struct lambda_count *counts)
{
	struct machine m = {
		.run = run,
		.insns = run->program->check.insns,
		.running = true,
		.r = { [1] = SBPF_CTX_BASE, [SBPF_FP] = SBPF_FRAME_TOP(0) },
	};
	__u64 before;

	sbpf_run_begin(run);
	while (m.running) {
		before = run->budget_used;
		interpret_insn(&m);
		counts[run->where].insns++;
		counts[run->where].budget += run->budget_used - before;
	}
}
