// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* I/O commands and where their data lies, each with every status. */
#include "core/ctrl.h"
#include "guest.h"
#include "tap.h"

static u8 *data(void)
{
	return guest_mem(GUEST_DATA);
}

TEST(write_then_read)
{
	static const u32 blocks[] = { 1, 7, 8, 9, 16, 17, 255, 2048 };

	guest_begin(false);
	for (u32 i = 0; i < FW_ARRAY_SIZE(blocks); i++) {
		u32 len = blocks[i] * 512;

		guest_fill(data(), len, i);
		CHECK_EQ(guest_io(guest_rw(FW_IO_WRITE, 1, 3 + i,
					   blocks[i])), 0);
		memset(data(), 0, len);
		CHECK_EQ(guest_io(guest_rw(FW_IO_READ, 1, 3 + i,
					   blocks[i])), 0);
		CHECK(guest_is_filled(data(), len, i));
		CHECK(guest_is_filled(guest.host.media.now + 512 * (3 + i),
				      len, i));
	}
}

TEST(namespaces_are_apart)
{
	guest_begin(false);
	guest_fill(data(), 4096, 1);
	CHECK_EQ(guest_io(guest_rw(FW_IO_WRITE, 2, 0, 1)), 0);
	CHECK(guest_is_filled(guest.host.media.now + GUEST_MEDIA / 2, 4096,
			      1));
	memset(data(), 1, 4096);
	CHECK_EQ(guest_io(guest_rw(FW_IO_READ, 1, 0, 8)), 0);
	for (u32 i = 0; i < 4096; i++)
		CHECK_EQ(data()[i], 0);
	CHECK_EQ(guest_io(guest_rw(FW_IO_READ, 2, 0, 1)), 0);
	CHECK(guest_is_filled(data(), 4096, 1));
}

TEST(last_block_and_beyond)
{
	u64 blocks = GUEST_MEDIA / 2 / 4096;
	static const u8 opcodes[] = { FW_IO_READ, FW_IO_WRITE, FW_IO_COMPARE,
				      FW_IO_WRITE_ZEROES };

	guest_begin(false);
	for (u32 i = 0; i < FW_ARRAY_SIZE(opcodes); i++) {
		u8 op = opcodes[i];

		memset(data(), 0, 8192);
		CHECK_EQ(guest_io(guest_rw(op, 2, blocks - 1, 1)), 0);
		CHECK_EQ(guest_io(guest_rw(op, 2, blocks - 1, 2)),
			 FW_SC_LBA_RANGE | FW_SC_DNR);
		CHECK_EQ(SC(guest_io(guest_rw(op, 2, blocks, 1))),
			 FW_SC_LBA_RANGE);
		CHECK_EQ(SC(guest_io(guest_rw(op, 2, ~0ull, 1))),
			 FW_SC_LBA_RANGE);
		CHECK_EQ(SC(guest_io(guest_rw(op, 2, 1ull << 52, 1))),
			 FW_SC_LBA_RANGE);
	}
}

TEST(unknown_namespace)
{
	static const u8 opcodes[] = { FW_IO_READ, FW_IO_WRITE, FW_IO_COMPARE,
				      FW_IO_WRITE_ZEROES, FW_IO_DSM,
				      FW_IO_FLUSH };

	guest_begin(false);
	for (u32 i = 0; i < FW_ARRAY_SIZE(opcodes); i++) {
		CHECK_EQ(SC(guest_io(guest_rw(opcodes[i], 0, 0, 1))),
			 FW_SC_INVALID_NAMESPACE);
		CHECK_EQ(SC(guest_io(guest_rw(opcodes[i], 3, 0, 1))),
			 FW_SC_INVALID_NAMESPACE);
	}
	CHECK_EQ(SC(guest_io(guest_rw(FW_IO_READ, FW_NSID_ALL, 0, 1))),
		 FW_SC_INVALID_NAMESPACE);
}

