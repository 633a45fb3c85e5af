// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A driver for tests. */
#include <stdlib.h>

#include "guest.h"

struct guest guest;
u32 guest_seed = 1;

u32 guest_random(void)
{
	guest_seed ^= guest_seed << 13;
	guest_seed ^= guest_seed >> 17;
	guest_seed ^= guest_seed << 5;
	return guest_seed;
}

u32 guest_env(const char *name, u32 otherwise)
{
	const char *value = getenv(name);

	return value ? strtoul(value, NULL, 0) : otherwise;
}

void guest_default(void)
{
	guest.cfg = (struct fw_config){
		.serial = "TEST0001",
		.vendor = 0x1234,
		.subvendor = 0x5678,
		.io_queues = 8,
		.nr_ns = 2,
		.ns = { { GUEST_MEDIA / 2, 9 }, { GUEST_MEDIA / 2, 12 } },
		.profile = {
			.dilation = 1, .channels = 4, .stripe = 65536,
			.media_read_bps = 1000000000,
			.media_write_bps = 500000000,
			.media_read_ns = 50000, .media_write_ns = 20000,
			.media_flush_ns = 100000, .link_bps = 1000000000,
			.link_ns = 1000, .cores = 2, .core_ips = 1000000000,
			.helper_bps = 10000000000, .slice_ns = 100000,
			.command_ns = 500,
		},
	};
}

/* Where the first namespace of large blocks is. */
static u64 guest_large(void)
{
	u64 at = 0;

	for (u32 i = 0; i < guest.cfg.nr_ns &&
			i < FW_ARRAY_SIZE(guest.cfg.ns) &&
			guest.cfg.ns[i].lba_shift != 12; i++)
		at += guest.cfg.ns[i].bytes;
	return at;
}

const char *guest_power_on(void)
{
	guest_power_off();
	fw_host_init(&guest.host, GUEST_RAM, GUEST_MEDIA);
	guest.host.media.large = guest_large();
	return fw_host_power_on(&guest.host, &guest.cfg);
}

void guest_power_off(void)
{
	if (guest.host.ram)
		fw_host_fini(&guest.host);
	guest.host.ram = NULL;
}

u32 guest_reg(u32 addr)
{
	return fw_ctrl_read(guest.host.ctrl, addr, 4);
}

void guest_set_reg(u32 addr, u32 value)
{
	fw_ctrl_write(guest.host.ctrl, addr, value, 4);
}

static void guest_reset_queue(u16 id, u32 entries)
{
	guest.sq[id].tail = 0;
	guest.sq[id].entries = entries;
	guest.cq[id].head = 0;
	guest.cq[id].entries = entries;
	guest.cq[id].phase = true;
	memset(guest_mem(GUEST_CQ(id)), 0, entries * sizeof(struct fw_cqe));
}

bool guest_enable(void)
{
	guest_reset_queue(0, GUEST_ENTRIES);
	guest_set_reg(FW_REG_AQA, (GUEST_ENTRIES - 1) << 16 |
				  (GUEST_ENTRIES - 1));
	fw_ctrl_write(guest.host.ctrl, FW_REG_ASQ, GUEST_SQ(0), 8);
	fw_ctrl_write(guest.host.ctrl, FW_REG_ACQ, GUEST_CQ(0), 8);
	guest.cc = FW_CC_EN | FW_SQE_SHIFT << 16 | FW_CQE_SHIFT << 20;
	guest_set_reg(FW_REG_CC, guest.cc);
	return guest_reg(FW_REG_CSTS) == FW_CSTS_RDY;
}

void guest_disable(void)
{
	guest.cc &= ~FW_CC_EN;
	guest_set_reg(FW_REG_CC, guest.cc);
}

u16 guest_create_queues(u16 id, u32 entries)
{
	struct fw_sqe sqe = { .opcode = FW_ADMIN_CREATE_CQ };
	u16 status;

	guest_reset_queue(id, entries);
	sqe.prp1 = GUEST_CQ(id);
	sqe.cdw10 = (entries - 1) << 16 | id;
	sqe.cdw11 = (u32)id << 16 | 3;
	status = guest_admin(sqe);
	if (status)
		return status;
	sqe.opcode = FW_ADMIN_CREATE_SQ;
	sqe.prp1 = GUEST_SQ(id);
	sqe.cdw11 = (u32)id << 16 | 1;
	return guest_admin(sqe);
}

void guest_start(void)
{
	guest_power_on();
	guest_enable();
	guest_create_queues(1, GUEST_ENTRIES);
}

void guest_begin(bool timing)
{
	guest_default();
	guest.cfg.profile.timing = timing;
	guest_start();
}

