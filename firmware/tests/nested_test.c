// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Entries within entries, and resets: what a hook's doing may lead back to,
 * in any order. ROUNDS and SEED in the environment change how long, and which,
 * order is tried.
 */
#include "core/ctrl.h"
#include "csd.h"
#include "lambda/lambda.h"
#include "tap.h"

/* A program, a slot with a request for it. */
static bool prepare(void)
{
	struct nvme_lambda_request r = { .out_cap = 4096, .in_len = 4096 };
	struct nvme_lambda_extent e = { 0, 4096 };

	csd.copy = csd_program(csd_copy, CSD_COPY);
	r.program = csd.copy;
	return csd.copy && csd_alloc(&csd.slot) == 0 &&
	       csd_request(csd.slot, r, &e, 1, NULL) == 0;
}

/* A drive whose λs wait for a worker, with all that and queue 1. */
static void begin(bool timing)
{
	csd_default();
	guest.cfg.profile.timing = timing;
	guest_power_on();
	guest.host.defer = true;
	fw_host_power_on(&guest.host, &guest.cfg);
	csd_enable();
	guest_create_queues(1, 64);
	prepare();
	csd.media = guest.host.media.now;
	guest_fill(csd.media, 4096, 1);
}

/* Nothing runs, and no command is anywhere. */
static bool at_rest(void)
{
	struct fw_ctrl *c = guest.host.ctrl;
	struct fw_lambda *l = fw_lambda(c);
	u32 n = 0;

	for (u32 i = 0; i < l->cfg.slots + l->fast; i++)
		if (l->slots[i].running)
			return false;
	for (u32 i = 0; i < l->cfg.programs; i++)
		if (l->programs[i].runs)
			return false;
	for (struct fw_cmd *cmd = c->free; cmd; cmd = cmd->next)
		n++;
	return n == FW_CMDS_MAX && !c->late && !c->entered;
}

/* Whether all registers have the values of a drive just powered on. */
static bool just_powered_on(void)
{
	return !guest_reg(FW_REG_CC) && !guest_reg(FW_REG_CSTS) &&
	       !guest_reg(FW_REG_AQA) && !guest_reg(FW_REG_ASQ) &&
	       !guest_reg(FW_REG_ACQ) && !guest_reg(FW_REG_INTMS);
}

/* Gets the drive going again; whether it does what it did at first. */
static bool goes_on(void)
{
	return csd_enable() && guest_create_queues(1, 64) == 0 &&
	       prepare() &&
	       guest_io(csd_fast(csd.copy, 0, 4096, 4096)) == 0 &&
	       guest_is_filled(guest_mem(GUEST_DATA), 4096, 1);
}

static void write_own_enable(struct fw_host *h)
{
	fw_ctrl_write(h->ctrl, FW_REG_CC, 1, 4);
}

static void write_own_doorbell(struct fw_host *h)
{
	fw_ctrl_write(h->ctrl, FW_REG_DOORBELL + 8, 1, 4);
}

/* DMA aimed at the controller's own registers must not enter it again. */
TEST(writes_within_are_ignored)
{
	guest_begin(false);
	guest.host.in_dma = write_own_enable;
	CHECK_EQ(guest_io(guest_rw(FW_IO_READ, 1, 0, 1)), 0);
	guest.host.in_dma = write_own_doorbell;
	CHECK_EQ(guest_io(guest_rw(FW_IO_READ, 1, 0, 1)), 0);
	guest.host.in_dma = NULL;
	CHECK_EQ(guest_reg(FW_REG_CSTS), FW_CSTS_RDY);
}

/* Once, of the DMA accesses to come the one after so many more. */
static u32 in_so_many;

static bool not_now(struct fw_host *h)
{
	if (in_so_many--)
		return true;
	h->in_dma = NULL;
	return false;
}

static void end_work(struct fw_host *h)
{
	if (!not_now(h))
		fw_host_work(h);
}

