// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Distance of each row to one point, for a search of nearest neighbours. */
#include "formats.h"
#include "lambda_bpf.h"

LAMBDA_RECORD(sizeof(struct knn_row));

static __u64 knn_distance(const __s64 *a, const __s64 *b)
{
	__u64 sum = 0;

	LAMBDA_UNROLL(15)
	for (int i = 0; i < KNN_DIMENSIONS; i++) {
		__u64 d = (__u64)a[i] - b[i];

		sum += d * d;
	}
	return sum;
}

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
		out[i].distance = knn_distance(row[i].coord, args->coord);
	}
	return rows * sizeof(*out);
}
