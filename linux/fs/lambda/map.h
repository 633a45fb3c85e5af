/* SPDX-License-Identifier: GPL-2.0-only */
/* A file's page cache as a λ's input. */
#ifndef _FS_LAMBDA_MAP_H
#define _FS_LAMBDA_MAP_H

#include <linux/types.h>

struct bpf_lambda_stage;
struct lambda_request;

u32 lambda_map_input(const struct lambda_request *req,
		     struct bpf_lambda_stage *st, u32 len, int *err);

#endif /* _FS_LAMBDA_MAP_H */
