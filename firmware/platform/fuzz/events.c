// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What fuzzers do to a drive: registers, failures, time, workers. */
#include "fuzz.h"

/* Registers and doorbells */

/**
 * struct poke - a record
 * @what:  what is done, and how much of it is left to chance
 * @size:  of an access
 * @addr:  where
 * @low:   what
 * @high:  of 64 bits
 */
struct poke {
	u8 what;
	u8 size;
	u16 addr;
	u32 low;
	u32 high;
};

/* Mostly where registers are, or doorbells of queues that there may be. */
static u32 fuzz_event_poke_addr(const struct poke *p)
{
	if (p->what & 0x80)
		return p->addr;
	if (p->what & 0x40)
		return FW_REG_DOORBELL + p->addr % 40 * 4;
	return p->addr % 16 * 4;
}

static u64 fuzz_event_poke_value(const struct poke *p)
{
	u64 value = (u64)p->high << 32 | p->low;

	if (p->what & 0x20)
		return value;
	if (p->what & 0x40)
		return value % (GUEST_ENTRIES + 2);
	return fuzz_command_bend(value) & ~4095ull;
}

static void fuzz_event_poke_write(const struct poke *p)
{
	fw_ctrl_write(guest.host.ctrl, fuzz_event_poke_addr(p),
		      fuzz_event_poke_value(p), 1u << p->size % 4);
}

static void fuzz_event_poke(const struct poke *p)
{
	switch (p->what % 8) {
	default:
		fuzz_event_poke_write(p);
		break;
	case 2:
		fw_ctrl_read(guest.host.ctrl, fuzz_event_poke_addr(p),
			     1u << p->size % 4);
		break;
	case 3:
		fw_host_tick(&guest.host);
		break;
	case 4:
		fw_ctrl_alarm(guest.host.ctrl);
		break;
	case 5:
		guest_send(p->size & 1, fuzz_command_good(p->low));
		break;
	case 6:
		if (!guest.sq[1].entries)
			break;
		guest_put(1, fuzz_command_good(p->low));
		guest_put(1, fuzz_command_good(p->high));
		guest_ring(1);
		fuzz_base_drain(1);
		break;
	case 7:
		fw_ctrl_reset(guest.host.ctrl);
		if (p->size & 1)
			fuzz_base_restart();
		break;
	}
}

void fuzz_event_register(void)
{
	struct poke p;

	for (u32 i = 0; fuzz_input_left() && i < 4 * FUZZ_COMMANDS_MAX; i++) {
		fuzz_input_take(&p, sizeof(p));
		fuzz_event_poke(&p);
	}
}

/* Failures */

#define BREAK_DMA	1
#define BREAK_MEDIA	2
#define BREAK_ORDER	3	/* a fault that the guest orders */
#define BREAK_FULL	0x04	/* the media's is one of space */
#define BREAK_GOOD	0x08	/* a command as drivers send it */
#define BREAK_ADMIN	0x10
#define BREAK_DRAIN	0x20

struct breakage {
	u8 how;
	u8 when;
	u16 which;
};

static void fuzz_event_arm_breakage(const struct breakage *b)
{
	struct fw_sqe order = { .opcode = FW_ADMIN_SET_FEATURES,
				.cdw10 = NVME_LAMBDA_FEAT_FAULT };

	switch (b->how % 4) {
	case BREAK_DMA:
		guest.host.dma_fail_in = b->when % 8;
		break;
	case BREAK_MEDIA:
		guest.host.media.fail_in = b->when % 8;
		guest.host.media.error = b->how & BREAK_FULL ? FW_MEDIA_FULL :
							       -1;
		break;
	case BREAK_ORDER:
		order.cdw11 = (b->which % 8) << 8 | (b->which >> 3 & 1) << 12 |
			      fuzz_command_good(b->when).opcode;
		order.cdw12 = b->which % 8 < 3 ? 1 + b->when % 8 : 0;
		guest_send(0, order);
		break;
	}
}

static void fuzz_event_disarm_breakage(void)
{
	guest.host.dma_fail_in = -1;
	guest.host.media.fail_in = -1;
}

/* As a driver does when it reads that all is lost. */
static void fuzz_event_recover_controller(void)
{
	u32 csts = guest_reg(FW_REG_CSTS);

	if (csts == FW_CSTS_RDY)
		return;
	fuzz_event_disarm_breakage();
	fw_ctrl_reset(guest.host.ctrl);
	fuzz_base_restart();
}

