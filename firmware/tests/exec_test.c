// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Executions: extents, results, bad ends, writes. */
#include "csd.h"
#include "lambda/lambda.h"
#include "tap.h"

#define HOLE	NVME_LAMBDA_HOLE

static const u8 exec_read = NVME_LAMBDA_EXEC_READ;
static const u8 exec_write = NVME_LAMBDA_EXEC_WRITE;

static u32 total(const struct nvme_lambda_extent *e, u32 n)
{
	u32 len = 0;

	while (n--)
		len += e[n].len;
	return len;
}

/* Copies extents to the answer; status of the execution. */
static u16 read_extents(const struct nvme_lambda_extent *e, u32 n, u64 offset)
{
	struct nvme_lambda_request r = {
		.program = csd.copy, .in_len = total(e, n),
		.out_cap = total(e, n), .offset = offset,
	};
	u16 status = csd_request(csd.slot, r, e, n, NULL);

	return status ? status : SC(csd_exec(exec_read, csd.slot));
}

/* Results */

TEST(fast_path)
{
	const struct nvme_lambda_result *r;
	struct fw_sqe sqe;

	csd_begin(false);
	sqe = csd_fast(csd.copy, 1001, 5000, 6000);
	CHECK_EQ(guest_io(sqe), 0);
	CHECK_EQ(guest.result, 5000);
	CHECK(!memcmp(guest_mem(GUEST_DATA), csd.media + 1001, 5000));
	for (u32 i = 5000; i < 8192; i++)
		CHECK_EQ(*(u8 *)guest_mem(GUEST_DATA + i), 0);
	r = csd_result(6000);
	CHECK(!r->status && r->in_len == 5000 && r->out_len == 5000);
	CHECK_EQ(r->retval, 5000);
	CHECK_EQ(r->insns, CSD_COPY);
	CHECK_EQ(r->budget_used, 1 + 5000 / 64);
	CHECK_EQ(r->helper_bytes, 5000);
	CHECK_EQ(r->bytes_media, 5000);
	CHECK_EQ(r->bytes_link, 8192 + 128);
}

TEST(fast_path_fields)
{
	struct fw_sqe sqe;
	u64 end = GUEST_MEDIA / 2;

	csd_begin(false);
	sqe = csd_fast(csd.copy, 0, 4096, (1 << 20) - 4096 + 1);
	CHECK_EQ(SC(guest_io(sqe)), FW_SC_INVALID_FIELD);
	sqe = csd_fast(csd.copy, 0, 4096, 0xffffffff);
	CHECK_EQ(SC(guest_io(sqe)), FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(guest_io(csd_fast(csd.copy, 0, 0, 4096))),
		 FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(guest_io(csd_fast(csd.copy, end - 1, 2, 2))),
		 NVME_LAMBDA_SC_BAD_EXTENT);
	CHECK_EQ(SC(guest_io(csd_fast(csd.copy, 1ull << 47, 2, 2))),
		 NVME_LAMBDA_SC_BAD_EXTENT);
	CHECK_EQ(SC(guest_io(csd_fast(csd.copy + 1, 0, 2, 2))),
		 NVME_LAMBDA_SC_NO_PROGRAM);
	CHECK_EQ(guest_io(csd_fast(csd.copy, end - 1, 1, 1)), 0);
	sqe = csd_fast(csd.copy, 0, 4096, 4096);
	sqe.prp1 |= 1;
	CHECK_EQ(SC(guest_io(sqe)), FW_SC_INVALID_PRP_OFFSET);
	sqe = csd_fast(csd.copy, 0, 4096, 4096);
	guest.host.dma_fail_in = 1;
	CHECK_EQ(guest_io(sqe), FW_SC_DATA_TRANSFER);
}

/* The offset moves the input inside its page, and is told to the λ. */
TEST(offset_and_skew)
{
	static const struct sbpf_insn ctx[] = {
		MOV_X(6, 1),
		LDX(SBPF_DW, 1, 6, CTX(out)),
		MOV_X(2, 6),
		MOV(3, sizeof(struct lambda_ctx)),
		CALL(SBPF_HELPER_MEMCPY),
		MOV(0, sizeof(struct lambda_ctx)),
		EXIT(),
	};
	const struct lambda_ctx *got;
	struct fw_sqe sqe;

	csd_begin(false);
	sqe = csd_fast(csd_program(ctx, 7), 0, 100, 4096);
	sqe.cdw12 = 0x345;
	sqe.cdw13 = NVME_LAMBDA_FAST_HIGH(0ull, 0x1200000345ull);
	CHECK_EQ(guest_io(sqe), 0);
	got = guest_mem(GUEST_DATA);
	CHECK_EQ(got->offset, 0x1200000345);
	CHECK_EQ(got->in, SBPF_IN_BASE + 0x345);
	CHECK(got->in_len == 100 && got->out_cap == 4096);
	CHECK(got->args_len == 0 && got->heap_len == 0);
}

