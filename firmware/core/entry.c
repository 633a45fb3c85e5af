// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The entries of the platform: who comes in, and what is done on the way out. */
#include "ctrl.h"

/* Completes the commands whose time has passed. */
static void fw_entry_pass_time(struct fw_ctrl *c)
{
	struct fw_job *job, *next;

	job = fw_timing_advance(&c->timing, c->hal.now(c->hal.ctx));
	for (; job; job = next) {
		next = job->next;
		fw_queue_post(c, (struct fw_cmd *)job);
	}
}

static bool fw_entry_begin(struct fw_ctrl *c)
{
	if (c->entered)
		return false;
	c->entered = true;
	fw_entry_pass_time(c);
	return true;
}

/* When to be called again: at once if this entry has left something to do. */
static u64 fw_entry_next_alarm(const struct fw_ctrl *c)
{
	if (fw_piece_due(c) || fw_step_due(c) || fw_register_shutdown_due(c) ||
	    fw_dispatch_left(c))
		return c->hal.now(c->hal.ctx);
	return fw_timing_next(&c->timing);
}

/*
 * What a reset does on the way may lead to another one, which it is then as
 * well; what a drive does that goes, to a reset that comes next.
 */
static void fw_entry_stop(struct fw_ctrl *c)
{
	if (c->stop == FW_STOP_GONE) {
		c->stop = FW_STOP_NONE;
		fw_register_disable(c);
		return;
	}
	fw_register_power_on(c);
	c->stop = FW_STOP_NONE;
}

static void fw_entry_finish_late(struct fw_ctrl *c)
{
	struct fw_work *work = c->late;

	c->late = work->next;
	work->done(c, work);
}

/* One piece comes first, lest commands that keep coming take all the time. */
static void fw_entry_go_on(struct fw_ctrl *c)
{
	fw_piece_next(c);
	fw_step_serve(c);
	fw_dispatch(c);
	fw_piece_go_on(c);
	if (c->stop)
		return;
	fw_op_begin_waiting(c);
	fw_event_warn(c);
	fw_event_deliver(c);
}

/* What came meanwhile is done now, and so is what comes meanwhile. */
static void fw_entry_end(struct fw_ctrl *c)
{
	do {
		if (c->stop)
			fw_entry_stop(c);
		else if (c->late)
			fw_entry_finish_late(c);
		if (!c->stop)
			fw_entry_go_on(c);
	} while (c->stop || c->late);
	c->hal.alarm(c->hal.ctx, fw_entry_next_alarm(c));
	c->spent = 0;
	c->entered = false;
}

static bool fw_entry_access_ok(u32 addr, u32 size)
{
	return (size == 4 || size == 8) && addr % size == 0 &&
	       addr <= FW_BAR_BYTES - size;
}

u64 fw_ctrl_read(struct fw_ctrl *c, u32 addr, u32 size)
{
	u64 value;

	if (!fw_entry_access_ok(addr, size))
		return 0;
	if (c->gone)
		return size == 8 ? ~0ull : 0xffffffff;
	value = fw_register_read(c, addr);
	if (size == 8)
		value |= (u64)fw_register_read(c, addr + 4) << 32;
	return value;
}

static void fw_entry_write(struct fw_ctrl *c, u32 addr, u32 value)
{
	if (addr >= FW_REG_DOORBELL)
		fw_dispatch_doorbell(c, (addr - FW_REG_DOORBELL) / 4, value);
	else
		fw_register_write(c, addr, value);
}

void fw_ctrl_write(struct fw_ctrl *c, u32 addr, u64 value, u32 size)
{
	if (!fw_entry_access_ok(addr, size) || c->gone || !fw_entry_begin(c))
		return;
	fw_entry_write(c, addr, value);
	if (size == 8 && addr < FW_REG_DOORBELL)
		fw_entry_write(c, addr + 4, value >> 32);
	fw_entry_end(c);
}

void fw_ctrl_alarm(struct fw_ctrl *c)
{
	if (!fw_entry_begin(c))
		return;
	if (fw_register_shutdown_due(c))
		fw_register_shutdown_flush(c);
	fw_entry_end(c);
}

void fw_ctrl_work_done(struct fw_ctrl *c, struct fw_work *work)
{
	fw_op_work_note(c, work);
	if (fw_entry_begin(c))
		fw_entry_end(c);
}

/* Enters without letting time pass: a reset has no completions posted. */
void fw_ctrl_reset(struct fw_ctrl *c)
{
	c->stop = FW_STOP_RESET;
	if (c->entered)
		return;
	c->entered = true;
	fw_entry_end(c);
}
