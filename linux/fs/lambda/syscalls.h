/* SPDX-License-Identifier: GPL-2.0-only */
/* The entry for callers that have a request's files already, as a ring has. */
#ifndef _FS_LAMBDA_SYSCALLS_H
#define _FS_LAMBDA_SYSCALLS_H

#include "internal.h"

struct lambda_pending;

ssize_t lambda_call(struct lambda_call *call);
ssize_t lambda_call_finish(struct lambda_pending *p);
ssize_t lambda_call_resume(struct lambda_pending *p);
void lambda_call_drop(struct lambda_pending *p);

#ifdef CONFIG_LAMBDA_DRIVE
bool lambda_pending_cancel(struct lambda_pending *p);
#else
static inline bool lambda_pending_cancel(struct lambda_pending *p)
{
	return false;
}
#endif

#endif /* _FS_LAMBDA_SYSCALLS_H */
