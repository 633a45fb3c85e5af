/* SPDX-License-Identifier: GPL-2.0-only */
/* Which drives have which parts of a request's range. */
#ifndef _FS_LAMBDA_PIECES_H
#define _FS_LAMBDA_PIECES_H

#include <linux/types.h>

struct blk_lambda;
struct blk_lambda_query;
struct lambda_request;

/**
 * struct lambda_piece - bytes of a request that are run in one place
 * @at:   the first one, counted from the request's own
 * @len:  how many
 * @bl:   the drive that has them, with a reference; NULL: they are the host's,
 *        a record that lies on several
 * @copy: &blk_lambda_request.copy
 */
struct lambda_piece {
	u64 at;
	u64 len;
	struct blk_lambda *bl;
	u32 copy;
};

/**
 * struct lambda_pieces - a range of a request, in order and whole
 * @list: the pieces
 * @nr:   how many, at least 1
 * @one:  room for the only one
 */
struct lambda_pieces {
	struct lambda_piece *list;
	u32 nr;
	struct lambda_piece one;
};

void lambda_pieces_of_one(struct lambda_pieces *ps, struct blk_lambda *bl,
			  u64 at, u64 len);
int lambda_pieces_find(struct lambda_pieces *ps, struct lambda_request *req,
		       struct blk_lambda *bl,
		       const struct blk_lambda_query *query, u64 at);
void lambda_pieces_free(struct lambda_pieces *ps);

#endif /* _FS_LAMBDA_PIECES_H */