TEST(transfer_limit)
{
	guest_begin(false);
	CHECK_EQ(guest_io(guest_rw(FW_IO_READ, 2, 0, 256)), 0);
	CHECK_EQ(SC(guest_io(guest_rw(FW_IO_READ, 2, 0, 257))),
		 FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(guest_io(guest_rw(FW_IO_WRITE, 2, 0, 257))),
		 FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(guest_io(guest_rw(FW_IO_COMPARE, 2, 0, 257))),
		 FW_SC_INVALID_FIELD);
	CHECK_EQ(guest_io(guest_rw(FW_IO_WRITE_ZEROES, 2, 0, 1024)), 0);
}

TEST(unknown_opcode_and_flags)
{
	struct fw_sqe sqe;

	guest_begin(false);
	sqe = guest_rw(0x7f, 1, 0, 1);
	CHECK_EQ(guest_io(sqe), FW_SC_INVALID_OPCODE | FW_SC_DNR);
	sqe.opcode = 0x90;
	CHECK_EQ(SC(guest_io(sqe)), FW_SC_INVALID_OPCODE);
	sqe.opcode = FW_IO_READ;
	sqe.flags = 0x80;
	CHECK_EQ(SC(guest_io(sqe)), FW_SC_INVALID_FIELD);
	sqe.flags = 0x02;
	CHECK_EQ(SC(guest_io(sqe)), FW_SC_INVALID_FIELD);
}

/* Places of data */

TEST(unaligned_start)
{
	struct fw_sqe sqe;

	guest_begin(false);
	for (u32 off = 4; off < 4096; off += 1364) {
		for (u32 blocks = 1; blocks <= 40; blocks += 13) {
			u32 len = blocks * 512;

			guest_fill(data() + off, len, off + blocks);
			sqe = guest_rw(FW_IO_WRITE, 1, 0, blocks);
			guest_data(&sqe, GUEST_DATA + off, len);
			CHECK_EQ(guest_io(sqe), 0);
			CHECK(guest_is_filled(guest.host.media.now, len,
					      off + blocks));
		}
	}
}

/* Pages in no order, and a list that itself lies in several pages. */
TEST(scattered_pages)
{
	struct fw_sqe sqe = { .opcode = FW_IO_WRITE, .nsid = 2, .cdw12 = 255 };
	u64 *list, page;

	guest_begin(false);
	sqe.prp1 = GUEST_DATA;
	sqe.prp2 = GUEST_LISTS + 4096 - 8 * 100;
	list = guest_mem(sqe.prp2);
	guest_fill(data(), 4096, 0);
	for (u32 i = 1; i < 256; i++) {
		if (i == 100) {
			*list = GUEST_LISTS + 0x2000;
			list = guest_mem(GUEST_LISTS + 0x2000);
		}
		page = GUEST_DATA + (i * 37 % 256) * 8192ull;
		guest_fill(guest_mem(page), 4096, i);
		*list++ = page;
	}
	CHECK_EQ(guest_io(sqe), 0);
	for (u32 i = 0; i < 256; i++)
		CHECK(guest_is_filled(guest.host.media.now + GUEST_MEDIA / 2 +
				      i * 4096, 4096, i));
}

/* A command, its list, its data, its completion. */
TEST(neighbours_are_moved_together)
{
	u64 dmas;

	guest_begin(false);
	dmas = guest.host.dmas;
	CHECK_EQ(guest_io(guest_rw(FW_IO_READ, 2, 0, 16)), 0);
	CHECK_EQ(guest.host.dmas - dmas, 4);
}

/* The last entry of a page of list is data when nothing follows. */
TEST(list_fills_its_page)
{
	struct fw_sqe sqe;
	u64 *list;

	guest_begin(false);
	guest_fill(data(), 9 * 4096, 4);
	sqe = guest_rw(FW_IO_WRITE, 2, 0, 9);
	list = guest_mem(GUEST_LISTS);
	memcpy(list + 504, list, 8 * sizeof(*list));
	sqe.prp2 = GUEST_LISTS + 504 * sizeof(*list);
	CHECK_EQ(guest_io(sqe), 0);
	CHECK(guest_is_filled(guest.host.media.now + GUEST_MEDIA / 2,
			      9 * 4096, 4));
}

