// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* What requests put out, on its way to the caller: as it is, or merged to one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "local.h"
#include "call.h"

/* Outputs are merged when they are this many bytes, or at the end. */
#define PIECES_MAX (1u << 20)

int lambda_deliver_tell(struct lambda_run *run,
			const struct lambda_worker *worker, bool merge)
{
	const struct lambda_result *result = &worker->io.result;
	struct lambda_run_total *total = &run->total;
	const struct lambda_request request = {
		.offset = worker->at,
		.count = worker->count,
		.ret = worker->ret,
		.merge = merge,
		.io = &worker->io,
		.end = run->hint < run->end ? run->hint : run->end,
	};

	if (merge && worker->ret >= 0)
		total->merges++;
	else if (worker->ret >= 0 && result->side <= LAMBDA_SIDE_BOTH)
		total->requests[result->side]++;
	if (!merge && worker->ret >= 0)
		total->in_bytes += result->in_len;
	if (!run->attr.request)
		return 0;
	return run->attr.request(run->attr.data, &request);
}

static int deliver_put_answer(struct lambda_run *run, const void *bytes,
			      size_t len)
{
	run->total.out_bytes += len;
	return run->attr.output(run->attr.data, bytes, len);
}

/* Outputs that are to be merged */

/* Returns 0 or -ENOMEM. */
static int deliver_add_piece(struct lambda_pieces *pieces, const void *bytes,
			     size_t len)
{
	size_t room = pieces->room;
	__u8 *more = pieces->bytes;

	if (len > room - pieces->len) {
		room = (pieces->len + len) * 2;
		more = realloc(more, room);
		if (!more)
			return -ENOMEM;
		pieces->bytes = more;
		pieces->room = room;
	}
	if (len)
		memcpy(more + pieces->len, bytes, len);
	pieces->len += len;
	pieces->count++;
	return 0;
}

static ssize_t deliver_call_merge(struct lambda_run *run,
				  struct lambda_worker *worker,
				  const struct lambda_pieces *pieces)
{
	int err;

	if (run->engine)
		return run->engine->merge(run->engine->data, pieces->bytes,
					  pieces->len, worker->out, worker->at,
					  &worker->io);
	if (!run->merger) {
		err = lambda_local__open(run->prog->merge, run->attr.load,
					 worker->why, sizeof(worker->why),
					 &run->merger);
		if (err)
			return err;
		if (run->attr.stop)
			run->merger->stop = run->attr.stop;
		lambda_local__print(run->merger, run->attr.print,
				    run->attr.data);
		/* One thread at a time runs it. */
		lambda_local__profile(run->merger, run->attr.merge_counts);
	}
	return lambda_local__run(run->merger, pieces->bytes, pieces->len,
				 worker->out, worker->at, &worker->io);
}

/* One output of all pieces, in @worker->out. */
static int deliver_merge_to_one(struct lambda_run *run,
				struct lambda_worker *worker)
{
	const struct lambda_pieces *pieces = &run->pieces;
	size_t cap = pieces->len;
	int err;

	if (cap > SBPF_IN_MAX - SBPF_PAGE_SIZE)
		return lambda_call_fail(worker, -EMSGSIZE,
					"there are %zu bytes to merge, more than a request may have",
					cap);
	do {
		lambda_call_io(worker, cap);
		err = lambda_call_room(worker, cap);
		if (err)
			return err;
		worker->ret = deliver_call_merge(run, worker, pieces);
		cap = lambda_call_more_room(worker, cap);
	} while (cap);
	err = lambda_deliver_tell(run, worker, true);
	if (err || worker->ret >= 0 || (run->log.size && *run->log.buf))
		return err ? err : worker->ret < 0 ? worker->ret : 0;
	return lambda_call_explain(worker, run->prog->merge, run->merger);
}

/*
 * Makes one output of all pieces. The merge program sees the offset at which
 * the range begins, as it does when the kernel divides a request.
 */
static int deliver_merge_pieces(struct lambda_run *run,
				struct lambda_worker *worker)
{
	off_t at = worker->at;
	size_t count = worker->count;
	int err;

	if (run->pieces.count < 2 || !run->pieces.len)
		return 0;
	worker->count += worker->at - run->attr.offset;
	worker->at = run->attr.offset;
	err = deliver_merge_to_one(run, worker);
	worker->at = at;
	worker->count = count;
	if (err)
		return err;
	run->pieces.len = 0;
	run->pieces.count = 0;
	err = deliver_add_piece(&run->pieces, worker->out, worker->ret);
	return err ? lambda_call_fail(worker, err, "no memory to merge") : 0;
}

static int deliver_bad_output(struct lambda_worker *worker)
{
	return lambda_call_fail(worker, -EBADMSG,
				"the output is not one of lambda_lines.h");
}

/* Of whole lines; results that follow each other do so at once. */
static int deliver_divided(struct lambda_run *run, struct lambda_worker *worker,
			   bool *kept)
{
	struct lambda_divided part;

	if (!lambda_divided_read(worker->out, worker->ret, &part))
		return deliver_bad_output(worker);
	*kept = part.merged && run->merge;
	return *kept ? 0 : deliver_put_answer(run, part.result, part.len);
}

int lambda_deliver(struct lambda_run *run, struct lambda_worker *worker)
{
	bool kept = run->merge;
	int err = 0;

	if (run->prog->divided)
		err = deliver_divided(run, worker, &kept);
	else if (!kept)
		err = deliver_put_answer(run, worker->out, worker->ret);
	if (err || !kept)
		return err;
	err = deliver_add_piece(&run->pieces, worker->out, worker->ret);
	if (err)
		return lambda_call_fail(worker, err,
					"no memory to merge the outputs");
	return run->pieces.len < PIECES_MAX ? 0 :
					      deliver_merge_pieces(run, worker);
}

static int deliver_put_merged(struct lambda_run *run,
			      struct lambda_worker *worker)
{
	const struct lambda_pieces *pieces = &run->pieces;
	struct lambda_divided all;

	if (!run->prog->divided)
		return deliver_put_answer(run, pieces->bytes, pieces->len);
	if (!lambda_divided_read(pieces->bytes, pieces->len, &all))
		return deliver_bad_output(worker);
	return deliver_put_answer(run, all.result, all.len);
}

int lambda_deliver_end(struct lambda_run *run)
{
	struct lambda_worker *worker = run->workers;
	int err = 0;

	*worker->why = '\0';
	if (run->merge) {
		worker->at = run->at;
		worker->count = 0;
		err = deliver_merge_pieces(run, worker);
	}
	if (!err && run->pieces.count)
		err = deliver_put_merged(run, worker);
	if (err && *worker->why)
		lambda_log_add(&run->log, "%s", worker->why);
	return err;
}
