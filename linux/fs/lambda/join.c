// SPDX-License-Identifier: GPL-2.0-only
/*
 * The outputs of a request's parts, which become one: put one after the other,
 * or by the λ's own program for that.
 */
#include <linux/bpf_lambda.h>
#include <linux/lambda.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "copy.h"
#include "handle.h"
#include "host.h"
#include "parts.h"

/* Outputs that are merged are this long together at most. */
#define MERGE_MAX	SZ_1M

static void join_take_output(struct bpf_lambda_window *w, u8 *to, u32 len)
{
	u32 pos, n;

	for (pos = 0; pos < len; pos += n) {
		struct page *page = bpf_lambda_window_page(w, SBPF_OUT_BASE +
							   pos);

		n = min_t(u32, len - pos, PAGE_SIZE);
		if (page)
			memcpy(to + pos, page_address(page), n);
		else
			memset(to + pos, 0, n);
	}
}

/**
 * lambda_join_keep - copy what a run on the host has left
 * @w:   the window, which is put: a task that waits for one must have none
 * @len: bytes of output
 *
 * Return: the output, to be freed by kvfree(); NULL without memory.
 */
void *lambda_join_keep(struct bpf_lambda_window *w, u32 len)
{
	void *out = kvmalloc(len, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);

	if (out)
		join_take_output(w, out, len);
	lambda_host_put(w);
	return out;
}

static bool join_ended_well(const struct lambda_part *part)
{
	return part->len >= 0 &&
	       part->req.io.result.status == LAMBDA_STATUS_OK &&
	       part->req.io.result.in_len == part->req.count;
}

static u64 join_output_len(const struct lambda_parts *s)
{
	u64 len = s->host.len;

	for (u32 i = 0; i < s->where.nr; i++)
		len += s->pieces[i].part.len;
	return len;
}

/* How many times join_next_output() is called, once for each output. */
static u32 join_nr_outputs(const struct lambda_parts *s)
{
	return s->where.order ? s->where.nr_order : s->where.nr;
}

/* Return: the output of what the range has next; @len: bytes of it. */
static const void *join_next_output(struct lambda_parts *s, u32 i, u32 *len)
{
	u32 n = s->where.order ? s->where.order[i] : i;
	const struct lambda_piece *where = &s->where.list[n];
	struct lambda_piece_run *p = &s->pieces[n];
	const void *out = where->bl ? p->attempt.rq.output : p->out;

	out += p->joined;
	*len = where->nr_spans ? where->spans[p->span++].out_len : p->part.len;
	p->joined += *len;
	return out;
}

static int join_deliver_share(struct lambda_parts *s, void __user *buf)
{
	if (s->window)
		return lambda_host_deliver(lambda_parts_window(s), buf,
					   s->host.len);
	return lambda_copy_out(buf, s->out, s->host.len);
}

static ssize_t join_concatenate_parts(struct lambda_request *req,
				      struct lambda_parts *s)
{
	u64 len = join_output_len(s), at = s->host.len;
	const void *out;
	u32 n;

	if (len > req->io.out_cap)
		return -ENOSPC;
	if (join_deliver_share(s, req->buf))
		return -EFAULT;
	for (u32 i = 0; i < join_nr_outputs(s); i++) {
		out = join_next_output(s, i, &n);
		if (lambda_copy_out(req->buf + at, out, n))
			return -EFAULT;
		at += n;
	}
	req->io.result.out_len = len;
	req->io.result.retval = len;
	return len;
}

/* Puts all outputs one after the other. */
static void join_gather_parts(struct lambda_parts *s, u8 *to)
{
	const void *out;
	u32 n;

	if (s->window)
		join_take_output(s->window, to, s->host.len);
	else
		memcpy(to, s->out, s->host.len);
	to += s->host.len;
	for (u32 i = 0; i < join_nr_outputs(s); i++) {
		out = join_next_output(s, i, &n);
		memcpy(to, out, n);
		to += n;
	}
}

