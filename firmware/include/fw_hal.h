/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The only door out of the firmware. A platform fills in one struct fw_hal
 * and calls the entries of fw_ctrl.h; the firmware knows nothing else of where
 * it runs.
 *
 * One lock: all entries of fw_ctrl.h for one controller are called under a
 * lock of the platform's, and all hooks below are called with it held, the
 * body of deferred work alone excepted.
 *
 * One entry at a time: what a hook does may lead back to an entry. Of those
 * within another one a write is ignored and an alarm is asked for again;
 * finished work and a reset are noted, and done before the outer entry returns.
 * The controller's memory, its text and @ctx stay until it has returned,
 * whatever becomes of the device in between.
 */
#ifndef FW_HAL_H
#define FW_HAL_H

#include "fw_types.h"

struct fw_ctrl;

/**
 * struct fw_work - something that may end later
 * @run:  deferred work: does it; touches nothing but what its owner set aside
 *        for it. An operation: the platform's, to do with as it likes
 * @done: the firmware's
 * @next: for the queue of whoever holds it
 */
struct fw_work {
	void (*run)(struct fw_work *work);
	void (*done)(struct fw_ctrl *c, struct fw_work *work);
	struct fw_work *next;
};

/**
 * struct fw_seg - a place on the media, or in host memory
 * @addr: its first byte
 * @len:  bytes, not 0
 */
struct fw_seg {
	u64 addr;
	u64 len;
};

/**
 * enum fw_op_kind - what an operation does
 * @FW_OP_READ:      copies from the media. What was written is read back,
 *                   whether or not it is durable. Media made of blocks reads,
 *                   merges and writes whole ones
 * @FW_OP_WRITE:     copies to the media; durable only after the next
 *                   @FW_OP_FLUSH. On an error the bytes are undefined. Power
 *                   that is lost leaves each logical block of a namespace as it
 *                   was or written, in any order. FW_MEDIA_FULL when there is
 *                   no space for them now
 * @FW_OP_ZERO:      makes the bytes read as zero, which may give their space
 *                   back and may write them; errors as of @FW_OP_WRITE
 * @FW_OP_TRIM:      gives the space of the bytes back, which then read as zero.
 *                   Never writes instead. After an error each byte is as it was
 *                   or zero. Only where @trims of struct fw_hal says so
 * @FW_OP_FLUSH:     makes durable all that had been written, zeroed and trimmed
 *                   when it began. After an error none of it can be relied on,
 *                   and the media is written no more
 * @FW_OP_FROM_HOST: copies from host memory
 * @FW_OP_TO_HOST:   copies to host memory
 */
enum fw_op_kind {
	FW_OP_READ,
	FW_OP_WRITE,
	FW_OP_ZERO,
	FW_OP_TRIM,
	FW_OP_FLUSH,
	FW_OP_FROM_HOST,
	FW_OP_TO_HOST,
};

/**
 * struct fw_op - an operation on the media or on host memory
 * @work:    for the platform, when it ends later
 * @kind:    enum fw_op_kind
 * @err:     as a hook returns it; set by the platform when it ends later, which
 *           may be before the hook returns
 * @segs:    the places, one after the other in @buf
 * @nr_segs: how many; none for @FW_OP_FLUSH
 * @buf:     NULL for kinds that copy nothing
 * @end:     the firmware's, and so is what follows
 * @flying:  begun and not yet at its end
 * @link:    in the list of those that are held back, or under way
 * @from:    first byte of the media that it is about
 * @to:      the byte after the last
 * @mark:    what a flush will have made durable
 */
struct fw_op {
	struct fw_work work;
	u8 kind;
	int err;
	const struct fw_seg *segs;
	u32 nr_segs;
	u8 *buf;
	void (*end)(struct fw_ctrl *c, struct fw_op *op);
	bool flying;
	struct fw_op *link;
	u64 from;
	u64 to;
	u64 mark;
};

/**
 * struct fw_text - memory for translated λ programs, reserved at start
 * @rw:    where code is written
 * @rx:    the same memory where it is executed; may be the same address
 * @bytes: its size; 0 makes the firmware interpret λs
 * @sync:  NULL, or has every processor see the @len bytes of instructions that
 *         were written for @rx; called before they are executed, where caches
 *         of data and of instructions do not agree by themselves
 * @open:  NULL, or lets @len bytes at @rw be written, whole pages where the
 *         memory is shared out in such; nonzero when it cannot
 * @close: NULL, or lets them be written no longer
 *
 * A program is translated between the two.
 */
