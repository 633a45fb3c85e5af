// SPDX-License-Identifier: GPL-2.0-only
/* Asks an NVMe drive about its λs, past its driver, and prints the answers. */
#include <endian.h>
#include <errno.h>
#include <linux/nvme_ioctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "drive.h"

#define ADMIN_GET_LOG	0x02
#define ADMIN_IDENTIFY	0x06
#define CNS_CTRL	0x01
#define NSID_ALL	0xffffffff

/* Status of a drive: type and code, without the bits that advise a host. */
#define STATUS_MASK	0x7ff
#define INVALID_FIELD	0x002

static int cli_drive_ask(int fd, struct nvme_admin_cmd *cmd, void *page,
			 size_t size)
{
	int status;

	memset(page, 0, size);
	cmd->addr = (unsigned long)page;
	cmd->data_len = size;
	status = ioctl(fd, NVME_IOCTL_ADMIN_CMD, cmd);
	return status < 0 ? -errno : status & STATUS_MASK;
}

static int cli_drive_identify_page(int fd, unsigned int cns, void *page)
{
	struct nvme_admin_cmd cmd = {
		.opcode = ADMIN_IDENTIFY,
		.cdw10 = cns,
	};

	return cli_drive_ask(fd, &cmd, page, sizeof(struct nvme_lambda_id));
}

/* Others are not asked: they may take it for an error. */
static int cli_drive_may_be_asked(int fd)
{
	char ctrl[sizeof(struct nvme_lambda_id)];
	int err = cli_drive_identify_page(fd, CNS_CTRL, ctrl);

	if (err)
		return err;
	return memcmp(ctrl + NVME_LAMBDA_CTRL_MAGIC, NVME_LAMBDA_MAGIC,
		      strlen(NVME_LAMBDA_MAGIC)) ? -ENODEV : 0;
}

int cli_drive_identify(int fd, struct nvme_lambda_id *id)
{
	int err;

	/* Other drivers have commands of their own under these numbers. */
	if (ioctl(fd, NVME_IOCTL_ID) < 0)
		return -ENODEV;
	err = cli_drive_may_be_asked(fd);
	if (err)
		return err;
	err = cli_drive_identify_page(fd, NVME_LAMBDA_CNS, id);
	if (err == INVALID_FIELD)
		return -ENODEV;
	if (err)
		return err;
	if (memcmp(id->magic, NVME_LAMBDA_MAGIC, sizeof(id->magic)))
		return -ENODEV;
	return le32toh(id->version) == NVME_LAMBDA_VERSION ? 0 :
							     -EPROTONOSUPPORT;
}

int cli_drive_stats(int fd, struct nvme_lambda_stats *stats)
{
	struct nvme_admin_cmd cmd = {
		.opcode = ADMIN_GET_LOG,
		.nsid = NSID_ALL,
		.cdw10 = (sizeof(*stats) / 4 - 1) << 16 | NVME_LAMBDA_LOG,
	};

	return cli_drive_ask(fd, &cmd, stats, sizeof(*stats));
}

static unsigned long long cli_drive_number(__le64 value)
{
	return le64toh(value);
}

static void cli_drive_print_rates(FILE *to, const struct nvme_lambda_id *id)
{
	fprintf(to, "cores         %u, %g million instructions/s each\n",
		le32toh(id->cores), cli_drive_number(id->core_ips) / 1e6);
	fprintf(to, "helpers       %g MB/s\n",
		cli_drive_number(id->helper_bps) / 1e6);
	fprintf(to, "media         %g MB/s read, %g MB/s written\n",
		cli_drive_number(id->media_read_bps) / 1e6,
		cli_drive_number(id->media_write_bps) / 1e6);
	fprintf(to, "link          %g MB/s each way\n",
		cli_drive_number(id->link_bps) / 1e6);
	if (le32toh(id->dilation) > 1)
		fprintf(to,
			"dilation      its clock runs slow by a factor of %u\n",
			le32toh(id->dilation));
}

const char *cli_drive_contract_name(unsigned int bit)
{
	static const char *const names[] = {
		"charging", "zero-regs", "depth", "bulk", "gather",
	};

	return bit < sizeof(names) / sizeof(*names) ? names[bit] : NULL;
}

