/* SPDX-License-Identifier: GPL-2.0-only */
/* A file's page cache as a λ's input. */
#ifndef _FS_LAMBDA_MAPPED_H
#define _FS_LAMBDA_MAPPED_H

#include <linux/types.h>

struct bpf_lambda_window;
struct lambda_request;

ssize_t lambda_map_input(const struct lambda_request *req,
			 struct bpf_lambda_window *w, u32 len);

#endif /* _FS_LAMBDA_MAPPED_H */
