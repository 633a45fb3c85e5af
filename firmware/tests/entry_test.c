// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One entry does a bounded amount of work, and the alarm's do the rest. */
#include "core/ctrl.h"
#include "csd.h"
#include "lambda/lambda.h"
#include "tap.h"

#define MIB	(1u << 20)
#define NS	(GUEST_MEDIA / 2)	/* bytes of a namespace */

/* More than an entry does, and less than it does beside its last command. */
#define TOO_MUCH	(FW_ENTRY_BYTES + MIB)

/* Lets entries that have work left do it; how many there were. */
static u32 rest(void)
{
	u32 entries = 0;

	while (guest.host.alarm <= guest.host.now && entries < 1000) {
		fw_host_tick(&guest.host);
		entries++;
	}
	return entries;
}

/* A doorbell that releases more than an entry may do. */
TEST(a_doorbell_is_bounded)
{
	struct fw_ctrl *c;
	u64 read = 0;
	u16 cid;

	guest_begin(false);
	c = guest.host.ctrl;
	for (u32 i = 0; i < 60; i++)
		guest_put(1, guest_rw(FW_IO_READ, 1, 0, MIB / 512));
	guest_ring(1);
	for (u32 left = 60; left;) {
		CHECK(c->media.read > read && c->media.read - read <= TOO_MUCH);
		read = c->media.read;
		if (left < 60)
			CHECK(guest.host.alarm <= guest.host.now);
		while (!guest_poll(1, &cid))
			left--;
		read = c->media.read;
		fw_host_tick(&guest.host);
	}
	CHECK_EQ(c->media.read, 60ull * MIB);
	CHECK_EQ(guest.host.alarm, FW_NEVER);
}

/* A host need not ring again for what an entry leaves. */
TEST(the_alarm_goes_on)
{
	struct fw_sqe zeroes = { .opcode = FW_IO_WRITE_ZEROES, .nsid = 1,
				 .cdw12 = NS / 512 - 1 };
	struct fw_ctrl *c;

	guest_begin(false);
	c = guest.host.ctrl;
	for (u32 i = 0; i < 11; i++)
		guest_put(1, guest_rw(FW_IO_READ, 1, 0, MIB / 512));
	guest_ring(1);
	CHECK(c->media.read < 11 * MIB);
	CHECK(rest() > 0);
	CHECK_EQ(c->media.read, 11 * MIB);
	/* a long one alone, with nothing behind it */
	guest_put(1, guest_rw(FW_IO_READ, 1, 0, MIB / 512));
	guest_put(1, zeroes);
	guest_ring(1);
	CHECK(c->pieces);
	CHECK(rest() > 0);
	CHECK(!c->pieces);
}

/* Ranges cost something even where nearly nothing is given back. */
TEST(ranges_are_bounded)
{
	struct fw_sqe sqe = { .opcode = FW_IO_DSM, .nsid = 1, .cdw10 = 255,
			      .cdw11 = FW_DSM_AD };
	struct fw_dsm_range *r;

	guest_begin(false);
	r = guest_mem(GUEST_DATA);
	guest_data(&sqe, GUEST_DATA, 4096);
	for (u32 i = 0; i < 256; i++)
		r[i] = (struct fw_dsm_range){ .slba = 2 * i, .blocks = 1 };
	for (u32 i = 0; i < 40; i++)
		guest_put(1, sqe);
	guest_ring(1);
	CHECK(guest.host.media.trims <= FW_ENTRY_BYTES / FW_PAGE + 256);
	rest();
	CHECK_EQ(guest.host.media.trims, 40 * 256);
}

/* Small commands count as well, and none is left behind. */
TEST(small_commands_are_bounded)
{
	u32 done = 0, posted;
	u16 cid;

	guest_begin(false);
	CHECK_EQ(guest_create_queues(2, 256), 0);
	for (u32 id = 3; id <= 8; id++)
		CHECK_EQ(guest_create_queues(id, 256), 0);
	for (u32 id = 2; id <= 8; id++)
		for (u32 i = 0; i < 255; i++)
			guest_put(id, guest_rw(FW_IO_FLUSH, 1, 0, 1));
	for (u32 id = 2; id <= 8; id++)
		guest_ring(id);
	rest();
	for (u32 id = 2; id <= 8; id++) {
		posted = 0;
		while (!guest_poll(id, &cid))
			posted++;
		CHECK_EQ(posted, 255);
		done += posted;
	}
	CHECK_EQ(done, 7 * 255);
	CHECK_EQ(guest.host.alarm, FW_NEVER);
}