/* Around the input its pages are zero, whatever was there before. */
TEST(slack_is_zero)
{
	static const struct sbpf_insn page[] = {
		LDX(SBPF_DW, 1, 1, CTX(out)),
		LD_IMM64(2, SBPF_IN_BASE), LD_HIGH(0),
		MOV(3, 4096),
		CALL(SBPF_HELPER_MEMCPY),
		MOV(0, 4096),
		EXIT(),
	};
	struct fw_sqe sqe;
	const u8 *out;

	csd_begin(false);
	CHECK_EQ(guest_io(csd_fast(csd.copy, 0, 65536, 65536)), 0);
	sqe = csd_fast(csd_program(page, 7), 2000, 100, 4096);
	sqe.cdw12 = 2000;
	CHECK_EQ(guest_io(sqe), 0);
	out = guest_mem(GUEST_DATA);
	for (u32 i = 0; i < 4096; i++)
		CHECK_EQ(out[i], i >= 2000 && i < 2100 ? csd.media[i] : 0);
}

TEST(arguments)
{
	struct nvme_lambda_request r = { .out_cap = 100, .args_len = 16 };

	csd_begin(false);
	r.program = csd_program(csd_args, CSD_ARGS);
	CHECK_EQ(csd_run(r, exec_read), 0);
	CHECK_EQ(guest.result, 16);
	CHECK_EQ(csd_read(csd.slot, 0, 16), 0);
	CHECK(!memcmp(guest_mem(GUEST_DATA), "sixteen bytes...", 16));
}

/* .rodata, .data and .bss each in place, fresh for every request. */
TEST(globals)
{
	static const struct sbpf_insn insns[] = {
		LDX(SBPF_DW, 6, 1, CTX(out)),
		LD_IMM64(7, 0x10000000), LD_HIGH(0),
		LDX(SBPF_B, 2, 7, 0), STX(SBPF_B, 6, 0, 2),
		LDX(SBPF_B, 2, 7, 4096), STX(SBPF_B, 6, 1, 2),
		LDX(SBPF_B, 2, 7, 4096 + 8), STX(SBPF_B, 6, 2, 2),
		ST(SBPF_B, 7, 4096, 1), ST(SBPF_B, 7, 4096 + 8, 1),
		LDX(SBPF_DW, 8, 1, CTX(heap)),
		LDX(SBPF_B, 2, 8, 100), STX(SBPF_B, 6, 3, 2),
		ST(SBPF_B, 8, 100, 1),
		LDX(SBPF_B, 2, 10, -8), STX(SBPF_B, 6, 4, 2),
		ST(SBPF_B, 10, -8, 1),
		MOV(0, 5), EXIT(),
	};
	struct nvme_lambda_image head = { .rodata_len = 10, .data_len = 8,
					  .bss_len = 8, .heap_len = 200 };
	u8 want[5] = { 0 }, fill[18];
	u16 status;
	u32 id;

	csd_begin(false);
	guest_fill(fill, 18, 77);
	want[0] = fill[0];
	want[1] = fill[10];
	id = csd_load(&head, insns, FW_ARRAY_SIZE(insns), &status);
	CHECK(id);
	for (u32 i = 0; i < 3; i++) {
		CHECK_EQ(guest_io(csd_fast(id, 0, 1, 5)), 0);
		CHECK(!memcmp(guest_mem(GUEST_DATA), want, 5));
	}
}

/* Extents */

TEST(many_extents)
{
	static struct nvme_lambda_extent e[4096];
	u32 at = 0;

	csd_begin(false);
	for (u32 i = 0; i < 4096; i++)
		e[i] = (struct nvme_lambda_extent){
			(i * 1237 % 4096) * 200ull + i % 7, 1 + i % 190,
		};
	CHECK_EQ(read_extents(e, 4096, 4095), 0);
	for (u32 i = 0; i < 4096; at += e[i++].len) {
		CHECK_EQ(csd_read(csd.slot, at & ~3u, fw_round_up(at % 4 +
							      e[i].len, 4)), 0);
		CHECK(!memcmp(guest_mem(GUEST_DATA + at % 4),
			      csd.media + e[i].addr, e[i].len));
	}
}

