/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The time a command takes, event by event on the virtual clock.
 *
 * A job says what one command needs: stages in order, each an amount of one
 * resource. The resource serves whoever waits for it in turns of at most
 * FW_CHUNK bytes (cores: the profile's slice), round robin. Nothing here knows
 * NVMe, and nothing is reserved ahead: a job asks for a stage's resource when
 * the stage before it has got far enough, so a short read never waits on a
 * link that stands idle for a λ still computing.
 */
#ifndef FW_TIMING_H
#define FW_TIMING_H

#include "fw_limits.h"
#include "fw_profile.h"
#include "fw_types.h"

/* Resources: the channels come first, each one of its own. */
enum fw_res_id {
	FW_RES_LINK_IN = FW_CHANNELS_MAX,	/* host to drive */
	FW_RES_LINK_OUT,			/* drive to host */
	FW_RES_CORES,
	FW_RES_COUNT,
	FW_RES_MEDIA,		/* in a stage: the job's own set of channels */
	FW_RES_NONE,		/* in a stage: a delay that keeps nothing busy */
};

/* Command, link in, media, core, link out: no command needs more. */
#define FW_STAGES_MAX	6
#define FW_SERVERS_MAX	(FW_CHANNELS_MAX + 2 + FW_CORES_MAX)

/**
 * struct fw_stage - one step of a job
 * @res:     enum fw_res_id
 * @begun:   it has asked for its resource, or waits out its latency
 * @latency: ns before it asks
 * @total:   bytes, or ns of a core
 * @taken:   of @total, handed to a server so far
 * @done:    of @total, served so far
 */
struct fw_stage {
	u8 res;
	bool begun;
	u64 latency;
	u64 total;
	u64 taken;
	u64 done;
};

/**
 * struct fw_job - what one command needs
 * @stages:      in order
 * @nr_stages:   how many
 * @pipeline:    a stage may run as far as the one before it has got
 * @media_write: the media stage writes
 * @at:          resources it waits for or is served by, a bit each
 * @left:        bytes not yet taken of each media channel
 * @wake:        when its current latency ends
 * @sleeping:    stage whose latency runs
 * @asleep:      is in the list of sleepers
 * @prev:        in that list
 * @next:        in that list, or in the list of finished jobs
 */
struct fw_job {
	struct fw_stage stages[FW_STAGES_MAX];
	u8 nr_stages;
	bool pipeline;
	bool media_write;
	u32 at;
	u64 left[FW_CHANNELS_MAX];
	u64 wake;
	u8 sleeping;
	bool asleep;
	struct fw_job *prev;
	struct fw_job *next;
};

/**
 * struct fw_res - jobs waiting for one resource
 * @ring: the waiting jobs
 * @head: index of the first
 * @count: how many
 */
struct fw_res {
	struct fw_job *ring[FW_CMDS_MAX];
	u32 head;
	u32 count;
};

/**
 * struct fw_server - one channel, link direction or core
 * @job:    whom it serves, or NULL
 * @stage:  which of its stages
 * @res:    resource it belongs to
 * @amount: how much of it in this turn
 * @until:  when the turn ends
 */
struct fw_server {
	struct fw_job *job;
	u8 stage;
	u8 res;
	u64 amount;
	u64 until;
};

/**
 * struct fw_timing - all resources of a drive
 * @profile:    what they can do
 * @res:        waiting lines
 * @servers:    who serves
 * @nr_servers: how many
 * @asleep:     jobs in a latency, the next to wake first
 * @last:       its last element
 * @busy_ns:    modelled time each resource has served, dilation left out
 */
struct fw_timing {
	struct fw_profile profile;
	struct fw_res res[FW_RES_COUNT];
	struct fw_server servers[FW_SERVERS_MAX];
	u32 nr_servers;
	struct fw_job *asleep;
	struct fw_job *last;
	u64 busy_ns[FW_RES_COUNT];
};

/*
 * No time of one stage is longer, so that no sum of them overflows, nor their
 * dilation: 11 days.
 */
#define FW_LONGEST_NS	1000000000000000ull

/* job.c: saying what a command needs */
void fw_job_init(struct fw_job *job);
void fw_job_delay(struct fw_job *job, u64 ns);
void fw_job_media(const struct fw_timing *t, struct fw_job *job, u64 addr,
		  u64 len, bool write);
void fw_job_link(const struct fw_timing *t, struct fw_job *job,
		 enum fw_res_id res, u64 bytes);

/* Bytes that a core's helpers handle in @ns; ~0 stands for more than fit. */
u64 fw_job_helper_bytes(const struct fw_timing *t, u64 ns);
void fw_job_core(const struct fw_timing *t, struct fw_job *job, u64 insns,
		 u64 helper_bytes);

/**
 * fw_job_ns - time a job's stages would take were nobody else there
 * @t:   the resources
 * @job: the job
 * @res: which stages: FW_RES_MEDIA, FW_RES_CORES, FW_RES_LINK_IN, FW_RES_LINK_OUT
 *
 * Return: nanoseconds of modelled time, dilation left out.
 */
u64 fw_job_ns(const struct fw_timing *t, const struct fw_job *job,
	      enum fw_res_id res);

/* Modelled ns that @amount of @res takes one server; dilation left out. */
u64 fw_job_turn_ns(const struct fw_timing *t, const struct fw_job *job,
		   enum fw_res_id res, u64 amount);

/**
 * fw_job_credit - take from a job what has been waited for it already
 * @t:      the resources; what they have served is counted as busy
 * @job:    not begun; its stages lose time from the front
 * @passed: ns of the clock since the host gave the command, in which it was
 *          executed. A job that is alone ends as if it had begun then, or now;
 *          in a pipeline give or take a turn of each resource.
 */
void fw_job_credit(struct fw_timing *t, struct fw_job *job, u64 passed);

/* timing.c: the passing of time */
void fw_timing_init(struct fw_timing *t, const struct fw_profile *p);

/**
 * fw_timing_start - begin a job
 * @t:   the resources
 * @job: at least one stage; stays the caller's, who may not touch it until it
 *       is returned by fw_timing_advance() or was cancelled
 * @now: virtual time in ns; advance to it first
 */
void fw_timing_start(struct fw_timing *t, struct fw_job *job, u64 now);

/* Forgets a job, whatever it waits for; what it was served stays counted. */
void fw_timing_cancel(struct fw_timing *t, struct fw_job *job, u64 now);

/* When the next thing happens, or FW_NEVER. */
u64 fw_timing_next(const struct fw_timing *t);

/**
 * fw_timing_advance - let time pass
 * @t:   the resources
 * @now: until when
 *
 * Return: the jobs that have ended by then, in order, linked by @next.
 */
struct fw_job *fw_timing_advance(struct fw_timing *t, u64 now);

#endif /* FW_TIMING_H */
