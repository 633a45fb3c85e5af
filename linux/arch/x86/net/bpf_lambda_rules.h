/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules of bpf_lambda_rules.c that are in another file, and what they share. */
#ifndef _BPF_LAMBDA_RULES_H
#define _BPF_LAMBDA_RULES_H

#include "bpf_lambda_internal.h"

enum {
	RULE_NONE,
	RULE_LOAD_SIGNED,
	RULE_EXTEND,
	RULE_SELECT,
	RULE_UPDATE,
	RULE_COMPARE,
	RULE_OPERAND,
	RULE_ADDRESS,
	RULE_SUM,
	RULE_CONSTANT,
	RULE_CONSTANT_USE,
	NR_RULES,
};

/* bpf_lambda_sums.c */

bool lambda_sums_is_simple(const struct bpf_insn *insn);
u8 lambda_sums_op_number(const struct bpf_insn *insn);
u32 lambda_sums_match(struct lambda_plan *plan, u32 k);
int emit_lambda_sum(u8 **pprog, struct lambda_jit *lj, u32 k);
u32 lambda_sums_match_address(struct lambda_plan *plan, u32 k);
int emit_lambda_sum_address(u8 **pprog, struct lambda_jit *lj, u32 k);
u32 lambda_sums_match_constant(struct lambda_plan *plan, u32 k);
int emit_lambda_sum_constant(u8 **pprog, struct lambda_jit *lj, u32 k);
int emit_lambda_sum_constant_use(u8 **pprog, struct lambda_jit *lj, u32 k);

#endif /* _BPF_LAMBDA_RULES_H */
