// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The λ command set's Identify page, and programs with every status. */
#include "csd.h"
#include "lambda/lambda.h"
#include "tap.h"

static const struct nvme_lambda_image plain;
static u8 image[70000];

/* An image of the copy program in image[]; returns its size. */
static u32 make(struct nvme_lambda_image head)
{
	u32 size = csd_image(&head, CSD_COPY);

	memset(image, 0, sizeof(image));
	memcpy(image, &head, sizeof(head));
	memcpy(image + sizeof(head), csd_copy, sizeof(struct sbpf_insn) *
	       CSD_COPY);
	return size;
}

static u16 identify(void)
{
	struct fw_sqe sqe = { .opcode = FW_ADMIN_IDENTIFY,
			      .cdw10 = NVME_LAMBDA_CNS };

	guest_data(&sqe, GUEST_DATA, 4096);
	return guest_admin(sqe);
}

TEST(identify_page)
{
	const struct nvme_lambda_id *id;

	csd_start(false);
	id = guest_mem(GUEST_DATA);
	CHECK_EQ(identify(), 0);
	CHECK(!memcmp(id->magic, NVME_LAMBDA_MAGIC, 8));
	CHECK_EQ(id->version, 1);
	CHECK_EQ(id->slots, CSD_SLOTS);
	CHECK_EQ(id->programs, CSD_PROGRAMS);
	CHECK_EQ(id->slot_bytes, CSD_SLOT_BYTES);
	CHECK_EQ(id->program_max, 65536);
	CHECK(id->extents_max >= 4096);
	CHECK(id->request_max >= 64 + 16 * id->extents_max + id->args_max);
	CHECK_EQ(id->transfer_max, FW_TRANSFER_MAX);
	CHECK_EQ(id->in_max, CSD_SLOT_BYTES);
	CHECK_EQ(id->insns_max, 10000000);
	CHECK_EQ(id->cores, 2);
	CHECK_EQ(id->core_ips, 1000000000);
	CHECK_EQ(id->dilation, 1);
	CHECK_EQ(id->contract, SBPF_CONTRACT_CHARGING | SBPF_CONTRACT_BULK);
}

/* Its bytes cross the link, and a core looks at each instruction. */
TEST(loading_takes_time)
{
	struct nvme_lambda_image head = plain;
	u32 size = make(head);
	u64 begun;

	csd_start(true);
	head.insns = CSD_COPY;
	memcpy(image, &head, sizeof(head));
	begun = guest.host.now;
	CHECK_EQ(csd_piece(0, 0, image, 64, size), 0);
	CHECK_EQ(guest.host.now - begun, 1000 + 64);
	begun = guest.host.now;
	CHECK_EQ(csd_piece(guest.result, 64, image + 64, size - 64, 0), 0);
	CHECK_EQ(guest.host.now - begun, 1000 + size - 64);
	begun = guest.host.now;
	CHECK_EQ(csd_commit(guest.result), 0);
	CHECK_EQ(guest.host.now - begun, CSD_COPY * 100);
}

/* The effects log tells of every command that is executed, and of no other. */
TEST(effects_log)
{
	static const u8 io[] = { NVME_LAMBDA_ALLOC, NVME_LAMBDA_FREE,
				 NVME_LAMBDA_WRITE, NVME_LAMBDA_READ,
				 NVME_LAMBDA_EXEC_READ,
				 NVME_LAMBDA_EXEC_WRITE,
				 NVME_LAMBDA_EXEC_FAST };
	static struct fw_log_effects log;
	u32 told = 0;

	csd_start(false);
	CHECK_EQ(guest_admin(guest_to_data(FW_ADMIN_GET_LOG, 0,
					   1023 << 16 | FW_LOG_EFFECTS,
					   4096)), 0);
	memcpy(&log, guest_mem(GUEST_DATA), sizeof(log));
	for (u32 op = 0; op < 256; op++) {
		struct fw_sqe sqe = { .opcode = op, .nsid = 1, .cdw10 = 999 };
		u16 admin = SC(guest_admin((struct fw_sqe){ .opcode = op,
							    .cdw10 = 999 }));

		/* an event request is pending: no completion, but it exists */
		CHECK_EQ(admin != FW_SC_INVALID_OPCODE,
			 !!(log.admin[op] & FW_EFFECT_SUPPORTED));
		if (op == FW_IO_DSM)
			guest_data(&sqe, GUEST_DATA, 4096);
		CHECK_EQ(SC(guest_io(sqe)) != FW_SC_INVALID_OPCODE,
			 !!(log.io[op] & FW_EFFECT_SUPPORTED));
		told += op >= FW_IO_VENDOR && log.io[op];
	}
	CHECK_EQ(told, FW_ARRAY_SIZE(io));
	for (u32 i = 0; i < FW_ARRAY_SIZE(io); i++)
		CHECK_EQ(log.io[io[i]], io[i] == NVME_LAMBDA_EXEC_WRITE ?
			 FW_EFFECT_SUPPORTED | FW_EFFECT_CONTENT :
			 FW_EFFECT_SUPPORTED);
}

