/* SPDX-License-Identifier: GPL-2.0-only */
/* The cost model of disks that run λs; what it means stands in its .c file. */
#ifndef BLK_LAMBDA_COST_H
#define BLK_LAMBDA_COST_H

#include <linux/blk-lambda.h>
#include <linux/math64.h>
#include <linux/types.h>

#include "linreg.h"

/*
 * Requests of a task on the host after which readahead is at work, and bytes on
 * the device after which what it has read lies behind. A request for as much
 * gains little by it.
 */
#define BLK_LAMBDA_WARMUP	2
#define BLK_LAMBDA_AHEAD	BIT_ULL(19)

/* What is larger counts as this much: requests, tasks, CPUs, cores. */
#define BLK_LAMBDA_COUNT_MAX	4096

/* Fixed point: this much is one. A bias has more digits. */
#define BLK_LAMBDA_ONE		1024
#define BLK_LAMBDA_BIAS_ONE	(1024 * BLK_LAMBDA_ONE)

/**
 * struct blk_lambda_drive - what a drive says of itself, as the model uses it
 * @media_read:  ns per MiB of its media, reading
 * @media_write: writing
 * @link:        ns per MiB of its link
 * @core:        ns of one of its cores where a host CPU takes BLK_LAMBDA_ONE
 * @cores:       cores it has
 * @depth:       requests it works on at a time
 * @cpus:        CPUs the host has
 */
struct blk_lambda_drive {
	u64 media_read;
	u64 media_write;
	u64 link;
	u64 core;
	u32 cores;
	u32 depth;
	u32 cpus;
};

/**
 * struct blk_lambda_side_model - what is known of one side
 * @cpu:   ns of a host CPU, over bytes of input
 * @wait:  ns not on a CPU when nothing is in the way: on the host over bytes
 *         that are missing in the page cache, on the device over bytes of input
 * @bias:  what a request took, for BLK_LAMBDA_BIAS_ONE of its cost; the second
 *         is of those for which pages had to be read or written back first; 0:
 *         there were none
 * @count: requests learnt from
 */
struct blk_lambda_side_model {
	struct blk_lambda_linreg cpu;
	struct blk_lambda_linreg wait;
	u64 bias[2];
	u32 count;
};

/**
 * struct blk_lambda_cost - what is known of a λ on a disk, reading or writing
 * @host:   of the host's side
 * @device: of the device's side
 * @miss:   ns of a host CPU per MiB that is missing in the page cache
 * @core:   ns of a core of the drive per MiB of input
 * @out:    bytes of output per MiB of input, of either side
 * @flush:  ns per MiB that must be written back before a drive may begin
 * @warm:   share of the input that is missing, in BLK_LAMBDA_ONEths, where the
 *          host ran the task's requests before
 * @cold:   where the device did
 * @nr_warm: samples in @warm, up to the number that is remembered
 * @nr_cold: samples in @cold
 */
struct blk_lambda_cost {
	struct blk_lambda_side_model host;
	struct blk_lambda_side_model device;
	u64 miss;
	u64 core;
	u64 out;
	u64 flush;
	u32 warm;
	u32 cold;
	u32 nr_warm;
	u32 nr_cold;
};

/**
 * struct blk_lambda_load - for how long a request keeps parts of a drive busy
 * @core:  ns of a core
 * @media: ns of the media
 * @link:  ns of the link to the host
 * @slot:  ns of one of the requests that it works on at a time
 */
struct blk_lambda_load {
	u64 core;
	u64 media;
	u64 link;
	u64 slot;
};

/**
 * struct blk_lambda_features - one request, as the model sees it
 * @write:   lambda_pwrite()
 * @bytes:   of input
 * @missing: those of a read that are not in the page cache
 * @dirty:   that have to be written back before a drive may begin
 * @room:    bytes that a write may make at most
 * @drives:  how many have a share of it each and run at the same time; 0 is 1
 * @outstanding: requests of its kind that are under way, itself included
 * @runnable: tasks that want a CPU, its own included
 * @streak:  requests of its task before it that ran on the same side, one after
 *           the other: on the host, or, negative, on the device
 * @follows: it reads on where the last one has ended
 * @serial:  the device runs one at a time of those that are outstanding
 * @others:  what requests of other kinds keep busy
 */
