/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loops over arrays, and the way out of them where what they load is poisoned:
 * bpf_lambda_array_step() of linux/bpf_lambda.h.
 */
#include <linux/linkage.h>
#include <linux/objtool.h>
#include <asm/nospec-branch.h>
#include <asm/percpu.h>

	.text

SYM_FUNC_START(bpf_lambda_array_step)
	pushq	%rbp
	movq	%rsp, %rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, PER_CPU_VAR(bpf_lambda_array_sp)
	testb	%r8b, %r8b
	jnz	.Lavx2
	call	sbpf_array_step
	jmp	.Ldone
.Lavx2:
	call	sbpf_array_step_avx2
.Ldone:
	xorl	%eax, %eax
/* From anywhere in there, with the stack as it was at the call and -EIO. */
SYM_INNER_LABEL(bpf_lambda_array_left, SYM_L_GLOBAL)
	ANNOTATE_NOENDBR
	movq	$0, PER_CPU_VAR(bpf_lambda_array_sp)
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	RET
SYM_FUNC_END(bpf_lambda_array_step)