/* Bits that are younger than this command have numbers for names. */
static void cli_drive_print_contract(FILE *to, __u32 contract)
{
	const char *name;
	__u32 i;

	fprintf(to, "contract     ");
	for (i = 0; i < 32; i++) {
		if (!(contract >> i & 1))
			continue;
		name = cli_drive_contract_name(i);
		if (name)
			fprintf(to, " %s", name);
		else
			fprintf(to, " bit-%u", i);
	}
	fprintf(to, "%s\n", contract ? "" : " none");
}

static void cli_drive_print_bytes(FILE *to, const char *name,
				  unsigned long long bytes)
{
	fprintf(to, "%-13s %llu bytes\n", name, bytes);
}

void cli_drive_print_capability(const struct nvme_lambda_id *id, FILE *to)
{
	fprintf(to, "drive         runs λs, version %u of the command set\n",
		le32toh(id->version));
	cli_drive_print_contract(to, le32toh(id->contract));
	cli_drive_print_rates(to, id);
	cli_drive_print_bytes(to, "program", le32toh(id->program_max));
	cli_drive_print_bytes(to, "globals", cli_drive_number(id->data_max));
	cli_drive_print_bytes(to, "heap", cli_drive_number(id->heap_max));
	cli_drive_print_bytes(to, "arguments", cli_drive_number(id->args_max));
	cli_drive_print_bytes(to, "input", cli_drive_number(id->in_max));
	cli_drive_print_bytes(to, "output", cli_drive_number(id->out_max));
	cli_drive_print_bytes(to, "memory", cli_drive_number(id->slot_bytes));
	cli_drive_print_bytes(to, "transfer", le32toh(id->transfer_max));
	fprintf(to, "extents       %u of a request\n",
		le32toh(id->extents_max));
	fprintf(to, "parts         %u of a request\n", le32toh(id->runs_max));
	fprintf(to, "instructions  %llu of a request\n",
		cli_drive_number(id->insns_max));
	fprintf(to, "time          %g s of a request\n",
		cli_drive_number(id->ns_max) / 1e9);
}

/* A sum, and what it is made of where that is not 0. */
static void cli_drive_print_counters(FILE *to, const char *name,
				     const __le64 *counters,
				     const char *const *names, size_t count)
{
	unsigned long long sum = 0;
	size_t i;

	for (i = 0; i < count; i++)
		sum += cli_drive_number(counters[i]);
	fprintf(to, "%-13s %llu", name, sum);
	for (i = 0; i < count; i++)
		if (counters[i])
			fprintf(to, ", %s %llu", names[i],
				cli_drive_number(counters[i]));
	fputc('\n', to);
}

static void cli_drive_print_ends(FILE *to,
				 const struct nvme_lambda_stats *stats)
{
	static const char *const ends[] = {
		"ok", "program error", "bad length", "fault", "over budget",
		"killed",
	};
	static const char *const wants[] = { "memory", "instructions", "time" };

	cli_drive_print_counters(to, "runs", stats->runs, ends,
				 sizeof(ends) / sizeof(*ends));
	cli_drive_print_counters(to, "declined", stats->declined, wants,
				 sizeof(wants) / sizeof(*wants));
	fprintf(to, "refused       %llu\n", cli_drive_number(stats->refused));
}

void cli_drive_print_stats(const struct nvme_lambda_id *id,
			   const struct nvme_lambda_stats *stats, FILE *to)
{
	fprintf(to, "sessions      %u of %u open\n", le32toh(stats->sessions),
		le32toh(id->sessions));
	fprintf(to, "programs      %u of %u in use\n",
		le32toh(stats->programs), le32toh(id->programs));
	fprintf(to, "slots         %u of %u in use\n", le32toh(stats->slots),
		le32toh(id->slots));
	cli_drive_print_ends(to, stats);
	fprintf(to, "executed      %llu instructions, %llu bytes by helpers\n",
		cli_drive_number(stats->insns),
		cli_drive_number(stats->helper_bytes));
	fprintf(to, "handled       %llu bytes in, %llu bytes out\n",
		cli_drive_number(stats->in_bytes),
		cli_drive_number(stats->out_bytes));
	fprintf(to,
		"busy          media %.6f s, link %.6f s in and %.6f s out, cores %.6f s\n",
		cli_drive_number(stats->busy_media) / 1e9,
		cli_drive_number(stats->busy_in) / 1e9,
		cli_drive_number(stats->busy_out) / 1e9,
		cli_drive_number(stats->busy_cores) / 1e9);
}
