// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The fake host: what a platform has to provide, in its plainest form. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fw_posix.h"
#include "host.h"

static bool fw_host_dma_fails(struct fw_host *h, u64 addr, u32 len)
{
	if (!len || len % 4 || addr % 4)
		abort();	/* hooks are promised better */
	h->dmas++;
	if (h->in_dma)
		h->in_dma(h);
	if (h->dma_fail_in >= 0 && h->dma_fail_in-- == 0)
		return true;
	return addr > h->ram_bytes || len > h->ram_bytes - addr;
}

static int fw_host_dma_read(void *ctx, u64 addr, void *buf, u32 len)
{
	struct fw_host *h = ctx;

	if (fw_host_dma_fails(h, addr, len))
		return -1;
	memcpy(buf, h->ram + addr, len);
	return 0;
}

static int fw_host_dma_write(void *ctx, u64 addr, const void *buf, u32 len)
{
	struct fw_host *h = ctx;

	if (fw_host_dma_fails(h, addr, len))
		return -1;
	memcpy(h->ram + addr, buf, len);
	return 0;
}

static void fw_host_irq(void *ctx, u16 vector)
{
	struct fw_host *h = ctx;

	h->irqs[vector]++;
}

static u64 fw_host_now(void *ctx)
{
	struct fw_host *h = ctx;

	return h->now;
}

static void fw_host_alarm(void *ctx, u64 when)
{
	struct fw_host *h = ctx;

	h->alarm = when;
}

/* One place of an operation on the media. */
static int fw_host_do(struct fw_host *h, const struct fw_op *op, u64 at,
		      u8 *buf, u64 len)
{
	switch (op->kind) {
	case FW_OP_READ:
		return fw_host_media_read(&h->media, at, buf, len);
	case FW_OP_WRITE:
		return fw_host_media_write(&h->media, at, buf, len);
	case FW_OP_TRIM:
		h->media.trims++;
	}
	return fw_host_media_write(&h->media, at, NULL, len);
}

static int fw_host_do_media(struct fw_host *h, struct fw_op *op)
{
	u8 *buf = op->buf;
	int err = 0;

	if (op->kind == FW_OP_FLUSH)
		return fw_host_media_flush(&h->media);
	for (u32 i = 0; i < op->nr_segs && !err; i++) {
		err = fw_host_do(h, op, op->segs[i].addr, buf,
				 op->segs[i].len);
		if (buf)
			buf += op->segs[i].len;
	}
	return err;
}

static int fw_host_do_dma(struct fw_host *h, struct fw_op *op)
{
	u8 *buf = op->buf;
	int err = 0;

	for (u32 i = 0; i < op->nr_segs && !err; i++) {
		const struct fw_seg *s = &op->segs[i];

		err = op->kind == FW_OP_TO_HOST ?
		      fw_host_dma_write(h, s->addr, buf, s->len) :
		      fw_host_dma_read(h, s->addr, buf, s->len);
		buf += s->len;
	}
	return err;
}

/* Operations that end later */

static bool fw_host_op_writes(const struct fw_op *op)
{
	return op->kind == FW_OP_WRITE || op->kind == FW_OP_ZERO ||
	       op->kind == FW_OP_TRIM;
}

static bool fw_host_op_is_dma(const struct fw_op *op)
{
	return op->kind == FW_OP_FROM_HOST || op->kind == FW_OP_TO_HOST;
}

static bool fw_host_ops_overlap(const struct fw_op *a, const struct fw_op *b)
{
	for (u32 i = 0; i < a->nr_segs; i++)
		for (u32 j = 0; j < b->nr_segs; j++)
			if (a->segs[i].addr < b->segs[j].addr +
			    b->segs[j].len &&
			    b->segs[j].addr < a->segs[i].addr +
			    a->segs[i].len)
				return true;
	return false;
}

static int fw_host_keep(struct fw_host *h, struct fw_op *op)
{
	if (h->nr_ops == FW_HOST_OPS_MAX)
		abort();
	for (u32 i = 0; i < h->nr_ops; i++) {
		const struct fw_op *other = h->ops[i].op;

		if (!fw_host_op_is_dma(op) && !fw_host_op_is_dma(other) &&
		    (fw_host_op_writes(op) || fw_host_op_writes(other)) &&
		    fw_host_ops_overlap(op, other))
			abort();	/* hooks are promised better */
	}
	h->ops[h->nr_ops++] = (struct fw_host_op){ .op = op };
	return FW_LATER;
}

static int fw_host_begin_media(void *ctx, struct fw_op *op)
{
	struct fw_host *h = ctx;

	return h->late ? fw_host_keep(h, op) : fw_host_do_media(h, op);
}

static int fw_host_begin_dma(void *ctx, struct fw_op *op)
{
	struct fw_host *h = ctx;

	return h->late ? fw_host_keep(h, op) : fw_host_do_dma(h, op);
}

