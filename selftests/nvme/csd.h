/* SPDX-License-Identifier: GPL-2.0-only */
/* The λ command set of a drive, spoken by pass-through commands. */
#ifndef CSD_H
#define CSD_H

#include <formats.h>
#include <linux/nvme-lambda.h>
#include <linux/nvme_ioctl.h>
#include <stddef.h>
#include <stdint.h>

#define ADMIN		"/dev/nvme0"
#define DISK		"/dev/nvme0n1"
#define OBJECTS		"/usr/lib/lambda/"
#define PAGE		4096u

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Data of a fast execution of stats32 or stats64. */
struct answer {
	struct stats_out out;
	__u8 rest[PAGE - sizeof(struct stats_out)];
	struct nvme_lambda_result result;
};

extern int disk, ctrl;

/* A session for tests; the kernel has its own. */
#define CSD_KEY		0x1122334455667788ull
#define CSD_LEASE_MS	600000u

/* Opens the drive and a session; ends the test program when there is none. */
void csd_open(void);

/* Opens @ctrl's session with an epoch, which the commands from here on name. */
int csd_session(__u32 epoch, __u32 lease_ms, struct nvme_lambda_grant *grant);
int csd_release(void);

/* Ends the test program; says why, with errno. */
void csd_bail_out(const char *what);

/*
 * Commands return the NVMe status, or a negative errno. Those of the λ command
 * set are made to name the session.
 */
int admin(struct nvme_passthru_cmd64 cmd, __u64 *result);
int io(struct nvme_passthru_cmd64 cmd, __u64 *result);

static inline __u64 pointer(const void *p)
{
	return (uintptr_t)p;
}

/* Sends an image in pieces of at most @step bytes and commits it. */
int load_image(const void *image, __u32 size, __u32 step, __u32 *id);

/* The same for the only program of an object file. */
int load_object(const char *path, __u32 step, __u32 *id);
int unload(__u32 id);

int fast(__u32 program, __u64 addr, __u32 len, struct answer *a,
	 __u64 *result);
int slot_write(__u32 slot, __u32 area, const void *bytes, __u32 len);
int slot_only(__u8 opcode, __u32 slot, __u64 *result);

#endif /* CSD_H */
