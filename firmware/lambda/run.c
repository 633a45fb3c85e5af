// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Requests in runs: a λ over one part of the extents after the other, for a file
 * of which this drive has every fourth stripe, say. Each is as a request of its
 * own, but that they share command, slot and limits, and have one answer.
 */
#include "lambda.h"

u16 fw_runs_check(const struct fw_slot *s)
{
	const struct nvme_lambda_run *runs = fw_runs(s);
	u32 left = s->req.nr_extents;

	if (!s->req.nr_runs)
		return FW_SC_SUCCESS;
	if (s->write || s->req.offset)
		return FW_SC_INVALID_FIELD;
	for (u32 i = 0; i < s->req.nr_runs; i++) {
		if (!runs[i].nr_extents || runs[i].nr_extents > left)
			return FW_SC_INVALID_FIELD;
		left -= runs[i].nr_extents;
	}
	return left ? FW_SC_INVALID_FIELD : FW_SC_SUCCESS;
}

/* The part is the run of its index. */
static void fw_runs_take(struct fw_slot *s)
{
	const struct nvme_lambda_run *run = fw_runs(s) + s->part.index;
	const struct nvme_lambda_extent *e = fw_extents(s) + s->part.extent;

	s->part.offset = run->offset;
	s->part.extents = run->nr_extents;
	s->part.len = 0;
	for (u32 i = 0; i < run->nr_extents; i++)
		s->part.len += e[i].len;
}

void fw_runs_rewind(struct fw_slot *s)
{
	s->sum = (struct fw_sum){};
	s->part = (struct fw_part){
		.extents = s->req.nr_extents,
		.offset = s->req.offset,
		.len = s->req.in_len,
	};
	if (s->req.nr_runs)
		fw_runs_take(s);
}

bool fw_runs_next(struct fw_slot *s)
{
	if (s->part.index + 1 >= s->req.nr_runs)
		return false;
	s->part.index++;
	s->part.extent += s->part.extents;
	fw_runs_take(s);
	return true;
}

/* Output of all, in whole pages as the answer has it, and then the lengths. */

u64 fw_runs_bytes(const struct fw_slot *s)
{
	if (!s->req.nr_runs)
		return 0;
	return fw_round_up((u64)s->req.out_cap, FW_PAGE) +
	       fw_round_up(s->req.nr_runs * (u32)sizeof(__le32), FW_PAGE);
}

void fw_runs_place(struct fw_slot *s, u8 *mem)
{
	s->output = s->req.nr_runs ? mem : s->window.seg[SBPF_SEG_OUT].mem;
	s->lengths = (void *)(mem + fw_round_up((u64)s->req.out_cap, FW_PAGE));
}

u32 fw_runs_lengths(const struct fw_slot *s)
{
	return s->run.status == LAMBDA_STATUS_OK ?
		       s->req.nr_runs * (u32)sizeof(__le32) : 0;
}

/* What does not fit is counted: it is the request's end. */
static void fw_runs_gather(struct fw_slot *s)
{
	u32 len = s->run.retval;

	if (s->sum.out_len + len <= s->req.out_cap)
		memcpy(s->output + s->sum.out_len,
		       s->window.seg[SBPF_SEG_OUT].mem, len);
	s->lengths[s->part.index] = len;
	s->sum.out_len += len;
	s->run.retval = s->sum.out_len;
}

void fw_runs_keep(struct fw_slot *s)
{
	struct sbpf_run *run = &s->run;

	if (s->req.nr_runs && run->status == LAMBDA_STATUS_OK)
		fw_runs_gather(s);
	run->insns = s->sum.insns += run->insns;
	run->budget_used = s->sum.budget_used += run->budget_used;
	run->helper_bytes = s->sum.helper_bytes += run->helper_bytes;
}
