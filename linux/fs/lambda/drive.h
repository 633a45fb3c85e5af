/* SPDX-License-Identifier: GPL-2.0-only */
/* DRIVE: λs run in the drive that holds the file. */
#ifndef _FS_LAMBDA_DRIVE_H
#define _FS_LAMBDA_DRIVE_H

#include <linux/blk-lambda.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/lambda_range.h>
#include <linux/types.h>

struct lambda_request;

/* Extents that most requests get along with. */
#define LAMBDA_FEW_EXTENTS	16

/* A file that stays locked for so long is the host's. */
#define LAMBDA_LOCK_TIMEOUT	(2 * HZ)

/**
 * struct lambda_attempt - one request on its way to the drive
 *
 * Lives on the stack of its task, or with a request for which none waits.
 */
struct lambda_attempt {
	/** @req: The request; its @io takes the result. */
	struct lambda_request *req;
	/** @bl: The drive; the caller holds a reference. */
	struct blk_lambda *bl;
	/** @rq: The request as the drive's driver sees it. */
	struct blk_lambda_request rq;
	/** @kiocb: What the file is asked with. */
	struct kiocb kiocb;
	/** @range: Where the range lies. */
	struct lambda_range range;
	/** @prepared: blk_lambda_disk_finish() is owed. */
	bool prepared;
	/** @charged: Pages charged to the caller. */
	u32 charged;
	/** @few: Where @range has its extents as long as they fit. */
	struct blk_lambda_extent few[LAMBDA_FEW_EXTENTS];
};

#ifdef CONFIG_LAMBDA_DRIVE
struct blk_lambda *lambda_drive_get(const struct file *file,
				    struct blk_lambda_layout *layout);
int lambda_drive_read(struct lambda_request *req, struct blk_lambda *bl,
		      ssize_t *ret);
int lambda_drive_write(struct lambda_request *req, struct blk_lambda *bl,
		       ssize_t *ret);
#else
static inline struct blk_lambda *
lambda_drive_get(const struct file *file, struct blk_lambda_layout *layout)
{
	return NULL;
}

static inline int lambda_drive_read(struct lambda_request *req,
				    struct blk_lambda *bl, ssize_t *ret)
{
	return LAMBDA_REASON_NO_DISK;
}

static inline int lambda_drive_write(struct lambda_request *req,
				     struct blk_lambda *bl, ssize_t *ret)
{
	return LAMBDA_REASON_NO_DISK;
}
#endif

bool lambda_drive_submits(const struct file *file, const struct blk_lambda *bl);
int lambda_drive_locate(struct lambda_request *req, struct blk_lambda *bl,
			u32 copy, u64 copy_span,
			struct blk_lambda_run *runs, u32 *nr);
int lambda_drive_wait(const struct file *file, bool write, unsigned long end);
int lambda_attempt_begin(struct lambda_attempt *a, struct lambda_request *req,
			 struct blk_lambda *bl, bool write, u32 in_len);
int lambda_attempt_init(struct lambda_attempt *a, struct lambda_request *req,
			struct blk_lambda *bl, u32 in_len);
int lambda_attempt_locate(struct lambda_attempt *a);
void lambda_attempt_ran(struct lambda_attempt *a, int ret);
int lambda_attempt_run(struct lambda_attempt *a);
ssize_t lambda_attempt_result(const struct lambda_attempt *a);
void lambda_attempt_end(struct lambda_attempt *a);

#endif /* _FS_LAMBDA_DRIVE_H */