TEST(holes_read_as_zero)
{
	const struct nvme_lambda_extent e[] = {
		{ HOLE, 100 }, { 5, 50 }, { HOLE, 5000 }, { 70000, 7 },
	};
	const u8 *out;

	csd_begin(false);
	CHECK_EQ(read_extents(e, 4, 0), 0);
	CHECK_EQ(csd_read(csd.slot, 0, 5160), 0);
	out = guest_mem(GUEST_DATA);
	for (u32 i = 0; i < 5150; i++)
		CHECK_EQ(out[i], i >= 100 && i < 150 ? csd.media[i - 95] : 0);
	CHECK(!memcmp(out + 5150, csd.media + 70000, 7));
}

TEST(bad_extents)
{
	const u16 bad = NVME_LAMBDA_SC_BAD_EXTENT;
	const u64 end = GUEST_MEDIA / 2;
	struct nvme_lambda_extent e[3] = { { 0, 10 }, { 50, 10 }, { 90, 10 } };
	struct nvme_lambda_request r = { .out_cap = 30, .in_len = 30 };

	csd_begin(false);
	r.program = csd.copy;
	CHECK_EQ(read_extents(e, 3, 0), 0);
	e[1] = (struct nvme_lambda_extent){ 50, 0 };
	CHECK_EQ(read_extents(e, 3, 0), bad);
	CHECK_EQ(guest.result, 1);
	e[1] = (struct nvme_lambda_extent){ end - 9, 10 };
	CHECK_EQ(read_extents(e, 3, 0), bad);
	e[1] = (struct nvme_lambda_extent){ end, 10 };
	CHECK_EQ(read_extents(e, 3, 0), bad);
	e[1] = (struct nvme_lambda_extent){ HOLE - 1, 10 };
	CHECK_EQ(read_extents(e, 3, 0), bad);
	e[1] = (struct nvme_lambda_extent){ 50, HOLE };
	csd_request(csd.slot, r, e, 3, NULL);
	CHECK_EQ(SC(csd_exec(exec_read, csd.slot)), bad);
	CHECK_EQ(guest.result, 1);
	e[1] = (struct nvme_lambda_extent){ HOLE, HOLE };
	csd_request(csd.slot, r, e, 3, NULL);
	CHECK_EQ(SC(csd_exec(exec_read, csd.slot)), bad);
	/* one that goes round: only of input the length is known */
	e[1] = (struct nvme_lambda_extent){ 50, HOLE - 20 };
	csd_request(csd.slot, r, e, 3, NULL);
	CHECK_EQ(SC(csd_exec(exec_write, csd.slot)), bad);
	CHECK_EQ(guest.result, 1);
	/* overlaps, wherever they stand */
	e[1] = (struct nvme_lambda_extent){ 99, 10 };
	CHECK_EQ(read_extents(e, 3, 0), bad);
	CHECK_EQ(guest.result, 2);
	e[1] = (struct nvme_lambda_extent){ 81, 10 };
	CHECK_EQ(read_extents(e, 3, 0), bad);
	e[1] = (struct nvme_lambda_extent){ 0, 10 };
	CHECK_EQ(read_extents(e, 3, 0), bad);
	CHECK_EQ(guest.result, 1);
	e[1] = (struct nvme_lambda_extent){ 80, 10 };
	CHECK_EQ(read_extents(e, 3, 0), 0);
	/* more or less than the input */
	r.in_len = 31;
	csd_request(csd.slot, r, e, 3, NULL);
	CHECK_EQ(SC(csd_exec(exec_read, csd.slot)), bad);
	CHECK_EQ(guest.result, 3);
	r.in_len = 29;
	csd_request(csd.slot, r, e, 3, NULL);
	CHECK_EQ(SC(csd_exec(exec_read, csd.slot)), bad);
	CHECK_EQ(guest.result, 2);
}

