// SPDX-License-Identifier: GPL-2.0
/*
 * Drives that run λs: memory of a request, and what of it tells the drive what
 * to do.
 */
#include <linux/bpf_lambda.h>
#include <linux/slab.h>

#include "lambda_ctrl.h"

/**
 * nvme_lambda_memory_answer_size - length of the answer of a run
 * @out_len: bytes of output
 * @nr_runs: runs that it tells of
 *
 * Return: bytes: output in whole pages, then the result, then lengths.
 */
size_t nvme_lambda_memory_answer_size(u32 out_len, u32 nr_runs)
{
	return PAGE_ALIGN((u64)out_len) + sizeof(struct nvme_lambda_result) +
	       nr_runs * sizeof(__le32);
}

/**
 * nvme_lambda_get_memory - memory that the request's user pays for
 * @io:   the request
 * @size: bytes
 *
 * As for all other pages of its requests.
 *
 * Return: it; NULL where there is none, or the user may have no more.
 */
void *nvme_lambda_get_memory(struct nvme_lambda_io *io, size_t size)
{
	u32 pages = DIV_ROUND_UP(size, PAGE_SIZE);
	void *buf;

	if (bpf_lambda_charge_pay(&io->payer, BPF_LAMBDA_PRIVATE, 0, pages))
		return NULL;
	buf = kvmalloc(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!buf)
		bpf_lambda_charge_unpay(&io->payer, BPF_LAMBDA_PRIVATE, pages);
	return buf;
}

/**
 * nvme_lambda_put_memory - give memory back
 * @io:   the request
 * @buf:  what nvme_lambda_get_memory() returned
 * @size: its size
 */
void nvme_lambda_put_memory(struct nvme_lambda_io *io, void *buf, size_t size)
{
	if (!buf)
		return;
	kvfree(buf);
	bpf_lambda_charge_unpay(&io->payer, BPF_LAMBDA_PRIVATE,
				DIV_ROUND_UP(size, PAGE_SIZE));
}

/**
 * nvme_lambda_memory_make_room - make room for an answer
 * @io:   the request
 * @size: bytes that @io->buf is to have
 *
 * Return: 0, or -ENOMEM.
 */
int nvme_lambda_memory_make_room(struct nvme_lambda_io *io, size_t size)
{
	if (io->room >= size)
		return 0;
	nvme_lambda_put_memory(io, io->buf, io->room);
	io->buf = nvme_lambda_get_memory(io, size);
	io->room = io->buf ? size : 0;
	return io->buf ? 0 : -ENOMEM;
}

/**
 * nvme_lambda_memory_request_size - length of what a slot is told
 * @rq: the request with its extents
 *
 * Return: bytes.
 */
size_t nvme_lambda_memory_request_size(const struct blk_lambda_request *rq)
{
	return round_up(sizeof(struct nvme_lambda_request) + rq->args_len +
			(size_t)rq->nr_extents *
			sizeof(struct nvme_lambda_extent) +
			(size_t)rq->nr_spans * sizeof(struct nvme_lambda_run),
			4);
}

/**
 * nvme_lambda_memory_too_many - whether a drive does not take so many extents
 * @io: the request
 * @rq: the same, with its extents
 *
 * Return: whether they are too many, or together with arguments too long.
 */
bool nvme_lambda_memory_too_many(const struct nvme_lambda_io *io,
				 const struct blk_lambda_request *rq)
{
	const struct nvme_lambda_id *id = io->l->id;

	return rq->nr_extents > le32_to_cpu(id->extents_max) ||
	       nvme_lambda_memory_request_size(rq) >
	       le32_to_cpu(id->request_max);
}

/* A span's extents follow those of the last one, and add up to it. */
static void nvme_lambda_memory_fill_runs(const struct blk_lambda_request *rq,
					 struct nvme_lambda_run *run)
{
	const struct blk_lambda_extent *e = rq->extents;
	u32 i, n;

	for (i = 0; i < rq->nr_spans; i++) {
		const struct blk_lambda_span *span = &rq->spans[i];
		u64 left = span->len;

		for (n = 0; left; n++)
			left -= e++->len;
		run[i] = (struct nvme_lambda_run) {
			.offset = cpu_to_le64(rq->offset + span->at),
			.nr_extents = cpu_to_le64(n),
		};
	}
}

/* Arguments come last. */
static void nvme_lambda_memory_fill(const struct nvme_lambda_io *io,
				    const struct blk_lambda_request *rq,
				    struct nvme_lambda_request *r)
{
	struct nvme_lambda_extent *e = (void *)(r + 1);
	struct nvme_lambda_run *run = (void *)(e + rq->nr_extents);
	void *args = run + rq->nr_spans;
	u32 args_off = rq->args_len ? args - (void *)r : 0;
	u32 i;

	*r = (struct nvme_lambda_request) {
		.program = cpu_to_le32(READ_ONCE(io->program->id)),
		.deadline_us = cpu_to_le32(NVME_LAMBDA_DEADLINE_US),
		.nr_extents = cpu_to_le32(rq->nr_extents),
		.in_len = cpu_to_le32(rq->in_len),
		.out_cap = cpu_to_le32(rq->out_cap),
		.args_off = cpu_to_le32(args_off),
		.args_len = cpu_to_le32(rq->args_len),
		.offset = cpu_to_le64(rq->nr_spans ? 0 : rq->offset),
		.nr_runs = cpu_to_le32(rq->nr_spans),
	};
	for (i = 0; i < rq->nr_extents; i++)
		e[i] = (struct nvme_lambda_extent) {
			.addr = cpu_to_le64(rq->extents[i].addr),
			.len = cpu_to_le64(rq->extents[i].len),
		};
	nvme_lambda_memory_fill_runs(rq, run);
	memcpy(args, rq->args, rq->args_len);
}

/**
 * nvme_lambda_memory_make_request - make what a slot is told
 * @io: the request
 * @rq: the same, with its extents
 *
 * Return: it, to be freed by nvme_lambda_put_memory(); NULL without memory.
 */
void *nvme_lambda_memory_make_request(struct nvme_lambda_io *io,
				      const struct blk_lambda_request *rq)
{
	size_t size = nvme_lambda_memory_request_size(rq);
	void *buf = nvme_lambda_get_memory(io, size);

	if (!buf)
		return NULL;
	memset(buf, 0, size);
	nvme_lambda_memory_fill(io, rq, buf);
	return buf;
}
