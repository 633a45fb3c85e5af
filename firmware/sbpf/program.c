// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* λ programs: checked once, run many times. */
#include "internal.h"

int sbpf_program_init(struct sbpf_program *program,
		      const struct sbpf_insn *insns, __u32 len, void *scratch)
{
	int mode;

	for (mode = 0; mode < SBPF_JIT_MODES; mode++)
		program->code[mode] = NULL;
	program->check.insns = insns;
	program->check.len = len;
	program->check.scratch = scratch;
	program->check.why = NULL;
	program->check.where = 0;
	return sbpf_check(&program->check);
}

__u32 sbpf_program_func_at(const struct sbpf_program *program, __u32 insn)
{
	const struct sbpf_func *funcs = program->check.funcs;
	__u32 low = 0, high = program->check.nr_funcs - 1;

	while (low < high) {
		__u32 mid = (low + high + 1) / 2;

		if (funcs[mid].start <= insn)
			low = mid;
		else
			high = mid - 1;
	}
	return low;
}

__u32 sbpf_program_access_size(__u8 code)
{
	switch (SBPF_SIZE(code)) {
	case SBPF_B:
		return 1;
	case SBPF_H:
		return 2;
	case SBPF_W:
		return 4;
	default:
		return 8;
	}
}