TEST(passes_for_another_drive)
{
	const struct nvme_lambda_id *id;

	csd_default();
	guest.cfg.lambda.version = 2;
	guest.cfg.lambda.withheld = ~0u;
	guest_start();
	id = guest_mem(GUEST_DATA);
	CHECK_EQ(identify(), 0);
	CHECK_EQ(id->version, 2);
	CHECK_EQ(id->contract, 0);
}

static bool tells_of_lambdas(void)
{
	const u8 *id = guest_mem(GUEST_DATA);

	return !memcmp(id + NVME_LAMBDA_CTRL_MAGIC, NVME_LAMBDA_MAGIC, 8);
}

TEST(told_by_the_controller)
{
	csd_start(false);
	CHECK_EQ(guest_identify(FW_CNS_CTRL, 0), 0);
	CHECK(tells_of_lambdas());
}

TEST(no_slots_no_lambda)
{
	csd_default();
	guest.cfg.lambda.slots = 0;
	guest_start();
	CHECK_EQ(guest_identify(FW_CNS_CTRL, 0), 0);
	CHECK(!tells_of_lambdas());
	CHECK_EQ(SC(identify()), FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(csd_unload(1)), FW_SC_INVALID_OPCODE);
	CHECK_EQ(SC(csd_free(1)), FW_SC_INVALID_OPCODE);
}

static const char *with(struct fw_lambda_config l)
{
	csd_default();
	guest.cfg.lambda = l;
	return guest_power_on();
}

TEST(bad_configurations_are_refused)
{
	struct fw_lambda_config ok;

	csd_default();
	ok = guest.cfg.lambda;
	CHECK(!with(ok));
#define BAD(field, value)						\
	do {								\
		struct fw_lambda_config bad = ok;			\
									\
		bad.field = value;					\
		CHECK(with(bad));					\
	} while (0)
	BAD(slots, 65);
	BAD(programs, 0);
	BAD(programs, 65);
	BAD(slot_bytes, 65535);
	BAD(slot_bytes, 65537);
	BAD(slot_bytes, 4096);
	BAD(slot_bytes, 0xfffff000);
	BAD(program_max, 0);
	BAD(program_max, 5000);
	BAD(program_max, 65u << 20);
	BAD(insns_max, 0);
	BAD(ns_max, 0);
#undef BAD
}

TEST(load_whole)
{
	u32 size, id;

	csd_start(false);
	size = make(plain);
	CHECK_EQ(csd_piece(0, 0, image, size, size), 0);
	id = guest.result;
	CHECK(id);
	CHECK_EQ(csd_commit(id), 0);
	CHECK_EQ(SC(csd_commit(id)), FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(csd_piece(id, size, image, 4, 0)), FW_SC_INVALID_FIELD);
	CHECK_EQ(csd_unload(id), 0);
	CHECK_EQ(SC(csd_unload(id)), NVME_LAMBDA_SC_NO_PROGRAM);
	CHECK_EQ(SC(csd_commit(id)), NVME_LAMBDA_SC_NO_PROGRAM);
}

TEST(load_in_pieces)
{
	u32 size, id;

	csd_start(false);
	size = make(plain);
	CHECK_EQ(csd_piece(0, 0, image, 4, size), 0);
	id = guest.result;
	CHECK_EQ(SC(csd_commit(id)), FW_SC_INVALID_FIELD);
	for (u32 at = 4; at < size; at += 4) {
		CHECK_EQ(csd_piece(id, at, image + at, 4, 0), 0);
		CHECK_EQ(guest.result, id);
	}
	CHECK_EQ(csd_commit(id), 0);
}

