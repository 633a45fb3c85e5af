// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A λ drive whose operations end when a test says so. */
#include "late.h"

bool late_prepare(void)
{
	csd.copy = csd_program(csd_copy, CSD_COPY);
	return csd.copy && csd_alloc(&csd.slot) == 0;
}

void late_begin(bool late_dma)
{
	csd_default();
	guest_power_on();
	guest.host.late_dma = late_dma;
	guest.host.defer = true;
	fw_host_power_on(&guest.host, &guest.cfg);
	csd_enable();
	guest_create_queues(1, GUEST_ENTRIES);
	late_prepare();
	csd.media = guest.host.media.now;
	guest_fill(csd.media, GUEST_MEDIA, 1);
	guest.host.late = true;
}

u32 late_flying(void)
{
	return guest.host.nr_ops;
}

const struct fw_op *late_op(u32 n)
{
	return guest.host.ops[n].op;
}

bool late_end(u32 n)
{
	return fw_host_end(&guest.host, n);
}

bool late_only(enum fw_op_kind kind)
{
	return late_flying() == 1 && late_op(0)->kind == kind;
}

u16 late_take(u16 cq)
{
	u16 cid;

	return guest_poll(cq, &cid);
}

static u16 late_admin(u8 opcode, u32 cdw10)
{
	struct fw_sqe sqe = { .opcode = opcode, .cdw10 = cdw10 };

	return guest_send(0, csd_named(sqe));
}

u16 late_abort(u16 sq, u16 cid)
{
	return guest_send(0, (struct fw_sqe){
		.opcode = FW_ADMIN_ABORT, .cdw10 = (u32)cid << 16 | sq });
}

u16 late_open(u32 epoch)
{
	struct fw_sqe sqe;

	csd_name(CSD_KEY, epoch);
	sqe = csd_named((struct fw_sqe){
		.opcode = NVME_LAMBDA_ADMIN_OPEN,
		.cdw11 = NVME_LAMBDA_WANT(0xffff, 0xffff),
		.cdw12 = CSD_LEASE_MS });
	guest_data(&sqe, LATE_GRANT, sizeof(struct nvme_lambda_grant));
	return guest_send(0, sqe);
}

u16 late_release(void)
{
	return late_admin(NVME_LAMBDA_ADMIN_RELEASE, 0);
}

u16 late_commit(u32 id)
{
	return late_admin(NVME_LAMBDA_ADMIN_COMMIT, id);
}

u16 late_unload(u32 id)
{
	return late_admin(NVME_LAMBDA_ADMIN_UNLOAD, id);
}

u16 late_write(void)
{
	static const struct nvme_lambda_extent e[] = { { 8192, 2048 },
						       { 0, 4096 } };
	struct nvme_lambda_request r = { .program = csd.copy, .in_len = 4096,
					 .out_cap = 4096 };
	u8 in[4096];

	guest_fill(in, 4096, 9);
	csd_write(csd.slot, NVME_LAMBDA_AREA_INPUT, 0, in, 4096);
	csd_request(csd.slot, r, e, 2, NULL);
	return csd_send(NVME_LAMBDA_EXEC_WRITE, csd.slot);
}

u32 late_load(void)
{
	struct nvme_lambda_image head = { 0 };
	u8 image[sizeof(head) + sizeof(csd_copy[0]) * CSD_COPY];
	u32 len = csd_image(&head, CSD_COPY);

	memcpy(image, &head, sizeof(head));
	memcpy(image + sizeof(head), csd_copy, sizeof(image) - sizeof(head));
	return csd_piece(0, 0, image, len, len) ? 0 : guest.result;
}

static bool late_lambdas_at_rest(struct fw_lambda *l)
{
	for (u32 i = 0; i < l->cfg.slots + l->fast; i++)
		if (l->slots[i].running || l->slots[i].filling ||
		    l->slots[i].deferred)
			return false;
	for (u32 i = 0; i < l->cfg.programs; i++)
		if (l->programs[i].runs || l->programs[i].committing)
			return false;
	return !l->commits && !l->checking && !l->opens && !l->telling;
}

bool late_at_rest(void)
{
	const struct fw_ctrl *c = guest.host.ctrl;
	const struct fw_media *m = &c->media;

	return late_lambdas_at_rest(fw_lambda(guest.host.ctrl)) &&
	       c->nr_idle == FW_TRANSFERS_MAX && !c->line && !c->pieces &&
	       !c->late && !c->entered && c->nr_free == FW_CMDS_MAX &&
	       !m->flying && !m->waiting && !m->writing;
}
