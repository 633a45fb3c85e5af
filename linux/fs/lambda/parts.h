/* SPDX-License-Identifier: GPL-2.0-only */
/* A request that runs in parts at the same time. */
#ifndef _FS_LAMBDA_PARTS_H
#define _FS_LAMBDA_PARTS_H

#include <linux/completion.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "drive.h"
#include "internal.h"
#include "pieces.h"

struct bpf_lambda_window;
struct lambda_parts;
struct mem_cgroup;

/**
 * struct lambda_part - a request that is a part of another one
 * @req: the request
 * @len: bytes of its output, or an error
 * @ns:  that it took
 * @cpu: ns of CPU time, likewise
 */
struct lambda_part {
	struct lambda_request req;
	ssize_t len;
	u64 ns;
	u64 cpu;
};

/**
 * struct lambda_piece_run - a piece, in the drive that has it or on the host
 * @part:    what is run, and what came of it
 * @parts:   all of the request
 * @attempt: in a drive: the attempt, and then its output
 * @work:    likewise: tells the drive and waits for it
 * @sent:    likewise: the drive is at work
 * @why:     likewise: as lambda_attempt_run() has returned
 * @out:     on the host: the output, or NULL
 * @joined:  bytes of output that have been joined
 * @span:    how many of its spans
 */
struct lambda_piece_run {
	struct lambda_part part;
	struct lambda_parts *parts;
	struct lambda_attempt attempt;
	struct work_struct work;
	struct completion sent;
	int why;
	void *out;
	u32 joined;
	u32 span;
};

/**
 * struct lambda_parts - a request in parts; on the stack of its task
 * @host:   the host's share, the beginning; without any its request is empty
 * @out:    the share's output, or
 * @window: what has it
 * @cached: bytes of the share that were in the page cache beforehand
 * @drive:  what all drives did, together
 * @where:  which drives have the rest
 * @pieces: the rest, as many as @where has
 * @begun:  how many of them have
 * @memcg:  pays for memory of the drives' workers
 * @ns:     when it began
 */
struct lambda_parts {
	struct lambda_part host;
	void *out;
	struct bpf_lambda_window *window;
	u64 cached;
	struct lambda_part drive;
	struct lambda_pieces where;
	struct lambda_piece_run *pieces;
	u32 begun;
	struct mem_cgroup *memcg;
	u64 ns;
};

/**
 * lambda_parts_window - take the window of the host's share
 * @s: the parts, which have none from now on
 *
 * Return: the window, which is to be put; NULL where there was none.
 */
static inline struct bpf_lambda_window *lambda_parts_window(struct lambda_parts *s)
{
	struct bpf_lambda_window *w = s->window;

	s->window = NULL;
	return w;
}

void *lambda_join_keep(struct bpf_lambda_window *w, u32 len);
ssize_t lambda_join(struct lambda_request *req, struct lambda_parts *s);

#endif /* _FS_LAMBDA_PARTS_H */
