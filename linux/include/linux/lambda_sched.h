/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which side is to run a request: what fs/lambda asks the scheduler of a disk
 * that runs λs, and tells it.
 *
 * Around all that <linux/blk-lambda.h> has for a request, and around a run on the
 * host just as well:
 *
 *	blk_lambda_choose(bl, &query, &choice);
 *	... run on choice.side; or on the host, for some reason ...
 *	blk_lambda_ended(bl, &query, &choice);
 *	... give the caller what came of it ...
 *	blk_lambda_sched_learn_part(bl, &part, &choice, &sample); of both, each
 *	blk_lambda_learn(bl, &query, &choice, &sample);
 */
#ifndef _LINUX_LAMBDA_SCHED_H
#define _LINUX_LAMBDA_SCHED_H

#include <linux/lambda.h>
#include <linux/types.h>

struct blk_lambda;

/**
 * struct blk_lambda_query - what is known of a request before it runs
 * @image_id: id of the program with its globals
 * @dev:    device number of the file's filesystem
 * @ino:    inode number of the file
 * @write:  lambda_pwrite(), else lambda_pread()
 * @forced: side the caller insists on, or LAMBDA_SIDE_NONE
 * @bytes:  bytes of input, of a read within the file
 * @cached: of a read: those in the page cache, uptodate
 * @dirty:  bytes in the way that would have to be written back before a drive
 *          may work on the range
 * @out_cap: bytes the output may have
 * @record: bytes of a record, where the request may be divided; 0: it may not
 * @drives: how many drives have parts of it that may run at the same time, at
 *          least 1; the one asked has its share
 * @chunk:  bytes that one has before the next one, where the disk is spread over
 *          several; else 0
 * @follows: a read that begins where the last one of the file has ended, so that
 *          there is readahead on the host
 *
 * Nothing in it is trusted: any value is only a number to count with.
 */
struct blk_lambda_query {
	u64 image_id;
	dev_t dev;
	u64 ino;
	bool write;
	enum lambda_side forced;
	u64 bytes;
	u64 cached;
	u64 dirty;
	u64 out_cap;
	u32 record;
	u32 drives;
	u64 chunk;
	bool follows;
};

/* Words of a ticket. */
#define BLK_LAMBDA_TICKET	8

/**
 * struct blk_lambda_choice - where to run a request
 * @side:      the host, the device or both
 * @reason:    why: one of FORCED, NO_DISK, MODEL, PROFILE and POLICY
 * @split:     of both: bytes from the beginning that are the host's, whole
 *             records
 * @ns_host:   ns it is expected to take there; 0 where not predicted, because
 *             no disk runs λs or the other side was settled on
 * @ns_device: likewise
 * @ns_both:   likewise, where both were chosen
 * @outstanding: requests of its kind that were under way, itself included; 0
 *               where no disk runs λs
 * @ticket:    what block/lambda/ knows of the request until it ends
 *
 * Lives with the request.
 */
struct blk_lambda_choice {
	enum lambda_side side;
	enum lambda_reason reason;
	u64 split;
	u64 ns_host;
	u64 ns_device;
	u64 ns_both;
	u32 outstanding;
	u64 ticket[BLK_LAMBDA_TICKET];
};

/**
 * struct blk_lambda_sample - what came of a request
 * @result:  the result; its side is LAMBDA_SIDE_NONE when it failed before any
 *           ran it, its reason LAMBDA_REASON_NONE where it is the choice's
 * @ns_drive: of the device: &blk_lambda_request.ns_drive
 * @ns_limited: likewise; says nothing of the side
 * @elsewhere: bytes of input that other drives ran than the one asked, which count
 *            them themselves
 * @ns:       of a part, or of one that no task has waited for: ns it took; else 0
 * @cpu:      likewise: ns of CPU time
 */
struct blk_lambda_sample {
	const struct lambda_result *result;
	u64 ns_drive;
	u64 ns_limited;
	u64 elsewhere;
	u64 ns;
	u64 cpu;
};

/**
 * blk_lambda_expected - what a choice was made by
 * @c: the choice
 *
 * Return: ns that the request is expected to take where it was sent.
 */
static inline u64 blk_lambda_expected(const struct blk_lambda_choice *c)
{
	switch (c->side) {
	case LAMBDA_SIDE_BOTH:
		return c->ns_both;
	case LAMBDA_SIDE_DEVICE:
		return c->ns_device;
	default:
		return c->ns_host;
	}
}

#ifdef CONFIG_LAMBDA_DRIVE
void blk_lambda_choose(struct blk_lambda *bl, const struct blk_lambda_query *q,
		       struct blk_lambda_choice *c);
void blk_lambda_sched_learn_part(struct blk_lambda *bl,
				 const struct blk_lambda_query *q,
				 const struct blk_lambda_choice *c,
				 const struct blk_lambda_sample *sample);
void blk_lambda_choose_count(struct blk_lambda *bl, u64 bytes);
void blk_lambda_ended(struct blk_lambda *bl, const struct blk_lambda_query *q,
		      struct blk_lambda_choice *c);
void blk_lambda_learn(struct blk_lambda *bl, const struct blk_lambda_query *q,
		      struct blk_lambda_choice *c,
		      const struct blk_lambda_sample *s);
#else
/* No file has a disk to ask. */
static inline void blk_lambda_choose(struct blk_lambda *bl,
				     const struct blk_lambda_query *q,
				     struct blk_lambda_choice *c)
{
	*c = (struct blk_lambda_choice) {
		.side = LAMBDA_SIDE_HOST,
		.reason = LAMBDA_REASON_NO_DISK,
	};
}

static inline void blk_lambda_ended(struct blk_lambda *bl,
				    const struct blk_lambda_query *q,
				    struct blk_lambda_choice *c)
{
}

static inline void blk_lambda_learn(struct blk_lambda *bl,
				    const struct blk_lambda_query *q,
				    struct blk_lambda_choice *c,
				    const struct blk_lambda_sample *s)
{
}
#endif

#endif /* _LINUX_LAMBDA_SCHED_H */