void fuzz_event_failure(void)
{
	struct breakage b;

	for (u32 i = 0; fuzz_input_left() && i < FUZZ_COMMANDS_MAX; i++) {
		struct fw_sqe sqe;

		fuzz_input_take(&b, sizeof(b));
		sqe = fuzz_command_take();
		fuzz_event_arm_breakage(&b);
		guest_send(!(b.how & BREAK_ADMIN),
			   b.how & BREAK_GOOD ? fuzz_command_good(b.which) :
						sqe);
		if (b.how & BREAK_DRAIN)
			fuzz_base_drain(1);
		fuzz_event_recover_controller();
	}
	fuzz_event_disarm_breakage();
}

/* Deferred work, and entries within entries */

#define WORKERS	8

/* What workers have done and not yet handed back. */
static struct fw_work *finished[WORKERS];
static u32 nr_finished;

static void fuzz_event_work_begin(void)
{
	struct fw_work *work = guest.host.work;

	if (!work || nr_finished == WORKERS)
		return;
	guest.host.work = work->next;
	work->run(work);
	finished[nr_finished++] = work;
}

static void fuzz_event_work_end(u32 which)
{
	struct fw_work *work, **at;

	if (!nr_finished)
		return;
	at = &finished[which % nr_finished--];
	work = *at;
	*at = finished[nr_finished];
	fw_ctrl_work_done(guest.host.ctrl, work);
}

static void fuzz_event_work_end_all(void)
{
	while (nr_finished || guest.host.work) {
		fuzz_event_work_begin();
		fuzz_event_work_end(0);
	}
}

/* What the next transfer leads to. */
static u8 nested;

static void fuzz_event_in_dma(struct fw_host *h)
{
	u8 what = nested;

	nested = 0;
	switch (what % 6) {
	case 1:
		fuzz_event_work_begin();
		fuzz_event_work_end(what);
		break;
	case 2:
		fw_ctrl_reset(h->ctrl);
		break;
	case 3:
		fw_ctrl_alarm(h->ctrl);
		break;
	case 4:
		guest_ring(1);
		break;
	case 5:
		guest_set_reg(FW_REG_CC, 0);
		break;
	}
}

static void fuzz_event_abort_one(u32 back)
{
	struct fw_sqe sqe = { .opcode = FW_ADMIN_ABORT };

	sqe.cdw10 = (u32)(u16)(guest.cid - 1 - back) << 16 | 1;
	guest_send(0, sqe);
}

static void fuzz_event_delete_queue(void)
{
	struct fw_sqe sqe = { .opcode = FW_ADMIN_DELETE_SQ, .cdw10 = 1 };

	guest_send(0, sqe);
}

struct event {
	u8 what;
	u8 arg;
	u16 which;
};

static void fuzz_event_happens(const struct event *e)
{
	switch (e->what % 16) {
	default:
		guest_send(1, fuzz_command_good(e->which));
		break;
	case 1:
		fuzz_event_work_begin();
		break;
	case 2:
		fuzz_event_work_end(e->arg);
		break;
	case 3:
		fw_host_tick(&guest.host);
		break;
	case 4:
		fuzz_event_abort_one(e->arg % 8);
		break;
	case 5:
		fuzz_event_delete_queue();
		break;
	case 6:
		fw_ctrl_reset(guest.host.ctrl);
		break;
	case 7:
		guest_set_reg(FW_REG_CC, e->arg & 1 ? 0 : guest.cc | 1 << 14);
		break;
	case 8:
		nested = e->arg;
		break;
	case 9:
		fuzz_base_drain(1);
		break;
	case 10:
		fuzz_base_drain(0);
		break;
	}
}

/* A host that comes back finds places only when what was cut off has ended. */
static void fuzz_event_revive_host(void)
{
	if (guest_reg(FW_REG_CSTS) == FW_CSTS_RDY)
		return;
	fuzz_event_work_end_all();
	nested = 0;
	fw_ctrl_reset(guest.host.ctrl);
	fuzz_base_restart();
}

void fuzz_event_defer(void)
{
	struct event e;

	guest.host.in_dma = fuzz_event_in_dma;
	for (u32 i = 0; fuzz_input_left() && i < 4 * FUZZ_COMMANDS_MAX; i++) {
		fuzz_input_take(&e, sizeof(e));
		fuzz_event_happens(&e);
		if (e.what & 0x10)
			fuzz_event_revive_host();
	}
	nested = 0;
	guest.host.in_dma = NULL;
	fuzz_event_work_end_all();
}
