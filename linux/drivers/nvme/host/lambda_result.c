// SPDX-License-Identifier: GPL-2.0
/*
 * Drives that run λs: what a drive tells of a run, believed where it makes
 * sense.
 */
#include <linux/bits.h>
#include <linux/lambda.h>

#include "lambda.h"

/* Above this a counter of ns, bytes or instructions is not believed. */
#define NVME_LAMBDA_COUNTER_MAX	BIT_ULL(48)

/* An end that a λ can come to, and a value that goes with it. */
static bool nvme_lambda_end_ok(const struct blk_lambda_request *rq, u32 status,
			       u32 value)
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
 * nvme_lambda_take_end - take the outcome that a completion told
 * @rq:     the request
 * @dwords: dwords 0 and 1 of the completion
 *
 * Return: false when it makes no sense.
 */
bool nvme_lambda_take_end(struct blk_lambda_request *rq, u64 dwords)
{
	u32 status = NVME_LAMBDA_RESULT_STATUS(dwords);
	u32 value = NVME_LAMBDA_RESULT_VALUE(dwords);

	if (!nvme_lambda_end_ok(rq, status, value))
		return false;
	rq->status = status;
	rq->retval = 0;
	rq->out_len = 0;
	if (status <= LAMBDA_STATUS_BAD_LENGTH)
		rq->retval = value;
	if (status == LAMBDA_STATUS_OK)
		rq->out_len = value;
	rq->fault_addr = 0;
	rq->fault_write = status == LAMBDA_STATUS_FAULT &&
			  NVME_LAMBDA_RESULT_WRITE(dwords);
	rq->insns = 0;
	rq->budget_used = 0;
	rq->helper_bytes = 0;
	rq->ns_media = 0;
	rq->ns_link = 0;
	rq->ns_compute = 0;
	rq->bytes_media = 0;
	rq->bytes_link = 0;
	return true;
}

static bool nvme_lambda_counters_ok(const struct nvme_lambda_result *r)
{
	u64 any = le64_to_cpu(r->insns) | le64_to_cpu(r->budget_used) |
		  le64_to_cpu(r->helper_bytes) | le64_to_cpu(r->ns_media) |
		  le64_to_cpu(r->ns_link) | le64_to_cpu(r->ns_compute) |
		  le64_to_cpu(r->bytes_media) | le64_to_cpu(r->bytes_link);

	return any < NVME_LAMBDA_COUNTER_MAX;
}

/* A result of another epoch, or of a drive that has started anew since. */
static bool nvme_lambda_result_ours(const struct nvme_lambda_io *io,
				    const struct nvme_lambda_result *r)
{
	return r->boot == io->boot && r->session == io->session &&
	       le32_to_cpu(r->epoch) == io->epoch;
}

/**
 * nvme_lambda_take_result - take the rest, which must tell the same
 * @io: the driver's part of the request
 * @rq: the request, its outcome taken
 * @r:  the result
 *
 * Return: false when it makes no sense.
 */
bool nvme_lambda_take_result(struct nvme_lambda_io *io,
			     struct blk_lambda_request *rq,
			     const struct nvme_lambda_result *r)
{
	/* The host's clock counts, not a drive's that runs slow. */
	u32 dilation = le32_to_cpu(io->l->id->dilation);

	if (r->status != rq->status || r->fault_write != rq->fault_write ||
	    le64_to_cpu(r->in_len) != rq->in_len ||
	    le64_to_cpu(r->out_len) != rq->out_len ||
	    !nvme_lambda_counters_ok(r) || !nvme_lambda_result_ours(io, r))
		return false;
	nvme_lambda_granted(io, r->slots, r->programs);
	if (rq->status <= LAMBDA_STATUS_BAD_LENGTH &&
	    (s32)le32_to_cpu(r->retval) != rq->retval)
		return false;
	if (rq->status == LAMBDA_STATUS_FAULT)
		rq->fault_addr = le64_to_cpu(r->fault_addr);
	rq->insns = le64_to_cpu(r->insns);
	rq->budget_used = le64_to_cpu(r->budget_used);
	rq->helper_bytes = le64_to_cpu(r->helper_bytes);
	rq->ns_media = le64_to_cpu(r->ns_media) * dilation;
	rq->ns_link = le64_to_cpu(r->ns_link) * dilation;
	rq->ns_compute = le64_to_cpu(r->ns_compute) * dilation;
	rq->bytes_media = le64_to_cpu(r->bytes_media);
	rq->bytes_link = le64_to_cpu(r->bytes_link) + io->sent;
	return true;
}