struct blk_lambda_features {
	bool write;
	u64 bytes;
	u64 missing;
	u64 dirty;
	u64 room;
	u32 drives;
	u32 outstanding;
	u32 runnable;
	s32 streak;
	bool follows;
	bool serial;
	struct blk_lambda_load others;
};

/**
 * struct blk_lambda_estimate - what a request would cost on one side
 * @cpu:   ns of a host CPU
 * @wait:  ns not on a CPU, with nothing in the way
 * @load:  what it keeps busy
 * @bound: ns it takes where the most used resource is never idle
 * @cost:  ns it costs; what sides are compared by
 * @ns:    ns it is expected to take
 */
struct blk_lambda_estimate {
	u64 cpu;
	u64 wait;
	struct blk_lambda_load load;
	u64 bound;
	u64 cost;
	u64 ns;
};

/**
 * struct blk_lambda_observation - what a request did cost
 * @side:  where it was sent
 * @part:  it was a part of a request that ran on both sides
 * @cost:  what was expected, &blk_lambda_estimate.cost; not of a part
 * @out:   bytes of output
 * @ns:    ns it took
 * @cpu:   ns its task was on a CPU
 * @drive: ns that its commands were with the drive; 0 where not known
 * @core:  ns of a core of the drive
 * @stages: ns of the drive's resources one after the other, as it says
 */
struct blk_lambda_observation {
	enum lambda_side side;
	bool part;
	u64 cost;
	u64 out;
	u64 ns;
	u64 cpu;
	u64 drive;
	u64 core;
	u64 stages;
};

/**
 * blk_lambda_cost_count - bound a number of requests, tasks, CPUs or cores
 * @n: any number
 *
 * Return: from 1 to BLK_LAMBDA_COUNT_MAX.
 */
static inline u32 blk_lambda_cost_count(u32 n)
{
	return clamp(n, 1U, BLK_LAMBDA_COUNT_MAX);
}

/**
 * blk_lambda_cost_missing - bytes that are not in the page cache and have to be
 * @w: a request
 *
 * Return: at most its bytes; 0 for a write.
 */
static inline u64 blk_lambda_cost_missing(const struct blk_lambda_features *w)
{
	return w->write ? 0 : min(w->missing, w->bytes);
}

/**
 * blk_lambda_cost_drive_share - what one drive has to do of what all have
 * @w: a request
 * @n: bytes, or ns
 *
 * Return: its share.
 */
static inline u64
blk_lambda_cost_drive_share(const struct blk_lambda_features *w, u64 n)
{
	return w->drives > 1 ? div_u64(n, w->drives) : n;
}

u64 blk_lambda_cost_rate(u64 per_second);
u64 blk_lambda_cost_bias(const struct blk_lambda_side_model *m);
void blk_lambda_cost_init_drive(struct blk_lambda_drive *d,
				const struct blk_lambda_limits *l, u32 cpus);
void blk_lambda_cost_init(struct blk_lambda_cost *c,
			  const struct blk_lambda_drive *d);
void blk_lambda_cost_age(struct blk_lambda_cost *c);
void blk_lambda_cost_age_host(struct blk_lambda_cost *c);
u64 blk_lambda_cost_ahead(struct blk_lambda_cost *c,
			  const struct blk_lambda_features *w);
void blk_lambda_cost_host(const struct blk_lambda_cost *c,
			  const struct blk_lambda_drive *d,
			  const struct blk_lambda_features *w,
			  struct blk_lambda_estimate *e);
void blk_lambda_cost_device(const struct blk_lambda_cost *c,
			    const struct blk_lambda_drive *d,
			    const struct blk_lambda_features *w,
			    struct blk_lambda_estimate *e);
void blk_lambda_learn_share(struct blk_lambda_features *w,
			    struct blk_lambda_observation *o);
void blk_lambda_learn_cost(struct blk_lambda_cost *c,
			   const struct blk_lambda_drive *d,
			   const struct blk_lambda_features *w,
			   const struct blk_lambda_observation *o);

#endif /* BLK_LAMBDA_COST_H */
