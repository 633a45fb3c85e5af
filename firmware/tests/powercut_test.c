// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Power cuts at random points. Of each sector the test knows the version that
 * must at least be there (the last one that a completed flush, FUA write or
 * execute-write covers) and those written since, any of which may be there.
 * Anything else is a lost or a torn write.
 *
 * ROUNDS and SEED in the environment change how many and which.
 */
#include "csd.h"
#include "tap.h"

#define SECTORS		256u
#define SECTOR		512u
#define OPS_MAX		12u		/* before the power goes */
#define BLOCKS_MAX	8u		/* of one operation */

struct sector {
	u32 sure;			/* version; 0 is all zeros */
	u32 maybe[OPS_MAX];
	u32 nr_maybe;
};

static struct sector sectors[SECTORS];
static u32 version, program, slot, rounds;

static bool holds(u32 i, u32 v)
{
	const u8 *at = guest.host.media.now + i * SECTOR;

	if (v)
		return guest_is_filled(at, SECTOR, v);
	for (u32 j = 0; j < SECTOR; j++)
		if (at[j])
			return false;
	return true;
}

/* Says what a write of @n sectors means once it has or has not completed. */
static void wrote(u32 from, u32 n, u32 v, bool durable)
{
	for (u32 i = from; i < from + n; i++) {
		struct sector *s = &sectors[i];

		if (durable) {
			s->sure = v;
			s->nr_maybe = 0;
		} else {
			s->maybe[s->nr_maybe++] = v;
		}
	}
}

static void flushed(void)
{
	for (u32 i = 0; i < SECTORS; i++) {
		struct sector *s = &sectors[i];

		if (s->nr_maybe)
			s->sure = s->maybe[s->nr_maybe - 1];
		s->nr_maybe = 0;
	}
}

static void fill_data(u32 n)
{
	version++;
	for (u32 i = 0; i < n; i++)
		guest_fill(guest_mem(GUEST_DATA + i * SECTOR), SECTOR,
			   version);
}

static void op_write(u32 from, u32 n, bool fua)
{
	struct fw_sqe sqe = guest_rw(FW_IO_WRITE, 1, from, n);
	u16 status;

	fill_data(n);
	if (fua)
		sqe.cdw12 |= FW_RW_FUA;
	status = guest_io(sqe);
	wrote(from, n, version, fua && !status);
}

static void op_zero(u32 from, u32 n)
{
	guest_io(guest_rw(FW_IO_WRITE_ZEROES, 1, from, n));
	wrote(from, n, 0, false);
}

/* Two extents, the later one of the two first where they stand apart. */
static void op_lambda(u32 from, u32 n)
{
	u32 a = n / 2, len = n * SECTOR;
	u32 far = (from + 2 * BLOCKS_MAX) % (SECTORS - BLOCKS_MAX);
	struct nvme_lambda_extent e[2] = {
		{ far * SECTOR, (n - a) * SECTOR },
		{ from * SECTOR, a * SECTOR },
	};
	struct nvme_lambda_request r = { .program = program, .in_len = len,
					 .out_cap = len };
	u16 status;

	fill_data(n);
	csd_write(slot, NVME_LAMBDA_AREA_INPUT, 0, guest_mem(GUEST_DATA), len);
	csd_request(slot, r, e, a ? 2 : 1, NULL);
	status = csd_exec(NVME_LAMBDA_EXEC_WRITE, slot);
	wrote(far, n - a, version, !status);
	if (a)
		wrote(from, a, version, !status);
}

static void op_flush(void)
{
	if (!guest_io(guest_rw(FW_IO_FLUSH, 1, 0, 1)))
		flushed();
}

static void random_op(void)
{
	u32 n = 1 + guest_random() % BLOCKS_MAX;
	u32 from = guest_random() % (SECTORS - BLOCKS_MAX);

	switch (guest_random() % 8) {
	case 0:
		op_flush();
		break;
	case 1:
		op_zero(from, n);
		break;
	case 2:
		op_write(from, n, true);
		break;
	case 3:
		op_lambda(from, n);
		break;
	default:
		op_write(from, n, false);
	}
}

/* What is there has to be allowed; from now on it is what is sure. */
static bool settle(u32 i)
{
	struct sector *s = &sectors[i];

	if (!s->nr_maybe)
		return holds(i, s->sure);
	for (u32 j = 0; j < s->nr_maybe; j++)
		if (holds(i, s->maybe[j]))
			s->sure = s->maybe[j];
	s->nr_maybe = 0;
	return holds(i, s->sure);
}

static bool power_on(void)
{
	if (fw_host_power_on(&guest.host, &guest.cfg) || !csd_enable() ||
	    guest_create_queues(1, GUEST_ENTRIES))
		return false;
	program = csd_program(csd_copy, CSD_COPY);
	return program && !csd_alloc(&slot);
}

static bool one_round(void)
{
	u32 ops = 1 + guest_random() % OPS_MAX;

	if (!power_on())
		return false;
	if (guest_random() % 2)
		guest.host.media.dies_in = guest_random() % 24;
	while (ops--)
		random_op();
	fw_host_media_cut(&guest.host.media, guest_random);
	for (u32 i = 0; i < SECTORS; i++)
		if ((sectors[i].nr_maybe || guest_random() % 16 == 0) &&
		    !settle(i))
			return false;
	return true;
}

