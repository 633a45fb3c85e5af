// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Extents: judged as a whole, then read or written one by one. */
#include "lambda.h"

/**
 * struct fw_placed - an extent in the list that is sorted to find overlaps
 * @addr:  first byte
 * @len:   bytes
 * @index: where it stands in the request
 */
struct fw_placed {
	u64 addr;
	u64 len;
	u64 index;
};

FW_ASSERT(FW_EXTENTS_MAX * sizeof(struct fw_placed) <= FW_TRANSFER_MAX,
	  "the list is sorted in the transfer buffer");

/* Heapsort: no recursion, no worst case. */

static void fw_extent_sift(struct fw_placed *p, u32 root, u32 n)
{
	struct fw_placed up = p[root];
	u32 child;

	for (; 2 * root + 1 < n; root = child) {
		child = 2 * root + 1;
		if (child + 1 < n && p[child + 1].addr > p[child].addr)
			child++;
		if (p[child].addr <= up.addr)
			break;
		p[root] = p[child];
	}
	p[root] = up;
}

static void fw_extent_sort(struct fw_placed *p, u32 n)
{
	struct fw_placed last;

	for (u32 i = n / 2; i; i--)
		fw_extent_sift(p, i - 1, n);
	while (n > 1) {
		last = p[--n];
		p[n] = p[0];
		p[0] = last;
		fw_extent_sift(p, 0, n);
	}
}

static bool fw_extent_ok(const struct fw_slot *s,
			 const struct nvme_lambda_extent *e)
{
	if (!e->len)
		return false;
	if (e->addr == NVME_LAMBDA_HOLE)
		return !s->write;
	return fw_media_ns_has(s->ns, e->addr, e->len);
}

static u16 fw_extents_apart(struct fw_placed *p, u32 n, u64 *bad)
{
	fw_extent_sort(p, n);
	for (u32 i = 1; i < n; i++) {
		if (p[i].addr - p[i - 1].addr >= p[i - 1].len)
			continue;
		*bad = p[i].index > p[i - 1].index ? p[i].index :
						     p[i - 1].index;
		return NVME_LAMBDA_SC_BAD_EXTENT;
	}
	return FW_SC_SUCCESS;
}

u16 fw_extents_check(struct fw_ctrl *c, const struct fw_slot *s, u64 *bad)
{
	const struct nvme_lambda_extent *e = fw_extents(s);
	struct fw_placed *p = (struct fw_placed *)c->buf;
	u64 left = s->req.in_len;
	u32 n = 0;

	c->spent += s->req.nr_extents * FW_EXTENT_SPEND;
	for (u32 i = 0; i < s->req.nr_extents; i++) {
		*bad = i;
		if (!fw_extent_ok(s, &e[i]) || (!s->write && e[i].len > left))
			return NVME_LAMBDA_SC_BAD_EXTENT;
		left -= e[i].len;
		if (e[i].addr != NVME_LAMBDA_HOLE)
			p[n++] = (struct fw_placed){ e[i].addr, e[i].len, i };
	}
	*bad = s->req.nr_extents;
	if (!s->write && left)
		return NVME_LAMBDA_SC_BAD_EXTENT;
	return fw_extents_apart(p, n, bad);
}

u64 fw_extents_total(const struct fw_slot *s)
{
	const struct nvme_lambda_extent *e = fw_extents(s);
	u64 total = 0;

	for (u32 i = 0; i < s->req.nr_extents; i++)
		total += e[i].len;
	return total;
}

void fw_extents_rewind(struct fw_slot *s)
{
	s->extent = s->part.extent;
	s->into = 0;
	s->moved = 0;
}

/* What is left of the extent that comes next. */
static u64 fw_extent_left(const struct fw_slot *s)
{
	return fw_extents(s)[s->extent].len - s->into;
}

static bool fw_extent_is_hole(const struct fw_slot *s)
{
	return fw_extents(s)[s->extent].addr == NVME_LAMBDA_HOLE;
}

static void fw_extent_pass(struct fw_slot *s, u64 len)
{
	s->moved += len;
	s->into += len;
	if (fw_extent_left(s))
		return;
	s->extent++;
	s->into = 0;
}

/* A hole parts what lies together in memory. */
bool fw_extents_next(struct fw_slot *s, u8 *mem, u64 len)
{
	u64 room = FW_SLOT_OP_BYTES, part;
	u32 n = 0;

	while (s->moved < len && fw_extent_is_hole(s))
		fw_extent_pass(s, fw_extent_left(s));
	s->op.buf = mem + s->moved;
	while (s->moved < len && room && n < FW_SLOT_SEGS_MAX &&
	       !fw_extent_is_hole(s)) {
		part = fw_min(fw_extent_left(s),
			      fw_min(len - s->moved, room));
		s->segs[n++] = (struct fw_seg){
			s->ns->start + fw_extents(s)[s->extent].addr + s->into,
			part,
		};
		room -= part;
		fw_extent_pass(s, part);
	}
	s->op.segs = s->segs;
	s->op.nr_segs = n;
	return n;
}

u64 fw_extents_use(struct fw_ctrl *c, const struct fw_slot *s,
		   struct fw_job *job, u64 len)
{
	const struct nvme_lambda_extent *e = fw_extents(s);
	u64 bytes = 0, part;

	for (; len; len -= part, e++) {
		part = fw_min(len, e->len);
		if (e->addr == NVME_LAMBDA_HOLE)
			continue;
		fw_job_media(&c->timing, job, s->ns->start + e->addr, part,
			     s->write);
		bytes += part;
	}
	return bytes;
}
