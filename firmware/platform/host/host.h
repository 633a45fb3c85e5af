/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A host that exists in one process: memory is an array, the clock stands
 * still until it is told to move, and the power can be cut. For unit tests and
 * fuzzers.
 */
#ifndef FW_HOST_H
#define FW_HOST_H

#include "fw_ctrl.h"

/* The media never tears one of these: below a certain address, and above it. */
#define FW_HOST_SECTOR		512u
#define FW_HOST_SECTOR_LARGE	4096u

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
 * @large:    from here on it tears no FW_HOST_SECTOR_LARGE
 * @now:      what is read
 * @durable:  what survives a power cut
 * @writes:   since the last flush, in order
 * @nr:       how many
 * @room:     of @writes
 * @flushes:  flushes so far, as fdatasync would count them
 * @trims:    ranges that were to be given back so far
 * @error:    of the access that @fail_in is about
 * @fail_in:  the access after so many more fails, once; -1 for none
 * @dies_in:  after so many more accesses the power is gone and all fail until
 *            the cut is carried out; -1 for never
 */
struct fw_host_media {
	u64 bytes;
	u64 large;
	u8 *now;
	u8 *durable;
	struct fw_host_write *writes;
	u32 nr;
	u32 room;
	u32 flushes;
	u32 trims;
	int error;
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

/* Operations that may be under way: more than the firmware begins. */
#define FW_HOST_OPS_MAX		128u

/**
 * struct fw_host_op - an operation that is under way
 * @op:        the operation, not begun yet as far as anyone can see
 * @cancelled: it will touch nothing
 */
struct fw_host_op {
	struct fw_op *op;
	bool cancelled;
};

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
 * @guard:     λs run in windows that the memory management unit guards
 * @windows:   they
 * @no_trim:   the media cannot give space back
 * @defer:     λs wait in @work until fw_host_work() runs them
 * @work:      what waits
 * @late:      operations end when fw_host_end() says so; only of the media,
 *             unless @late_dma
 * @late_dma:  the drive has a DMA engine; as it is powered on
 * @ops:       operations under way, the oldest first
 * @nr_ops:    how many
 * @media:     the media
 * @pool:      memory of the controller
 * @ctrl:      the controller
 * @in_dma:    NULL, or called in each DMA: what a platform that looks after
 *             others meanwhile would let happen within an entry
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
	bool guard;
	struct fw_windows *windows;
	bool no_trim;
	bool defer;
	struct fw_work *work;
	bool late;
	bool late_dma;
	struct fw_host_op ops[FW_HOST_OPS_MAX];
	u32 nr_ops;
	struct fw_host_media media;
	struct fw_pool pool;
	struct fw_ctrl *ctrl;
	void (*in_dma)(struct fw_host *h);
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

/* Carries out and ends the operation under way at place @n, if there is one. */
bool fw_host_end(struct fw_host *h, u32 n);

/* Runs the oldest deferred work, or ends an operation; false if there is none. */
bool fw_host_work(struct fw_host *h);

#endif /* FW_HOST_H */
