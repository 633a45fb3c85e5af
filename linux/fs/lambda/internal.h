/* SPDX-License-Identifier: GPL-2.0-only */
/* One lambda_pread() or lambda_pwrite(), from entry to result. */
#ifndef _FS_LAMBDA_INTERNAL_H
#define _FS_LAMBDA_INTERNAL_H

#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/lambda.h>
#include <linux/lambda_sched.h>
#include <linux/mm.h>
#include <linux/types.h>

struct file;
struct lambda_handle;
struct lambda_pending;

/**
 * struct lambda_call - a lambda_pread() or lambda_pwrite()
 * @file:   the file to read or write; the caller holds it
 * @lambda: the λ handle's file, if it is one; the caller holds it
 * @buf:    takes the output of a read, gives the input of a write
 * @count:  bytes of input
 * @offset: where in the file, as the caller gave it
 * @io:     arguments, limits and flags, which takes the result; or NULL
 * @write:  it is a lambda_pwrite()
 * @nowait: a read; it is done at once and on the host, or it is as if it had not
 *          begun. It waits for the caller's memory only, and runs no longer than
 *          LAMBDA_NOWAIT_QUANTA. What is not done so may be a drive's
 * @ended:  with @nowait: called in process context when lambda_call_finish() is
 *          to be, after -EIOCBQUEUED
 * @private: for @ended
 * @pending: with @nowait: set to what is kept of a request that was put off
 */
struct lambda_call {
	struct file *file;
	struct file *lambda;
	void __user *buf;
	size_t count;
	loff_t offset;
	struct lambda_io __user *io;
	bool write;
	bool nowait;
	void (*ended)(void *private);
	void *private;
	struct lambda_pending *pending;
};

/**
 * struct lambda_request - what was asked for, and what came of it
 *
 * Lives on the stack of the one task that makes the request, or in what is kept of
 * one of a ring.
 */
struct lambda_request {
	/** @file: The file read or written; the caller holds it. */
	struct file *file;
	/**
	 * @cred: What the methods of @file are called with, where that is not
	 * what the caller has; else NULL.
	 */
	const struct cred *cred;
	/** @handle: The λ to run; the caller holds its file. */
	struct lambda_handle *handle;
	/** @buf: Takes the output of a read, gives the input of a write. */
	void __user *buf;
	/** @count: Bytes of input asked for, within the segment's limit. */
	size_t count;
	/** @offset: Where in @file, not negative. */
	loff_t offset;
	/** @copy: Of a read in a drive: as &blk_lambda_request.copy. */
	u32 copy;
	/**
	 * @spans: Of a read in a drive that has parts of a range alone: they, as
	 * &blk_lambda_request.spans, in @count bytes; else NULL.
	 */
	struct blk_lambda_span *spans;
	/** @nr_spans: How many. */
	u32 nr_spans;
	/** @reach: Bytes from the first of them to the end of the last. */
	u64 reach;
	/** @call: Of a ring's: what it has asked for; else NULL. */
	struct lambda_call *call;
	/** @nowait: As &lambda_call.nowait. */
	bool nowait;
	/** @timed: The times in @io are wanted. */
	bool timed;
	/** @bl: The drive that could run it, or NULL. */
	struct blk_lambda *bl;
	/** @query: With @bl: what @choice was made by. */
	const struct blk_lambda_query *query;
	/** @choice: With @bl: which side was to run it. */
	struct blk_lambda_choice *choice;
	/** @ns_drive: Of a request that a drive ran: ns that it was there. */
	u64 ns_drive;
	/** @elsewhere: Bytes of input that other drives than @bl ran. */
	u64 elsewhere;
	/** @ns_limited: Ns that limits of a cgroup kept it from the drive. */
	u64 ns_limited;
	/** @stamp: When, in ns, the latest stage that is timed began. */
	u64 stamp;
	/**
	 * @io: Lengths and flags, checked, and the result. Made up where the
	 * caller gave none.
	 */
	struct lambda_io io;
};

/**
 * lambda_in_addr - where in the window a byte of the input is
 * @req: the request
 * @pos: which, from the first on
 *
 * Return: its window address.
 */
static inline u32 lambda_in_addr(const struct lambda_request *req, u32 pos)
{
	return SBPF_IN_BASE + offset_in_page(req->offset) + pos;
}

/**
 * lambda_in_page - in which page of the input one of its bytes is
 * @req: the request
 * @pos: which, from the first on
 *
 * Return: the page's index.
 */
static inline u32 lambda_in_page(const struct lambda_request *req, u32 pos)
{
	return (offset_in_page(req->offset) + pos) >> PAGE_SHIFT;
}

/**
 * lambda_lap - end a stage of a request and begin the next
 * @req: the request
 *
 * Return: ns since the last call.
 */
static inline u64 lambda_lap(struct lambda_request *req)
{
	u64 last = req->stamp;

	if (!req->timed)
		return 0;
	req->stamp = ktime_get_ns();
	return req->stamp - last;
}

/**
 * lambda_use_cred - take on the credentials for a call of a method of the file
 * @req: the request
 *
 * For that call only: user memory is touched, and pages are charged to a user,
 * as the caller.
 *
 * Return: for lambda_revert_cred().
 */
static inline const struct cred *lambda_use_cred(const struct lambda_request *req)
{
	return req->cred ? override_creds(req->cred) : NULL;
}

/**
 * lambda_revert_cred - put off what lambda_use_cred() has taken on
 * @old: what it has returned
 */
static inline void lambda_revert_cred(const struct cred *old)
{
	if (old)
		revert_creds(old);
}

/**
 * lambda_request_put_off - is a request yet to be run, for it may not wait?
 * @req: the request
 * @ret: what came of it
 *
 * Return: whether it is made again where it may, or a drive has it.
 */
static inline bool lambda_request_put_off(const struct lambda_request *req,
					  ssize_t ret)
{
	return req->nowait && (ret == -EAGAIN || ret == -EIOCBQUEUED);
}

/**
 * lambda_request_ended - a request has run, and its output is not delivered yet
 * @req: the request
 *
 * Called before user memory is written to, which may take as long as the user
 * likes.
 */
static inline void lambda_request_ended(const struct lambda_request *req)
{
	if (req->bl)
		blk_lambda_ended(req->bl, req->query, req->choice);
}

#endif /* _FS_LAMBDA_INTERNAL_H */