static void reset_drive(struct fw_host *h)
{
	if (not_now(h))
		return;
	fw_ctrl_reset(h->ctrl);
	h->dmas = 0;
	memset(h->irqs, 0, sizeof(h->irqs));
}

static void end_work_and_reset(struct fw_host *h)
{
	if (!in_so_many)
		fw_host_work(h);
	reset_drive(h);
}

static void within_dma(u32 n, void (*what)(struct fw_host *h))
{
	in_so_many = n;
	guest.host.in_dma = what;
}

/* An Identify makes three accesses: the command, its data, its completion. */
TEST(work_ends_within)
{
	u16 sent, cid;

	for (u32 n = 0; n < 3; n++) {
		begin(false);
		sent = guest_send(1, csd_fast(csd.copy, 0, 4096, 4096));
		within_dma(n, end_work);
		guest_send(0, guest_to_data(FW_ADMIN_IDENTIFY, 0, 1, 4096));
		CHECK_EQ(guest_poll(0, &cid), 0);
		CHECK_EQ(guest_poll(1, &cid), 0);
		CHECK_EQ(cid, sent);
		CHECK(at_rest());
		CHECK_EQ(csd_unload(csd.copy), 0);
	}
}

/* Several, which complete as they have ended. */
TEST(all_work_ends_within)
{
	u16 sent[2], cid;

	begin(false);
	sent[0] = csd_send(NVME_LAMBDA_EXEC_READ, csd.slot);
	sent[1] = guest_send(1, csd_fast(csd.copy, 0, 4096, 4096));
	within_dma(1, end_work);
	guest_send(0, guest_to_data(FW_ADMIN_IDENTIFY, 0, 1, 4096));
	within_dma(0, end_work);
	guest_send(0, guest_to_data(FW_ADMIN_IDENTIFY, 0, 1, 4096));
	for (u32 i = 0; i < 2; i++) {
		CHECK_EQ(guest_poll(1, &cid), 0);
		CHECK_EQ(cid, sent[i]);
	}
	CHECK(at_rest());
}

/* A command in pieces that a reset overtakes does not begin. */
TEST(reset_before_the_first_piece)
{
	guest_begin(false);
	memset(guest.host.media.now, 0xff, 4096);
	within_dma(0, reset_drive);
	guest_send(1, guest_rw(FW_IO_WRITE_ZEROES, 1, 0, 8));
	CHECK(just_powered_on());
	CHECK_EQ(guest.host.media.now[0], 0xff);
	CHECK_EQ(guest.host.media.nr, 0);
}

/* Puts a command into queue 1 without ringing. */
static void put(struct fw_sqe sqe)
{
	u32 *tail = &guest.sq[1].tail;

	memcpy(guest_mem(GUEST_SQ(1) + *tail * sizeof(sqe)), &sqe,
	       sizeof(sqe));
	*tail = (*tail + 1) % guest.sq[1].entries;
}

/*
 * Of two reads, the reset comes when the first is fetched, transferred or
 * completed. But for its own data nothing is transferred and nobody is told
 * after it.
 */
TEST(reset_within)
{
	for (u32 n = 0; n < 3; n++) {
		begin(false);
		within_dma(n, reset_drive);
		put(guest_rw(FW_IO_READ, 1, 0, 1));
		guest_send(1, guest_rw(FW_IO_READ, 1, 0, 1));
		CHECK(!guest.host.in_dma);
		CHECK(just_powered_on());
		CHECK_EQ(guest.host.dmas, n == 0);
		CHECK(!guest.host.irqs[0] && !guest.host.irqs[1]);
		CHECK(at_rest());
		CHECK(goes_on());
	}
}

TEST(work_ends_and_reset_within)
{
	u16 cid;

	for (u32 n = 0; n < 3; n++) {
		begin(false);
		guest_send(1, csd_fast(csd.copy, 0, 4096, 4096));
		within_dma(n, end_work_and_reset);
		guest_send(0, guest_to_data(FW_ADMIN_IDENTIFY, 0, 1, 4096));
		CHECK(just_powered_on());
		CHECK_EQ(guest_poll(1, &cid), GUEST_NOTHING);
		CHECK_EQ(guest.host.irqs[1], 0);
		CHECK(at_rest());
		CHECK(goes_on());
	}
}