/* Deallocation of the whole namespace, 256 times over. */
static struct fw_sqe trim_all(void)
{
	struct fw_sqe sqe = { .opcode = FW_IO_DSM, .nsid = 1, .cdw10 = 255,
			      .cdw11 = FW_DSM_AD };
	struct fw_dsm_range *r = guest_mem(GUEST_DATA);

	guest_data(&sqe, GUEST_DATA, 4096);
	for (u32 i = 0; i < 256; i++)
		r[i] = (struct fw_dsm_range){ .blocks = NS / 512 };
	return sqe;
}

static u64 written(void)
{
	const struct fw_host_media *m = &guest.host.media;
	u64 bytes = 0;

	for (u32 i = 0; i < m->nr; i++)
		bytes += m->writes[i].len;
	return bytes;
}

TEST(ranges_are_given_back_once)
{
	struct fw_sqe sqe;

	guest_begin(false);
	memset(guest.host.media.now, 0xff, GUEST_MEDIA);
	sqe = trim_all();
	CHECK_EQ(guest_io(sqe), 0);
	CHECK_EQ(written(), NS);
	CHECK_EQ(guest.host.media.now[0] | guest.host.media.now[NS - 1], 0);
	CHECK_EQ(guest.host.media.now[NS], 0xff);
}

static struct fw_sqe zero_all(u32 nsid)
{
	return (struct fw_sqe){ .opcode = FW_IO_WRITE_ZEROES, .nsid = nsid,
				.cdw12 = NS / (nsid == 2 ? 4096 : 512) - 1 };
}

/* A read and then these: when the entry is over the first is half done. */
static void start_long(const struct fw_sqe *sqes, u32 n, u16 *ids)
{
	guest_put(1, guest_rw(FW_IO_READ, 1, 0, MIB / 2 / 512));
	for (u32 i = 0; i < n; i++)
		ids[i] = guest_put(1, sqes[i]);
	guest_ring(1);
}

/* In pieces, between which other commands have their turn. */
TEST(zeroes_are_written_in_pieces)
{
	const struct fw_sqe all[] = { zero_all(1), zero_all(2) };
	u16 ids[2], read, cid;

	guest_begin(false);
	memset(guest.host.media.now, 0xff, GUEST_MEDIA);
	start_long(all, 2, ids);
	CHECK(written() && written() < NS);
	CHECK(guest.host.alarm <= guest.host.now);
	CHECK(guest.host.ctrl->pieces);
	read = guest_send(1, guest_rw(FW_IO_READ, 1, 0, 1));
	rest();
	CHECK_EQ(guest_poll(1, &cid), 0);
	CHECK_EQ(guest_poll(1, &cid), 0);
	CHECK_EQ(cid, ids[0]);
	CHECK_EQ(guest_poll(1, &cid), 0);
	CHECK(cid == ids[1] || cid == read);
	CHECK_EQ(guest_poll(1, &cid), 0);
	CHECK_EQ(written(), GUEST_MEDIA);
	for (u32 i = 0; i < GUEST_MEDIA; i += 4096)
		CHECK_EQ(guest.host.media.now[i], 0);
	guest.host.media.fail_in = 1;
	CHECK_EQ(guest_io(zero_all(1)), FW_SC_WRITE_FAULT);
}

/* Commands that take all an entry may do do not keep a long one from its end. */
TEST(pieces_are_not_starved)
{
	const struct fw_sqe all[] = { zero_all(1) };
	u64 before;
	u16 id, cid;

	guest_begin(false);
	start_long(all, 1, &id);
	while (guest.host.ctrl->pieces) {
		before = written();
		for (u32 i = 0; i < 4; i++)
			guest_put(1, guest_rw(FW_IO_READ, 1, 0, MIB / 512));
		guest_ring(1);
		CHECK(written() > before);
	}
	rest();
	do
		CHECK_EQ(guest_poll(1, &cid), 0);
	while (cid != id);
}

