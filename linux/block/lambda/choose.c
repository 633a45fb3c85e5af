// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where fs/lambda asks which side is to run a request, and tells what came of
 * it. Time, task and the load of the host are added here, for the scheduler of
 * the disk looks at nothing but what it is told.
 */
#include <linux/blk-lambda.h>
#include <linux/cleanup.h>
#include <linux/cpumask.h>
#include <linux/ktime.h>
#include <linux/lambda_sched.h>
#include <linux/sched.h>
#include <linux/sched/cputime.h>
#include <linux/sched/stat.h>
#include <linux/string.h>

#include "sched.h"

#include <trace/events/lambda.h>

/*
 * Tasks that want a CPU. To count them takes a look at every CPU's queue, which
 * is spared where no other task wants this one.
 */
static u32 choose_count_runnable(void)
{
	return single_task_running() ? 1 : nr_running();
}

/**
 * blk_lambda_choose - which side is to run a request
 * @bl: descriptor of the file's disk
 * @q:  the request
 * @c:  the choice; blk_lambda_learn() is owed, or blk_lambda_ended() for one that
 *      does not begin after all
 *
 * Context: process context.
 */
void blk_lambda_choose(struct blk_lambda *bl, const struct blk_lambda_query *q,
		       struct blk_lambda_choice *c)
{
	struct blk_lambda_ticket *t = blk_lambda_ticket(c);
	struct blk_lambda_ctx now;

	memset(c, 0, sizeof(*c));
	t->begun = ktime_get_ns();
	now = (struct blk_lambda_ctx) {
		.ns = t->begun,
		.task = current->pid,
		.runnable = choose_count_runnable(),
		.cpus = num_online_cpus(),
	};
	blk_lambda_sched_choose(bl->sched, q, &now, c);
	if (t->learn)
		t->cpu = task_sched_runtime(current);
}

/**
 * blk_lambda_choose_count - a drive has run a part of a request that another
 * was
 *                         asked for
 * @bl:    descriptor of its disk
 * @bytes: of input
 *
 * Context: process context.
 */
void blk_lambda_choose_count(struct blk_lambda *bl, u64 bytes)
{
	struct blk_lambda_sched *s = bl->sched;
	struct blk_lambda_stats *stats = &s->stats[LAMBDA_SIDE_DEVICE - 1];

	guard(spinlock)(&s->lock);
	stats->requests++;
	stats->bytes += bytes;
}

/**
 * blk_lambda_learn - a request that was chosen a side for has ended
 * @bl: descriptor of the file's disk
 * @q:  the request, as it was
 * @c:  the choice
 * @s:  what came of it
 *
 * Called once for each choice, however the request ended, by the same task unless
 * @s tells what the request took. It is what tells the tracepoint.
 *
 * Context: process context.
 */
void blk_lambda_learn(struct blk_lambda *bl, const struct blk_lambda_query *q,
		      struct blk_lambda_choice *c,
		      const struct blk_lambda_sample *s)
{
	const struct blk_lambda_ticket *t = blk_lambda_ticket_of(c);
	u64 ns = 0, cpu = 0;

	if (s->ns) {
		ns = s->ns;
		cpu = s->cpu;
	} else {
		if (t->learn)
			cpu = task_sched_runtime(current) - t->cpu;
		if (t->learn || trace_lambda_request_enabled())
			ns = ktime_get_ns() - t->begun;
	}
	blk_lambda_sched_learn(bl->sched, q, c, s,
			       ns - min(ns, s->ns_limited), cpu);
	trace_lambda_request(q, c, s, ns);
}
