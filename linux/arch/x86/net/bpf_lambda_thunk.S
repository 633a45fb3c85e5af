/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Thunks between λ programs and C. JIT code keeps the window in r12 and its
 * backward jumps left in r9, neither of which C knows; and it may be cut short
 * at any of these points, which is only possible because a λ holds nothing:
 * no lock, no reference, no memory.
 */
#include <linux/linkage.h>
#include <linux/objtool.h>
#include <linux/stringify.h>
#include <asm/alternative.h>
#include <asm/asm-offsets.h>
#include <asm/cpufeatures.h>
#include <asm/frame.h>
#include <asm/nospec-branch.h>
#include <asm/unwind_hints.h>

#define HDR(field) (LAMBDA_HDR_##field - LAMBDA_GUARD)(%r12)

	.text

/*
 * Ends a run in place of the entry function: what is left of the budget goes
 * to the header, the stack as it was at the end of its prologue, its epilogue.
 * Also the target of exceptions.
 *
 * The λ's calls that never return are still in the return stack buffer, and
 * the returns from here on would be predicted to go behind them: λ code with
 * registers of the kernel's. So all of the buffer is overwritten first.
 */
SYM_CODE_START(bpf_lambda_abort)
	UNWIND_HINT_UNDEFINED
	ANNOTATE_NOENDBR
	movq	%r9, HDR(TICKS)
	movq	HDR(SP), %rsp
	__FILL_RETURN_BUFFER(%rax, RSB_CLEAR_LOOPS)
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%rbx
	popq	%r12
	popq	%rbp
	UNWIND_HINT_FUNC
	RET
SYM_CODE_END(bpf_lambda_abort)

.macro SAVE_LAMBDA_REGS
	pushq	%rax
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	%r8
	pushq	%r10
	pushq	%r11
.endm

.macro RESTORE_LAMBDA_REGS
	popq	%r11
	popq	%r10
	popq	%r8
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
	popq	%rax
.endm

/* r9 fell below zero: the next quantum into r9, or the end of the run. */
SYM_FUNC_START(bpf_lambda_tick_thunk)
	FRAME_BEGIN
	SAVE_LAMBDA_REGS
	leaq	-LAMBDA_GUARD(%r12), %rdi
	call	bpf_lambda_tick
	movq	%rax, %r9
	RESTORE_LAMBDA_REGS
	FRAME_END
	testq	%r9, %r9
	js	bpf_lambda_abort
	RET
SYM_FUNC_END(bpf_lambda_tick_thunk)

/*
 * Entered by the return from an exception, with all registers as the access
 * had them: it is made again when the page has appeared.
 *
 * With no register to spare, the way back is a return, and one that no call
 * made would take the λ's own from the return stack buffer: each return after
 * it would be predicted a frame too far up. Hence a call that is dropped. Like
 * return_to_handler, it is not counted in the depth of calls.
 */
SYM_CODE_START(bpf_lambda_touch_thunk)
	UNWIND_HINT_UNDEFINED
	ANNOTATE_NOENDBR
	pushq	HDR(FAULT_IP)
	pushq	%r9
	SAVE_LAMBDA_REGS
	leaq	-LAMBDA_GUARD(%r12), %rdi
	call	bpf_lambda_touch
	testl	%eax, %eax
	RESTORE_LAMBDA_REGS
	popq	%r9
	jnz	bpf_lambda_abort
	ANNOTATE_INTRA_FUNCTION_CALL
	call	.Lback
	int3
.Lback:
	addq	$8, %rsp
	ALTERNATIVE __stringify(RET), \
		    __stringify(ANNOTATE_UNRET_SAFE; ret; int3), \
		    X86_FEATURE_CALL_DEPTH
SYM_CODE_END(bpf_lambda_touch_thunk)

/* (header, R1, R2, R3, R4, r8) for C; r9 lies in the header meanwhile. */
.macro LAMBDA_HELPER name
SYM_FUNC_START(bpf_lambda_thunk_\name)
	FRAME_BEGIN
	movq	%r9, HDR(TICKS)
	movq	%r8, %r9
	movq	%rcx, %r8
	movq	%rdx, %rcx
	movq	%rsi, %rdx
	movq	%rdi, %rsi
	leaq	-LAMBDA_GUARD(%r12), %rdi
	call	bpf_lambda_\name
	movq	HDR(TICKS), %r9
	FRAME_END
	cmpl	$0, HDR(STATUS)
	jne	bpf_lambda_abort
	RET
SYM_FUNC_END(bpf_lambda_thunk_\name)
.endm

LAMBDA_HELPER memmove
LAMBDA_HELPER memmem

/* All that are over arrays, with their number in r8. */
LAMBDA_HELPER array

/*
 * (R1, R2, R3, R4, window, r9) for those with a short way, which is where they
 * are already but for the window; R5 is no argument of any. They return R0 and
 * r9, which is negative where the run is at its end: then what is left is in the
 * header.
 */
.macro LAMBDA_SHORT_HELPER name
SYM_FUNC_START(bpf_lambda_thunk_\name)
	FRAME_BEGIN
	movq	%r12, %r8
	call	bpf_lambda_short_\name
	movq	%rdx, %r9
	FRAME_END
	testq	%r9, %r9
	js	.Lcut_\name
	RET
.Lcut_\name:
	movq	HDR(TICKS), %r9
	jmp	bpf_lambda_abort
SYM_FUNC_END(bpf_lambda_thunk_\name)
.endm

LAMBDA_SHORT_HELPER memcpy
LAMBDA_SHORT_HELPER memset
LAMBDA_SHORT_HELPER memcmp
LAMBDA_SHORT_HELPER memchr
LAMBDA_SHORT_HELPER crc32c
