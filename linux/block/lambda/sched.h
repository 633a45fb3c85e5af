/* SPDX-License-Identifier: GPL-2.0-only */
/* What a disk that runs λs learns of its requests. */
#ifndef BLK_LAMBDA_SCHED_H
#define BLK_LAMBDA_SCHED_H

#include <linux/blk-lambda.h>
#include <linux/build_bug.h>
#include <linux/lambda_sched.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/time64.h>
#include <linux/types.h>

#include "cost.h"
#include "split.h"
#include "trial.h"

/* Requests of a period, and those of them that may be probes, at first. */
#define BLK_LAMBDA_PERIOD	200
#define BLK_LAMBDA_PERIOD_MIN	10
#define BLK_LAMBDA_PERIOD_MAX	1000000
#define BLK_LAMBDA_PROBES	5

#define BLK_LAMBDA_PROFILES	64	/* of a disk */
#define BLK_LAMBDA_BUCKETS	32
#define BLK_LAMBDA_TASKS	16	/* tasks told apart in a profile */
#define BLK_LAMBDA_REASONS	128	/* more than enum lambda_reason has */

/* A profile that rested for so long may no longer be right. */
#define BLK_LAMBDA_STALE_NS	(30ULL * NSEC_PER_SEC)

/**
 * enum blk_lambda_policy - what decides on the side
 * @BLK_LAMBDA_AUTO:   the model
 * @BLK_LAMBDA_HOST:   nothing goes to the drive
 * @BLK_LAMBDA_DEVICE: everything does that is not forced otherwise
 * @BLK_LAMBDA_BOTH: what can be divided is, the model decides about the rest
 */
enum blk_lambda_policy {
	BLK_LAMBDA_AUTO,
	BLK_LAMBDA_HOST,
	BLK_LAMBDA_DEVICE,
	BLK_LAMBDA_BOTH,
};

/* Sides of a request, less one: what is counted by side has so many. */
#define BLK_LAMBDA_SIDES	LAMBDA_SIDE_BOTH

/**
 * struct blk_lambda_stats - what a side has done
 * @requests: that it ran
 * @bytes:    of their input
 */
struct blk_lambda_stats {
	u64 requests;
	u64 bytes;
};

/**
 * struct blk_lambda_task - a task, or some, whose requests are of a kind
 * @tick: when the last one was made, in 2^20 ns, odd; 0: never
 * @streak: as in struct blk_lambda_features
 */
struct blk_lambda_task {
	u32 tick;
	s32 streak;
};

/**
 * struct blk_lambda_profile - a λ on a disk, reading or writing
 * @hash:     by @image_id and @write
 * @lru:      the one used last comes first
 * @image_id: 0: unused
 * @write:    lambda_pwrite()
 * @used:     when it was used last, in ns
 * @cost:     what the model knows
 * @probe:    which side is to be tried
 * @split:    how requests that ran on both have fared
 * @load:     what its requests under way keep busy
 * @busy:     how many there are, by side less one
 * @last:     side of the request before
 * @tasks:    tasks, by their number
 * @active:   how many of them made a request lately
 * @small:    small requests that need not be learnt from
 * @provisional: the host is known by a request without readahead only
 * @dev:      of the file of the last request
 * @ino:      likewise
 * @stats:    what the sides did for it, by side less one
 * @error:    what predictions missed by lately, in BLK_LAMBDA_ONEths
 */
struct blk_lambda_profile {
	struct hlist_node hash;
	struct list_head lru;
	u64 image_id;
	bool write;
	u64 used;
	struct blk_lambda_cost cost;
	struct blk_lambda_probe probe;
	struct blk_lambda_split split;
	struct blk_lambda_load load;
	u32 busy[BLK_LAMBDA_SIDES];
	enum lambda_side last;
	struct blk_lambda_task tasks[BLK_LAMBDA_TASKS];
	u32 active;
	u32 small;
	bool provisional;
	dev_t dev;
	u64 ino;
	struct blk_lambda_stats stats[BLK_LAMBDA_SIDES];
	u32 error;
};

/**
 * struct blk_lambda_sched - what a disk knows of its requests
 * @lock:     guards the rest; taken in process context
 * @drive:    what the drive says of itself
 * @policy:   what decides on the side
 * @period:   requests of a period
 * @probes:   those of them that may be probes
 * @load:     what requests under way keep busy
 * @stats:    what the sides have done, by side less one
 * @fallbacks: requests that the drive or the file left to the host, or that
 *             were divided in vain
 * @reasons:  requests by enum lambda_reason
 * @statuses: requests by enum lambda_status
 * @buckets:  profiles by hash
 * @lru:      all profiles, the one used last first
 * @profiles: room for them
 */
