// SPDX-License-Identifier: GPL-2.0-only
/*
 * `lambda info` of a disk: what the drive is asked, what becomes of its
 * answers, and which disk a device number belongs to.
 */
#include <disk.h>
#include <drive.h>
#include <endian.h>
#include <errno.h>
#include <linux/nvme_ioctl.h>
#include <linux/sbpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "test.h"

/* A drive, in place of the kernel's: what it answers, what it was asked. */
static struct {
	bool nvme;
	bool tells;		/* of λs, in Identify Controller */
	unsigned int questions;	/* for the page */
	int answer;		/* a status, or a negative errno */
	const void *page;
	size_t size;
	struct nvme_admin_cmd asked;
} drive;

static int answer(struct nvme_admin_cmd *cmd)
{
	char *data = (char *)(unsigned long)cmd->addr;

	if (drive.answer >= 0 && cmd->opcode == 6 && cmd->cdw10 == 1) {
		memset(data, 0x55, cmd->data_len);
		if (drive.tells)
			memcpy(data + 3072, "NVMELMBD", 8);
		return 0;
	}
	drive.questions++;
	drive.asked = *cmd;
	if (drive.answer < 0) {
		errno = -drive.answer;
		return -1;
	}
	if (!drive.answer)
		memcpy(data, drive.page,
		       drive.size < cmd->data_len ? drive.size : cmd->data_len);
	return drive.answer;
}

/* Stands in for that of the C library. */
int ioctl(int fd, unsigned long request, ...)
{
	struct nvme_admin_cmd *cmd;
	va_list args;

	va_start(args, request);
	cmd = va_arg(args, struct nvme_admin_cmd *);
	va_end(args);
	if (fd == 7 && drive.nvme && request == NVME_IOCTL_ID)
		return 1;
	if (fd == 7 && drive.nvme && request == NVME_IOCTL_ADMIN_CMD)
		return answer(cmd);
	errno = ENOTTY;
	return -1;
}

/* As the drive in QEMU has it by default, but with no two alike. */
static struct nvme_lambda_id balanced(void)
{
	struct nvme_lambda_id id = {
		.version = htole32(NVME_LAMBDA_VERSION),
		.cores = htole32(4),
		.slots = htole32(8),
		.programs = htole32(16),
		.program_max = htole32(4194304),
		.request_max = htole32(131072),
		.extents_max = htole32(4096),
		.runs_max = htole32(1024),
		.transfer_max = htole32(1048576),
		.slot_bytes = htole64(33554432),
		.args_max = htole64(65536),
		.in_max = htole64(33554432),
		.out_max = htole64(33554431),
		.heap_max = htole64(33554430),
		.data_max = htole64(16777216),
		.insns_max = htole64(1000000000),
		.ns_max = htole64(1500000000),
		.core_ips = htole64(1000000000),
		.helper_bps = htole64(4000000000),
		.media_read_bps = htole64(3500000000),
		.media_write_bps = htole64(2000000000),
		.link_bps = htole64(3200000000),
		.dilation = htole32(1),
		.contract = htole32(SBPF_CONTRACT_CHARGING |
				    SBPF_CONTRACT_ZERO_REGS |
				    SBPF_CONTRACT_DEPTH | SBPF_CONTRACT_BULK |
				    SBPF_CONTRACT_GATHER |
				    1u << 31),
		.sessions = htole32(32),
	};

	memcpy(id.magic, NVME_LAMBDA_MAGIC, sizeof(id.magic));
	return id;
}

static int identify(bool nvme, int status, const struct nvme_lambda_id *page,
		    struct nvme_lambda_id *id)
{
	drive.nvme = nvme;
	drive.tells = nvme;
	drive.answer = status;
	drive.page = page;
	drive.size = sizeof(*page);
	return cli_drive_identify(7, id);
}

static void test_identify(void)
{
	struct nvme_lambda_id page = balanced(), id;

	test_ok(!identify(true, 0, &page, &id) && !memcmp(&page, &id, 4096),
		"identify: a drive that runs λs");
	test_ok(drive.asked.opcode == 6 && drive.asked.cdw10 == 0xc1 &&
		drive.asked.nsid == 0 && drive.asked.data_len == 4096,
		"identify: what it was asked");
	test_ok(identify(false, 0, &page, &id) == -ENODEV,
		"identify: not NVMe");
	drive.nvme = true;
	drive.questions = 0;
	test_ok(cli_drive_identify(7, &id) == -ENODEV && !drive.questions,
		"identify: a controller that does not tell of λs is not asked");
	test_ok(identify(true, 0x4002, &page, &id) == -ENODEV,
		"identify: no such page");
	test_ok(identify(true, -EACCES, &page, &id) == -EACCES,
		"identify: not allowed");
	test_ok(identify(true, 0x6, &page, &id) == 0x6,
		"identify: refused otherwise");
	page.version = htole32(2);
	test_ok(identify(true, 0, &page, &id) == -EPROTONOSUPPORT &&
		le32toh(id.version) == 2, "identify: another version");
	page = balanced();
	page.magic[7] = 'X';
	test_ok(identify(true, 0, &page, &id) == -ENODEV,
		"identify: somebody else's page");
}

static void test_said(char *said, const char *const *lines, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!test_ok(strstr(said, lines[i]), "says: %s", lines[i]))
			printf("# in: %s\n", said);
	free(said);
}