TEST(bad_requests)
{
	const u16 bad = FW_SC_INVALID_FIELD;
	struct nvme_lambda_extent e = { 0, 4096 };
	struct nvme_lambda_request r = { 0 };
	u32 id;

	csd_begin(false);
	CHECK_EQ(csd_exec(exec_read, csd.slot + 1),
		 NVME_LAMBDA_SC_NO_SLOT | FW_SC_DNR);
#define RUN(...)							\
	csd_run((struct nvme_lambda_request){ .program = csd.copy,	\
					      __VA_ARGS__ }, exec_read)
	CHECK_EQ(RUN(.out_cap = 4096), 0);
	CHECK_EQ(RUN(.flags = 1), bad);
	CHECK_EQ(RUN(.reserved[0] = 1), bad);
	CHECK_EQ(RUN(.args_len = 65537), bad);
	CHECK_EQ(RUN(.args_off = 80), bad);
	CHECK_EQ(RUN(.out_cap = SBPF_OUT_MAX + 1), bad);
	CHECK_EQ(csd_run((struct nvme_lambda_request){ .out_cap = 1 },
			 exec_read), NVME_LAMBDA_SC_NO_PROGRAM);
	r = (struct nvme_lambda_request){ .program = csd.copy, .offset = 1 };
	CHECK_EQ(csd_run(r, exec_write), bad);
	memset(&r, 0, sizeof(r));
#undef RUN
	r.program = csd.copy;
	CHECK_EQ(csd_request(csd.slot, r, &e, 1, NULL), 0);
	CHECK_EQ(SC(csd_exec(exec_read, csd.slot)), bad);	/* no input */
	r.in_len = 4096;
	CHECK_EQ(csd_request(csd.slot, r, &e, 0, NULL), 0);
	CHECK_EQ(SC(csd_exec(exec_read, csd.slot)), bad);	/* no extents */
	r.nr_extents = 4097;
	CHECK_EQ(csd_write(csd.slot, 0, 0, &r, sizeof(r)), 0);
	CHECK_EQ(SC(csd_exec(exec_read, csd.slot)), bad);
	r.nr_extents = 1;
	r.args_len = 4;
	r.args_off = 76;		/* inside the extent */
	CHECK_EQ(csd_write(csd.slot, 0, 0, &r, sizeof(r)), 0);
	CHECK_EQ(SC(csd_exec(exec_read, csd.slot)), bad);
	r.args_off = 64 + 65536 + 16384 + 65536 - 3;
	CHECK_EQ(csd_write(csd.slot, 0, 0, &r, sizeof(r)), 0);
	CHECK_EQ(SC(csd_exec(exec_read, csd.slot)), bad);
	CHECK_EQ(csd_piece(0, 0, &r, 4, 128), 0);
	id = guest.result;
	CHECK_EQ(csd_run((struct nvme_lambda_request){ .program = id },
			 exec_read), NVME_LAMBDA_SC_NOT_COMMITTED);
}

/* A λ's own bad end */

TEST(bad_ends_are_success)
{
	static const struct sbpf_insn err[] = { MOV(0, -7), EXIT() };
	static const struct sbpf_insn big[] = { MOV(0, 4097), EXIT() };
	struct nvme_lambda_image few = { .flags = 1, .budget = 100 };
	const struct nvme_lambda_result *r;
	u16 status;
	u32 id;

	csd_begin(false);
	csd_unload(csd.copy);
	id = csd_program(err, 2);
	CHECK_EQ(guest_io(csd_fast(id, 0, 100, 4096)), 0);
	CHECK_EQ(guest.result, 1ull << 32 | (u32)-7);
	r = csd_result(4096);
	CHECK(r->status == 1 && (s32)r->retval == -7 && !r->out_len);
	csd_unload(id);
	id = csd_program(big, 2);
	CHECK_EQ(guest_io(csd_fast(id, 0, 100, 4096)), 0);
	CHECK_EQ(guest.result, 2ull << 32 | 4097);
	csd_unload(id);
	id = csd_program(csd_fault, CSD_FAULT);
	CHECK_EQ(guest_io(csd_fast(id, 0, 100, 4096)), 0);
	CHECK_EQ(guest.result, 1ull << 40 | 3ull << 32);
	CHECK(csd_result(4096)->fault_addr == 8 &&
	      csd_result(4096)->fault_write == 1);
	csd_unload(id);
	id = csd_load(&few, csd_loop, CSD_LOOP, &status);
	CHECK_EQ(guest_io(csd_fast(id, 0, 100, 4096)), 0);
	CHECK_EQ(guest.result, 4ull << 32);
	CHECK_EQ(csd_result(4096)->budget_used, 100);
}