static void fw_host_dma_cancel(void *ctx, struct fw_op *op)
{
	struct fw_host *h = ctx;

	for (u32 i = 0; i < h->nr_ops; i++)
		if (h->ops[i].op == op)
			h->ops[i].cancelled = true;
}

bool fw_host_end(struct fw_host *h, u32 n)
{
	struct fw_host_op ended;
	struct fw_op *op;

	if (n >= h->nr_ops)
		return false;
	ended = h->ops[n];
	op = ended.op;
	memmove(&h->ops[n], &h->ops[n + 1], (--h->nr_ops - n) * sizeof(ended));
	if (ended.cancelled)
		op->err = -1;
	else
		op->err = fw_host_op_is_dma(op) ? fw_host_do_dma(h, op) :
						  fw_host_do_media(h, op);
	fw_ctrl_work_done(h->ctrl, &op->work);
	return true;
}

static void fw_host_defer(void *ctx, struct fw_work *work)
{
	struct fw_host *h = ctx;
	struct fw_work **tail = &h->work;

	while (*tail)
		tail = &(*tail)->next;
	work->next = NULL;
	*tail = work;
}

void fw_host_init(struct fw_host *h, u64 ram_bytes, u64 media_bytes)
{
	*h = (struct fw_host){ .ram_bytes = ram_bytes, .alarm = FW_NEVER,
			       .dma_fail_in = -1 };
	h->ram = calloc(1, ram_bytes);
	if (!h->ram)
		abort();
	fw_host_media_init(&h->media, media_bytes);
}

static void fw_host_free_pool(struct fw_host *h)
{
	fw_windows_free(h->windows);
	h->windows = NULL;
	if (h->pool.mem)
		munmap(h->pool.mem, h->pool.size + FW_PAGE);
	h->pool = (struct fw_pool){ 0 };
}

void fw_host_fini(struct fw_host *h)
{
	fw_host_media_fini(&h->media);
	fw_host_free_pool(h);
	free(h->ram);
}

/* Accesses beyond the pool meet a page that is not there. */
static void fw_host_new_pool(struct fw_host *h, u64 bytes)
{
	int file = memfd_create("lambda-pool", MFD_CLOEXEC);
	u8 *mem = mmap(NULL, bytes + FW_PAGE, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (file < 0 || ftruncate(file, bytes) || mem == MAP_FAILED ||
	    mmap(mem, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		 file, 0) == MAP_FAILED)
		abort();
	h->windows = fw_windows_new(file, mem);
	if (!h->windows)
		abort();
	close(file);
	memset(mem, 0xa5, bytes);
	h->pool = (struct fw_pool){ .mem = mem, .size = bytes };
}

static void fw_host_hal(struct fw_host *h, struct fw_hal *hal)
{
	*hal = (struct fw_hal){
		.ctx = h,
		.dma_read = fw_host_dma_read,
		.dma_write = fw_host_dma_write,
		.irq = fw_host_irq,
		.now = fw_host_now,
		.alarm = fw_host_alarm,
		.media = fw_host_begin_media,
		.trims = !h->no_trim,
		.dma = h->late_dma ? fw_host_begin_dma : NULL,
		.dma_cancel = fw_host_dma_cancel,
		.defer = h->defer ? fw_host_defer : NULL,
		.text = h->text,
	};
	if (h->guard)
		hal->guard = (struct fw_guard){ fw_windows_run, h->windows };
}

/* Asks for the size first, and keeps the memory while it is large enough. */
const char *fw_host_power_on(struct fw_host *h, struct fw_config *cfg)
{
	struct fw_pool measure = { 0 };
	const char *why = NULL;

	fw_host_hal(h, &cfg->hal);
	fw_ctrl_create(cfg, &measure, &why);
	if (measure.used > h->pool.size) {
		fw_host_free_pool(h);
		fw_host_new_pool(h, measure.used);
		fw_host_hal(h, &cfg->hal);
	}
	h->pool.used = 0;
	h->alarm = FW_NEVER;
	h->work = NULL;
	h->nr_ops = 0;
	h->ctrl = fw_ctrl_create(cfg, &h->pool, &why);
	return h->ctrl ? NULL : why;
}

bool fw_host_tick(struct fw_host *h)
{
	if (h->alarm == FW_NEVER)
		return false;
	if (h->alarm > h->now)
		h->now = h->alarm;
	fw_ctrl_alarm(h->ctrl);
	return true;
}

bool fw_host_work(struct fw_host *h)
{
	struct fw_work *work = h->work;

	if (!work)
		return fw_host_end(h, 0);
	h->work = work->next;
	work->run(work);
	fw_ctrl_work_done(h->ctrl, work);
	return true;
}
