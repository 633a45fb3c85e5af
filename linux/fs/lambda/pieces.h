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
 * @at:    the first one, counted from the request's own
 * @len:   how many
 * @bl:    the drive that has them, with a reference; NULL: they are the host's,
 *         a record that lies on several
 * @copy:  &blk_lambda_request.copy
 * @spans: where they do not follow each other: they, counted from @at; else NULL
 * @nr_spans: how many
 * @reach: bytes from the first one to the last
 */
struct lambda_piece {
	u64 at;
	u64 len;
	struct blk_lambda *bl;
	u32 copy;
	struct blk_lambda_span *spans;
	u32 nr_spans;
	u64 reach;
};

/**
 * struct lambda_pieces - a range of a request, whole
 * @list:  the pieces
 * @nr:    how many, at least 1
 * @order: of which of them the range has a span next, from its beginning on; NULL:
 *         they follow each other
 * @nr_order: spans of all
 * @spans: the pieces'
 * @out_cap: bytes of output of the request
 * @one:   room for the only piece
 */
struct lambda_pieces {
	struct lambda_piece *list;
	u32 nr;
	u32 *order;
	u32 nr_order;
	struct blk_lambda_span *spans;
	u32 out_cap;
	struct lambda_piece one;
};

void lambda_pieces_of_one(struct lambda_pieces *ps, struct blk_lambda *bl,
			  u64 at, u64 len);
int lambda_pieces_find(struct lambda_pieces *ps, struct lambda_request *req,
		       struct blk_lambda *bl,
		       const struct blk_lambda_query *query, u64 at);
void lambda_pieces_free(struct lambda_pieces *ps);

#endif /* _FS_LAMBDA_PIECES_H */