TEST(bad_prps)
{
	struct fw_sqe sqe;
	u64 *list;

	guest_begin(false);
	list = guest_mem(GUEST_LISTS);
	sqe = guest_rw(FW_IO_READ, 1, 0, 1);
	sqe.prp1 |= 2;
	CHECK_EQ(guest_io(sqe), FW_SC_INVALID_PRP_OFFSET | FW_SC_DNR);
	sqe = guest_rw(FW_IO_READ, 2, 0, 2);
	sqe.prp2 |= 4;
	CHECK_EQ(SC(guest_io(sqe)), FW_SC_INVALID_PRP_OFFSET);
	sqe = guest_rw(FW_IO_READ, 2, 0, 8);
	sqe.prp2 |= 4;
	CHECK_EQ(SC(guest_io(sqe)), FW_SC_INVALID_PRP_OFFSET);
	sqe = guest_rw(FW_IO_READ, 2, 0, 8);
	list[6] |= 8;
	CHECK_EQ(SC(guest_io(sqe)), FW_SC_INVALID_PRP_OFFSET);
	sqe = guest_rw(FW_IO_READ, 2, 0, 8);
	sqe.prp2 = GUEST_RAM + 0x1000ull;
	CHECK_EQ(guest_io(sqe), FW_SC_DATA_TRANSFER);
	sqe = guest_rw(FW_IO_READ, 1, 0, 1);
	sqe.prp1 = 1ull << 62;
	CHECK_EQ(guest_io(sqe), FW_SC_DATA_TRANSFER);
	sqe.opcode = FW_IO_WRITE;
	CHECK_EQ(guest_io(sqe), FW_SC_DATA_TRANSFER);
}

/* Lists that hold nothing but the address of a next list. */
TEST(endless_prp_list)
{
	struct fw_sqe sqe;
	u64 *last;

	guest_begin(false);
	sqe = guest_rw(FW_IO_READ, 2, 0, 8);
	sqe.prp2 = GUEST_LISTS + 4088;
	last = guest_mem(GUEST_LISTS + 4088);
	*last = GUEST_LISTS + 4088;
	CHECK_EQ(SC(guest_io(sqe)), FW_SC_INVALID_PRP_OFFSET);
}

TEST(failed_write_changes_nothing)
{
	struct fw_sqe sqe;
	u64 *list;

	guest_begin(false);
	list = guest_mem(GUEST_LISTS);
	guest_fill(data(), 65536, 1);
	sqe = guest_rw(FW_IO_WRITE, 2, 0, 16);
	list[14] = 1ull << 50;
	CHECK_EQ(guest_io(sqe), FW_SC_DATA_TRANSFER);
	CHECK_EQ(guest.host.media.nr, 0);
	sqe = guest_rw(FW_IO_WRITE, 2, 0, 16);
	list[14] |= 1;
	CHECK_EQ(SC(guest_io(sqe)), FW_SC_INVALID_PRP_OFFSET);
	CHECK_EQ(guest.host.media.nr, 0);
}

/* Media errors */

TEST(media_errors)
{
	guest_begin(false);
	guest.host.media.fail_in = 0;
	CHECK_EQ(guest_io(guest_rw(FW_IO_READ, 1, 0, 1)), FW_SC_READ_ERROR);
	guest.host.media.fail_in = 0;
	CHECK_EQ(guest_io(guest_rw(FW_IO_WRITE, 1, 0, 1)), FW_SC_WRITE_FAULT);
	guest.host.media.fail_in = 0;
	CHECK_EQ(guest_io(guest_rw(FW_IO_COMPARE, 1, 0, 1)), FW_SC_READ_ERROR);
	guest.host.media.fail_in = 0;
	CHECK_EQ(guest_io(guest_rw(FW_IO_WRITE_ZEROES, 1, 0, 1)),
		 FW_SC_WRITE_FAULT);
	CHECK_EQ(guest_io(guest_rw(FW_IO_READ, 1, 0, 1)), 0);
}

