/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The only door out of the firmware. A platform fills in one struct fw_hal
 * and calls the entries of fw_ctrl.h; the firmware knows nothing else of where
 * it runs.
 *
 * One lock: all entries of fw_ctrl.h for one controller are called under a
 * lock of the platform's, and all hooks below are called with it held, the
 * body of deferred work alone excepted.
 */
#ifndef FW_HAL_H
#define FW_HAL_H

#include "fw_types.h"

/**
 * struct fw_work - something long that may run outside the lock
 * @run:  does it; touches nothing but what its owner set aside for it
 * @next: for the platform's queue
 */
struct fw_work {
	void (*run)(struct fw_work *work);
	struct fw_work *next;
};

/**
 * struct fw_text - memory for translated λ programs, reserved at start
 * @rw:    where code is written
 * @rx:    the same memory where it is executed; may be the same address
 * @bytes: its size; 0 makes the firmware interpret λs
 */
struct fw_text {
	u8 *rw;
	const u8 *rx;
	u64 bytes;
};

/**
 * struct fw_hal - what a platform offers
 * @ctx:         handed to every hook
 * @dma_read:    copies @len bytes from host address @addr; must not enter the
 *               controller again, whatever the address. Nonzero when the host
 *               refuses the access.
 * @dma_write:   copies @len bytes to host address @addr, likewise
 * @irq:         raises vector @vector, 0 … FW_VECTORS_MAX - 1, once
 * @now:         virtual time in ns; never goes back
 * @alarm:       asks for fw_ctrl_alarm() at time @when or soon after; replaces
 *               the alarm asked for before, FW_NEVER takes it back. Must not
 *               call fw_ctrl_alarm() from within.
 * @media_read:  copies @len bytes at byte @offset of the media. What was
 *               written is read back, whether or not it is durable. Nonzero
 *               on an error of the media. Media made of blocks reads, merges
 *               and writes whole ones.
 * @media_write: copies @len bytes to the media; durable only after the next
 *               @media_flush. On an error the bytes of the range are undefined.
 * @media_zero:  makes @len bytes read as zero and may give their space back
 * @media_flush: makes durable all that was written and zeroed before
 * @defer:       NULL, or runs @work->run(@work) some time later, elsewhere
 *               and without the lock, then calls fw_ctrl_work_done() with it.
 *               Without this hook λs run inside the doorbell write.
 * @text:        optional, memory for translated λ programs; shared out evenly
 *               among the places of programs, and one that does not fit its
 *               share is interpreted
 *
 * All hooks but @defer are required. A hook returning int returns 0
 * for success.
 */
struct fw_hal {
	void *ctx;
	int (*dma_read)(void *ctx, u64 addr, void *buf, u32 len);
	int (*dma_write)(void *ctx, u64 addr, const void *buf, u32 len);
	void (*irq)(void *ctx, u16 vector);
	u64 (*now)(void *ctx);
	void (*alarm)(void *ctx, u64 when);
	int (*media_read)(void *ctx, u64 offset, void *buf, u32 len);
	int (*media_write)(void *ctx, u64 offset, const void *buf, u32 len);
	int (*media_zero)(void *ctx, u64 offset, u64 len);
	int (*media_flush)(void *ctx);
	void (*defer)(void *ctx, struct fw_work *work);
	struct fw_text text;
};

#endif /* FW_HAL_H */