static void test_capability(void)
{
	static const char *const lines[] = {
		"drive         runs λs, version 1 of the command set\n",
		"cores         4, 1000 million instructions/s each\n",
		"helpers       4000 MB/s\n",
		"media         3500 MB/s read, 2000 MB/s written\n",
		"link          3200 MB/s each way\nprogram ",
		"program       4194304 bytes\n",
		"globals       16777216 bytes\n",
		"heap          33554430 bytes\n",
		"arguments     65536 bytes\n",
		"input         33554432 bytes\n",
		"output        33554431 bytes\n",
		"memory        33554432 bytes\n",
		"transfer      1048576 bytes\n",
		"extents       4096 of a request\n",
		"parts         1024 of a request\n",
		"instructions  1000000000 of a request\n",
		"time          1.5 s of a request\n",
		"contract      charging zero-regs depth bulk gather bit-31\n",
		"dilation      its clock runs slow by a factor of 40\n",
		"contract      none\n",
	};
	struct nvme_lambda_id id = balanced();
	size_t size;
	char *said;
	FILE *to = open_memstream(&said, &size);

	cli_drive_print_capability(&id, to);
	id.dilation = htole32(40);
	id.contract = 0;
	cli_drive_print_capability(&id, to);
	fclose(to);
	test_said(said, lines, sizeof(lines) / sizeof(*lines));
}

static void test_stats(void)
{
	static const char *const lines[] = {
		"sessions      2 of 32 open\n",
		"programs      3 of 16 in use\n",
		"slots         1 of 8 in use\n",
		"runs          130, ok 100, program error 20, fault 10\n",
		"declined      5, instructions 5\n",
		"refused       2\n",
		"executed      123456789012 instructions, 4096 bytes by helpers\n",
		"handled       1048576 bytes in, 32 bytes out\n",
		"busy          media 2.500000 s, link 0.000001 s in and 0.000002 s out, cores 1.000000 s\n",
	};
	static const struct nvme_lambda_stats page = {
		.runs = { 100, 20, 0, 10 },
		.declined = { 0, 5, 0 },
		.refused = 2,
		.insns = 123456789012,
		.helper_bytes = 4096,
		.in_bytes = 1048576,
		.out_bytes = 32,
		.programs = 3,
		.slots = 1,
		.sessions = 2,
		.busy_media = 2500000000,
		.busy_in = 1000,
		.busy_out = 2000,
		.busy_cores = 1000000000,
	};
	struct nvme_lambda_id id = balanced();
	struct nvme_lambda_stats stats;
	size_t size;
	char *said;
	FILE *to = open_memstream(&said, &size);

	drive.answer = 0;
	drive.page = &page;
	drive.size = sizeof(page);
	test_ok(!cli_drive_stats(7, &stats) && drive.asked.opcode == 2 &&
		drive.asked.cdw10 == 0x7f00c1 &&
		drive.asked.nsid == 0xffffffff && drive.asked.data_len == 512,
		"stats: what the drive is asked");
	cli_drive_print_stats(&id, &stats, to);
	fclose(to);
	test_said(said, lines, sizeof(lines) / sizeof(*lines));
	drive.answer = 0x4109;
	test_ok(cli_drive_stats(7, &stats) == 0x109, "stats: no such log");
}

/* A sysfs of a disk with a partition, and of one with a '/' in its name. */
static void make_sysfs(void)
{
	mkdir("dev", 0777);
	mkdir("dev/block", 0777);
	mkdir("block", 0777);
	mkdir("block/nvme0n1", 0777);
	mkdir("block/nvme0n1/nvme0n1p2", 0777);
	mkdir("block/nvme0n1/nvme0n1p2/partition", 0777);
	mkdir("block/cciss!c0d0", 0777);
	if (symlink("../../block/nvme0n1", "dev/block/259:0") ||
	    symlink("../../block/nvme0n1/nvme0n1p2", "dev/block/259:2") ||
	    symlink("../../block/cciss!c0d0", "dev/block/104:0") ||
	    symlink("259:9", "dev/block/259:9"))
		exit(1);
}

static void test_disk(void)
{
	char dir[] = "/tmp/disk-XXXXXX", remove[64];
	struct disk disk;

	if (!mkdtemp(dir) || chdir(dir))
		exit(1);
	make_sysfs();
	test_ok(!cli_disk_of(dir, makedev(259, 0), &disk) &&
		!strcmp(disk.name, "nvme0n1") &&
		!strcmp(disk.node, "/dev/nvme0n1"), "disk: itself");
	test_ok(!cli_disk_of(dir, makedev(259, 2), &disk) &&
		!strcmp(disk.name, "nvme0n1") &&
		strstr(disk.dir, "/block/nvme0n1"), "disk: of a partition");
	test_ok(!cli_disk_of(dir, makedev(104, 0), &disk) &&
		!strcmp(disk.name, "cciss!c0d0") &&
		!strcmp(disk.node, "/dev/cciss/c0d0"), "disk: in a folder");
	test_ok(cli_disk_of(dir, makedev(0, 5), &disk) == -ENODEV,
		"disk: none");
	test_ok(cli_disk_of(dir, makedev(259, 9), &disk) == -ELOOP,
		"disk: one that cannot be looked up");
	snprintf(remove, sizeof(remove), "rm -rf %s", dir);
	test_ok(!system(remove), "disk: cleaned up");
}

int main(void)
{
	test_identify();
	test_capability();
	test_stats();
	test_disk();
	return test_done();
}
