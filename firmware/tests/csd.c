// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the λ driver of a guest does, for tests. */
#include <stdlib.h>

#include "csd.h"

const struct sbpf_insn csd_copy[CSD_COPY] = {
	MOV_X(6, 1),
	LDX(SBPF_DW, 1, 6, CTX(out)),
	LDX(SBPF_DW, 2, 6, CTX(in)),
	LDX(SBPF_DW, 3, 6, CTX(in_len)),
	CALL(SBPF_HELPER_MEMCPY),
	LDX(SBPF_DW, 0, 6, CTX(in_len)),
	MOV(1, 0),
	EXIT(),
};

const struct sbpf_insn csd_loop[CSD_LOOP] = { JA(-1), EXIT() };

const struct sbpf_insn csd_fault[CSD_FAULT] = {
	MOV(0, 0),
	MOV(1, 8),
	ST(SBPF_DW, 1, 0, 1),
	EXIT(),
};

const struct sbpf_insn csd_args[CSD_ARGS] = {
	MOV_X(6, 1),
	LDX(SBPF_DW, 1, 6, CTX(out)),
	LDX(SBPF_DW, 2, 6, CTX(args)),
	LDX(SBPF_DW, 3, 6, CTX(args_len)),
	CALL(SBPF_HELPER_MEMCPY),
	LDX(SBPF_DW, 0, 6, CTX(args_len)),
	MOV(1, 0),
	EXIT(),
};

const struct sbpf_insn csd_fill[CSD_FILL] = {
	LDX(SBPF_DW, 3, 1, CTX(out_cap)),
	LDX(SBPF_DW, 1, 1, CTX(out)),
	MOV(2, 0xff),
	CALL(SBPF_HELPER_MEMSET),
	MOV(0, 10),
	EXIT(),
};

void csd_default(void)
{
	guest_default();
	guest.cfg.lambda = (struct fw_lambda_config){
		.slots = CSD_SLOTS,
		.slot_bytes = CSD_SLOT_BYTES,
		.programs = CSD_PROGRAMS,
		.program_max = 65536,
		.insns_max = 10000000,
		.ns_max = 1000000000,
		.boot = CSD_BOOT,
	};
}

struct csd csd;

void csd_name(u64 key, u32 epoch)
{
	csd.key = key;
	csd.epoch = epoch;
}

struct fw_sqe csd_named(struct fw_sqe sqe)
{
	sqe.cdw2 = csd.key;
	sqe.cdw3 = csd.key >> 32;
	if (sqe.opcode != NVME_LAMBDA_EXEC_FAST)
		sqe.cdw14 = csd.epoch;
	return sqe;
}

u16 csd_open_for(struct nvme_lambda_grant *grant, u32 want, u32 lease_ms,
		 u32 deadline_us)
{
	struct fw_sqe sqe = csd_named((struct fw_sqe){
		.opcode = NVME_LAMBDA_ADMIN_OPEN,
		.cdw11 = want,
		.cdw12 = lease_ms,
		.cdw13 = deadline_us,
	});
	u16 status;

	guest_data(&sqe, GUEST_DATA, sizeof(*grant));
	status = guest_admin(sqe);
	memcpy(grant, guest_mem(GUEST_DATA), sizeof(*grant));
	return status;
}

void csd_open(u64 key, u32 epoch)
{
	struct nvme_lambda_grant grant;

	csd_name(key, epoch);
	if (csd_open_for(&grant, NVME_LAMBDA_WANT(0xffff, 0xffff),
			 CSD_LEASE_MS, 0))
		abort();
}

bool csd_enable(void)
{
	if (!guest_enable())
		return false;
	csd_open(CSD_KEY, 1);
	return true;
}

u16 csd_release(void)
{
	return guest_admin(csd_named((struct fw_sqe){
		.opcode = NVME_LAMBDA_ADMIN_RELEASE }));
}

void csd_power_on(void)
{
	guest_start();
	csd_open(CSD_KEY, 1);
}

void csd_start(bool timing)
{
	csd_default();
	guest.cfg.profile.timing = timing;
	csd_power_on();
}

void csd_begin(bool timing)
{
	csd_start(timing);
	csd.copy = csd_program(csd_copy, CSD_COPY);
	csd_alloc(&csd.slot);
	csd.media = guest.host.media.now;
	guest_fill(csd.media, 1 << 20, 1);
}

u16 csd_run(struct nvme_lambda_request r, u8 opcode)
{
	static const u8 args[SBPF_ARGS_MAX + 4] = "sixteen bytes...";
	struct nvme_lambda_extent e = { 0, 4096 };
	u16 status;

	r.in_len = 4096;
	status = csd_request(csd.slot, r, &e, 1, args);
	return status ? status : SC(csd_exec(opcode, csd.slot));
}

u16 csd_piece(u32 id, u32 offset, const void *bytes, u32 len, u32 total)
{
	struct fw_sqe sqe = {
		.opcode = NVME_LAMBDA_ADMIN_LOAD,
		.cdw10 = id,
		.cdw11 = offset,
		.cdw12 = len,
		.cdw13 = total,
	};

	guest_data(&sqe, GUEST_DATA, len);
	memcpy(guest_mem(GUEST_DATA), bytes, len);
	return guest_admin(csd_named(sqe));
}

static u16 csd_admin(u8 opcode, u32 id)
{
	return guest_admin(csd_named((struct fw_sqe){ .opcode = opcode,
						      .cdw10 = id }));
}

