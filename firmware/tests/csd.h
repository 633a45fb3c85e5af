/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the λ driver of a guest does, for tests. */
#ifndef CSD_H
#define CSD_H

#include <linux/nvme-lambda.h>

#include "guest.h"
#include "insn.h"

#define CSD_SLOTS	4u
#define CSD_PROGRAMS	3u
#define CSD_SLOT_BYTES	0x100000u

/* Offsets in struct lambda_ctx. */
#define CTX(field)	((int)offsetof(struct lambda_ctx, field))

/* What a session is opened with, if nothing else matters. */
#define CSD_KEY		0x1122334455667788ull
#define CSD_BOOT	0xb007b007b007ull
#define CSD_LEASE_MS	3600000u

/* Powers a drive on that runs λs, with queue pair 1; timing as asked. */
void csd_start(bool timing);
void csd_default(void);
void csd_power_on(void);	/* as guest.cfg has it by now */

/*
 * What most tests work with: a session, which commands are made to name, a
 * copying program, a slot, a filled MiB.
 */
extern struct csd {
	u64 key;
	u32 epoch;
	u32 copy;
	u32 slot;
	u8 *media;
} csd;

/* Has the commands from here on name another session; what it is in words. */
void csd_name(u64 key, u32 epoch);
struct fw_sqe csd_named(struct fw_sqe sqe);

/* OPEN and RELEASE; the status, and what was granted. */
u16 csd_open_for(struct nvme_lambda_grant *grant, u32 want, u32 lease_ms,
		 u32 deadline_us);
u16 csd_release(void);

/* A session of that name, for all the drive has; it must succeed. */
void csd_open(u64 key, u32 epoch);

/* Enables the controller and opens a session; true when it got ready. */
bool csd_enable(void);

/* Powers the drive on with all that. */
void csd_begin(bool timing);

/* One request over the first 4 KiB with everything else default. */
u16 csd_run(struct nvme_lambda_request r, u8 opcode);

/* Sends one piece; the status, the id in guest.result. */
u16 csd_piece(u32 id, u32 offset, const void *bytes, u32 len, u32 total);
u16 csd_commit(u32 id);
u16 csd_unload(u32 id);

/* The head of an image of @n instructions, and the size of the whole. */
u32 csd_image(struct nvme_lambda_image *head, u32 n);

/* Loads and commits a program; its id, or 0 with *status. */
u32 csd_load(const struct nvme_lambda_image *head,
	     const struct sbpf_insn *insns, u32 n, u16 *status);

/* The same for a program without globals; it must succeed. */
u32 csd_program(const struct sbpf_insn *insns, u32 n);

/* Commands of slots; a status, the result in guest.result. */
u16 csd_alloc(u32 *slot);
u16 csd_free(u32 slot);
u16 csd_write(u32 slot, u32 area, u32 offset, const void *bytes, u32 len);
u16 csd_read(u32 slot, u32 offset, u32 len);	/* to GUEST_DATA */
u16 csd_exec(u8 opcode, u32 slot);

/* Sends a command of a slot without waiting; its identifier. */
u16 csd_send(u8 opcode, u32 slot);

/* Writes a request with its extents and arguments. */
u16 csd_request(u32 slot, struct nvme_lambda_request r,
		const struct nvme_lambda_extent *extents, u32 n,
		const void *args);

/* A fast execution; the answer goes to GUEST_DATA. */
struct fw_sqe csd_fast(u32 program, u64 addr, u32 len, u32 cap);

/* The result in the answer of a fast execution of capacity @cap. */
const struct nvme_lambda_result *csd_result(u32 cap);

u16 csd_stats(struct nvme_lambda_stats *stats);

/* Programs used by several tests */
extern const struct sbpf_insn csd_copy[];	/* out = in */
#define CSD_COPY	8u
extern const struct sbpf_insn csd_loop[];	/* for ever */
#define CSD_LOOP	2u
extern const struct sbpf_insn csd_fault[];	/* writes to 8 */
#define CSD_FAULT	4u
extern const struct sbpf_insn csd_args[];	/* out = args */
#define CSD_ARGS	8u
extern const struct sbpf_insn csd_fill[];	/* all out = 0xff, returns 10 */
#define CSD_FILL	6u

#endif /* CSD_H */
