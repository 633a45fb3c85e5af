// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What begins, counts and ends a run, whichever engine executes it. */
#include "internal.h"

void sbpf_run_begin(struct sbpf_run *run)
{
	run->status = LAMBDA_STATUS_OK;
	run->retval = 0;
	run->fault_addr = 0;
	run->fault_write = false;
	run->where = 0;
	run->insns = 0;
	run->budget_used = 0;
	run->helper_bytes = 0;
}

void sbpf_run_return(struct sbpf_run *run, __u64 r0)
{
	run->retval = (__s32)r0;
	if (run->retval < 0)
		run->status = LAMBDA_STATUS_ERROR;
	else if ((__u32)run->retval > run->window->out_cap)
		run->status = LAMBDA_STATUS_BAD_LENGTH;
}

bool sbpf_run_fault(struct sbpf_run *run, __s64 addr, bool write)
{
	run->status = LAMBDA_STATUS_FAULT;
	run->fault_addr = addr;
	run->fault_write = write;
	return false;
}

bool sbpf_run_stopped(struct sbpf_run *run)
{
	if (!run->stop || !__atomic_load_n(run->stop, __ATOMIC_RELAXED))
		return false;
	run->status = LAMBDA_STATUS_KILLED;
	return true;
}

/*
 * Jumps alone go through every multiple of the quantum. Helpers may leap over
 * one, and look at the flag themselves.
 */
bool sbpf_run_back(struct sbpf_run *run)
{
	if (run->budget_used == run->budget)
		run->status = LAMBDA_STATUS_OVER_BUDGET;
	else if (run->budget_used++, run->insns > run->max_insns)
		run->status = SBPF_STATUS_DECLINED;
	else if (run->budget_used % SBPF_QUANTUM == 0)
		sbpf_run_stopped(run);
	return run->status == LAMBDA_STATUS_OK;
}