TEST(bad_pieces)
{
	u32 size, id;

	csd_start(false);
	size = make(plain);
	CHECK_EQ(SC(csd_piece(0, 4, image, 8, size)), FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(csd_piece(0, 0, image, 8, 60)), FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(csd_piece(0, 0, image, 8, 66)), FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(csd_piece(0, 0, image, 6, size)), FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(csd_piece(0, 0, image, 0, size)), FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(csd_piece(0, 0, image, size + 4, size)),
		 FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(csd_piece(0, 0, image, 8, 65540)),
		 NVME_LAMBDA_SC_PROGRAM_TOO_BIG);
	CHECK_EQ(SC(csd_piece(77, 0, image, 8, 0)),
		 NVME_LAMBDA_SC_NO_PROGRAM);
	CHECK_EQ(csd_piece(0, 0, image, 8, size), 0);
	id = guest.result;
	CHECK_EQ(SC(csd_piece(id, 4, image, 8, 0)), FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(csd_piece(id, 12, image, 8, 0)), FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(csd_piece(id, 8, image, 8, size)), FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(csd_piece(id, 8, image, size, 0)), FW_SC_INVALID_FIELD);
	guest.host.dma_fail_in = 1;
	CHECK_EQ(csd_piece(id, 8, image, 8, 0), FW_SC_DATA_TRANSFER);
	CHECK_EQ(csd_piece(id, 8, image + 8, size - 8, 0), 0);
	CHECK_EQ(csd_commit(id), 0);
	guest.host.dma_fail_in = 1;
	CHECK_EQ(csd_piece(0, 0, image, 8, size), FW_SC_DATA_TRANSFER);
}

/* Loads image[] as it is; the status of the commit. */
static u16 commit(u32 size)
{
	u16 status = csd_piece(0, 0, image, size, size);
	u32 id = guest.result;

	if (status)
		return GUEST_NOTHING;
	status = csd_commit(id);
	if (!status)
		csd_unload(id);
	return SC(status);
}

static u16 commit_head(struct nvme_lambda_image head)
{
	return commit(make(head));
}

TEST(bad_heads)
{
	const u16 bad = NVME_LAMBDA_SC_PROGRAM_INVALID;
	struct nvme_lambda_image *h = (void *)image;
	u32 size;

	csd_start(false);
	CHECK_EQ(commit_head(plain), 0);
#define HEAD(...)	commit_head((struct nvme_lambda_image){ __VA_ARGS__ })
	CHECK_EQ(HEAD(.flags = 2), bad);
	CHECK_EQ(guest.result, NVME_LAMBDA_HEADER);
	CHECK_EQ(HEAD(.reserved = 1), bad);
	CHECK_EQ(HEAD(.reserved2[23] = 1), bad);
	CHECK_EQ(HEAD(.budget = 1), bad);
	CHECK_EQ(HEAD(.flags = 1, .budget = 1), 0);
	CHECK_EQ(HEAD(.flags = 1, .budget = SBPF_BUDGET_MAX), 0);
	CHECK_EQ(HEAD(.flags = 1, .budget = SBPF_BUDGET_MAX + 1), bad);
	CHECK_EQ(HEAD(.frame_len = 4095), bad);
	CHECK_EQ(HEAD(.frame_len = SBPF_FRAME_MAX), 0);
	CHECK_EQ(HEAD(.frame_len = SBPF_FRAME_MAX + 4096), bad);
	CHECK_EQ(HEAD(.heap_len = SBPF_HEAP_MAX), 0);
	CHECK_EQ(HEAD(.heap_len = SBPF_HEAP_MAX + 1), bad);
	CHECK_EQ(HEAD(.bss_len = SBPF_DATA_MAX), 0);
	CHECK_EQ(HEAD(.bss_len = SBPF_DATA_MAX + 1), bad);
	CHECK_EQ(HEAD(.rodata_len = 4, .bss_len = SBPF_DATA_MAX), bad);
	CHECK_EQ(HEAD(.rodata_len = 3, .data_len = 2), 0);
#undef HEAD
	size = make((struct nvme_lambda_image){ .rodata_len = 3 });
	image[size - 1] = 1;		/* padding */
	CHECK_EQ(commit(size), bad);
	size = make(plain);
	h->insns = 0;
	CHECK_EQ(commit(size), bad);
	h->insns = CSD_COPY + 1;
	CHECK_EQ(commit(size), bad);
	h->insns = 0xffffffff;
	CHECK_EQ(commit(size), bad);
	h->insns = CSD_COPY - 1;
	CHECK_EQ(commit(size), bad);
	h->insns = CSD_COPY;
	h->rodata_len = 0xffffffff;
	CHECK_EQ(commit(size), bad);
}

/* What the check refuses is told by its index, and is gone. */
TEST(bad_program)
{
	static const struct sbpf_insn insns[] = {
		MOV(0, 0), MOV_X(3, 5), EXIT(),
	};
	u16 status;

	csd_start(false);
	for (u32 i = 0; i < 2 * CSD_PROGRAMS; i++) {
		CHECK(!csd_load(&plain, insns, 3, &status));
		CHECK_EQ(SC(status), NVME_LAMBDA_SC_PROGRAM_INVALID);
		CHECK_EQ(guest.result, 1);
	}
}

