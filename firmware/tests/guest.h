/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A driver for tests: one guest on the fake host, which sends commands and
 * waits for them as an operating system would.
 */
#ifndef GUEST_H
#define GUEST_H

#include "fw_nvme.h"
#include "platform/host/host.h"

#define GUEST_RAM		(32u << 20)
#define GUEST_MEDIA		(8u << 20)
#define GUEST_ENTRIES		64u	/* of the queues guest_start() makes */
#define GUEST_SQ(id)		(0x10000u + (id) * 0x4000u)
#define GUEST_CQ(id)		(0x100000u + (id) * 0x4000u)
#define GUEST_LISTS		0x180000u	/* PRP lists */
#define GUEST_DATA		0x200000u	/* what commands move */

/* Not an NVMe status: no completion came. */
#define GUEST_NOTHING		0xffff

/* Status without DNR; whether DNR was set. */
#define SC(status)		((status) & 0x7ff)
#define DNR(status)		(!!((status) & FW_SC_DNR))

struct guest {
	struct fw_host host;
	struct fw_config cfg;
	struct {
		u32 tail;
		u32 entries;
	} sq[FW_QUEUES_MAX];
	struct {
		u32 head;
		u32 entries;
		bool phase;
	} cq[FW_QUEUES_MAX];
	u16 cid;
	u64 result;
	u32 cc;
};

extern struct guest guest;

/* Configuration of most tests: two namespaces, 512 B and 4 KiB, no timing. */
void guest_default(void);

/* A new world, drive powered on but not enabled; or why it could not be. */
const char *guest_power_on(void);
void guest_power_off(void);

/* Registers */
u32 guest_reg(u32 addr);
void guest_set_reg(u32 addr, u32 value);

/* Enables the controller with admin queues; true when it got ready. */
bool guest_enable(void);
void guest_disable(void);

/* Creates queue pair @id with @entries; a status. */
u16 guest_create_queues(u16 id, u32 entries);

/* All of the above with queue pair 1. */
void guest_start(void);

/* The same in the default configuration, with timing as asked. */
void guest_begin(bool timing);

/* Points the command at @len bytes of guest memory at @addr. */
void guest_data(struct fw_sqe *sqe, u64 addr, u32 len);

/* Puts a command into a queue, rings, and both; the identifier. */
u16 guest_put(u16 sq, struct fw_sqe sqe);
void guest_ring(u16 sq);
u16 guest_send(u16 sq, struct fw_sqe sqe);

/*
 * Waits for the next completion in @cq, letting time pass and work run; its
 * status, or GUEST_NOTHING. The identifier goes to @cid, dwords 0 and 1 to
 * guest.result.
 */
u16 guest_reap(u16 cq, u16 *cid);

/* Takes a completion if one is there. */
u16 guest_poll(u16 cq, u16 *cid);

/* Sends and waits; the status. */
u16 guest_admin(struct fw_sqe sqe);
u16 guest_io(struct fw_sqe sqe);

/* A command that gets @len bytes to GUEST_DATA, which has others now. */
struct fw_sqe guest_to_data(u8 opcode, u32 nsid, u32 cdw10, u32 len);

/* Admin commands of many tests; the status. */
u16 guest_identify(u8 cns, u32 nsid);
u16 guest_feature(u8 opcode, u32 cdw10, u32 cdw11);
u16 guest_set_feature(u8 id, u32 value);
u16 guest_get_feature(u8 id);

/* Guest memory */
void *guest_mem(u64 addr);

/* A read, write or compare of @blocks blocks at GUEST_DATA. */
struct fw_sqe guest_rw(u8 opcode, u32 nsid, u64 slba, u32 blocks);

/* Bytes that differ from place to place and from seed to seed. */
void guest_fill(void *buf, u32 len, u32 seed);
bool guest_is_filled(const void *buf, u32 len, u32 seed);

/* A generator with a fixed start. */
extern u32 guest_seed;
u32 guest_random(void);

/* A number from the environment. */
u32 guest_env(const char *name, u32 otherwise);

#endif /* GUEST_H */
