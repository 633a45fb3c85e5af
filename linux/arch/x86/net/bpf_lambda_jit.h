/* SPDX-License-Identifier: GPL-2.0-only */
/* What do_jit() calls where a program is a λ: see bpf_lambda_jit.c. */
#ifndef _BPF_LAMBDA_JIT_H
#define _BPF_LAMBDA_JIT_H

#include <linux/types.h>

struct bpf_prog;

/* What images of λs are aligned to, so that their loop heads are. */
#define LAMBDA_IMAGE_ALIGN	64

/**
 * struct lambda_jit - one pass of do_jit() over one function of a λ
 * @prog:        the function
 * @addrs:       end of each instruction in the image, as do_jit() has it
 * @image:       where the image will run, or NULL while sizes are found
 * @rw_image:    where it is written
 * @heads:       one bit for each instruction that a backward jump goes to
 * @callee_regs_used: which callee-saved registers the function uses
 * @stubs:       offset of the next budget stub, after the last instruction
 * @nr_accesses: extable entries made so far
 */
struct lambda_jit {
	struct bpf_prog *prog;
	int *addrs;
	u8 *image;
	u8 *rw_image;
	unsigned long *heads;
	bool *callee_regs_used;
	int stubs;
	int nr_accesses;
};

unsigned long *lambda_loop_heads(const struct bpf_prog *prog);
void emit_lambda_prologue(u8 **pprog, const struct lambda_jit *lj);
int emit_lambda_insn(u8 **pprog, u8 *temp, int proglen, struct lambda_jit *lj,
		     int i);
void emit_lambda_jump(u8 **pprog, u8 *temp, int proglen,
		      const struct lambda_jit *lj, int i, u8 jcc);
void emit_lambda_align(u8 **pprog, u8 *temp, int proglen,
		       const struct lambda_jit *lj, int i);
int emit_lambda_stubs(const struct lambda_jit *lj, int proglen, int oldproglen);

#endif /* _BPF_LAMBDA_JIT_H */
