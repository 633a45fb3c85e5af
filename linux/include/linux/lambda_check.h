/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The load-time check of λ programs, shared by every runtime.
 *
 * kernel/bpf/lambda/check.c is plain C over this header and uapi/linux/sbpf.h:
 * no kernel types, no allocation, no recursion, so that the firmware and the
 * userspace runtime compile the very same file. What one side accepts, all
 * accept.
 */
#ifndef _LINUX_LAMBDA_CHECK_H
#define _LINUX_LAMBDA_CHECK_H

#include <linux/sbpf.h>
#include <linux/types.h>

/**
 * struct sbpf_insn - one BPF instruction, as in RFC 9669 and struct bpf_insn
 * @code: opcode
 * @regs: destination register in the low four bits, source in the high four
 * @off:  signed displacement or jump offset
 * @imm:  signed immediate
 *
 * Little-endian, 8 bytes. The register fields are one byte here because the
 * order of bit-fields is the compiler's business.
 */
struct sbpf_insn {
	__u8 code;
	__u8 regs;
	__s16 off;
	__s32 imm;
};

/**
 * struct sbpf_func - what the check learned about one function
 * @start:  index of its first instruction
 * @len:    number of its instructions
 * @weight: SBPF_WEIGHT_MAX bounds this; see there
 * @depth:  calls nested below it, itself included: 1 … SBPF_DEPTH_MAX
 */
struct sbpf_func {
	__u32 start;
	__u32 len;
	__u32 weight;
	__u32 depth;
};

/**
 * struct sbpf_check - one run of the check
 * @insns:   the linked program: the entry first, then what it calls
 * @len:     number of @insns
 * @scratch: SBPF_CHECK_SCRATCH(@len) bytes, aligned for __u32, contents any
 * @funcs:   out: the functions in order of position; funcs[0] is the entry
 * @nr_funcs: out: how many
 * @contract: out: enum sbpf_contract, the parts that it needs
 * @where:   out, on refusal: index of the instruction refused
 * @why:     out, on refusal: what is wrong with it, a static English sentence
 *           without newline or index, made for a person to read
 */
struct sbpf_check {
	const struct sbpf_insn *insns;
	__u32 len;
	void *scratch;
	struct sbpf_func funcs[SBPF_FUNCS_MAX];
	__u32 nr_funcs;
	__u32 contract;
	__u32 where;
	const char *why;
};

/* Bytes of scratch for a program of @len instructions. */
#define SBPF_CHECK_SCRATCH(len)	((len) * 7ull)

/**
 * sbpf_check - decide whether a program may be loaded
 * @ck: the program and where to put what is learned
 *
 * Time is linear in the number of instructions. Enforces every rule of the
 * sBPF contract that does not need the running machine.
 *
 * Return: 0, or -1 with @ck->where and @ck->why set.
 */
int sbpf_check(struct sbpf_check *ck);

#endif /* _LINUX_LAMBDA_CHECK_H */