static void join_put_window(struct lambda_parts *s)
{
	if (s->window)
		lambda_host_put(lambda_parts_window(s));
}

/* A task that waits for a window must have none: the host's is given back. */
static ssize_t join_merge_parts(struct lambda_request *req,
				struct lambda_parts *s)
{
	u64 len = join_output_len(s);
	ssize_t ret;
	u8 *in;

	if (!len || len > MERGE_MAX)
		return -EMSGSIZE;
	in = kvmalloc(len, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!in)
		return -ENOMEM;
	join_gather_parts(s, in);
	join_put_window(s);
	ret = lambda_host_merge(req, in, len);
	kvfree(in);
	return ret;
}

static void join_add_result(struct lambda_result *res,
			    const struct lambda_result *of)
{
	res->in_len += of->in_len;
	res->budget_used += of->budget_used;
	res->helper_bytes += of->helper_bytes;
	res->ns_media += of->ns_media;
	res->ns_link += of->ns_link;
	res->ns_compute += of->ns_compute;
	res->bytes_media += of->bytes_media;
	res->bytes_link += of->bytes_link;
}

/* What the drives did: the time is that of the last one, the rest a sum. */
static void join_sum_drives(struct lambda_parts *s)
{
	struct lambda_result *sum = &s->drive.req.io.result;

	*sum = (struct lambda_result) { .side = LAMBDA_SIDE_DEVICE };
	for (u32 i = 0; i < s->where.nr; i++) {
		const struct lambda_part *part = &s->pieces[i].part;

		if (!s->where.list[i].bl)
			continue;
		join_add_result(sum, &part->req.io.result);
		sum->out_len += part->len;
		s->drive.cpu += part->cpu;
		s->drive.ns = max(s->drive.ns, part->ns);
		s->drive.req.ns_drive = max(s->drive.req.ns_drive,
					    part->req.ns_drive);
	}
}

/* Tells the caller of all; what a merge has told is added to. */
static void join_add_up(struct lambda_request *req, struct lambda_parts *s)
{
	struct lambda_result *res = &req->io.result;

	join_sum_drives(s);
	res->status = LAMBDA_STATUS_OK;
	res->side = s->host.req.count ? LAMBDA_SIDE_BOTH : LAMBDA_SIDE_DEVICE;
	join_add_result(res, &s->host.req.io.result);
	join_add_result(res, &s->drive.req.io.result);
	for (u32 i = 0; i < s->where.nr; i++)
		if (!s->where.list[i].bl)
			join_add_result(res, &s->pieces[i].part.req.io.result);
	req->ns_drive = s->drive.req.ns_drive;
}

/* All have ended well, and none has taken what the whole would not have had. */
static bool join_all_ended_well(const struct lambda_parts *s,
				const struct lambda_request *req)
{
	u64 used = s->host.req.io.result.budget_used;
	u64 len = s->host.req.count;

	if (len && !join_ended_well(&s->host))
		return false;
	for (u32 i = 0; i < s->where.nr; i++) {
		const struct lambda_part *part = &s->pieces[i].part;

		if (!join_ended_well(part))
			return false;
		used += part->req.io.result.budget_used;
		len += part->req.count;
	}
	return used <= lambda_handle_budget(req->handle, len);
}

/**
 * lambda_join - make one output of those of all parts
 * @req: the request; its result becomes that of the whole
 * @s:   the parts, which have run
 *
 * Return: bytes of output put in the caller's buffer; an error when a part has
 * not ended well, or what they made does not fit: then the result is as it was.
 */
ssize_t lambda_join(struct lambda_request *req, struct lambda_parts *s)
{
	const struct lambda_result before = req->io.result;
	ssize_t len = -ECANCELED;

	lambda_request_ended(req);
	if (join_all_ended_well(s, req))
		len = req->handle->merge.prog ? join_merge_parts(req, s) :
						join_concatenate_parts(req, s);
	if (len >= 0)
		join_add_up(req, s);
	else
		req->io.result = before;
	return len;
}

