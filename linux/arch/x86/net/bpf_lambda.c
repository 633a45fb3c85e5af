// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults of λ programs on x86-64, and the thunks that their code may call.
 */
#include <linux/bpf_lambda.h>
#include <asm/extable.h>
#include <asm/trapnr.h>
#include <asm/trap_pf.h>

void *const bpf_lambda_helper_thunks[] = {
	bpf_lambda_thunk_memcpy,
	bpf_lambda_thunk_memmove,
	bpf_lambda_thunk_memset,
	bpf_lambda_thunk_memcmp,
	bpf_lambda_thunk_memchr,
	bpf_lambda_thunk_memmem,
	bpf_lambda_thunk_crc32c,
};

/**
 * ex_handler_bpf_lambda - an access of a λ could not be made
 * @regs:       of the access; r12 is the window, whatever the λ did
 * @trapnr:     a page fault, or the machine check of poisoned memory
 * @error_code: of the page fault
 * @fault_addr: of the page fault: the lowest byte that is not there
 *
 * The page may be one that appears on first touch, and that may sleep. So all
 * that is known is noted in the window's header here, where interrupts are
 * off, and the λ is resumed in a thunk, where they are on again.
 *
 * Return: true, the exception is dealt with.
 */
bool ex_handler_bpf_lambda(struct pt_regs *regs, int trapnr,
			   unsigned long error_code, unsigned long fault_addr)
{
	struct bpf_lambda_header *hdr = (void *)regs->r12 - BPF_LAMBDA_GUARD;

	if (trapnr != X86_TRAP_PF) {
		hdr->error = -EIO;
		hdr->status = LAMBDA_STATUS_NOT_RUN;
		regs->ip = (unsigned long)bpf_lambda_abort;
		return true;
	}
	hdr->fault_addr = fault_addr - regs->r12;
	hdr->fault_write = !!(error_code & X86_PF_WRITE);
	hdr->fault_ip = regs->ip;
	regs->ip = (unsigned long)bpf_lambda_touch_thunk;
	return true;
}
