// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Fuzz targets: a drive on the fake host, driven by bytes that somebody else
 * chose. FUZZ says which kind: FUZZ_ADMIN, FUZZ_IO, FUZZ_LAMBDA, FUZZ_PROGRAM.
 *
 * Whatever came, the controller has to come back from a reset with nothing
 * left over and answer a driver that behaves.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "core/ctrl.h"
#include "lambda/lambda.h"
#include "tests/csd.h"

#define FUZZ_COMMANDS_MAX	64u	/* per input */
#define FUZZ_INSNS_MAX		100000u	/* of one λ: inputs shall be quick */
#define FUZZ_TEXT_BYTES		(4u << 20)

/* The input, eaten from the front; it ends in zeros. */
static const u8 *input;
static size_t left;

static void take(void *to, size_t len)
{
	size_t part = fw_min(len, left);

	memcpy(to, input, part);
	memset((u8 *)to + part, 0, len - part);
	input += part;
	left -= part;
}

static u8 take_byte(void)
{
	u8 byte;

	take(&byte, 1);
	return byte;
}

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* Lets time pass and takes what was completed. */
static void drain(u16 queue)
{
	u16 cid;

	for (u32 i = 0; i < FUZZ_COMMANDS_MAX; i++)
		if (guest_reap(queue, &cid) == GUEST_NOTHING)
			break;
}

/* Random addresses would all miss: most are bent into memory. */
static u64 bend(u64 addr)
{
	return addr >> 56 == 0xff ? addr : addr % (GUEST_RAM + 8192ull);
}

static struct fw_sqe take_command(void)
{
	struct fw_sqe sqe;

	take(&sqe, sizeof(sqe));
	sqe.prp1 = bend(sqe.prp1);
	sqe.prp2 = bend(sqe.prp2);
	return sqe;
}

static void send_commands(u16 queue)
{
	for (u32 i = 0; left && i < FUZZ_COMMANDS_MAX; i++) {
		guest_send(queue, take_command());
		if (take_byte() & 1)
			drain(queue);
	}
}

/* Commands of any kind to the admin queue. */
static void fuzz_admin(void)
{
	send_commands(0);
}

/* Commands of any kind to an I/O queue, with PRP lists to match. */
static void fuzz_io(void)
{
	u64 *lists = guest_mem(GUEST_LISTS);

	for (u32 i = 0; i < 32; i++) {
		take(&lists[i], sizeof(lists[i]));
		lists[i] = bend(lists[i]);
	}
	memcpy(guest_mem(GUEST_LISTS + 4096 - 128), lists, 128);
	send_commands(1);
}

/* Requests, well-formed up to a point, and the commands around them. */
static void fuzz_lambda(void)
{
	static const u8 opcodes[] = {
		NVME_LAMBDA_ALLOC, NVME_LAMBDA_FREE, NVME_LAMBDA_WRITE,
		NVME_LAMBDA_READ, NVME_LAMBDA_EXEC_READ,
		NVME_LAMBDA_EXEC_WRITE, NVME_LAMBDA_EXEC_FAST,
	};
	u32 program = csd_program(csd_copy, CSD_COPY), slot;
	struct {
		struct nvme_lambda_request r;
		struct nvme_lambda_extent e[4];
	} request;

	must(program && !csd_alloc(&slot));
	for (u32 i = 0; left && i < FUZZ_COMMANDS_MAX; i++) {
		u8 what = take_byte();
		struct fw_sqe sqe = take_command();

		sqe.opcode = opcodes[what % sizeof(opcodes)];
		sqe.nsid = 1 + what % 2;
		sqe.flags = 0;
		if (sqe.opcode == NVME_LAMBDA_EXEC_FAST)
			sqe.cdw2 = program;
		else if (what & 0x80)
			sqe.cdw10 = slot;
		guest_send(1, sqe);
		drain(1);
		take(&request, sizeof(request));
		request.r.program = program;
		csd_write(slot, NVME_LAMBDA_AREA_REQUEST, 0, &request,
			  sizeof(request));
		csd_exec(what & 0x40 ? NVME_LAMBDA_EXEC_WRITE :
				       NVME_LAMBDA_EXEC_READ, slot);
	}
}

/* Instructions from the input, under a head that mostly fits them. */
static u32 take_image(u8 *image, size_t room)
{
	struct nvme_lambda_image head = { .flags = 1, .budget = 1 << 20 };
	u32 size;

	head.heap_len = take_byte() << 8;
	head.rodata_len = take_byte();
	head.data_len = take_byte();
	head.bss_len = take_byte() << 4;
	room -= sizeof(head) + 512;
	size = csd_image(&head, 1 + fw_min(left, room) / 8);
	memcpy(image, &head, sizeof(head));
	take(image + sizeof(head), size - sizeof(head));
	return size;
}

/* An image; what the check accepts is run. */
static void fuzz_program(void)
{
	static u8 image[65536];
	u32 size, id;

	memset(image, 0, sizeof(image));
	if (take_byte() & 1) {
		size = fw_round_up(fw_min(left, sizeof(image)), 4);
		take(image, size);
	} else {
		size = take_image(image, sizeof(image));
	}
	if (csd_piece(0, 0, image, size, size))
		return;
	id = guest.result;
	if (csd_commit(id))
		return;
	guest_io(csd_fast(id, 100, 5000, 5000));
	must(!csd_unload(id));
}

static void check_nothing_left(void)
{
	struct fw_ctrl *c = guest.host.ctrl;
	struct fw_lambda *l = c->set_state;
	u32 n = 0;

	for (const struct fw_cmd *cmd = c->free; cmd; cmd = cmd->next)
		n++;
	must(n == FW_CMDS_MAX && !c->nr_aer);
	must(fw_timing_next(&c->timing) == FW_NEVER);
	for (u32 i = 0; i < l->cfg.slots + l->fast; i++)
		must(!l->slots[i].id && !l->slots[i].running);
	for (u32 i = 0; i < l->cfg.programs; i++)
		must(!l->programs[i].id && !l->programs[i].runs);
}

static void start_world(void)
{
	u8 *text = mmap(NULL, FUZZ_TEXT_BYTES, PROT_READ | PROT_WRITE |
			PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(text != MAP_FAILED);
	csd_default();
	guest.cfg.profile.timing = true;
	guest.cfg.lambda.insns_max = FUZZ_INSNS_MAX;
	guest.cfg.faults = true;
	guest_power_on();
	guest.host.text = (struct fw_text){ text, text, FUZZ_TEXT_BYTES };
	must(!fw_host_power_on(&guest.host, &guest.cfg));
}

enum fuzz_kind { FUZZ_ADMIN, FUZZ_IO, FUZZ_LAMBDA, FUZZ_PROGRAM };

static void (*const fuzz_kinds[])(void) = {
	[FUZZ_ADMIN] = fuzz_admin,
	[FUZZ_IO] = fuzz_io,
	[FUZZ_LAMBDA] = fuzz_lambda,
	[FUZZ_PROGRAM] = fuzz_program,
};

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	if (!guest.host.ram)
		start_world();
	input = data;
	left = size;
	must(guest_enable());
	must(!guest_create_queues(1, GUEST_ENTRIES));
	fuzz_kinds[FUZZ]();
	fw_ctrl_reset(guest.host.ctrl);
	check_nothing_left();
	fw_host_media_flush(&guest.host.media);
	must(guest_enable());
	must(!guest_create_queues(1, GUEST_ENTRIES));
	must(!guest_io(guest_rw(FW_IO_READ, 1, 0, 8)));
	fw_ctrl_reset(guest.host.ctrl);
	return 0;
}
