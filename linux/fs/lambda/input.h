/* SPDX-License-Identifier: GPL-2.0-only */
/* A λ's input, read from a file. */
#ifndef _FS_LAMBDA_INPUT_H
#define _FS_LAMBDA_INPUT_H

#include <linux/sizes.h>
#include <linux/types.h>

struct bpf_lambda_stage;
struct bpf_lambda_window;
struct lambda_request;

/* Up to here copying costs less than mapping. */
#define LAMBDA_INPUT_SMALL	SZ_64K

u32 lambda_input_plan(const struct lambda_request *req);
ssize_t lambda_input_gather(struct lambda_request *req,
			    struct bpf_lambda_stage *st, u32 len);
bool lambda_input_small(const struct lambda_request *req, u32 len);
bool lambda_input_at_once(struct lambda_request *req,
			  struct bpf_lambda_window *w, u32 len);

#endif /* _FS_LAMBDA_INPUT_H */