void guest_data(struct fw_sqe *sqe, u64 addr, u32 len)
{
	u32 first = fw_min(len, FW_PAGE - addr % FW_PAGE);
	u64 *list = guest_mem(GUEST_LISTS), next = addr + first;
	u32 pages = fw_round_up(len - first, FW_PAGE) / FW_PAGE;

	sqe->prp1 = addr;
	sqe->prp2 = pages > 1 ? GUEST_LISTS : next;
	for (u32 i = 0; i < pages; i++, next += FW_PAGE)
		list[i] = next;
}

u16 guest_put(u16 sq, struct fw_sqe sqe)
{
	u32 *tail = &guest.sq[sq].tail;

	sqe.cid = guest.cid++;
	memcpy(guest_mem(GUEST_SQ(sq) + *tail * sizeof(sqe)), &sqe,
	       sizeof(sqe));
	*tail = (*tail + 1) % guest.sq[sq].entries;
	return sqe.cid;
}

void guest_ring(u16 sq)
{
	guest_set_reg(FW_REG_DOORBELL + 8 * sq, guest.sq[sq].tail);
}

u16 guest_send(u16 sq, struct fw_sqe sqe)
{
	u16 cid = guest_put(sq, sqe);

	guest_ring(sq);
	return cid;
}

u16 guest_poll(u16 cq, u16 *cid)
{
	u32 *head = &guest.cq[cq].head;
	struct fw_cqe cqe;

	memcpy(&cqe, guest_mem(GUEST_CQ(cq) + *head * sizeof(cqe)),
	       sizeof(cqe));
	if ((cqe.status & 1) != guest.cq[cq].phase)
		return GUEST_NOTHING;
	*head = (*head + 1) % guest.cq[cq].entries;
	if (!*head)
		guest.cq[cq].phase = !guest.cq[cq].phase;
	guest_set_reg(FW_REG_DOORBELL + 8 * cq + 4, *head);
	guest.result = cqe.result;
	*cid = cqe.cid;
	return cqe.status >> 1;
}

u16 guest_reap(u16 cq, u16 *cid)
{
	u16 status;

	do {
		status = guest_poll(cq, cid);
	} while (status == GUEST_NOTHING && (fw_host_work(&guest.host) ||
					     fw_host_tick(&guest.host)));
	return status;
}

static u16 guest_do(u16 queue, struct fw_sqe sqe)
{
	u16 sent = guest_send(queue, sqe), cid = 0;
	u16 status = guest_reap(queue, &cid);

	return cid == sent ? status : GUEST_NOTHING;
}

u16 guest_admin(struct fw_sqe sqe)
{
	return guest_do(0, sqe);
}

u16 guest_io(struct fw_sqe sqe)
{
	return guest_do(1, sqe);
}

struct fw_sqe guest_to_data(u8 opcode, u32 nsid, u32 cdw10, u32 len)
{
	struct fw_sqe sqe = { .opcode = opcode, .nsid = nsid, .cdw10 = cdw10 };

	guest_data(&sqe, GUEST_DATA, len);
	memset(guest_mem(GUEST_DATA), 0xee, len);
	return sqe;
}

u16 guest_identify(u8 cns, u32 nsid)
{
	return guest_admin(guest_to_data(FW_ADMIN_IDENTIFY, nsid, cns, 4096));
}

u16 guest_feature(u8 opcode, u32 cdw10, u32 cdw11)
{
	struct fw_sqe sqe = { .opcode = opcode, .cdw10 = cdw10,
			      .cdw11 = cdw11 };

	return guest_admin(sqe);
}

u16 guest_set_feature(u8 id, u32 value)
{
	return guest_feature(FW_ADMIN_SET_FEATURES, id, value);
}

u16 guest_get_feature(u8 id)
{
	return guest_feature(FW_ADMIN_GET_FEATURES, id, 0);
}

void *guest_mem(u64 addr)
{
	return guest.host.ram + addr;
}

struct fw_sqe guest_rw(u8 opcode, u32 nsid, u64 slba, u32 blocks)
{
	struct fw_sqe sqe = {
		.opcode = opcode,
		.nsid = nsid,
		.cdw10 = slba,
		.cdw11 = slba >> 32,
		.cdw12 = blocks - 1,
	};

	guest_data(&sqe, GUEST_DATA, blocks << (nsid == 2 ? 12 : 9));
	return sqe;
}

static u8 guest_byte(u32 i, u32 seed)
{
	u32 x = (i >> 2) * 0x9e3779b1u ^ seed * 0x85ebca77u;

	return (x ^ x >> 15) >> (i & 3) * 8;
}

void guest_fill(void *buf, u32 len, u32 seed)
{
	u8 *p = buf;

	for (u32 i = 0; i < len; i++)
		p[i] = guest_byte(i, seed);
}

bool guest_is_filled(const void *buf, u32 len, u32 seed)
{
	const u8 *p = buf;

	for (u32 i = 0; i < len; i++)
		if (p[i] != guest_byte(i, seed))
			return false;
	return true;
}