/* Space that is wanting may be there the next time. */
TEST(media_is_full)
{
	struct fw_host_media *m = &guest.host.media;

	guest_begin(false);
	m->error = FW_MEDIA_FULL;
	m->fail_in = 0;
	CHECK_EQ(guest_io(guest_rw(FW_IO_WRITE, 1, 0, 1)), FW_SC_CAPACITY);
	m->fail_in = 0;
	CHECK_EQ(guest_io(guest_rw(FW_IO_WRITE_ZEROES, 1, 0, 1)),
		 FW_SC_CAPACITY);
	CHECK_EQ(guest_io(guest_rw(FW_IO_WRITE, 1, 0, 1)), 0);
	CHECK_EQ(guest.host.ctrl->media.errors, 0);
}

/* After a flush that failed nothing is written, and everybody is told. */
TEST(failed_flush_ends_writing)
{
	static const u8 writes[] = { FW_IO_WRITE, FW_IO_WRITE_ZEROES,
				     FW_IO_DSM };
	struct fw_sqe aer = { .opcode = FW_ADMIN_ASYNC_EVENT };
	struct fw_sqe log = { .opcode = FW_ADMIN_GET_LOG,
			      .cdw10 = 127 << 16 | FW_LOG_SMART };
	struct fw_host_media *m = &guest.host.media;
	const struct fw_log_smart *smart;
	struct fw_dsm_range *r;
	const struct fw_id_ns *id;
	struct fw_sqe sqe;
	u16 cid;

	guest_begin(false);
	CHECK_EQ(guest_set_feature(FW_FEAT_EVENTS, FW_SMART_WARN_READ_ONLY),
		 0);
	guest_send(0, aer);
	m->fail_in = 0;
	CHECK_EQ(guest_io(guest_rw(FW_IO_FLUSH, 1, 0, 1)), FW_SC_WRITE_FAULT);
	CHECK_EQ(guest_poll(0, &cid), 0);
	CHECK_EQ(guest.result, 0x020001);
	CHECK_EQ(guest_io(guest_rw(FW_IO_FLUSH, 1, 0, 1)), FW_SC_WRITE_FAULT);
	CHECK_EQ(m->flushes, 0);
	memset(data(), 0xff, 4096);
	r = guest_mem(GUEST_DATA);
	for (u32 i = 0; i < FW_ARRAY_SIZE(writes); i++) {
		sqe = guest_rw(writes[i], 1, 0, 8);
		r[0] = (struct fw_dsm_range){ .blocks = 1 };
		if (writes[i] == FW_IO_DSM)
			sqe.cdw11 = FW_DSM_AD;
		CHECK_EQ(guest_io(sqe), FW_SC_WRITE_PROTECTED | FW_SC_DNR);
	}
	CHECK_EQ(m->nr, 0);
	CHECK_EQ(guest_io(guest_rw(FW_IO_READ, 1, 0, 8)), 0);
	CHECK_EQ(data()[4095], 0);
	guest_data(&log, GUEST_DATA, 512);
	CHECK_EQ(guest_admin(log), 0);
	smart = guest_mem(GUEST_DATA);
	CHECK_EQ(smart->critical_warning, FW_SMART_WARN_RELIABILITY |
		 FW_SMART_WARN_READ_ONLY);
	/* and once is enough */
	guest_send(0, aer);
	CHECK_EQ(guest_poll(0, &cid), GUEST_NOTHING);
	CHECK_EQ(guest_identify(FW_CNS_NS, 2), 0);
	id = guest_mem(GUEST_DATA);
	CHECK_EQ(id->nsattr, FW_NSATTR_PROTECTED);
	fw_ctrl_reset(guest.host.ctrl);
	CHECK(guest_enable());
	CHECK_EQ(guest_create_queues(1, GUEST_ENTRIES), 0);
	CHECK_EQ(SC(guest_io(guest_rw(FW_IO_WRITE, 1, 0, 1))),
		 FW_SC_WRITE_PROTECTED);
}

/* Durability */

