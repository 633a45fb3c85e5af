// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a command needs of each resource. */
#include "timing.h"

#define FW_NS_PER_S	1000000000ull

void fw_job_init(struct fw_job *job)
{
	memset(job, 0, sizeof(*job));
}

/*
 * Finds the job's last stage if it is of this resource, or adds one. No
 * command in this firmware has more stages than there is room for.
 */
static struct fw_stage *fw_job_stage(struct fw_job *job, u8 res, u64 latency)
{
	struct fw_stage *s = &job->stages[job->nr_stages];

	if (job->nr_stages && s[-1].res == res)
		return s - 1;
	job->nr_stages++;
	s->res = res;
	s->latency = latency;
	return s;
}

void fw_job_delay(struct fw_job *job, u64 ns)
{
	if (ns)
		fw_job_stage(job, FW_RES_NONE, 0)->latency += ns;
}

static u32 fw_job_channel(const struct fw_profile *p, u64 addr)
{
	return addr / p->stripe % p->channels;
}

/* Bytes that lie in whole rounds of the channels load all of them alike. */
static u64 fw_job_rounds(const struct fw_profile *p, struct fw_job *job,
			 u64 len)
{
	u64 round = (u64)p->stripe * p->channels;
	u64 each = len / round * p->stripe;

	for (u32 i = 0; each && i < p->channels; i++)
		job->left[i] += each;
	return each * p->channels;
}

/*
 * Media moves whole pages. The rounds are taken from the front: which of the
 * equal rounds is left over for the loop makes no difference.
 */
void fw_job_media(const struct fw_timing *t, struct fw_job *job, u64 addr,
		  u64 len, bool write)
{
	const struct fw_profile *p = &t->profile;
	u64 end = fw_round_up(addr + len, FW_PAGE);
	struct fw_stage *s;
	u64 part;

	if (!len)
		return;
	s = fw_job_stage(job, FW_RES_MEDIA,
			 write ? p->media_write_ns : p->media_read_ns);
	job->media_write = write;
	addr -= addr % FW_PAGE;
	s->total += end - addr;
	addr += fw_job_rounds(p, job, end - addr);
	for (; addr < end; addr += part) {
		part = fw_min(end - addr, p->stripe - addr % p->stripe);
		job->left[fw_job_channel(p, addr)] += part;
	}
}

void fw_job_link(const struct fw_timing *t, struct fw_job *job,
		 enum fw_res_id res, u64 bytes)
{
	if (bytes)
		fw_job_stage(job, res, t->profile.link_ns)->total += bytes;
}

/*
 * Nanoseconds that @n takes at @per_s, rounded up and at most FW_LONGEST_NS.
 * The remainder is divided three digits at a time, so that nothing overflows.
 */
static u64 fw_job_scale(u64 n, u64 per_s)
{
	u64 ns = n / per_s, rest = n % per_s;

	if (ns >= FW_LONGEST_NS / FW_NS_PER_S)
		return FW_LONGEST_NS;
	for (u32 digits = 0; digits < 9; digits += 3) {
		rest *= 1000;
		ns = ns * 1000 + rest / per_s;
		rest %= per_s;
	}
	return ns + !!rest;
}

/* The other way round; ~0 stands for more than fit. */
static u64 fw_job_unscale(u64 ns, u64 per_s)
{
	u64 rest = ns % FW_NS_PER_S, n;

	rest = rest * (per_s / FW_NS_PER_S) +
	       rest * (per_s % FW_NS_PER_S) / FW_NS_PER_S;
	if (__builtin_mul_overflow(ns / FW_NS_PER_S, per_s, &n) ||
	    __builtin_add_overflow(n, rest, &n))
		return ~0ull;
	return n;
}

u64 fw_job_helper_bytes(const struct fw_timing *t, u64 ns)
{
	return fw_job_unscale(ns, t->profile.helper_bps);
}

void fw_job_core(const struct fw_timing *t, struct fw_job *job, u64 insns,
		 u64 helper_bytes)
{
	u64 ns = fw_job_scale(insns, t->profile.core_ips) +
		 fw_job_scale(helper_bytes, t->profile.helper_bps);

	if (ns)
		fw_job_stage(job, FW_RES_CORES, 0)->total += ns;
}

