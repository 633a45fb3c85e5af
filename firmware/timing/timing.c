// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The passing of time.
 *
 * Two kinds of event exist: a server ends its turn, or a job's latency ends.
 * Events of the same instant are taken in a fixed order (servers by index,
 * then sleepers by age), so that equal input gives equal times.
 */
#include "timing.h"

void fw_timing_init(struct fw_timing *t, const struct fw_profile *p)
{
	memset(t, 0, sizeof(*t));
	t->profile = *p;
	for (u32 i = 0; i < p->channels; i++)
		t->servers[t->nr_servers++].res = i;
	t->servers[t->nr_servers++].res = FW_RES_LINK_IN;
	t->servers[t->nr_servers++].res = FW_RES_LINK_OUT;
	for (u32 i = 0; i < p->cores; i++)
		t->servers[t->nr_servers++].res = FW_RES_CORES;
}

/* Waiting lines */

static void fw_timing_res_push(struct fw_res *r, struct fw_job *job)
{
	r->ring[(r->head + r->count++) % FW_CMDS_MAX] = job;
}

static struct fw_job *fw_timing_res_pop(struct fw_res *r)
{
	struct fw_job *job = r->ring[r->head];

	r->head = (r->head + 1) % FW_CMDS_MAX;
	r->count--;
	return job;
}

static void fw_timing_res_remove(struct fw_res *r, const struct fw_job *job)
{
	struct fw_job *other;

	for (u32 n = r->count; n; n--) {
		other = fw_timing_res_pop(r);
		if (other != job)
			fw_timing_res_push(r, other);
	}
}

/* Sleepers, sorted by the time they wake; the same latency keeps its order. */

static void fw_timing_sleep(struct fw_timing *t, struct fw_job *job, u64 until)
{
	struct fw_job *before = t->last;

	while (before && before->wake > until)
		before = before->prev;
	job->wake = until;
	job->asleep = true;
	job->prev = before;
	job->next = before ? before->next : t->asleep;
	if (job->next)
		job->next->prev = job;
	else
		t->last = job;
	if (before)
		before->next = job;
	else
		t->asleep = job;
}

static void fw_timing_unsleep(struct fw_timing *t, struct fw_job *job)
{
	if (job->prev)
		job->prev->next = job->next;
	else
		t->asleep = job->next;
	if (job->next)
		job->next->prev = job->prev;
	else
		t->last = job->prev;
	job->asleep = false;
	job->next = NULL;
}

/* Stages */

static bool fw_timing_stage_ended(const struct fw_stage *s)
{
	return s->begun && s->done == s->total;
}

/* A pipeline moves on in steps of one FW_SHARES-th of a stage. */
#define FW_SHARES	1024

/*
 * How much of stage @i may be served now: all of it once the stage before has
 * ended, in a pipeline the same share as has been done there.
 */
static u64 fw_timing_stage_ready(const struct fw_job *job, u32 i)
{
	const struct fw_stage *s = &job->stages[i];
	const struct fw_stage *before = s - 1;
	u64 reach = s->total;

	if (i && before->done < before->total)
		reach = before->done * FW_SHARES / before->total *
			s->total / FW_SHARES;
	return reach > s->taken ? reach - s->taken : 0;
}

static void fw_timing_wait_for(struct fw_timing *t, struct fw_job *job, u32 res)
{
	if (job->at & 1u << res)
		return;
	job->at |= 1u << res;
	fw_timing_res_push(&t->res[res], job);
}

/* Puts the job in line wherever stage @i has work that may be done. */
static void fw_timing_feed(struct fw_timing *t, struct fw_job *job, u32 i)
{
	const struct fw_stage *s = &job->stages[i];

	if (!fw_timing_stage_ready(job, i))
		return;
	if (s->res != FW_RES_MEDIA) {
		fw_timing_wait_for(t, job, s->res);
		return;
	}
	for (u32 ch = 0; ch < t->profile.channels; ch++)
		if (job->left[ch])
			fw_timing_wait_for(t, job, ch);
}

static void fw_timing_begin(struct fw_timing *t, struct fw_job *job, u32 i,
			    u64 now)
{
	struct fw_stage *s = &job->stages[i];

	s->begun = true;
	if (s->latency) {
		job->sleeping = i;
		fw_timing_sleep(t, job, now + s->latency * t->profile.dilation);
		return;
	}
	fw_timing_feed(t, job, i);
}

/*
 * After progress of stage @i: starts or feeds the next one. A mere delay has no
 * shares, so it follows the end of what it delays. Returns true when that was
 * the job's end.
 */
static bool fw_timing_progress(struct fw_timing *t, struct fw_job *job, u32 i,
			       u64 now)
{
	bool ended = fw_timing_stage_ended(&job->stages[i]);
	struct fw_stage *after = &job->stages[i + 1];

	if (i + 1u == job->nr_stages)
		return ended;
	if (!ended && (!job->pipeline || !after->total))
		return false;
	if (!after->begun)
		fw_timing_begin(t, job, i + 1, now);
	else if (!job->asleep || job->sleeping != i + 1)
		fw_timing_feed(t, job, i + 1);
	return false;
}