TEST(flush_makes_durable)
{
	guest_begin(false);
	guest_fill(data(), 4096, 9);
	CHECK_EQ(guest_io(guest_rw(FW_IO_WRITE, 1, 0, 8)), 0);
	CHECK_EQ(guest.host.media.nr, 1);
	CHECK_EQ(guest_io(guest_rw(FW_IO_FLUSH, 1, 0, 1)), 0);
	CHECK_EQ(guest.host.media.nr, 0);
	CHECK_EQ(guest.host.media.flushes, 1);
	CHECK(guest_is_filled(guest.host.media.durable, 4096, 9));
	CHECK_EQ(guest_io(guest_rw(FW_IO_FLUSH, FW_NSID_ALL, 0, 1)), 0);
	CHECK_EQ(guest.host.media.flushes, 2);
}

TEST(fua_makes_durable)
{
	struct fw_sqe sqe;

	guest_begin(false);
	guest_fill(data(), 4096, 9);
	sqe = guest_rw(FW_IO_WRITE, 1, 0, 8);
	sqe.cdw12 |= FW_RW_FUA;
	CHECK_EQ(guest_io(sqe), 0);
	CHECK(guest_is_filled(guest.host.media.durable, 4096, 9));
	sqe = guest_rw(FW_IO_WRITE_ZEROES, 1, 0, 8);
	sqe.cdw12 |= FW_RW_FUA;
	CHECK_EQ(guest_io(sqe), 0);
	CHECK_EQ(guest.host.media.durable[100], 0);
	guest.host.media.fail_in = 1;
	sqe.opcode = FW_IO_WRITE;
	CHECK_EQ(guest_io(sqe), FW_SC_WRITE_FAULT);
}

/* What a session wrote before this one may not be durable. */
TEST(fua_after_power_on)
{
	struct fw_sqe sqe = guest_rw(FW_IO_READ, 1, 0, 8);

	guest_begin(false);
	sqe.cdw12 |= FW_RW_FUA;
	CHECK_EQ(guest_io(sqe), 0);
	CHECK_EQ(guest.host.media.flushes, 1);
	CHECK_EQ(guest_io(sqe), 0);
	CHECK_EQ(guest.host.media.flushes, 1);
}

static u32 keep_none(void)
{
	return 0;
}

/* Modelled time of a command that must succeed. */
static u64 time_of(struct fw_sqe sqe)
{
	u64 begun = guest.host.now;

	return guest_io(sqe) ? 0 : guest.host.now - begun;
}

/* What was read with FUA, or compared, is there after a power cut. */
static void fua_settles(u8 opcode)
{
	struct fw_host_media *m = &guest.host.media;
	struct fw_sqe sqe;
	u32 flushes;
	u64 time;

	guest_begin(true);
	guest_fill(data(), 4096, 9);
	CHECK_EQ(guest_io(guest_rw(FW_IO_WRITE, 1, 0, 8)), 0);
	sqe = guest_rw(opcode, 1, 0, 8);
	CHECK_EQ(guest_io(sqe), 0);
	flushes = m->flushes;
	sqe.cdw12 |= FW_RW_FUA;
	time = time_of(sqe);
	CHECK_EQ(m->flushes, flushes + 1);
	fw_host_media_cut(m, keep_none);
	CHECK(guest_is_filled(m->now, 4096, 9));
	/* a flush takes its time, and there is nothing left for another one */
	CHECK_EQ(time - time_of(sqe), 100000);
	CHECK_EQ(m->flushes, flushes + 1);
	CHECK_EQ(guest_io(guest_rw(FW_IO_WRITE, 1, 0, 8)), 0);
	m->fail_in = 0;
	CHECK_EQ(guest_io(sqe), FW_SC_WRITE_FAULT);
}

/* Beside what it takes to write, the time of a flush. */
TEST(fua_of_write_takes_time)
{
	static const u8 writes[] = { FW_IO_WRITE, FW_IO_WRITE_ZEROES };
	struct fw_sqe sqe;
	u64 time;

	guest_begin(true);
	for (u32 i = 0; i < FW_ARRAY_SIZE(writes); i++) {
		sqe = guest_rw(writes[i], 1, 0, 8);
		time = time_of(sqe);
		sqe.cdw12 |= FW_RW_FUA;
		CHECK_EQ(time_of(sqe) - time, 100000);
	}
}

