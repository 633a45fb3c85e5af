// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A port to copy: a drive on a chip that sees host memory through a window,
 * has a free-running nanosecond counter with a compare register, raises MSI-X
 * vectors by writing to a mailbox, and keeps its media in battery-backed RAM.
 * The steps are those of "Porting" in firmware/README.md; step 1 is board.h.
 */
#include "board.h"

static struct fw_ctrl *board_ctrl;

/* Step 2: the hooks, in the order of struct fw_hal. */

static bool board_outside(u64 addr, u64 len, u64 size)
{
	return addr > size || len > size - addr;
}

static int board_dma_read(void *ctx, u64 addr, void *buf, u32 len)
{
	(void)ctx;
	if (board_outside(addr, len, BOARD_HOST_BYTES))
		return -1;
	memcpy(buf, board_host_window + addr, len);
	return 0;
}

static int board_dma_write(void *ctx, u64 addr, const void *buf, u32 len)
{
	(void)ctx;
	if (board_outside(addr, len, BOARD_HOST_BYTES))
		return -1;
	memcpy(board_host_window + addr, buf, len);
	return 0;
}

static void board_irq(void *ctx, u16 vector)
{
	(void)ctx;
	/* the completion entry must be seen before the interrupt */
	__atomic_thread_fence(__ATOMIC_RELEASE);
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

static int board_media_read(void *ctx, u64 offset, void *buf, u32 len)
{
	(void)ctx;
	memcpy(buf, board_media + offset, len);
	return 0;
}

static int board_media_write(void *ctx, u64 offset, const void *buf, u32 len)
{
	(void)ctx;
	memcpy(board_media + offset, buf, len);
	return 0;
}

static int board_media_zero(void *ctx, u64 offset, u64 len)
{
	(void)ctx;
	memset(board_media + offset, 0, len);
	return 0;
}

/* The battery keeps what has reached the RAM; nothing else holds writes. */
static int board_media_flush(void *ctx)
{
	(void)ctx;
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
		.media_read = board_media_read,
		.media_write = board_media_write,
		.media_zero = board_media_zero,
		.media_flush = board_media_flush,
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
	const char *why;

	board_ctrl = fw_ctrl_create(&board_config, &pool, &why);
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
