/* SPDX-License-Identifier: GPL-2.0-only */
/* The entry for callers that have a request's files already, as a ring has. */
#ifndef _FS_LAMBDA_SYSCALLS_H
#define _FS_LAMBDA_SYSCALLS_H

#include <linux/types.h>

struct file;
struct lambda_io;

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
 *          begun. It waits for the caller's memory only, and takes no longer than
 *          LAMBDA_NOWAIT_QUANTA
 *          to run
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
};

ssize_t lambda_call(const struct lambda_call *call);

#endif /* _FS_LAMBDA_SYSCALLS_H */
