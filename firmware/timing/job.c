// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
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

static u32 fw_channel(const struct fw_profile *p, u64 addr)
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
		job->left[fw_channel(p, addr)] += part;
	}
}

void fw_job_link(const struct fw_timing *t, struct fw_job *job,
		 enum fw_res_id res, u64 bytes)
{
	if (bytes)
		fw_job_stage(job, res, t->profile.link_ns)->total += bytes;
}

/* Splits the division so that no count of instructions overflows it. */
static u64 fw_scale(u64 n, u64 per_s)
{
	return n / per_s * FW_NS_PER_S +
	       (n % per_s * FW_NS_PER_S + per_s - 1) / per_s;
}

void fw_job_core(const struct fw_timing *t, struct fw_job *job, u64 insns,
		 u64 helper_bytes)
{
	u64 ns = fw_scale(insns, t->profile.core_ips) +
		 fw_scale(helper_bytes, t->profile.helper_bps);

	if (ns)
		fw_job_stage(job, FW_RES_CORES, 0)->total += ns;
}

u64 fw_turn_ns(const struct fw_timing *t, const struct fw_job *job,
	       enum fw_res_id res, u64 amount)
{
	const struct fw_profile *p = &t->profile;
	u64 bps;

	if (res == FW_RES_CORES)
		return amount;
	if (res == FW_RES_LINK_IN || res == FW_RES_LINK_OUT)
		return fw_scale(amount, p->link_bps);
	bps = job->media_write ? p->media_write_bps : p->media_read_bps;
	return fw_scale(amount * p->channels, bps);
}

/* A media stage takes as long as its most loaded channel. */
static u64 fw_stage_ns(const struct fw_timing *t, const struct fw_job *job,
		       const struct fw_stage *s)
{
	u64 most = s->total;

	if (s->res == FW_RES_MEDIA) {
		most = 0;
		for (u32 i = 0; i < t->profile.channels; i++)
			if (job->left[i] > most)
				most = job->left[i];
	}
	return s->latency + fw_turn_ns(t, job, s->res, most);
}

u64 fw_job_ns(const struct fw_timing *t, const struct fw_job *job,
	      enum fw_res_id res)
{
	u64 ns = 0;

	for (u32 i = 0; i < job->nr_stages; i++)
		if (job->stages[i].res == res)
			ns += fw_stage_ns(t, job, &job->stages[i]);
	return ns;
}
