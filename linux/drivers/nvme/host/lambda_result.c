// SPDX-License-Identifier: GPL-2.0
/*
 * Drives that run λs: what a drive tells of a run, believed where it makes
 * sense.
 */
#include <linux/bits.h>
#include <linux/lambda.h>

#include "lambda_ctrl.h"

/* Above this a counter of ns, bytes or instructions is not believed. */
#define NVME_LAMBDA_COUNTER_MAX	BIT_ULL(48)

/* An end that a λ can come to, and a value that goes with it. */
static bool nvme_lambda_result_end_ok(const struct blk_lambda_request *rq,
				      u32 status, u32 value)
{
	switch (status) {
	case LAMBDA_STATUS_OK:
		return value <= rq->out_cap;
	case LAMBDA_STATUS_ERROR:
		return (s32)value < 0;
	case LAMBDA_STATUS_BAD_LENGTH:
		return (s32)value > (s64)rq->out_cap;
	case LAMBDA_STATUS_FAULT:
	case LAMBDA_STATUS_OVER_BUDGET:
		return true;
	default:
		return false;
	}
}

/**
 * nvme_lambda_result_take_end - take the outcome that a completion told
 * @rq:     the request, whose result is all 0
 * @dwords: dwords 0 and 1 of the completion
 *
 * Return: false when it makes no sense.
 */
bool nvme_lambda_result_take_end(struct blk_lambda_request *rq, u64 dwords)
{
	u32 status = NVME_LAMBDA_RESULT_STATUS(dwords);
	u32 value = NVME_LAMBDA_RESULT_VALUE(dwords);
	struct lambda_result *to = &rq->result;

	if (!nvme_lambda_result_end_ok(rq, status, value))
		return false;
	to->status = status;
	to->side = LAMBDA_SIDE_DEVICE;
	to->in_len = rq->in_len;
	if (status <= LAMBDA_STATUS_BAD_LENGTH)
		to->retval = value;
	if (status == LAMBDA_STATUS_OK)
		to->out_len = value;
	if (status == LAMBDA_STATUS_FAULT)
		to->fault_write = NVME_LAMBDA_RESULT_WRITE(dwords);
	return true;
}

/* A counter; @any has the bits of all, and so tells which is the longest. */
static u64 nvme_lambda_result_counter(__le64 counter, u64 *any)
{
	u64 value = le64_to_cpu(counter);

	*any |= value;
	return value;
}

/* Return: whether all make sense. */
static bool nvme_lambda_result_take_counters(const struct nvme_lambda_io *io,
					     struct lambda_result *to,
					     const struct nvme_lambda_result *r)
{
	/* The host's clock counts, not a drive's that runs slow. */
	u32 dilation = le32_to_cpu(io->l->id->dilation);
	u64 any = le64_to_cpu(r->insns);

	to->budget_used = nvme_lambda_result_counter(r->budget_used, &any);
	to->helper_bytes = nvme_lambda_result_counter(r->helper_bytes, &any);
	to->ns_media = nvme_lambda_result_counter(r->ns_media, &any) * dilation;
	to->ns_link = nvme_lambda_result_counter(r->ns_link, &any) * dilation;
	to->ns_compute =
		nvme_lambda_result_counter(r->ns_compute, &any) * dilation;
	to->bytes_media = nvme_lambda_result_counter(r->bytes_media, &any);
	to->bytes_link =
		nvme_lambda_result_counter(r->bytes_link, &any) + io->sent;
	return any < NVME_LAMBDA_COUNTER_MAX;
}

/* A result of another epoch, or of a drive that has started anew since. */
static bool nvme_lambda_result_ours(const struct nvme_lambda_io *io,
				    const struct nvme_lambda_result *r)
{
	return r->boot == io->boot && r->session == io->session &&
	       le32_to_cpu(r->epoch) == io->epoch;
}

static bool nvme_lambda_result_decode(struct nvme_lambda_io *io,
				      struct lambda_result *to,
				      const struct nvme_lambda_result *r)
{
	if (r->status != to->status || r->fault_write != to->fault_write ||
	    le64_to_cpu(r->in_len) != to->in_len ||
	    le64_to_cpu(r->out_len) != to->out_len ||
	    !nvme_lambda_result_ours(io, r) ||
	    !nvme_lambda_result_take_counters(io, to, r))
		return false;
	nvme_lambda_session_granted(io, r->slots, r->programs);
	if (to->status <= LAMBDA_STATUS_BAD_LENGTH &&
	    (s32)le32_to_cpu(r->retval) != to->retval)
		return false;
	if (to->status == LAMBDA_STATUS_FAULT)
		to->fault_addr = le64_to_cpu(r->fault_addr);
	return true;
}

/**
 * nvme_lambda_take_result - take the rest, which must tell the same
 * @io: the driver's part of the request
 * @rq: the request, its outcome taken
 * @r:  the result
 *
 * Return: false when it makes no sense; then nothing is left of it.
 */
bool nvme_lambda_take_result(struct nvme_lambda_io *io,
			     struct blk_lambda_request *rq,
			     const struct nvme_lambda_result *r)
{
	if (nvme_lambda_result_decode(io, &rq->result, r))
		return true;
	rq->result = (struct lambda_result) {
		.status = LAMBDA_STATUS_NOT_RUN,
	};
	return false;
}

/**
 * nvme_lambda_take_lengths - take how much of the output is that of which run
 * @rq:      the request, its result taken
 * @lengths: one for each of its spans, if the λ has ended well
 *
 * Return: false when they do not make sense.
 */
bool nvme_lambda_take_lengths(struct blk_lambda_request *rq,
			      const __le32 *lengths)
{
	u64 left = rq->result.out_len;
	u32 i;

	if (!rq->nr_spans || rq->result.status != LAMBDA_STATUS_OK)
		return true;
	for (i = 0; i < rq->nr_spans; i++) {
		rq->spans[i].out_len = le32_to_cpu(lengths[i]);
		if (rq->spans[i].out_len > left)
			return false;
		left -= rq->spans[i].out_len;
	}
	return !left;
}
