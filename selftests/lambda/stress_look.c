// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads of stress_test that read: with read(2), by a λ on the host, by one in
 * the drive. Each cell must be of a version that was current during the
 * request. A cell that is damaged is one that was being changed: whoever reads
 * while others write may see such, by read(2) as well.
 */
#include <errno.h>
#include <string.h>

#include "stress.h"

/* One request, and what the book said before and after it. */
struct look {
	struct stress *s;
	enum way way;
	unsigned int first, nr;
	unsigned long done[BLOCKS], begun[BLOCKS];
	unsigned long moves, cuts;
	bool moved, cut;
	__u64 seen[BLOCKS * CELLS];
	ssize_t len;			/* bytes of input, or an error */
	struct lambda_io io;
};

static const char * const names[WAYS] = {
	[WAY_READ] = "read(2)", [WAY_HOST] = "the host",
	[WAY_DEVICE] = "the drive",
};

static void before(struct look *l)
{
	struct book *book = &l->s->book;
	unsigned int b;

	l->moves = book->moves[1];
	l->cuts = book->cuts[1];
	for (b = 0; b < BLOCKS; b++)
		l->done[b] = book->done[b];
}

static void after(struct look *l)
{
	struct book *book = &l->s->book;
	unsigned int b;

	for (b = 0; b < BLOCKS; b++)
		l->begun[b] = book->begun[b];
	l->moved = l->moves != book->moves[0];
	l->cut = l->cuts != book->cuts[0];
}

static void read_blocks(struct look *l)
{
	static __thread struct cell cells[BLOCKS * CELLS];
	ssize_t k;

	l->len = pread(l->s->fd, cells, l->nr * BLOCK, l->first * BLOCK);
	for (k = 0; k < l->len / (ssize_t)CELL; k++)
		l->seen[k] = look_at(&cells[k]);
}

static void run_lambda(struct look *l, __u32 flags)
{
	ssize_t ret;

	l->io = io_for(sizeof(l->seen), NULL, 0);
	l->io.flags = flags;
	ret = lambda_pread(l->s->fd, l->seen, l->nr * BLOCK, l->first * BLOCK,
			   l->s->look, &l->io);
	l->len = ret < 0 ? -errno : (ssize_t)l->io.result.in_len;
}

static void make_look(struct look *l)
{
	before(l);
	switch (l->way) {
	case WAY_READ:
		read_blocks(l);
		break;
	case WAY_HOST:
		run_lambda(l, LAMBDA_IO_HOST);
		break;
	default:
		run_lambda(l, LAMBDA_IO_DEVICE | LAMBDA_IO_NO_FALLBACK);
		break;
	}
	after(l);
}

/* Of two versions that follow each other no third was between them. */
static bool zeros_allowed(const struct look *l, unsigned int b)
{
	return !HAS_DATA(l->done[b]) || !HAS_DATA(l->begun[b]) ||
	       l->begun[b] / 2 - l->done[b] / 2 > 1;
}

static bool allowed(const struct look *l, unsigned int b, __u64 seen)
{
	unsigned int id = SEEN_ID(seen);
	__u64 version = SEEN_VERSION(seen);

	if (id == ZEROS)
		return l->moved || zeros_allowed(l, b);
	if (id == TORN)
		return l->moved || l->done[b] != l->begun[b];
	if (id >= BLOCKS || (id != b && !l->moved))
		return false;
	return version >= l->done[id] && version <= l->begun[id];
}

static void judge_cells(struct look *l)
{
	struct stress *s = l->s;
	ssize_t k;

	for (k = 0; k < l->len / (ssize_t)CELL; k++) {
		unsigned int b = l->first + k / CELLS;
		__u64 seen = l->seen[k];

		s->cells++;
		s->zeros += SEEN_ID(seen) == ZEROS;
		s->torn += SEEN_ID(seen) == TORN;
		if (allowed(l, b, seen))
			continue;
		stress_wrong(s, "%s: block %u, cell %zd: block %u, version %llu, not %lu to %lu%s",
			     names[l->way], b, k % CELLS, SEEN_ID(seen),
			     SEEN_VERSION(seen), l->done[b], l->begun[b],
			     l->moved ? ", moved" : "");
		return;
	}
}

static void judge(struct look *l)
{
	struct stress *s = l->s;

	s->reads[l->way]++;
	if (l->way == WAY_DEVICE && l->len == -EOPNOTSUPP) {
		s->declined++;
		return;
	}
	if (l->len < 0) {
		stress_wrong(s, "%s: %s, status %u, reason %u", names[l->way],
			     strerror(-l->len), l->io.result.status,
			     l->io.result.reason);
		return;
	}
	if (l->len != (ssize_t)(l->nr * BLOCK) && !l->moved && !l->cut) {
		stress_wrong(s, "%s: %zd bytes of %lu", names[l->way], l->len,
			     l->nr * BLOCK);
		return;
	}
	judge_cells(l);
}

void *look_around(void *arg)
{
	struct stress *s = arg;
	__u64 state = stress_seed(s);
	struct look *l = calloc(1, sizeof(*l));

	l->s = s;
	while (!s->stop) {
		l->way = pick(&state, s->has_drive ? WAYS : WAY_DEVICE);
		l->nr = 1 + pick(&state, pick(&state, 4) ? 16 : BLOCKS);
		l->first = pick(&state, BLOCKS - l->nr + 1);
		make_look(l);
		judge(l);
	}
	free(l);
	return NULL;
}

/* While nothing changes: each block is what it was last made. */
void look_at_all(struct stress *s, enum way way)
{
	struct look *l = calloc(1, sizeof(*l));

	l->s = s;
	l->way = way;
	l->nr = BLOCKS;
	make_look(l);
	if (l->len == (ssize_t)SIZE)
		judge(l);
	else
		stress_wrong(s, "%s at the end: %zd, reason %u", names[way],
			     l->len, l->io.result.reason);
	free(l);
}
