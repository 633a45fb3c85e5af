// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults of λ programs on x86-64, the thunks that their code may call, and bugs
 * of processors that it could use.
 */
#include <linux/bitfield.h>
#include <linux/bpf_lambda.h>
#include <linux/cpu.h>
#include <linux/gfp.h>
#include <linux/percpu.h>
#include <linux/string.h>
#include <asm/extable.h>
#include <asm/trapnr.h>
#include <asm/trap_pf.h>

#include "bpf_lambda_internal.h"

void *const bpf_lambda_helper_thunks[] = {
	bpf_lambda_thunk_memcpy,
	bpf_lambda_thunk_memmove,
	bpf_lambda_thunk_memset,
	bpf_lambda_thunk_memcmp,
	bpf_lambda_thunk_memchr,
	bpf_lambda_thunk_memmem,
	bpf_lambda_thunk_crc32c,
};

/* Where the stack is that a step over arrays is left with; 0 without one. */
DEFINE_PER_CPU(unsigned long, bpf_lambda_array_sp);

/* The code of kernel/bpf/lambda/array_*.c. */
#define LAMBDA_LABELS(file) \
	extern const char lambda_##file##_begin[], lambda_##file##_end[]
LAMBDA_LABELS(array_avx2);
LAMBDA_LABELS(array_float);
LAMBDA_LABELS(array_loops);

/* For all of it. */
static const struct exception_table_entry lambda_array_entry = {
	.data = EX_TYPE_BPF_LAMBDA,
};

static bool ex_bpf_lambda_lies_in(unsigned long addr, const char *begin,
				  const char *end)
{
	return addr >= (unsigned long)begin && addr < (unsigned long)end;
}

/**
 * bpf_lambda_search_extable - what is done about exceptions in loops over arrays
 * @addr: of an instruction of the kernel
 *
 * Return: their entry; NULL for other code.
 */
const struct exception_table_entry *
bpf_lambda_search_extable(unsigned long addr)
{
	if (ex_bpf_lambda_lies_in(addr, lambda_array_avx2_begin,
				  lambda_array_avx2_end) ||
	    ex_bpf_lambda_lies_in(addr, lambda_array_float_begin,
				  lambda_array_float_end) ||
	    ex_bpf_lambda_lies_in(addr, lambda_array_loops_begin,
				  lambda_array_loops_end))
		return &lambda_array_entry;
	return NULL;
}

/* Out of the loops, whose frames are dropped: these hold nothing. */
static bool ex_bpf_lambda_leave_array(struct pt_regs *regs, int trapnr)
{
	unsigned long sp = this_cpu_read(bpf_lambda_array_sp);

	if (trapnr != X86_TRAP_MC || !sp)
		return false;
	regs->sp = sp;
	regs->ax = -EIO;
	regs->ip = (unsigned long)bpf_lambda_array_left;
	return true;
}

/**
 * ex_handler_bpf_lambda - an access of a λ could not be made
 * @ex:         its entry: bpf_lambda_internal.h tells of the data
 * @regs:       of the access; r12 is the window, whatever the λ did, but in loops
 *              over arrays
 * @trapnr:     a page fault, or the machine check of poisoned memory
 * @error_code: of the page fault
 * @fault_addr: of the page fault: the lowest byte that is not there
 *
 * The page may be one that appears on first touch, and that may sleep. So all
 * that is known is noted in the window's header here, where interrupts are
 * off, and the λ is resumed in a thunk, where they are on again.
 *
 * Return: whether the exception is dealt with; only of loops over arrays it may
 * not be.
 */