u16 csd_commit(u32 id)
{
	return csd_admin(NVME_LAMBDA_ADMIN_COMMIT, id);
}

u16 csd_unload(u32 id)
{
	return csd_admin(NVME_LAMBDA_ADMIN_UNLOAD, id);
}

u32 csd_image(struct nvme_lambda_image *head, u32 n)
{
	head->insns = n;
	return fw_round_up(sizeof(*head) + n * sizeof(struct sbpf_insn) +
			   head->rodata_len + head->data_len, 4);
}

/* Globals are bytes that differ: guest_fill() of seed 77 over both. */
u32 csd_load(const struct nvme_lambda_image *head,
	     const struct sbpf_insn *insns, u32 n, u16 *status)
{
	struct nvme_lambda_image h = *head;
	u32 size = csd_image(&h, n), id;
	u8 *image = calloc(1, size);

	if (!image)
		abort();
	memcpy(image, &h, sizeof(h));
	memcpy(image + sizeof(h), insns, n * sizeof(*insns));
	guest_fill(image + sizeof(h) + n * sizeof(*insns),
		   h.rodata_len + h.data_len, 77);
	*status = csd_piece(0, 0, image, size, size);
	free(image);
	id = guest.result;
	if (!*status)
		*status = csd_commit(id);
	return *status ? 0 : id;
}

u32 csd_program(const struct sbpf_insn *insns, u32 n)
{
	struct nvme_lambda_image head = { 0 };
	u16 status;

	return csd_load(&head, insns, n, &status);
}

static struct fw_sqe csd_sqe(u8 opcode, u32 cdw10)
{
	return csd_named((struct fw_sqe){ .opcode = opcode, .nsid = 1,
					  .cdw10 = cdw10 });
}

static u16 csd_io(u8 opcode, u32 cdw10)
{
	return guest_io(csd_sqe(opcode, cdw10));
}

u16 csd_send(u8 opcode, u32 slot)
{
	return guest_send(1, csd_sqe(opcode, slot));
}

u16 csd_alloc(u32 *slot)
{
	u16 status = csd_io(NVME_LAMBDA_ALLOC, 0);

	*slot = guest.result;
	return status;
}

u16 csd_free(u32 slot)
{
	return csd_io(NVME_LAMBDA_FREE, slot);
}

u16 csd_exec(u8 opcode, u32 slot)
{
	return csd_io(opcode, slot);
}

u16 csd_write(u32 slot, u32 area, u32 offset, const void *bytes, u32 len)
{
	struct fw_sqe sqe = { .opcode = NVME_LAMBDA_WRITE, .nsid = 1,
			      .cdw10 = slot, .cdw11 = area, .cdw12 = offset,
			      .cdw13 = len };

	guest_data(&sqe, GUEST_DATA, len);
	memcpy(guest_mem(GUEST_DATA), bytes, len);
	return guest_io(csd_named(sqe));
}

u16 csd_read(u32 slot, u32 offset, u32 len)
{
	struct fw_sqe sqe = { .opcode = NVME_LAMBDA_READ, .nsid = 1,
			      .cdw10 = slot, .cdw12 = offset, .cdw13 = len };

	guest_data(&sqe, GUEST_DATA, len);
	memset(guest_mem(GUEST_DATA), 0xee, len);
	return guest_io(csd_named(sqe));
}

u16 csd_request(u32 slot, struct nvme_lambda_request r,
		const struct nvme_lambda_extent *extents, u32 n,
		const void *args)
{
	u32 len = sizeof(r) + n * sizeof(*extents);
	u8 *area;
	u16 status;

	r.nr_extents = n;
	if (r.args_len)
		r.args_off = len;
	area = calloc(1, fw_round_up(len + r.args_len, 4));
	if (!area)
		abort();
	memcpy(area, &r, sizeof(r));
	memcpy(area + sizeof(r), extents, n * sizeof(*extents));
	if (r.args_len)
		memcpy(area + len, args, r.args_len);
	status = csd_write(slot, NVME_LAMBDA_AREA_REQUEST, 0, area,
			   fw_round_up(len + r.args_len, 4));
	free(area);
	return status;
}

struct fw_sqe csd_fast(u32 program, u64 addr, u32 len, u32 cap)
{
	struct fw_sqe sqe = {
		.opcode = NVME_LAMBDA_EXEC_FAST,
		.nsid = 1,
		.cdw10 = program,
		.cdw11 = addr,
		.cdw13 = NVME_LAMBDA_FAST_HIGH(addr, 0ull),
		.cdw14 = len,
		.cdw15 = cap,
	};
	u32 data = fw_round_up(cap, 4096) + sizeof(struct nvme_lambda_result);

	guest_data(&sqe, GUEST_DATA, data);
	memset(guest_mem(GUEST_DATA), 0xee, data);
	return csd_named(sqe);
}

const struct nvme_lambda_result *csd_result(u32 cap)
{
	return guest_mem(GUEST_DATA + fw_round_up(cap, 4096));
}

u16 csd_stats(struct nvme_lambda_stats *stats)
{
	struct fw_sqe sqe = {
		.opcode = FW_ADMIN_GET_LOG,
		.cdw10 = (sizeof(*stats) / 4 - 1) << 16 | NVME_LAMBDA_LOG,
	};
	u16 status;

	guest_data(&sqe, GUEST_DATA, sizeof(*stats));
	status = guest_admin(sqe);
	memcpy(stats, guest_mem(GUEST_DATA), sizeof(*stats));
	return status;
}