TEST(places_run_out)
{
	u32 ids[CSD_PROGRAMS];
	u16 status;

	csd_start(false);
	for (u32 i = 0; i < CSD_PROGRAMS; i++)
		ids[i] = csd_program(csd_copy, CSD_COPY);
	CHECK(!csd_load(&plain, csd_copy, CSD_COPY, &status));
	CHECK_EQ(status, NVME_LAMBDA_SC_RESOURCES);	/* without DNR */
	CHECK_EQ(csd_unload(ids[1]), 0);
	CHECK(csd_program(csd_copy, CSD_COPY) != ids[1]);
	CHECK_EQ(SC(csd_unload(ids[1])), NVME_LAMBDA_SC_NO_PROGRAM);
}

/* Programs that nobody goes on with keep their places for so long only. */
TEST(half_loaded_programs_give_way)
{
	u32 size, other[CSD_PROGRAMS];

	csd_start(false);
	size = make(plain);
	other[0] = csd_program(csd_copy, CSD_COPY);
	for (u32 i = 1; i < CSD_PROGRAMS; i++) {
		CHECK_EQ(csd_piece(0, 0, image, 64, size), 0);
		other[i] = guest.result;
	}
	guest.host.now += FW_LOADING_NS - 1;
	CHECK_EQ(csd_piece(0, 0, image, 64, size), NVME_LAMBDA_SC_RESOURCES);
	CHECK_EQ(csd_piece(other[1], 64, image + 64, 4, 0), 0);
	guest.host.now += FW_LOADING_NS - 1;
	CHECK_EQ(csd_piece(0, 0, image, 64, size), 0);
	CHECK_EQ(SC(csd_piece(other[2], 64, image + 64, 4, 0)),
		 NVME_LAMBDA_SC_NO_PROGRAM);
	CHECK_EQ(csd_piece(0, 0, image, 64, size), NVME_LAMBDA_SC_RESOURCES);
	guest.host.now++;
	CHECK_EQ(csd_piece(0, 0, image, 64, size), 0);
	CHECK_EQ(SC(csd_unload(other[1])), NVME_LAMBDA_SC_NO_PROGRAM);
	/* what is committed stays for ever */
	guest.host.now += 100 * FW_LOADING_NS;
	CHECK_EQ(guest_io(csd_fast(other[0], 0, 100, 100)), 0);
}

TEST(nothing_has_id_0)
{
	csd_start(false);
	CHECK_EQ(SC(csd_commit(0)), NVME_LAMBDA_SC_NO_PROGRAM);
	CHECK_EQ(SC(csd_unload(0)), NVME_LAMBDA_SC_NO_PROGRAM);
	CHECK_EQ(SC(csd_free(0)), NVME_LAMBDA_SC_NO_SLOT);
	CHECK_EQ(SC(guest_io(csd_fast(0, 0, 1, 1))),
		 NVME_LAMBDA_SC_NO_PROGRAM);
}

/* As after almost as many programs as can be told apart, in each place. */
static void age_places(void)
{
	struct fw_lambda *l = fw_lambda(guest.host.ctrl);

	for (u32 i = 0; i < CSD_PROGRAMS; i++)
		l->programs[i].gen = FW_GENS_MAX - 1;
}

/* An id names one program and no later one: its place is left empty first. */
TEST(ids_are_not_reused)
{
	u32 size, last;

	csd_start(false);
	age_places();
	size = make(plain);
	for (u32 i = 0; i < CSD_PROGRAMS; i++) {
		last = csd_program(csd_copy, CSD_COPY);
		CHECK_EQ(last, 0xffffff00 | i);
		CHECK_EQ(csd_unload(last), 0);
	}
	CHECK_EQ(csd_piece(0, 0, image, size, size), NVME_LAMBDA_SC_RESOURCES);
	CHECK_EQ(SC(csd_unload(last)), NVME_LAMBDA_SC_NO_PROGRAM);
	/* nor by way of a reset; a power cycle forgets all ids at once */
	guest_disable();
	csd_enable();
	CHECK_EQ(csd_piece(0, 0, image, size, size), NVME_LAMBDA_SC_RESOURCES);
}

