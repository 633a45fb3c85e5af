/* SPDX-License-Identifier: GPL-2.0-only */
/* The device side: λs run in the drive that holds the file. */
#ifndef _FS_LAMBDA_DEVICE_H
#define _FS_LAMBDA_DEVICE_H

#include <linux/types.h>

struct blk_lambda;
struct file;
struct lambda_request;

struct blk_lambda *lambda_device_get(const struct file *file);
int lambda_device_read(struct lambda_request *req, struct blk_lambda *bl,
		       ssize_t *ret);
int lambda_device_write(struct lambda_request *req, struct blk_lambda *bl,
			ssize_t *ret);

#endif /* _FS_LAMBDA_DEVICE_H */