bool ex_handler_bpf_lambda(const struct exception_table_entry *ex,
			   struct pt_regs *regs, int trapnr,
			   unsigned long error_code, unsigned long fault_addr)
{
	struct bpf_lambda_header *hdr = (void *)regs->r12 - BPF_LAMBDA_GUARD;
	u32 loads = LAMBDA_EX_SIZE(FIELD_GET(EX_DATA_FLAG_MASK, ex->data));

	if (ex == &lambda_array_entry)
		return ex_bpf_lambda_leave_array(regs, trapnr);
	if (trapnr != X86_TRAP_PF) {
		hdr->error = -EIO;
		hdr->status = LAMBDA_STATUS_NOT_RUN;
		regs->ip = (unsigned long)bpf_lambda_abort;
		return true;
	}
	hdr->fault_addr = fault_addr - regs->r12;
	/* An operation on memory is a write to the processor, and loads first. */
	hdr->fault_write = error_code & X86_PF_WRITE &&
			   (!loads || error_code & X86_PF_PROT);
	hdr->fault_loads = loads;
	hdr->fault_ip = regs->ip;
	regs->ip = (unsigned long)bpf_lambda_touch_thunk;
	return true;
}

/*
 * Bugs by which code that is confined to a window, runs in kernel mode and makes
 * loads that fault, might learn what it is not given; a process cannot by them,
 * where they are mitigated. Two kinds:
 *
 * A load that faults is handed what others left in a buffer of the core. The
 * mitigation clears these buffers on the way to user mode, which no code takes
 * before it gets to a λ. So the processor must not have the bug.
 *
 * Kernel code, or a λ's, is run by a prediction that a λ has trained or is the
 * target of, with registers that are not its own; or with page tables that are
 * not there. These are mitigated in kernel mode or not at all.
 *
 * Not among them: Meltdown and Spectre v1, for a λ's addresses lie in the window
 * whatever is predicted; GDS, for it has no gather; SRBDS and MMIO stale data,
 * which take device registers or one of the first kind to see; speculative
 * stores, for it loads no address that is not confined again.
 */
static const struct {
	const char *name;
	ssize_t (*show)(struct device *dev, struct device_attribute *attr,
			char *buf);
	bool first_kind;
} lambda_bugs[] = {
	{ "MDS", cpu_show_mds, true },
	{ "TSX asynchronous abort", cpu_show_tsx_async_abort, true },
	{ "register file data sampling", cpu_show_reg_file_data_sampling, true },
	{ "transient scheduler attacks", cpu_show_tsa, true },
	{ "L1 terminal fault", cpu_show_l1tf, false },
	{ "Spectre v2", cpu_show_spectre_v2, false },
	{ "Retbleed", cpu_show_retbleed, false },
	{ "speculative return stack overflow", cpu_show_spec_rstack_overflow,
	  false },
	{ "indirect target selection", cpu_show_indirect_target_selection,
	  false },
};

/* @state is the text of a file in /sys/devices/system/cpu/vulnerabilities. */
static bool ex_bpf_lambda_may_use(const char *state, bool first_kind)
{
	if (strstarts(state, "Not affected"))
		return false;
	if (first_kind)
		return !strstarts(state, "Mitigation: TSX disabled");
	/* SRSO: the kernel is safe, and tasks are not from each other. */
	if (strstarts(state, "Vulnerable: Safe RET, no microcode"))
		return false;
	/* Also in a part of it: "Mitigation: ...; BHI: Vulnerable". */
	return !strstarts(state, "Mitigation:") || strstr(state, "Vulnerable");
}

/**
 * bpf_lambda_cpu_bug - what a λ could use to get out of its window
 *
 * Context: process context, sleeps.
 * Return: the name of a bug that this processor has and that the mitigations
 * which are on leave to a λ; NULL if there is none.
 */
const char *bpf_lambda_cpu_bug(void)
{
	const char *bug = NULL;
	char *state;
	size_t i;

	/* The kernel tells states by sysfs only, and in whole pages. */
	if (!IS_ENABLED(CONFIG_SYSFS))
		return "what no sysfs tells";
	state = (char *)get_zeroed_page(GFP_KERNEL);
	if (!state)
		return "what no memory tells";
	for (i = 0; !bug && i < ARRAY_SIZE(lambda_bugs); i++) {
		lambda_bugs[i].show(NULL, NULL, state);
		if (ex_bpf_lambda_may_use(state, lambda_bugs[i].first_kind))
			bug = lambda_bugs[i].name;
	}
	free_page((unsigned long)state);
	return bug;
}