/* Servers */

static u32 fw_timing_job_stage(const struct fw_job *job, u32 res)
{
	u8 want = res < FW_CHANNELS_MAX ? FW_RES_MEDIA : res;
	u32 i = 0;

	while (job->stages[i].res != want)
		i++;
	return i;
}

static u64 fw_timing_turn(const struct fw_timing *t, struct fw_job *job,
			  u32 res, u32 stage)
{
	u64 n = fw_timing_stage_ready(job, stage);
	u64 most = res == FW_RES_CORES ? t->profile.slice_ns : FW_CHUNK;

	if (res < FW_CHANNELS_MAX)
		n = fw_min(n, job->left[res]);
	n = fw_min(n, most);
	if (res < FW_CHANNELS_MAX)
		job->left[res] -= n;
	job->stages[stage].taken += n;
	return n;
}

/* Gives an idle server its next turn, if a job waits. */
static void fw_timing_serve(struct fw_timing *t, struct fw_server *s, u64 now)
{
	struct fw_res *r = &t->res[s->res];
	struct fw_job *job;
	u64 ns;

	while (!s->job && r->count) {
		job = fw_timing_res_pop(r);
		s->stage = fw_timing_job_stage(job, s->res);
		s->amount = fw_timing_turn(t, job, s->res, s->stage);
		if (!s->amount) {	/* other channels took what was ready */
			job->at &= ~(1u << s->res);
			continue;
		}
		ns = fw_job_turn_ns(t, job, s->res, s->amount);
		t->busy_ns[s->res] += ns;
		s->job = job;
		s->until = now + ns * t->profile.dilation;
	}
}

static void fw_timing_serve_all(struct fw_timing *t, u64 now)
{
	for (u32 i = 0; i < t->nr_servers; i++)
		if (!t->servers[i].job)
			fw_timing_serve(t, &t->servers[i], now);
}

/* Returns the job if this was its last turn. */
static struct fw_job *fw_timing_turn_end(struct fw_timing *t,
					 struct fw_server *s)
{
	struct fw_job *job = s->job;

	s->job = NULL;
	job->at &= ~(1u << s->res);
	job->stages[s->stage].done += s->amount;
	fw_timing_feed(t, job, s->stage);
	return fw_timing_progress(t, job, s->stage, s->until) ? job : NULL;
}

static struct fw_job *fw_timing_wake(struct fw_timing *t, struct fw_job *job)
{
	u32 i = job->sleeping;

	fw_timing_unsleep(t, job);
	if (job->stages[i].total) {
		fw_timing_feed(t, job, i);
		return NULL;
	}
	return fw_timing_progress(t, job, i, job->wake) ? job : NULL;
}

static struct fw_server *fw_timing_next_server(const struct fw_timing *t)
{
	const struct fw_server *first = NULL;

	for (u32 i = 0; i < t->nr_servers; i++) {
		const struct fw_server *s = &t->servers[i];

		if (s->job && (!first || s->until < first->until))
			first = s;
	}
	return (struct fw_server *)first;
}

u64 fw_timing_next(const struct fw_timing *t)
{
	const struct fw_server *s = fw_timing_next_server(t);
	u64 next = s ? s->until : FW_NEVER;

	return t->asleep ? fw_min(next, t->asleep->wake) : next;
}

/* Handles one event, at time @when. */
static struct fw_job *fw_timing_event(struct fw_timing *t, u64 when)
{
	struct fw_server *s = fw_timing_next_server(t);
	struct fw_job *ended;

	ended = s && s->until == when ? fw_timing_turn_end(t, s) :
					fw_timing_wake(t, t->asleep);
	fw_timing_serve_all(t, when);
	return ended;
}

struct fw_job *fw_timing_advance(struct fw_timing *t, u64 now)
{
	struct fw_job *first = NULL, **tail = &first, *job;
	u64 when;

	for (when = fw_timing_next(t); when <= now && when != FW_NEVER;
	     when = fw_timing_next(t)) {
		job = fw_timing_event(t, when);
		if (!job)
			continue;
		job->next = NULL;
		*tail = job;
		tail = &job->next;
	}
	return first;
}

void fw_timing_start(struct fw_timing *t, struct fw_job *job, u64 now)
{
	fw_timing_begin(t, job, 0, now);
	fw_timing_serve_all(t, now);
}

void fw_timing_cancel(struct fw_timing *t, struct fw_job *job, u64 now)
{
	for (u32 i = 0; i < FW_RES_COUNT; i++)
		if (job->at & 1u << i)
			fw_timing_res_remove(&t->res[i], job);
	for (u32 i = 0; i < t->nr_servers; i++)
		if (t->servers[i].job == job)
			t->servers[i].job = NULL;
	if (job->asleep)
		fw_timing_unsleep(t, job);
	job->at = 0;
	fw_timing_serve_all(t, now);
}