/* What has not been done when a command ends early is not done at all. */
TEST(abort_between_pieces)
{
	const struct fw_sqe all[] = { zero_all(1), zero_all(2) };
	struct fw_sqe abort = { .opcode = FW_ADMIN_ABORT };
	u16 ids[2], cid;

	for (u32 victim = 0; victim < 2; victim++) {
		guest_begin(false);
		start_long(all, 2, ids);
		while (victim && written() <= NS)
			fw_host_tick(&guest.host);
		abort.cdw10 = (u32)ids[victim] << 16 | 1;
		guest_send(0, abort);
		CHECK_EQ(guest_poll(0, &cid), 0);
		CHECK_EQ(guest.result, 0);
		rest();
		CHECK_EQ(guest_poll(1, &cid), 0);
		CHECK_EQ(guest_poll(1, &cid), victim ? 0 :
			 FW_SC_ABORT_REQUESTED);
		CHECK_EQ(guest_poll(1, &cid), victim ?
			 FW_SC_ABORT_REQUESTED : 0);
		CHECK_EQ(cid, ids[1]);
		CHECK(written() < GUEST_MEDIA);
	}
}

/* Nor is one that has not come to its first piece. */
TEST(abort_in_line)
{
	struct fw_sqe abort = { .opcode = FW_ADMIN_ABORT };
	u16 ids[2], cid, status, last = 0;

	guest_begin(false);
	guest_put(1, guest_rw(FW_IO_READ, 1, 0, MIB / 512));
	ids[0] = guest_put(1, zero_all(1));	/* one piece of four */
	guest_ring(1);
	guest_put(1, guest_rw(FW_IO_READ, 1, 0, (MIB - 2 * FW_PAGE) / 512));
	ids[1] = guest_put(1, zero_all(2));	/* all but this is spent */
	guest_ring(1);
	CHECK(guest.host.ctrl->pieces && guest.host.ctrl->pieces->next);
	abort.cdw10 = (u32)ids[1] << 16 | 1;
	guest_send(0, abort);
	CHECK_EQ(guest_poll(0, &cid), 0);
	CHECK_EQ(guest.result, 0);
	rest();
	while ((status = guest_poll(1, &cid)) != GUEST_NOTHING) {
		CHECK_EQ(status, cid == ids[1] ? FW_SC_ABORT_REQUESTED : 0);
		last = cid;
	}
	CHECK_EQ(last, ids[0]);
	CHECK_EQ(written(), NS);
}

TEST(reset_between_pieces)
{
	const struct fw_sqe all[] = { zero_all(2), zero_all(1) };
	u16 ids[2];
	u64 before;

	guest_begin(false);
	start_long(all, 2, ids);
	before = written();
	CHECK(guest.host.ctrl->pieces);
	guest_disable();
	CHECK_EQ(guest.host.alarm, FW_NEVER);
	CHECK_EQ(written(), before);
	CHECK(guest_enable());
	CHECK_EQ(guest_create_queues(1, 16), 0);
	CHECK_EQ(guest_io(guest_rw(FW_IO_READ, 1, 0, 1)), 0);
}

/* Shutdown */

static u32 shut_down(void)
{
	guest_set_reg(FW_REG_CC, guest.cc | 1 << 14);
	return guest_reg(FW_REG_CSTS) & FW_CSTS_SHST_MASK;
}

/* Once it says that it has shut down, the media is as it will be found. */
static void check_stays_as_it_is(void)
{
	u64 before;

	CHECK_EQ(shut_down(), FW_CSTS_SHST_OCCURRING);
	before = written();
	rest();
	CHECK_EQ(guest_reg(FW_REG_CSTS) & FW_CSTS_SHST_MASK,
		 FW_CSTS_SHST_DONE);
	CHECK_EQ(written(), 0);		/* flushed */
	while (fw_host_work(&guest.host) || fw_host_tick(&guest.host))
		;
	CHECK_EQ(written(), 0);
	CHECK(before <= TOO_MUCH);
}