static void setup(void)
{
	csd_default();
	guest.cfg.nr_ns = 1;
	guest.cfg.ns[0].bytes = SECTORS * SECTOR;
	guest.cfg.lambda.slots = 1;
	guest.cfg.lambda.programs = 1;
	guest.cfg.lambda.slot_bytes = 65536;
	guest_power_on();
	memset(sectors, 0, sizeof(sectors));
	rounds = guest_env("ROUNDS", 10000);
	guest_seed = guest_env("SEED", 20240611);
	printf("# seed %u, %u rounds\n", guest_seed, rounds);
}

TEST(flushed_data_survives)
{
	setup();
	for (u32 i = 0; i < rounds; i++) {
		if (one_round())
			continue;
		printf("# round %u\n", i);
		CHECK(false);
	}
	CHECK(version > rounds);
	CHECK(guest.host.media.flushes > rounds / 8);
}

/* Whose output over both extents is half there, by now; -1 if beside them. */
static int output_there(const struct nvme_lambda_extent e[2], u32 seed)
{
	const u8 *now = guest.host.media.now;
	int blocks = 0;

	for (u64 at = 0; at < 16 * SECTOR; at += SECTOR) {
		bool mine = false;

		for (u32 i = 0; i < 2; i++)
			mine |= at >= e[i].addr && at < e[i].addr + e[i].len;
		if (guest_is_filled(now + at, SECTOR, 1))
			continue;
		if (!mine || !guest_is_filled(now + at, SECTOR, seed))
			return -1;
		blocks++;
	}
	return blocks;
}

/*
 * What an execute-write has completed is there. One that the power cut short
 * is there in any of its blocks, which is why no more is promised; all else is
 * as it was.
 */
TEST(execute_write_cut_short)
{
	static const struct nvme_lambda_extent e[2] = {
		{ 2 * SECTOR, 4 * SECTOR }, { 9 * SECTOR, 4 * SECTOR },
	};
	struct nvme_lambda_request r = { .in_len = 8 * SECTOR,
					 .out_cap = 8 * SECTOR };
	u32 half = 0, whole = 0, done = 0;
	u16 status;
	int there;

	setup();
	for (u32 round = 0; round < 400; round++) {
		CHECK(power_on());
		for (u32 i = 0; i < 16; i++)
			guest_fill(guest.host.media.now + i * SECTOR, SECTOR,
				   1);
		memcpy(guest.host.media.durable, guest.host.media.now,
		       16 * SECTOR);
		for (u32 i = 0; i < 8; i++)
			guest_fill(guest_mem(GUEST_DATA + i * SECTOR), SECTOR,
				   2);
		csd_write(slot, NVME_LAMBDA_AREA_INPUT, 0,
			  guest_mem(GUEST_DATA), 8 * SECTOR);
		r.program = program;
		csd_request(slot, r, e, 2, NULL);
		guest.host.media.dies_in = round % 4;
		status = csd_exec(NVME_LAMBDA_EXEC_WRITE, slot);
		fw_host_media_cut(&guest.host.media, guest_random);
		there = output_there(e, 2);
		CHECK(there >= 0);
		if (!status)
			CHECK_EQ(there, 8);
		done += !status;
		half += there > 0 && there < 8;
		whole += there == 8;
	}
	CHECK(done == 100 && whole > 100 && half > 50);
}

/* One logical block of either namespace is written or not. */
TEST(blocks_are_not_torn)
{
	u32 torn = 0, kept = 0;

	guest_begin(false);
	for (u32 i = 0; i < 200; i++) {
		memset(guest_mem(GUEST_DATA), 0xaa, 4096);
		CHECK_EQ(guest_io(guest_rw(FW_IO_WRITE, 2, i, 1)), 0);
		CHECK_EQ(guest_io(guest_rw(FW_IO_WRITE, 1, i * 8, 8)), 0);
	}
	fw_host_media_cut(&guest.host.media, guest_random);
	for (u32 i = 0; i < 200; i++) {
		const u8 *small = guest.host.media.now + i * 4096;
		const u8 *large = small + GUEST_MEDIA / 2;

		CHECK(large[0] == large[4095]);
		CHECK(!memcmp(large, large + 512, 4096 - 512));
		kept += large[0] == 0xaa;
		torn += memcmp(small, small + 512, 4096 - 512) != 0;
		for (u32 k = 0; k < 4096; k += 512)
			CHECK(!memcmp(small + k, small + k + 1, 511));
	}
	CHECK(kept > 50 && kept < 150 && torn > 50);
}

/* The generator must lose something, or the test above shows nothing. */
TEST(unflushed_data_is_lost)
{
	u32 lost = 0, torn = 0;

	setup();
	for (u32 i = 0; i < 100; i++) {
		u32 kept = 0;

		CHECK(power_on());
		op_write(0, BLOCKS_MAX, false);
		fw_host_media_cut(&guest.host.media, guest_random);
		for (u32 j = 0; j < BLOCKS_MAX; j++)
			kept += holds(j, version);
		lost += !kept;
		torn += kept && kept < BLOCKS_MAX;
		CHECK(settle(0));
		for (u32 j = 1; j < BLOCKS_MAX; j++)
			settle(j);
	}
	CHECK(lost > 10 && torn > 10);
}

TAP_MAIN()
