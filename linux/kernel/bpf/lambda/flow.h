/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the two files of the load-time check share: see check.c. */
#ifndef _LAMBDA_FLOW_H
#define _LAMBDA_FLOW_H

#include <linux/lambda_check.h>

/* What an instruction does with its fields, ored together. */
#define SBPF_DST_READ		0x001	/* as a number */
#define SBPF_DST_WRITE		0x002
#define SBPF_DST_BASE		0x004	/* as the base of an address */
#define SBPF_SRC_READ		0x008	/* as a number */
#define SBPF_SRC_BASE		0x010	/* as the base of an address */
#define SBPF_SRC_FRAME		0x020	/* the source may be R10 */
#define SBPF_SRC_SELECTS	0x040	/* not a register: a variant */
#define SBPF_USES_OFF		0x080
#define SBPF_USES_IMM		0x100
#define SBPF_USES_NOTHING	0x200

#define SBPF_USES_DST	(SBPF_DST_READ | SBPF_DST_WRITE | SBPF_DST_BASE)
#define SBPF_USES_SRC	(SBPF_SRC_READ | SBPF_SRC_BASE | SBPF_SRC_SELECTS)

/* State of an instruction: registers written (bits 0 to 10), and flags. */
#define SBPF_STATE_REGS		0x07ff
#define SBPF_STATE_SEEN		0x0800	/* some path leads here */
#define SBPF_STATE_QUEUED	0x1000	/* waits for another look */
#define SBPF_STATE_HALF		0x2000	/* second half of a 64-bit load */
#define SBPF_STATE_LEAVES_R0	0x4000	/* function start: writes R0 */

/* Fields that @insn uses, or 0 when sBPF does not have its opcode. */
__u32 sbpf_check_operands(const struct sbpf_insn *insn);

/* Function that the local call at @i calls. */
struct sbpf_func *sbpf_check_callee(struct sbpf_check *ck, __u32 i);

int sbpf_check_is_jump(const struct sbpf_insn *insn);
__s64 sbpf_check_jump_target(const struct sbpf_check *ck, __u32 i);

/*
 * The last pass. @list and @state have an entry for each instruction, @order
 * one for each function: their indices, callees before their callers.
 */
int sbpf_flow_check(struct sbpf_check *ck, __u32 *list, __u16 *state,
		    const __u8 *order);

#endif /* _LAMBDA_FLOW_H */