TEST(fua_of_read_and_compare)
{
	fua_settles(FW_IO_READ);
	CHECK_OK();
	fua_settles(FW_IO_COMPARE);
}

/* Compare, Write Zeroes, Dataset Management */

TEST(compare)
{
	guest_begin(false);
	guest_fill(data(), 65536, 3);
	CHECK_EQ(guest_io(guest_rw(FW_IO_WRITE, 1, 0, 128)), 0);
	CHECK_EQ(guest_io(guest_rw(FW_IO_COMPARE, 1, 0, 128)), 0);
	data()[65535] ^= 1;
	CHECK_EQ(guest_io(guest_rw(FW_IO_COMPARE, 1, 0, 128)),
		 FW_SC_COMPARE_FAILED | FW_SC_DNR);
	CHECK_EQ(guest_io(guest_rw(FW_IO_COMPARE, 1, 0, 127)), 0);
}

TEST(write_zeroes)
{
	guest_begin(false);
	memset(data(), 0xff, 8192);
	CHECK_EQ(guest_io(guest_rw(FW_IO_WRITE, 1, 0, 16)), 0);
	CHECK_EQ(guest_io(guest_rw(FW_IO_WRITE_ZEROES, 1, 4, 8)), 0);
	CHECK_EQ(guest_io(guest_rw(FW_IO_READ, 1, 0, 16)), 0);
	CHECK_EQ(data()[4 * 512 - 1], 0xff);
	for (u32 i = 4 * 512; i < 12 * 512; i++)
		CHECK_EQ(data()[i], 0);
	CHECK_EQ(data()[12 * 512], 0xff);
}

static struct fw_sqe dsm(u32 n, bool deallocate)
{
	struct fw_sqe sqe = { .opcode = FW_IO_DSM, .nsid = 1, .cdw10 = n - 1,
			      .cdw11 = deallocate ? FW_DSM_AD : 1 };

	guest_data(&sqe, GUEST_DATA, n * 16);
	return sqe;
}

TEST(deallocate)
{
	struct fw_dsm_range *r;
	struct fw_sqe sqe;

	guest_begin(false);
	memset(data(), 0xff, 8192);
	CHECK_EQ(guest_io(guest_rw(FW_IO_WRITE, 1, 0, 16)), 0);
	r = guest_mem(GUEST_DATA);
	r[0] = (struct fw_dsm_range){ .blocks = 2, .slba = 1 };
	r[1] = (struct fw_dsm_range){ .blocks = 0, .slba = 3 };
	r[2] = (struct fw_dsm_range){ .blocks = 1, .slba = 8 };
	CHECK_EQ(guest_io(dsm(3, false)), 0);
	CHECK_EQ(guest.host.media.now[512], 0xff);
	sqe = dsm(3, true);
	sqe.cdw12 = FW_RW_FUA;	/* of writes, where this has nothing */
	CHECK_EQ(guest_io(sqe), 0);
	CHECK_EQ(guest.host.media.flushes, 0);
	for (u32 i = 0; i < 16; i++)
		CHECK_EQ(guest.host.media.now[i * 512],
			 i == 1 || i == 2 || i == 8 ? 0 : 0xff);
	memset(r, 0, 4096);
	CHECK_EQ(guest_io(dsm(256, false)), 0);
}

