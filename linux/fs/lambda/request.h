/* SPDX-License-Identifier: GPL-2.0-only */
/* One lambda_pread() or lambda_pwrite(), from entry to result. */
#ifndef _FS_LAMBDA_REQUEST_H
#define _FS_LAMBDA_REQUEST_H

#include <linux/lambda.h>
#include <linux/mm.h>
#include <linux/types.h>

struct blk_lambda_sample;
struct file;
struct lambda_handle;

/**
 * struct lambda_request - what was asked for, and what came of it
 *
 * Lives on the stack of the one task that makes the request.
 */
struct lambda_request {
	/** @file: The file read or written; the caller holds it. */
	struct file *file;
	/** @handle: The λ to run; the caller holds its file. */
	const struct lambda_handle *handle;
	/** @buf: Takes the output of a read, gives the input of a write. */
	void __user *buf;
	/** @count: Bytes of input asked for, within the segment's limit. */
	size_t count;
	/** @offset: Where in @file, not negative. */
	loff_t offset;
	/** @timed: Somebody will see the times in @io. */
	bool timed;
	/** @ns_drive: Of a request that a drive ran: ns that it was there. */
	u64 ns_drive;
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

void lambda_request_sample(const struct lambda_request *req,
			   struct blk_lambda_sample *sample);
ssize_t lambda_request_read(struct lambda_request *req);
ssize_t lambda_request_write(struct lambda_request *req);

#endif /* _FS_LAMBDA_REQUEST_H */
