// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What fuzzers send: commands, requests, programs. */
#include "fuzz.h"

u64 fuzz_command_bend(u64 addr)
{
	return addr >> 56 == 0xff ? addr : addr % (GUEST_RAM + 8192ull);
}

/* λs' commands would name no session, program or slot: half of them are told. */
static void command_bend_ids(struct fw_sqe *sqe)
{
	bool ours = sqe->mptr & 1;

	if (sqe->opcode >= FW_IO_VENDOR && !(sqe->mptr & 2))
		*sqe = csd_named(*sqe);
	if (sqe->opcode == NVME_LAMBDA_EXEC_FAST && ours)
		sqe->cdw10 = fuzz_program_id;
	else if (sqe->opcode >= FW_IO_VENDOR && ours)
		sqe->cdw10 = fuzz_slot;
}

struct fw_sqe fuzz_command_take(void)
{
	struct fw_sqe sqe;

	fuzz_input_take(&sqe, sizeof(sqe));
	sqe.prp1 = fuzz_command_bend(sqe.prp1);
	sqe.prp2 = fuzz_command_bend(sqe.prp2);
	command_bend_ids(&sqe);
	return sqe;
}

static struct fw_sqe slot_command(u8 opcode, u32 len)
{
	struct fw_sqe sqe = { .opcode = opcode, .nsid = 1,
			      .cdw10 = fuzz_slot, .cdw13 = len };

	guest_data(&sqe, GUEST_DATA, len);
	return csd_named(sqe);
}

struct fw_sqe fuzz_command_good(u32 which)
{
	u32 more = which / 12, blocks = 1 + more % 300, nsid = 1 + more % 2;
	struct fw_sqe sqe = { .nsid = nsid };

	switch (which % 12) {
	case 0:
		return guest_rw(FW_IO_READ, nsid, more % 500, blocks);
	case 1:
		sqe = guest_rw(FW_IO_WRITE, nsid, more % 500, blocks);
		sqe.cdw12 |= more & 64 ? FW_RW_FUA : 0;
		return sqe;
	case 2:
		return guest_rw(FW_IO_COMPARE, nsid, more % 500, blocks);
	case 3:
		sqe.opcode = FW_IO_FLUSH;
		return sqe;
	case 4:
		return guest_rw(FW_IO_WRITE_ZEROES, nsid, 0, 1 + more % 4096);
	case 5:
		sqe = guest_rw(FW_IO_DSM, nsid, more % 4, 1);
		sqe.cdw11 = FW_DSM_AD;
		sqe.cdw12 = 0;
		return sqe;
	case 6:
		return slot_command(NVME_LAMBDA_EXEC_READ, 0);
	case 7:
		return slot_command(NVME_LAMBDA_EXEC_WRITE, 0);
	case 8:
		return slot_command(NVME_LAMBDA_READ, 128);
	case 9:
		sqe.opcode = NVME_LAMBDA_ALLOC;
		return csd_named(sqe);
	default:
		return csd_fast(fuzz_program_id, more * 512ull % 65536,
				1 + more % 9000, 9000);
	}
}

static void send_commands(u16 queue)
{
	for (u32 i = 0; fuzz_input_left() && i < FUZZ_COMMANDS_MAX; i++) {
		guest_send(queue, fuzz_command_take());
		if (fuzz_input_byte() & 1)
			fuzz_base_drain(queue);
	}
}

void fuzz_command_admin(void)
{
	send_commands(0);
}

void fuzz_command_io(void)
{
	u64 *lists = guest_mem(GUEST_LISTS);

	for (u32 i = 0; i < 32; i++) {
		fuzz_input_take(&lists[i], sizeof(lists[i]));
		lists[i] = fuzz_command_bend(lists[i]);
	}
	memcpy(guest_mem(GUEST_LISTS + 4096 - 128), lists, 128);
	send_commands(1);
}

