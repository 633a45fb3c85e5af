/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A host that exists in one process: memory is an array, the clock stands
 * still until it is told to move, and the power can be cut. For unit tests and
 * fuzzers.
 */
#ifndef FW_HOST_H
#define FW_HOST_H

#include "fw_ctrl.h"

#define FW_HOST_SECTOR		512u	/* the media never tears one of these */

/**
 * struct fw_host_write - a write that no flush has followed yet
 * @at:   first byte
 * @len:  bytes
 * @data: what was written; NULL for zeros
 */
struct fw_host_write {
	u64 at;
	u64 len;
	u8 *data;
};

/**
 * struct fw_host_media - media with a volatile cache
 * @bytes:    size
 * @now:      what is read
 * @durable:  what survives a power cut
 * @writes:   since the last flush, in order
 * @nr:       how many
 * @room:     of @writes
 * @flushes:  flushes so far, as fdatasync would count them
 * @fail_in:  the access after so many more fails, once; -1 for none
 * @dies_in:  after so many more accesses the power is gone and all fail until
 *            the cut is carried out; -1 for never
 */
struct fw_host_media {
	u64 bytes;
	u8 *now;
	u8 *durable;
	struct fw_host_write *writes;
	u32 nr;
	u32 room;
	u32 flushes;
	int fail_in;
	int dies_in;
};

void fw_host_media_init(struct fw_host_media *m, u64 bytes);
void fw_host_media_fini(struct fw_host_media *m);
int fw_host_media_read(struct fw_host_media *m, u64 at, void *buf, u32 len);
int fw_host_media_write(struct fw_host_media *m, u64 at, const void *buf,
			u64 len);
int fw_host_media_flush(struct fw_host_media *m);

/**
 * fw_host_media_cut - the power fails
 * @m:      the media
 * @random: next number of a generator
 *
 * Of the writes since the last flush each is lost, kept, or kept in some of
 * its sectors only, in any order.
 */
void fw_host_media_cut(struct fw_host_media *m, u32 (*random)(void));

/**
 * struct fw_host - the world of one controller
 * @ram:       host memory, from address 0
 * @ram_bytes: its size; DMA beyond it fails
 * @now:       virtual time in ns
 * @alarm:     when the controller wants to be called
 * @irqs:      interrupts by vector
 * @dma_fail_in: the access after so many more fails, once; -1 for none
 * @dmas:      DMA accesses so far
 * @text:      memory for code; whoever sets it frees it
 * @defer:     λs wait in @work until fw_host_work() runs them
 * @work:      what waits
 * @media:     the media
 * @pool:      memory of the controller
 * @ctrl:      the controller
 * @doorbell:  nonzero: each DMA also writes 1 to this register of the
 *             controller's own
 */
struct fw_host {
	u8 *ram;
	u64 ram_bytes;
	u64 now;
	u64 alarm;
	u32 irqs[FW_VECTORS_MAX];
	int dma_fail_in;
	u64 dmas;
	struct fw_text text;
	bool defer;
	struct fw_work *work;
	struct fw_host_media media;
	struct fw_pool pool;
	struct fw_ctrl *ctrl;
	u32 doorbell;
};

/* Makes the world, with memory and media of the given sizes. */
void fw_host_init(struct fw_host *h, u64 ram_bytes, u64 media_bytes);
void fw_host_fini(struct fw_host *h);

/**
 * fw_host_power_on - make a new controller over the same memory and media
 * @h:   the world
 * @cfg: what the drive is; its HAL is filled in here
 *
 * Return: NULL, or why it could not be made.
 */
const char *fw_host_power_on(struct fw_host *h, struct fw_config *cfg);

/* Moves the clock to the alarm and calls it; false if none is set. */
bool fw_host_tick(struct fw_host *h);

/* Runs the oldest deferred work; false if there is none. */
bool fw_host_work(struct fw_host *h);

#endif /* FW_HOST_H */