/* A hint: media that cannot follow it is left as it is. */
TEST(deallocate_is_a_hint)
{
	struct fw_host_media *m = &guest.host.media;
	const struct fw_id_ns *id;
	struct fw_dsm_range *r;

	guest_begin(false);
	memset(data(), 0xff, 512);
	CHECK_EQ(guest_io(guest_rw(FW_IO_WRITE, 1, 0, 1)), 0);
	r = guest_mem(GUEST_DATA);
	r[0] = (struct fw_dsm_range){ .blocks = 1, .slba = 0 };
	m->fail_in = 0;
	CHECK_EQ(guest_io(dsm(1, true)), 0);
	CHECK_EQ(m->now[0], 0xff);
	CHECK_EQ(m->nr, 1);
	CHECK_EQ(guest.host.ctrl->media.errors, 0);
	guest.host.no_trim = true;
	CHECK(!fw_host_power_on(&guest.host, &guest.cfg));
	CHECK(guest_enable());
	CHECK_EQ(guest_create_queues(1, GUEST_ENTRIES), 0);
	CHECK_EQ(guest_identify(FW_CNS_NS, 1), 0);
	id = guest_mem(GUEST_DATA);
	CHECK_EQ(id->dlfeat, 0);
	r[0] = (struct fw_dsm_range){ .blocks = 1, .slba = 0 };
	CHECK_EQ(guest_io(dsm(1, true)), 0);
	CHECK_EQ(m->now[0], 0xff);
	CHECK_EQ(m->nr, 1);
	CHECK_EQ(guest_io(guest_rw(FW_IO_WRITE_ZEROES, 1, 0, 1)), 0);
	CHECK_EQ(m->now[0], 0);
}

/* With the write cache off a command is durable, by one flush. */
TEST(one_flush_a_command)
{
	struct fw_host_media *m = &guest.host.media;
	struct fw_dsm_range *r;
	u32 flushes;

	guest_begin(false);
	CHECK_EQ(guest_set_feature(FW_FEAT_WRITE_CACHE, 0), 0);
	r = guest_mem(GUEST_DATA);
	for (u32 i = 0; i < 256; i++)
		r[i] = (struct fw_dsm_range){ .blocks = 1, .slba = 2 * i };
	flushes = m->flushes;
	CHECK_EQ(guest_io(dsm(256, true)), 0);
	CHECK_EQ(m->trims, 256);
	CHECK_EQ(m->nr, 0);
	CHECK_EQ(m->flushes, flushes + 1);
}

/* What is written is the part of the map that tells of the blocks. */
TEST(giving_back_takes_time)
{
	const u64 page = 8 * 4096;	/* by one channel */
	struct fw_dsm_range *r;

	guest_begin(true);
	r = guest_mem(GUEST_DATA);
	CHECK_EQ(time_of(guest_rw(FW_IO_WRITE_ZEROES, 1, 0, 1)),
		 500 + 20000 + page);
	CHECK_EQ(time_of(guest_rw(FW_IO_WRITE_ZEROES, 1, 0, 4096)),
		 500 + 20000 + page);
	CHECK_EQ(time_of(guest_rw(FW_IO_WRITE_ZEROES, 1, 4095, 2)),
		 500 + 20000 + 2 * page);
	r[0] = (struct fw_dsm_range){ .blocks = 8192 };
	r[1] = (struct fw_dsm_range){ .blocks = 0 };
	CHECK_EQ(time_of(dsm(2, true)), 500 + 20000 + 2 * page);
	CHECK_EQ(time_of(dsm(1, false)), 500);
}

TEST(deallocate_all_or_nothing)
{
	struct fw_dsm_range *r;

	guest_begin(false);
	memset(data(), 0xff, 512);
	CHECK_EQ(guest_io(guest_rw(FW_IO_WRITE, 1, 0, 1)), 0);
	r = guest_mem(GUEST_DATA);
	r[0] = (struct fw_dsm_range){ .blocks = 1, .slba = 0 };
	r[1] = (struct fw_dsm_range){ .blocks = 2,
				      .slba = GUEST_MEDIA / 2 / 512 - 1 };
	CHECK_EQ(SC(guest_io(dsm(2, true))), FW_SC_LBA_RANGE);
	CHECK_EQ(guest.host.media.now[0], 0xff);
	guest.host.dma_fail_in = 1;	/* the command itself is read first */
	CHECK_EQ(guest_io(dsm(1, true)), FW_SC_DATA_TRANSFER);
}

TAP_MAIN()
