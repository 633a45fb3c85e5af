// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A port to copy: a drive on a chip that sees host memory through a window,
 * has a free-running nanosecond counter with a compare register, raises MSI-X
 * vectors by writing to a mailbox, and keeps its media in battery-backed RAM.
 * The steps are those of "Porting" in firmware/README.md; step 1 is board.h.
 */
#include "board.h"

static struct fw_ctrl *board_ctrl;

/*
 * The host's memory is further away than what processors share, so the order of
 * accesses to it takes more than a fence of C: before reads, and before writes.
 */
static inline void board_before_reads(void)
{
#ifdef __aarch64__
	__asm__ volatile("dmb oshld" ::: "memory");
#else
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
#endif
}

static inline void board_before_writes(void)
{
#ifdef __aarch64__
	__asm__ volatile("dmb oshst" ::: "memory");
#else
	__atomic_thread_fence(__ATOMIC_RELEASE);
#endif
}

/* Step 2: the hooks, in the order of struct fw_hal. */

static bool board_outside(u64 addr, u64 len, u64 size)
{
	return addr > size || len > size - addr;
}

/*
 * Host memory behind a bus: the firmware moves whole words, and no others may be
 * made of them. What the doorbell announced is read after the doorbell.
 */
static int board_dma_read(void *ctx, u64 addr, void *buf, u32 len)
{
	const volatile u32 *from = (void *)(board_host_window + addr);
	u32 *to = buf;

	(void)ctx;
	if (board_outside(addr, len, BOARD_HOST_BYTES))
		return -1;
	board_before_reads();
	for (u32 i = 0; i < len / sizeof(*to); i++)
		to[i] = from[i];
	return 0;
}

/*
 * A host that polls takes a completion as soon as it sees the phase tag in its
 * last word: all else has to be there, the data that was written before as well.
 */
static int board_dma_write(void *ctx, u64 addr, const void *buf, u32 len)
{
	volatile u32 *to = (void *)(board_host_window + addr);
	const u32 *from = buf;
	u32 last = len / sizeof(*to) - 1;

	(void)ctx;
	if (board_outside(addr, len, BOARD_HOST_BYTES))
		return -1;
	for (u32 i = 0; i < last; i++)
		to[i] = from[i];
	board_before_writes();
	to[last] = from[last];
	return 0;
}

static void board_irq(void *ctx, u16 vector)
{
	(void)ctx;
	/* the completion entry must be seen before the interrupt */
	board_before_writes();
	board_raise(vector);
}

static u64 board_now(void *ctx)
{
	(void)ctx;
	return board_clock();
}

static void board_alarm(void *ctx, u64 when)
{
	(void)ctx;
	board_call_at(when);
}

static void board_copy(const struct fw_op *op, u8 *media, u8 *buf, u64 len)
{
	if (op->kind == FW_OP_READ)
		memcpy(buf, media, len);
	else if (op->kind == FW_OP_WRITE)
		memcpy(media, buf, len);
	else
		memset(media, 0, len);
}

/*
 * Done at once. Where the media takes its time this begins the operation, has
 * FW_LATER for an answer, and the media's interrupt calls fw_ctrl_work_done().
 * The battery keeps what has reached the RAM; nothing else holds writes.
 */
static int board_do_media(void *ctx, struct fw_op *op)
{
	u8 *buf = op->buf;

	(void)ctx;
	for (u32 i = 0; i < op->nr_segs; i++) {
		board_copy(op, board_media + op->segs[i].addr, buf,
			   op->segs[i].len);
		if (buf)
			buf += op->segs[i].len;
	}
	if (op->kind == FW_OP_FLUSH)
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return 0;
}

/* Step 3: what the drive is. */
static const struct fw_config board_config = {
	.hal = {
		.dma_read = board_dma_read,
		.dma_write = board_dma_write,
		.irq = board_irq,
		.now = board_now,
		.alarm = board_alarm,
		.media = board_do_media,
	},
	.serial = "TEMPLATE0001",
	.io_queues = 8,
	.nr_ns = 1,
	.ns = { { BOARD_MEDIA_BYTES, 12 } },
	/* a real drive takes its own time: no model, rates are told only */
	.profile = {
		.timing = false, .dilation = 1, .channels = 1,
		.stripe = FW_PAGE, .media_read_bps = 4000000000,
		.media_write_bps = 4000000000, .link_bps = 3000000000,
		.cores = 1, .core_ips = 700000000, .helper_bps = 2400000000,
		.slice_ns = 100000,
	},
	.lambda = {
		.slots = 4, .slot_bytes = 32u << 20, .programs = 16,
		.program_max = 4u << 20, .insns_max = 1000000000,
		.ns_max = 1000000000,
	},
};

const char *board_start(void)
{
	struct fw_pool pool = { .mem = board_pool, .size = BOARD_POOL_BYTES };
	struct fw_config cfg = board_config;
	const char *why;

	cfg.lambda.boot = board_starts();
	board_ctrl = fw_ctrl_create(&cfg, &pool, &why);
	return board_ctrl ? NULL : why;
}

/* Step 4: where the board calls in, all with interrupts off. */

u64 board_bar_read(u32 addr, u32 size)
{
	return fw_ctrl_read(board_ctrl, addr, size);
}

void board_bar_write(u32 addr, u64 value, u32 size)
{
	fw_ctrl_write(board_ctrl, addr, value, size);
}

void board_compare_interrupt(void)
{
	fw_ctrl_alarm(board_ctrl);
}

void board_function_reset(void)
{
	fw_ctrl_reset(board_ctrl);
}
