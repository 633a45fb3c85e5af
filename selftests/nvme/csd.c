// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs are the objects that the kernel loads, linked by liblambda and sent
 * to the drive as its command set wants them.
 */
#include <errno.h>
#include <fcntl.h>
#include <lambda.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "csd.h"

#define ADMIN_VENDOR	0xc0	/* from there on a command names a session */
#define IO_VENDOR	0x80

int disk, ctrl;
static int nsid;
static __u32 epoch;

void csd_bail_out(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

void csd_open(void)
{
	struct nvme_lambda_grant grant;

	ctrl = open(ADMIN, O_RDONLY);
	disk = open(DISK, O_RDWR);
	nsid = ioctl(disk, NVME_IOCTL_ID);
	if (ctrl < 0 || nsid < 1)
		csd_bail_out(DISK);
	if (csd_session(1, CSD_LEASE_MS, &grant))
		csd_bail_out("no session");
}

static int command(int fd, unsigned long request,
		   struct nvme_passthru_cmd64 cmd, __u64 *result)
{
	int status = ioctl(fd, request, &cmd);

	if (status < 0)
		return -errno;
	if (result)
		*result = cmd.result;
	return status & 0x7ff;
}

static struct nvme_passthru_cmd64 named(struct nvme_passthru_cmd64 cmd)
{
	cmd.cdw2 = (__u32)CSD_KEY;
	cmd.cdw3 = CSD_KEY >> 32;
	if (cmd.opcode != NVME_LAMBDA_EXEC_FAST)
		cmd.cdw14 = epoch;
	return cmd;
}

int admin(struct nvme_passthru_cmd64 cmd, __u64 *result)
{
	if (cmd.opcode >= ADMIN_VENDOR)
		cmd = named(cmd);
	return command(ctrl, NVME_IOCTL_ADMIN64_CMD, cmd, result);
}

int io(struct nvme_passthru_cmd64 cmd, __u64 *result)
{
	cmd.nsid = nsid;
	if (cmd.opcode >= IO_VENDOR)
		cmd = named(cmd);
	return command(disk, NVME_IOCTL_IO64_CMD, cmd, result);
}

int csd_session(__u32 number, __u32 lease_ms, struct nvme_lambda_grant *grant)
{
	epoch = number;
	return admin((struct nvme_passthru_cmd64){
		.opcode = NVME_LAMBDA_ADMIN_OPEN,
		.cdw11 = NVME_LAMBDA_WANT(0xffff, 0xffff), .cdw12 = lease_ms,
		.addr = pointer(grant), .data_len = sizeof(*grant) }, NULL);
}

int csd_release(void)
{
	return admin((struct nvme_passthru_cmd64){
		.opcode = NVME_LAMBDA_ADMIN_RELEASE }, NULL);
}

/* The image of a program as the drive wants it; its size. */
static __u32 image_of(const struct lambda_program *prog, void **image)
{
	struct nvme_lambda_image head = { 0 };
	struct lambda_load_attr attr;
	const struct bpf_insn *insns;
	size_t count, size;
	char *to;

	insns = lambda_program__insns(prog, &count);
	lambda_program__attr(prog, &attr);
	head.insns = count;
	head.rodata_len = attr.rodata_len;
	head.data_len = attr.data_len;
	head.bss_len = attr.bss_len;
	head.heap_len = attr.heap_len;
	head.frame_len = attr.frame_len;
	size = sizeof(head) + count * 8 + attr.rodata_len + attr.data_len;
	size = (size + 3) / 4 * 4;
	to = calloc(1, size);
	*image = to;
	to = mempcpy(to, &head, sizeof(head));
	to = mempcpy(to, insns, count * 8);
	to = mempcpy(to, (void *)(uintptr_t)attr.rodata, attr.rodata_len);
	memcpy(to, (void *)(uintptr_t)attr.data, attr.data_len);
	return size;
}

int load_image(const void *image, __u32 size, __u32 step, __u32 *id)
{
	__u64 result = 0;
	__u32 at, part;
	int status;

	*id = 0;
	for (at = 0; at < size; at += part) {
		part = size - at < step ? size - at : step;
		status = admin((struct nvme_passthru_cmd64){
			.opcode = NVME_LAMBDA_ADMIN_LOAD, .cdw10 = *id,
			.cdw11 = at, .cdw12 = part, .cdw13 = at ? 0 : size,
			.addr = pointer((const char *)image + at),
			.data_len = part }, &result);
		if (status)
			return status;
		*id = result;
	}
	return admin((struct nvme_passthru_cmd64){
		.opcode = NVME_LAMBDA_ADMIN_COMMIT, .cdw10 = *id }, NULL);
}

int unload(__u32 id)
{
	return admin((struct nvme_passthru_cmd64){
		.opcode = NVME_LAMBDA_ADMIN_UNLOAD, .cdw10 = id }, NULL);
}

int load_object(const char *path, __u32 step, __u32 *id)
{
	struct lambda_object *obj;
	struct lambda_program *prog;
	char log[512];
	void *image;
	__u32 size;
	int status;

	if (lambda_object__open(path, log, sizeof(log), &obj) ||
	    lambda_object__program(obj, NULL, log, sizeof(log), &prog)) {
		printf("Bail out! %s\n", log);
		exit(1);
	}
	size = image_of(prog, &image);
	status = load_image(image, size, step, id);
	free(image);
	lambda_object__close(obj);
	return status;
}

int fast(__u32 program, __u64 addr, __u32 len, struct answer *a,
	 __u64 *result)
{
	return io((struct nvme_passthru_cmd64){
		.opcode = NVME_LAMBDA_EXEC_FAST, .cdw10 = program,
		.cdw11 = addr, .cdw13 = NVME_LAMBDA_FAST_HIGH(addr, 0ull),
		.cdw14 = len, .cdw15 = sizeof(a->out), .addr = pointer(a),
		.data_len = sizeof(*a) }, result);
}

int slot_write(__u32 slot, __u32 area, const void *bytes, __u32 len)
{
	return io((struct nvme_passthru_cmd64){
		.opcode = NVME_LAMBDA_WRITE, .cdw10 = slot, .cdw11 = area,
		.cdw13 = len, .addr = pointer(bytes), .data_len = len }, NULL);
}

int slot_only(__u8 opcode, __u32 slot, __u64 *result)
{
	return io((struct nvme_passthru_cmd64){ .opcode = opcode,
						.cdw10 = slot }, result);
}