struct blk_lambda_sched {
	spinlock_t lock;	/* of all below */
	struct blk_lambda_drive drive;
	enum blk_lambda_policy policy;
	u32 period;
	u32 probes;
	struct blk_lambda_load load;
	struct blk_lambda_stats stats[BLK_LAMBDA_SIDES];
	u64 fallbacks;
	u64 reasons[BLK_LAMBDA_REASONS];
	u64 statuses[LAMBDA_STATUS_NOT_RUN + 1];
	struct hlist_head buckets[BLK_LAMBDA_BUCKETS];
	struct list_head lru;
	struct blk_lambda_profile profiles[BLK_LAMBDA_PROFILES];
};

/**
 * struct blk_lambda_ticket - what is known of a request until it ends
 * @begun:    when its side was chosen, in ns
 * @cpu:      ns of CPU time its task had used by then
 * @cost:     ns that the model put down for the side
 * @load:     what the disk counts for it until it ends
 * @runnable: tasks that wanted a CPU
 * @warmup:   nothing was read ahead for it, as will be for others
 * @learn:    what it takes is to be learnt from
 * @ended:    it has
 */
struct blk_lambda_ticket {
	u64 begun;
	u64 cpu;
	u64 cost;
	struct blk_lambda_load load;
	u32 runnable;
	bool warmup;
	bool learn;
	bool ended;
};

static_assert(sizeof(struct blk_lambda_ticket) <=
	      sizeof_field(struct blk_lambda_choice, ticket));

/**
 * blk_lambda_ticket - the ticket of a request
 * @c: the choice that was made for it
 *
 * Return: it, to be written too.
 */
static inline struct blk_lambda_ticket *
blk_lambda_ticket(struct blk_lambda_choice *c)
{
	return (struct blk_lambda_ticket *)c->ticket;
}

/**
 * blk_lambda_ticket_of - the same, to be read
 * @c: the choice
 *
 * Return: it.
 */
static inline const struct blk_lambda_ticket *
blk_lambda_ticket_of(const struct blk_lambda_choice *c)
{
	return (const struct blk_lambda_ticket *)c->ticket;
}

/**
 * struct blk_lambda_ctx - where and when a request is
 * @ns:       the time
 * @task:     number of its task
 * @runnable: tasks that want a CPU, its own included
 * @cpus:     CPUs there are to have now, at least 1
 */
struct blk_lambda_ctx {
	u64 ns;
	u32 task;
	u32 runnable;
	u32 cpus;
};

struct blk_lambda_profile *
blk_lambda_profile_find(struct blk_lambda_sched *s, u64 image_id, bool write);
struct blk_lambda_profile *
blk_lambda_profile_use(struct blk_lambda_sched *s,
		       const struct blk_lambda_query *q, u64 now);

struct blk_lambda_sched *blk_lambda_sched_alloc(const struct blk_lambda_limits *l);
void blk_lambda_sched_free(struct blk_lambda_sched *s);
void blk_lambda_sched_choose(struct blk_lambda_sched *s,
			     const struct blk_lambda_query *q,
			     const struct blk_lambda_ctx *now,
			     struct blk_lambda_choice *c);
void blk_lambda_sched_learn(struct blk_lambda_sched *s,
			    const struct blk_lambda_query *q,
			    struct blk_lambda_choice *c,
			    const struct blk_lambda_sample *sample,
			    u64 ns, u64 cpu);
void blk_lambda_profile_forget(struct blk_lambda_sched *s, u64 image_id);

u64 blk_lambda_cgroup_flow(void);
int blk_lambda_charge(struct blk_lambda *bl, struct blk_lambda_request *rq);

void blk_lambda_sysfs_add(struct blk_lambda *bl);
void blk_lambda_sysfs_del(struct blk_lambda *bl);

#ifdef CONFIG_DEBUG_FS
void blk_lambda_debugfs_add(struct blk_lambda *bl);
void blk_lambda_debugfs_del(struct blk_lambda *bl);
#else
static inline void blk_lambda_debugfs_add(struct blk_lambda *bl) { }
static inline void blk_lambda_debugfs_del(struct blk_lambda *bl) { }
#endif

#endif /* BLK_LAMBDA_SCHED_H */