/* Nothing a λ wrote without returning it, nothing older: all zero. */
TEST(no_leaks)
{
	struct nvme_lambda_request r = { .out_cap = 65536 };
	const u8 *out;
	u32 id;

	csd_begin(false);
	memset(csd.media, 0xaa, 65536);
	CHECK_EQ(guest_io(csd_fast(csd.copy, 0, 65536, 65536)), 0);
	id = csd_program(csd_fill, CSD_FILL);
	CHECK_EQ(guest_io(csd_fast(id, 0, 100, 65536)), 0);
	CHECK_EQ(guest.result, 10);
	out = guest_mem(GUEST_DATA);
	for (u32 i = 0; i < 65536; i++)
		CHECK_EQ(out[i], i < 10 ? 0xff : 0);
	r.program = id;
	CHECK_EQ(csd_run(r, exec_read), 0);
	CHECK_EQ(csd_read(csd.slot, 0, 4096), 0);
	for (u32 i = 0; i < 4096; i++)
		CHECK_EQ(out[i], i < 10 ? 0xff : 0);
	csd_unload(id);
	id = csd_program(csd_fault, CSD_FAULT);
	CHECK_EQ(guest_io(csd_fast(id, 0, 100, 65536)), 0);
	for (u32 i = 0; i < 65536; i++)
		CHECK_EQ(out[i], 0);
}

/* Output that a λ returns and has not written is zero as well. */
TEST(unwritten_output_is_zero)
{
	static const struct sbpf_insn idle[] = { MOV(0, 4096), EXIT() };
	u32 id;

	csd_begin(false);
	CHECK_EQ(guest_io(csd_fast(csd.copy, 0, 65536, 65536)), 0);
	id = csd_program(idle, 2);
	CHECK_EQ(guest_io(csd_fast(id, 0, 100, 4096)), 0);
	CHECK_EQ(guest.result, 4096);
	for (u32 i = 0; i < 4096; i++)
		CHECK_EQ(*(u8 *)guest_mem(GUEST_DATA + i), 0);
}

/* A λ without a budget of its own gets more for much input. */
TEST(budget_follows_the_input)
{
	const u32 much = SBPF_BUDGET_DEFAULT / SBPF_BUDGET_PER_BYTE + 1;
	const struct fw_slot *s;

	csd_begin(false);
	s = &fw_lambda(guest.host.ctrl)->slots[CSD_SLOTS];
	CHECK_EQ(guest_io(csd_fast(csd.copy, 0, 4096, 4096)), 0);
	CHECK_EQ(s->run.budget, SBPF_BUDGET_DEFAULT);
	CHECK_EQ(guest_io(csd_fast(csd.copy, 0, much, 4096)), 0);
	CHECK_EQ(s->run.budget, (u64)much * SBPF_BUDGET_PER_BYTE);
}

/* Writes */

TEST(execute_write)
{
	const struct nvme_lambda_extent e[] = {
		{ 1000, 10 }, { 5000, 3000 }, { 2100, 990 },
	};
	struct nvme_lambda_request r = { .in_len = 4000, .out_cap = 4000 };
	u8 in[4000], out[4000];
	u32 flushes;

	csd_begin(false);
	r.program = csd.copy;
	guest_fill(in, 4000, 9);
	CHECK_EQ(csd_write(csd.slot, NVME_LAMBDA_AREA_INPUT, 0, in, 4000), 0);
	CHECK_EQ(csd_request(csd.slot, r, e, 3, NULL), 0);
	flushes = guest.host.media.flushes;
	CHECK_EQ(csd_exec(exec_write, csd.slot), 0);
	CHECK_EQ(guest.result, 4000);
	CHECK_EQ(guest.host.media.flushes, flushes + 1);
	CHECK_EQ(guest.host.media.nr, 0);
	memcpy(out, csd.media + 1000, 10);
	memcpy(out + 10, csd.media + 5000, 3000);
	memcpy(out + 3010, csd.media + 2100, 990);
	CHECK(!memcmp(out, in, 4000));
	CHECK_EQ(csd_read(csd.slot, 0, 128), 0);
	CHECK_EQ(((struct nvme_lambda_result *)guest_mem(GUEST_DATA))->out_len,
		 4000);
	CHECK_EQ(SC(csd_read(csd.slot, 0, 132)), FW_SC_INVALID_FIELD);
}