struct fw_text {
	u8 *rw;
	const u8 *rx;
	u64 bytes;
	void (*sync)(const u8 *rx, u64 len);
	int (*open)(u8 *rw, u64 len);
	void (*close)(u8 *rw, u64 len);
};

struct sbpf_run;

/**
 * struct fw_guard - windows of λs that the memory management unit guards
 * @run: NULL, or as sbpf_run_program(), but where it can in a window with a base
 *       that shows the same memory, which is the pool's. @place is the window
 *       it may use, below FW_WINDOWS_MAX; no two runs are in one at a time.
 *       Called from within deferred work, so outside the lock
 * @ctx: handed to it; stays as long as deferred work runs
 *
 * fw_windows_run() of fw_posix.h is one, for platforms that are Linux.
 */
struct fw_guard {
	void (*run)(void *ctx, u32 place, struct sbpf_run *run);
	void *ctx;
};

/* Of the media: there is no space now, which may be otherwise the next time. */
#define FW_MEDIA_FULL	(-2)

/* Of an operation: it is neither done nor failed, but will be. */
#define FW_LATER	1

/**
 * struct fw_hal - what a platform offers
 * @ctx:         handed to every hook
 * @dma_read:    copies @len bytes from host address @addr; must not enter the
 *               controller again, whatever the address. Nonzero when the host
 *               refuses the access.
 * @dma_write:   copies @len bytes to host address @addr, likewise. The host sees
 *               the last four bytes no earlier than the others and than what
 *               was written before. Address and length of either are multiples
 *               of 4, @len is not 0
 * @irq:         raises vector @vector, 0 … FW_VECTORS_MAX - 1, once; at the
 *               latest when the entry returns, and not before it does where
 *               an interrupt is a message that the host may send anywhere. A
 *               vector raised several times in one entry may be raised once,
 *               and what a reset finds not raised yet is dropped.
 * @now:         virtual time in ns; never goes back
 * @alarm:       asks for fw_ctrl_alarm() at time @when or soon after; replaces
 *               the alarm asked for before, FW_NEVER takes it back. Must not
 *               call fw_ctrl_alarm() from within.
 * @media:       does an operation on the media; a place never reaches beyond it.
 *               Operations that are under way at a time never overlap where
 *               one of them writes: those that would are held back until the
 *               others are done
 * @trims:       the media can give space back
 * @dma:         NULL, or does an operation on host memory as @dma_read and
 *               @dma_write would, which do them all without this hook. Queue
 *               entries, PRP lists and the data of admin commands are few bytes
 *               that others wait for: they go by those in any case
 * @dma_cancel:  required with @dma: on return the operation touches host memory
 *               no more, which it may have done. It still has its end, of which
 *               the firmware may have been told already.
 * @defer:       NULL, or runs @work->run(@work) some time later, elsewhere
 *               and without the lock, then calls fw_ctrl_work_done() with it.
 *               Without this hook λs run, and are made ready to, inside the
 *               doorbell write.
 * @text:        optional, memory for translated λ programs; shared out evenly
 *               among the places of programs, and one that does not fit its
 *               share is interpreted
 * @guard:       optional, with it programs are translated for both kinds of
 *               windows, and memory for them is to be twice as much
 *
 * All hooks but @defer, @dma and @dma_cancel are required. A hook returning int
 * returns 0 for success and a negative number for an error.
 *
 * @media and @dma may return FW_LATER instead: then the platform does the
 * operation, sets its @err and calls fw_ctrl_work_done() with its @work, in any
 * order. For work that was deferred, and operations that end later, that call
 * comes once for each, after a reset as well; until then @work->next is the
 * platform's, and memory that the operation names stays as it is.
 */
struct fw_hal {
	void *ctx;
	int (*dma_read)(void *ctx, u64 addr, void *buf, u32 len);
	int (*dma_write)(void *ctx, u64 addr, const void *buf, u32 len);
	void (*irq)(void *ctx, u16 vector);
	u64 (*now)(void *ctx);
	void (*alarm)(void *ctx, u64 when);
	int (*media)(void *ctx, struct fw_op *op);
	bool trims;
	int (*dma)(void *ctx, struct fw_op *op);
	void (*dma_cancel)(void *ctx, struct fw_op *op);
	void (*defer)(void *ctx, struct fw_work *work);
	struct fw_text text;
	struct fw_guard guard;
};

#endif /* FW_HAL_H */
