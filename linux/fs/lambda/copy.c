// SPDX-License-Identifier: GPL-2.0-only
/*
 * Between user memory and large buffers of the kernel. Each page of a user's
 * may have to be read from a disk first, so others get their turn in between.
 */
#include <linux/bpf_lambda.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>

#include "copy.h"

#define PIECE	SZ_256K		/* tens of microseconds, if all is there */

/**
 * lambda_copy_in - get what a request is made from
 * @to:   kernel memory
 * @from: the caller's
 * @len:  bytes
 *
 * Context: the caller's, without locks.
 * Return: 0; -EFAULT; or what bpf_lambda_signal_pause() returns.
 */
int lambda_copy_in(void *to, const void __user *from, size_t len)
{
	size_t done, n;
	int err = 0;

	for (done = 0; done < len && !err; done += n) {
		n = min(len - done, (size_t)PIECE);
		if (copy_from_user(to + done, from + done, n))
			return -EFAULT;
		if (n < len - done)
			err = bpf_lambda_signal_pause();
	}
	return err;
}

/**
 * lambda_copy_out - give a request's output to the caller
 * @to:   the caller's memory
 * @from: kernel memory
 * @len:  bytes
 *
 * All that was to be done is done, and signals wait, as those of pread() do
 * while it copies: a call that they end has not changed the caller's buffer.
 *
 * Context: the caller's, without locks.
 * Return: 0; -EFAULT, or -EINTR on a fatal signal, and a part may be copied.
 */
int lambda_copy_out(void __user *to, const void *from, size_t len)
{
	size_t done, n;

	for (done = 0; done < len; done += n) {
		n = min(len - done, (size_t)PIECE);
		if (copy_to_user(to + done, from + done, n))
			return -EFAULT;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}