void fuzz_command_lambda(void)
{
	static const u8 opcodes[] = {
		NVME_LAMBDA_ALLOC, NVME_LAMBDA_FREE, NVME_LAMBDA_WRITE,
		NVME_LAMBDA_READ, NVME_LAMBDA_EXEC_READ,
		NVME_LAMBDA_EXEC_WRITE, NVME_LAMBDA_EXEC_FAST,
	};
	struct {
		struct nvme_lambda_request r;
		struct nvme_lambda_extent e[4];
	} request;

	for (u32 i = 0; fuzz_input_left() && i < FUZZ_COMMANDS_MAX; i++) {
		u8 what = fuzz_input_byte();
		struct fw_sqe sqe = fuzz_command_take();

		sqe.opcode = opcodes[what % sizeof(opcodes)];
		sqe.nsid = 1 + what % 2;
		sqe.flags = 0;
		if (!(what & 0x20))
			sqe = csd_named(sqe);
		if (sqe.opcode == NVME_LAMBDA_EXEC_FAST)
			sqe.cdw10 = fuzz_program_id;
		else if (what & 0x80)
			sqe.cdw10 = fuzz_slot;
		guest_send(1, sqe);
		fuzz_base_drain(1);
		fuzz_input_take(&request, sizeof(request));
		request.r.program = fuzz_program_id;
		csd_write(fuzz_slot, NVME_LAMBDA_AREA_REQUEST, 0, &request,
			  sizeof(request));
		csd_exec(what & 0x40 ? NVME_LAMBDA_EXEC_WRITE :
				       NVME_LAMBDA_EXEC_READ, fuzz_slot);
	}
}

/* Instructions from the input, under a head that mostly fits them. */
static u32 command_take_image(u8 *image, size_t room)
{
	struct nvme_lambda_image head = { .flags = 1, .budget = 1 << 20 };
	u32 size;

	head.heap_len = fuzz_input_byte() << 8;
	head.rodata_len = fuzz_input_byte();
	head.data_len = fuzz_input_byte();
	head.bss_len = fuzz_input_byte() << 4;
	room -= sizeof(head) + 512;
	size = csd_image(&head,
			 fw_round_up(fw_min(fuzz_input_bytes(), room), 8) / 8);
	memcpy(image, &head, sizeof(head));
	fuzz_input_take(image + sizeof(head), size - sizeof(head));
	return size;
}

#define RUN_BYTES	5000u

/* What a host sees of a run. */
struct ending {
	u16 status;
	u64 result;
	u8 answer[8192 + sizeof(struct nvme_lambda_result)];
};

static void command_run_image_once(u32 id, struct ending *end)
{
	end->status = guest_io(csd_fast(id, 100, RUN_BYTES, RUN_BYTES));
	end->result = guest.result;
	memcpy(end->answer, guest_mem(GUEST_DATA), sizeof(end->answer));
}

/* In a guarded window, where there is one, and in another: they end alike. */
static void command_run_both_ways(u32 id)
{
	struct fw_guard *guard = &guest.host.ctrl->hal.guard;
	struct fw_guard kept = *guard;
	static struct ending guarded, compared;

	command_run_image_once(id, &guarded);
	guard->run = NULL;
	command_run_image_once(id, &compared);
	*guard = kept;
	fuzz_base_must(!memcmp(&guarded, &compared, sizeof(guarded)));
}

u64 fuzz_translated;

void fuzz_command_program(void)
{
	struct fw_lambda *l = fw_lambda(guest.host.ctrl);
	static u8 image[65536];
	u32 size, id;

	memset(image, 0, sizeof(image));
	if (fuzz_input_byte() & 1) {
		size = fw_round_up(fw_min(fuzz_input_bytes(), sizeof(image)),
				   4);
		fuzz_input_take(image, size);
	} else {
		size = command_take_image(image, sizeof(image));
	}
	if (csd_piece(0, 0, image, size, size))
		return;
	id = guest.result;
	if (csd_commit(id))
		return;
	fuzz_translated += !!fw_program_find(l, l->sessions, id)
				->sbpf.code[SBPF_JIT_COMPARE];
	command_run_both_ways(id);
	fuzz_base_must(!csd_unload(id));
}
