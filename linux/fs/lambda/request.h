/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests: checked, run on a side, and accounted for. */
#ifndef _FS_LAMBDA_REQUEST_H
#define _FS_LAMBDA_REQUEST_H

#include <linux/types.h>

struct lambda_pending;
struct lambda_request;

ssize_t lambda_request_read(struct lambda_request *req);
ssize_t lambda_request_write(struct lambda_request *req);
ssize_t lambda_request_finish(struct lambda_pending *p);
ssize_t lambda_request_resume(struct lambda_pending *p);

#endif /* _FS_LAMBDA_REQUEST_H */