/* Of all channels together. */
static u64 fw_job_media_bps(const struct fw_timing *t, const struct fw_job *job)
{
	return job->media_write ? t->profile.media_write_bps :
				  t->profile.media_read_bps;
}

u64 fw_job_turn_ns(const struct fw_timing *t, const struct fw_job *job,
		   enum fw_res_id res, u64 amount)
{
	const struct fw_profile *p = &t->profile;

	if (res == FW_RES_CORES)
		return amount;
	if (res == FW_RES_LINK_IN || res == FW_RES_LINK_OUT)
		return fw_job_scale(amount, p->link_bps);
	return fw_job_scale(amount * p->channels, fw_job_media_bps(t, job));
}

/* A media stage takes as long as its most loaded channel. */
static u64 fw_job_stage_ns(const struct fw_timing *t, const struct fw_job *job,
			   const struct fw_stage *s)
{
	u64 most = s->total;

	if (s->res == FW_RES_MEDIA) {
		most = 0;
		for (u32 i = 0; i < t->profile.channels; i++)
			if (job->left[i] > most)
				most = job->left[i];
	}
	return s->latency + fw_job_turn_ns(t, job, s->res, most);
}

u64 fw_job_ns(const struct fw_timing *t, const struct fw_job *job,
	      enum fw_res_id res)
{
	u64 ns = 0;

	for (u32 i = 0; i < job->nr_stages; i++)
		if (job->stages[i].res == res)
			ns += fw_job_stage_ns(t, job, &job->stages[i]);
	return ns;
}

/* What is left of a stage when @ns of its service have passed already. */

static void fw_job_credit_channel(struct fw_timing *t, struct fw_job *job,
				  struct fw_stage *s, u32 ch, u64 ns)
{
	u64 each = fw_job_unscale(ns, fw_job_media_bps(t, job)) /
		   t->profile.channels;
	u64 bytes = fw_min(job->left[ch], each);

	job->left[ch] -= bytes;
	s->total -= bytes;
	t->busy_ns[ch] += fw_job_turn_ns(t, job, ch, bytes);
}

static void fw_job_credit_service(struct fw_timing *t, struct fw_job *job,
				  struct fw_stage *s, u64 ns)
{
	u64 amount;

	if (s->res == FW_RES_MEDIA) {
		for (u32 ch = 0; ch < t->profile.channels; ch++)
			fw_job_credit_channel(t, job, s, ch, ns);
		return;
	}
	amount = s->res == FW_RES_CORES ?
			 ns :
			 fw_job_unscale(ns, t->profile.link_bps);
	amount = fw_min(s->total, amount);
	s->total -= amount;
	t->busy_ns[s->res] += fw_job_turn_ns(t, job, s->res, amount);
}

/* A stage of which nothing is left would never end. */
static void fw_job_drop_empty(struct fw_job *job)
{
	u32 n = 0;

	for (u32 i = 0; i < job->nr_stages; i++)
		if (job->stages[i].latency || job->stages[i].total)
			job->stages[n++] = job->stages[i];
	job->nr_stages = n;
}

/* When the next stage begins: at its end, in a pipeline after its first turn. */
static u64 fw_job_lead_ns(const struct fw_timing *t, const struct fw_job *job,
			  const struct fw_stage *s)
{
	u64 turn = s->res == FW_RES_CORES ? t->profile.slice_ns : FW_CHUNK;

	if (!job->pipeline)
		return fw_job_stage_ns(t, job, s);
	return s->latency +
	       fw_job_turn_ns(t, job, s->res, fw_min(s->total, turn));
}

void fw_job_credit(struct fw_timing *t, struct fw_job *job, u64 passed)
{
	u64 ns = passed / t->profile.dilation, part, lead;

	for (u32 i = 0; i < job->nr_stages && ns; i++) {
		struct fw_stage *s = &job->stages[i];

		lead = fw_job_lead_ns(t, job, s);
		part = fw_min(s->latency, ns);
		s->latency -= part;
		if (s->total)
			fw_job_credit_service(t, job, s, ns - part);
		ns -= fw_min(ns, lead);
	}
	fw_job_drop_empty(job);
}