/* Whatever the write cache does, all extents are made durable by one flush. */
TEST(one_flush_for_all_extents)
{
	struct nvme_lambda_request r = { .in_len = 32768, .out_cap = 32768 };
	struct nvme_lambda_extent e[64];
	u8 in[32768];
	u32 flushes;

	csd_begin(false);
	CHECK_EQ(guest_set_feature(FW_FEAT_WRITE_CACHE, 0), 0);
	r.program = csd.copy;
	guest_fill(in, sizeof(in), 9);
	for (u32 i = 0; i < 64; i++)
		e[i] = (struct nvme_lambda_extent){ i * 8192, 512 };
	CHECK_EQ(csd_write(csd.slot, NVME_LAMBDA_AREA_INPUT, 0, in,
			   sizeof(in)), 0);
	CHECK_EQ(csd_request(csd.slot, r, e, 64, NULL), 0);
	flushes = guest.host.media.flushes;
	CHECK_EQ(csd_exec(exec_write, csd.slot), 0);
	CHECK_EQ(guest.host.media.flushes, flushes + 1);
	CHECK_EQ(guest.host.media.nr, 0);
}

TEST(output_must_fit)
{
	const struct nvme_lambda_extent e[] = { { 0, 100 }, { 4096, 99 } };
	struct nvme_lambda_request r = { .in_len = 200, .out_cap = 200 };

	csd_begin(false);
	r.program = csd.copy;
	CHECK_EQ(csd_request(csd.slot, r, e, 2, NULL), 0);
	CHECK_EQ(SC(csd_exec(exec_write, csd.slot)), NVME_LAMBDA_SC_NO_ROOM);
	CHECK_EQ(guest.result, 200);
	CHECK(guest_is_filled(csd.media, 8192, 1));
	r.in_len = 199;
	CHECK_EQ(csd_request(csd.slot, r, e, 2, NULL), 0);
	CHECK_EQ(csd_exec(exec_write, csd.slot), 0);
	CHECK_EQ(csd.media[4096 + 98], 0);
	CHECK(guest_is_filled(csd.media, 0, 1) && csd.media[4096 + 99]);
}

TEST(bad_end_writes_nothing)
{
	struct nvme_lambda_request r = { .out_cap = 4096 };
	struct nvme_lambda_extent hole = { HOLE, 4096 };

	csd_begin(false);
	r.program = csd_program(csd_fault, CSD_FAULT);
	CHECK_EQ(csd_run(r, exec_write), 0);
	CHECK_EQ(guest.result >> 32 & 0xff, LAMBDA_STATUS_FAULT);
	CHECK(guest_is_filled(csd.media, 8192, 1));
	CHECK_EQ(guest.host.media.nr, 0);
	r.in_len = 4096;
	CHECK_EQ(csd_request(csd.slot, r, &hole, 1, NULL), 0);
	CHECK_EQ(SC(csd_exec(exec_write, csd.slot)), NVME_LAMBDA_SC_BAD_EXTENT);
}

TEST(media_errors)
{
	struct nvme_lambda_request r = { .out_cap = 4096 };

	csd_begin(false);
	r.program = csd.copy;
	guest.host.media.fail_in = 0;
	CHECK_EQ(csd_run(r, exec_write), FW_SC_WRITE_FAULT);
	guest.host.media.error = FW_MEDIA_FULL;
	guest.host.media.fail_in = 0;
	CHECK_EQ(csd_run(r, exec_write), FW_SC_CAPACITY);
	guest.host.media.fail_in = 1;	/* the flush */
	CHECK_EQ(csd_run(r, exec_write), FW_SC_WRITE_FAULT);
	CHECK_EQ(csd_run(r, exec_write), FW_SC_WRITE_PROTECTED);
	guest.host.media.fail_in = 0;
	CHECK_EQ(csd_run(r, exec_read), FW_SC_READ_ERROR);
	CHECK_EQ(SC(csd_read(csd.slot, 0, 4)), FW_SC_INVALID_FIELD);
	CHECK_EQ(csd_run(r, exec_read), 0);
	CHECK_EQ(csd_read(csd.slot, 0, 4), 0);
	guest.host.media.fail_in = 0;
	CHECK_EQ(csd_exec(exec_read, csd.slot), FW_SC_READ_ERROR);
	CHECK_EQ(SC(csd_read(csd.slot, 0, 4)), FW_SC_INVALID_FIELD);
}

TAP_MAIN()
