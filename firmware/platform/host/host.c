// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The fake host: what a platform has to provide, in its plainest form. */
#include <stdlib.h>

#include "host.h"

static bool fw_dma_fails(struct fw_host *h, u64 addr, u32 len)
{
	h->dmas++;
	if (h->doorbell)
		fw_ctrl_write(h->ctrl, h->doorbell, 1, 4);
	if (h->dma_fail_in >= 0 && h->dma_fail_in-- == 0)
		return true;
	return addr > h->ram_bytes || len > h->ram_bytes - addr;
}

static int fw_host_dma_read(void *ctx, u64 addr, void *buf, u32 len)
{
	struct fw_host *h = ctx;

	if (fw_dma_fails(h, addr, len))
		return -1;
	memcpy(buf, h->ram + addr, len);
	return 0;
}

static int fw_host_dma_write(void *ctx, u64 addr, const void *buf, u32 len)
{
	struct fw_host *h = ctx;

	if (fw_dma_fails(h, addr, len))
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

static int fw_host_read(void *ctx, u64 at, void *buf, u32 len)
{
	struct fw_host *h = ctx;

	return fw_host_media_read(&h->media, at, buf, len);
}

static int fw_host_write(void *ctx, u64 at, const void *buf, u32 len)
{
	struct fw_host *h = ctx;

	return fw_host_media_write(&h->media, at, buf, len);
}

static int fw_host_zero(void *ctx, u64 at, u64 len)
{
	struct fw_host *h = ctx;

	return fw_host_media_write(&h->media, at, NULL, len);
}

static int fw_host_flush(void *ctx)
{
	struct fw_host *h = ctx;

	return fw_host_media_flush(&h->media);
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

void fw_host_fini(struct fw_host *h)
{
	fw_host_media_fini(&h->media);
	free(h->pool.mem);
	free(h->ram);
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
		.media_read = fw_host_read,
		.media_write = fw_host_write,
		.media_zero = fw_host_zero,
		.media_flush = fw_host_flush,
		.defer = h->defer ? fw_host_defer : NULL,
		.text = h->text,
	};
}

/* Asks for the size first, and keeps the memory while it is large enough. */
const char *fw_host_power_on(struct fw_host *h, struct fw_config *cfg)
{
	struct fw_pool measure = { 0 };
	const char *why = NULL;

	fw_host_hal(h, &cfg->hal);
	fw_ctrl_create(cfg, &measure, &why);
	if (measure.used > h->pool.size) {
		free(h->pool.mem);
		h->pool.size = measure.used;
		h->pool.mem = aligned_alloc(FW_PAGE, measure.used);
		if (!h->pool.mem)
			abort();
		memset(h->pool.mem, 0xa5, measure.used);
	}
	h->pool.used = 0;
	h->alarm = FW_NEVER;
	h->work = NULL;
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
		return false;
	h->work = work->next;
	work->run(work);
	fw_ctrl_work_done(h->ctrl, work);
	return true;
}
