// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Distance of each row to one point, for a search of nearest neighbours. */
#include "formats.h"
#include "lambda_array.h"

LAMBDA_ABOUT("the distance of each row to a point");
LAMBDA_RECORD(sizeof(struct knn_row));
LAMBDA_ARGS(struct knn_args);
LAMBDA_OUTPUT(struct knn_out[]);

LAMBDA_PROGRAM(knn)(struct lambda_ctx *ctx)
{
	const struct knn_row *row = lambda_in(ctx);
	const struct knn_args *args = lambda_args(ctx);
	struct knn_out *out = lambda_out(ctx);
	__u64 rows = ctx->in_len / sizeof(*row);

	if (ctx->in_len % sizeof(*row) || ctx->args_len != sizeof(*args))
		return -EINVAL;
	if (ctx->out_cap < rows * sizeof(*out))
		return -ENOSPC;
	for (__u64 i = 0; i < rows; i++) {
		out[i].id = row[i].id;
		out[i].distance = lambda_zip(SBPF_OP_SQDIFF, SBPF_TYPE_S64,
					     row[i].coord, args->coord,
					     sizeof(args->coord));
	}
	return rows * sizeof(*out);
}