TEST(shutdown_between_pieces)
{
	const struct fw_sqe all[] = { zero_all(2), zero_all(1) };
	u16 ids[2];

	guest_begin(false);
	start_long(all, 2, ids);
	check_stays_as_it_is();
}

static void start_with_workers(void)
{
	csd_default();
	guest_power_on();
	guest.host.defer = true;
	fw_host_power_on(&guest.host, &guest.cfg);
	csd_enable();
	guest_create_queues(1, 16);
	csd_alloc(&csd.slot);
}

TEST(shutdown_under_a_running_lambda)
{
	struct nvme_lambda_request r = { .out_cap = 4096, .in_len = 4 };
	struct nvme_lambda_extent e = { 0, 4096 };

	start_with_workers();
	r.program = csd_program(csd_fill, CSD_FILL);
	CHECK_EQ(csd_request(csd.slot, r, &e, 1, NULL), 0);
	csd_send(NVME_LAMBDA_EXEC_WRITE, csd.slot);
	CHECK(guest.host.work);
	check_stays_as_it_is();
	CHECK_EQ(guest.host.media.now[0], 0);
	CHECK_EQ(fw_lambda(guest.host.ctrl)->programs[0].runs, 0);
}

/* λs */

/* Without workers an entry runs one, the next one the next. */
TEST(one_lambda_an_entry)
{
	struct nvme_lambda_stats *st;
	u16 cid;

	csd_begin(false);
	st = &fw_lambda(guest.host.ctrl)->stats;
	for (u32 i = 0; i < 3; i++)
		guest_put(1, csd_fast(csd.copy, 0, 4096, 4096));
	guest_ring(1);
	for (u32 i = 1; i <= 3; i++) {
		CHECK_EQ(st->runs[LAMBDA_STATUS_OK], i);
		CHECK_EQ(guest_poll(1, &cid), 0);
	}
}

/* What λs on workers read beforehand counts as well. */
TEST(input_is_bounded)
{
	struct nvme_lambda_request r = { .in_len = 3 * MIB / 2,
					 .out_cap = 4096 };
	struct nvme_lambda_extent e = { 0, 3 * MIB / 2 };
	u32 slots[3];

	csd_default();
	guest.cfg.lambda.slot_bytes = 4 * MIB;
	guest_power_on();
	guest.host.defer = true;
	fw_host_power_on(&guest.host, &guest.cfg);
	csd_enable();
	guest_create_queues(1, 16);
	r.program = csd_program(csd_fill, CSD_FILL);
	for (u32 i = 0; i < 3; i++) {
		CHECK_EQ(csd_alloc(&slots[i]), 0);
		CHECK_EQ(csd_request(slots[i], r, &e, 1, NULL), 0);
	}
	for (u32 i = 0; i < 3; i++) {
		guest_put(1, csd_named((struct fw_sqe){
			.opcode = NVME_LAMBDA_EXEC_READ, .nsid = 1,
			.cdw10 = slots[i] }));
	}
	guest_ring(1);
	CHECK(guest.host.work && guest.host.work->next);
	CHECK(!guest.host.work->next->next);
	CHECK_EQ(rest(), 1);
	CHECK(guest.host.work->next->next);
}

/* To fill a request's memory is a part of the run. */
TEST(memory_is_filled_by_the_worker)
{
	struct fw_slot *s;
	const u8 *out;

	start_with_workers();
	csd.copy = csd_program(csd_copy, CSD_COPY);
	s = &fw_lambda(guest.host.ctrl)->slots[CSD_SLOTS];
	memset(s->mem, 0xa5, CSD_SLOT_BYTES);
	guest_send(1, csd_fast(csd.copy, 0, 4096, 65536));
	out = s->window.seg[SBPF_SEG_OUT].mem;
	CHECK_EQ(out[65535], 0xa5);
	CHECK(fw_host_work(&guest.host));
	CHECK_EQ(out[65535], 0);
}

TAP_MAIN()