TEST(reset_forgets_programs)
{
	u32 id;

	csd_start(false);
	id = csd_program(csd_copy, CSD_COPY);
	guest_disable();
	csd_enable();
	CHECK_EQ(SC(csd_unload(id)), NVME_LAMBDA_SC_NO_PROGRAM);
	for (u32 i = 0; i < CSD_PROGRAMS; i++)
		CHECK(csd_program(csd_copy, CSD_COPY) != id);
}

TEST(unused_fields_must_be_zero)
{
	static const struct {
		u8 opcode;
		bool admin;
		u32 used;	/* beside 2, 3 and 14 */
	} cmds[] = {
		{ NVME_LAMBDA_ADMIN_OPEN, true, 0x3800 },
		{ NVME_LAMBDA_ADMIN_RELEASE, true, 0 },
		{ NVME_LAMBDA_ADMIN_LOAD, true, 0x3c00 },
		{ NVME_LAMBDA_ADMIN_COMMIT, true, 0x400 },
		{ NVME_LAMBDA_ADMIN_UNLOAD, true, 0x400 },
		{ NVME_LAMBDA_ALLOC, false, 0 },
		{ NVME_LAMBDA_FREE, false, 0x400 },
		{ NVME_LAMBDA_WRITE, false, 0x3c00 },
		{ NVME_LAMBDA_READ, false, 0x3400 },
		{ NVME_LAMBDA_EXEC_READ, false, 0x400 },
		{ NVME_LAMBDA_EXEC_WRITE, false, 0x400 },
		{ NVME_LAMBDA_EXEC_FAST, false, 0xbc00 },
	};
	static const u8 dwords[] = { 10, 11, 12, 13, 15 };

	csd_start(false);
	for (u32 i = 0; i < FW_ARRAY_SIZE(cmds); i++) {
		for (u32 j = 0; j < FW_ARRAY_SIZE(dwords); j++) {
			struct fw_sqe sqe = csd_named((struct fw_sqe){
				.opcode = cmds[i].opcode });
			u32 *dw = (u32 *)&sqe;

			if (cmds[i].used & 1u << dwords[j])
				continue;
			dw[dwords[j]] = 1;
			sqe.nsid = !cmds[i].admin;
			CHECK_EQ(SC(cmds[i].admin ? guest_admin(sqe) :
						    guest_io(sqe)),
				 FW_SC_INVALID_FIELD);
		}
	}
}

TEST(namespaces_of_commands)
{
	struct fw_sqe sqe;

	csd_start(false);
	/* nothing but the namespace is wrong with it */
	sqe = csd_named((struct fw_sqe){ .opcode = NVME_LAMBDA_ADMIN_RELEASE,
					 .nsid = 1 });
	CHECK_EQ(SC(guest_admin(sqe)), FW_SC_INVALID_FIELD);
	sqe.opcode = NVME_LAMBDA_ALLOC;
	sqe.nsid = 0;
	CHECK_EQ(SC(guest_io(sqe)), FW_SC_INVALID_NAMESPACE);
	sqe.nsid = 3;
	CHECK_EQ(SC(guest_io(sqe)), FW_SC_INVALID_NAMESPACE);
	sqe.nsid = 1;
	sqe.opcode = 0xff;
	CHECK_EQ(SC(guest_io(sqe)), FW_SC_INVALID_OPCODE);
	sqe.nsid = 0;
	CHECK_EQ(SC(guest_admin(sqe)), FW_SC_INVALID_OPCODE);
}

/* Bits 0 and 1 of an opcode tell the direction of its data. */
TEST(directions)
{
	CHECK_EQ(NVME_LAMBDA_ADMIN_OPEN & 3, 2);
	CHECK_EQ(NVME_LAMBDA_ADMIN_RELEASE & 3, 0);
	CHECK_EQ(NVME_LAMBDA_ADMIN_LOAD & 3, 1);
	CHECK_EQ(NVME_LAMBDA_ADMIN_COMMIT & 3, 0);
	CHECK_EQ(NVME_LAMBDA_ADMIN_UNLOAD & 3, 0);
	CHECK_EQ(NVME_LAMBDA_ALLOC & 3, 0);
	CHECK_EQ(NVME_LAMBDA_FREE & 3, 0);
	CHECK_EQ(NVME_LAMBDA_WRITE & 3, 1);
	CHECK_EQ(NVME_LAMBDA_READ & 3, 2);
	CHECK_EQ(NVME_LAMBDA_EXEC_READ & 3, 0);
	CHECK_EQ(NVME_LAMBDA_EXEC_WRITE & 3, 0);
	CHECK_EQ(NVME_LAMBDA_EXEC_FAST & 3, 2);
}

TAP_MAIN()