/* Commands whose time is over, of which the alarm has not told yet. */
TEST(reset_completes_nothing)
{
	u64 dmas;
	u32 irqs;
	u16 cid;

	begin(true);
	guest_send(1, guest_rw(FW_IO_READ, 1, 0, 8));
	guest.host.now += 1000000;
	dmas = guest.host.dmas;
	irqs = guest.host.irqs[1];
	fw_ctrl_reset(guest.host.ctrl);
	CHECK_EQ(guest.host.dmas, dmas);
	CHECK_EQ(guest.host.irqs[1], irqs);
	CHECK_EQ(guest_poll(1, &cid), GUEST_NOTHING);
	CHECK_EQ(guest.host.alarm, FW_NEVER);
	CHECK(just_powered_on());
	CHECK(at_rest());
	CHECK(goes_on());
}

/* All of it in any order. */

static void ring_alarm(struct fw_host *h)
{
	if (!not_now(h))
		fw_ctrl_alarm(h->ctrl);
}

static void write_enable_once(struct fw_host *h)
{
	if (!not_now(h))
		write_own_enable(h);
}

static void any_within(void)
{
	static void (*const acts[])(struct fw_host *h) = {
		end_work, reset_drive, end_work_and_reset, ring_alarm,
		write_enable_once,
	};

	within_dma(guest_random() % 8,
		   acts[guest_random() % FW_ARRAY_SIZE(acts)]);
}

static void send_any(void)
{
	struct fw_sqe abort = { .opcode = FW_ADMIN_ABORT };
	struct fw_sqe delete = { .opcode = FW_ADMIN_DELETE_SQ, .cdw10 = 1 };

	switch (guest_random() % 8) {
	case 0:
		guest_send(0, guest_to_data(FW_ADMIN_IDENTIFY, 0, 1, 4096));
		break;
	case 1:
		abort.cdw10 = (u32)(u16)(guest.cid - 1) << 16 | 1;
		guest_send(0, abort);
		break;
	case 2:
		guest_send(1, guest_rw(FW_IO_READ, 1, 0, 8));
		break;
	case 3:
		csd_send(NVME_LAMBDA_EXEC_READ, csd.slot);
		break;
	case 4:
		if (guest_random() % 8 == 0)
			guest_send(0, delete);
		break;
	default:
		guest_send(1, csd_fast(csd.copy, 0, 4096, 4096));
	}
}

static void step_any(void)
{
	u16 cid;

	switch (guest_random() % 8) {
	case 0:
		any_within();
		break;
	case 1:
		fw_host_work(&guest.host);
		break;
	case 2:
		fw_host_tick(&guest.host);
		break;
	case 3:
		guest_poll(guest_random() % 2, &cid);
		break;
	case 4:
		guest.host.now += guest_random() % 100000;
		break;
	case 5:
		if (guest_random() % 16 == 0)
			fw_ctrl_reset(guest.host.ctrl);
		else if (guest_random() % 16 == 0)
			guest_disable();
		break;
	default:
		send_any();
	}
}

static void settle(void)
{
	guest.host.in_dma = NULL;
	while (fw_host_work(&guest.host))
		;
	fw_ctrl_reset(guest.host.ctrl);
}

TEST(any_order)
{
	u32 rounds = guest_env("ROUNDS", 10000);

	guest_seed = guest_env("SEED", 20261130);
	printf("# seed %u, %u rounds\n", guest_seed, rounds);
	begin(true);
	for (u32 i = 0; i < rounds; i++) {
		for (u32 n = guest_random() % 64; n; n--)
			step_any();
		settle();
		CHECK(just_powered_on());
		CHECK(at_rest());
		CHECK(goes_on());
	}
}

TAP_MAIN()
