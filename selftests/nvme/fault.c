// SPDX-License-Identifier: GPL-2.0-only
/*
 * Orders a fault from a drive that has faults=on.
 *
 *   fault KIND OPCODE [after] [admin] [skip=N] [more=N] [value=N]
 *   fault left          prints how many commands are still to go wrong
 *   fault none          takes all orders back
 *
 * KIND is fail (value: a status), delay (value: ms), lose, fatal, gone, garble
 * or metadata; OPCODE a number, or any for every λ command. The drive is
 * $DRIVE, or the first one. Status 1: the drive refused it, status 2: nothing
 * that could be asked.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "csd.h"

#define SET_FEATURES	0x09
#define GET_FEATURES	0x0a

static const char * const kinds[] = {
	[NVME_LAMBDA_FAULT_FAIL] = "fail",
	[NVME_LAMBDA_FAULT_DELAY] = "delay",
	[NVME_LAMBDA_FAULT_LOSE] = "lose",
	[NVME_LAMBDA_FAULT_FATAL] = "fatal",
	[NVME_LAMBDA_FAULT_GONE] = "gone",
	[NVME_LAMBDA_FAULT_GARBLE] = "garble",
	[NVME_LAMBDA_FAULT_METADATA] = "metadata",
};

static int usage(void)
{
	fprintf(stderr, "fault KIND OPCODE|any [after] [admin] [skip=N] [more=N] [value=N]\n"
			"fault left|none\n");
	return 2;
}

/* Only the controller is opened: a namespace may be gone already. */
static int feature(struct nvme_passthru_cmd cmd)
{
	const char *drive = getenv("DRIVE") ?: ADMIN;
	int fd = open(drive, O_RDONLY), status;

	cmd.cdw10 = NVME_LAMBDA_FEAT_FAULT;
	status = fd < 0 ? -1 : ioctl(fd, NVME_IOCTL_ADMIN_CMD, &cmd);
	if (status < 0)
		perror(drive);
	else if (status)
		fprintf(stderr, "%s: status %#x\n", drive, status);
	else if (cmd.opcode == GET_FEATURES)
		printf("%u\n", cmd.result);
	return status != 0;
}

static bool number(const char *word, const char *name, unsigned int *value)
{
	size_t len = strlen(name);

	if (strncmp(word, name, len))
		return false;
	*value = strtoul(word + len, NULL, 0);
	return true;
}

static bool kind_and_opcode(char **argv, struct nvme_passthru_cmd *cmd)
{
	unsigned int i, opcode = NVME_LAMBDA_FAULT_ANY;

	if (strcmp(argv[1], "any") && !number(argv[1], "", &opcode))
		return false;
	for (i = 1; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(argv[0], kinds[i]))
			continue;
		cmd->cdw11 = NVME_LAMBDA_FAULT_KIND(i) | (opcode & 0xff);
		return true;
	}
	return false;
}

static bool option(const char *word, struct nvme_passthru_cmd *cmd)
{
	unsigned int n;

	if (!strcmp(word, "after"))
		cmd->cdw11 |= NVME_LAMBDA_FAULT_AFTER;
	else if (!strcmp(word, "admin"))
		cmd->cdw11 |= NVME_LAMBDA_FAULT_ADMIN;
	else if (number(word, "skip=", &n))
		cmd->cdw11 |= NVME_LAMBDA_FAULT_SKIP(n);
	else if (number(word, "more=", &n))
		cmd->cdw12 |= NVME_LAMBDA_FAULT_MORE(n);
	else if (number(word, "value=", &n))
		cmd->cdw12 |= n & 0xffff;
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	struct nvme_passthru_cmd cmd = { .opcode = SET_FEATURES };
	int i;

	if (argc == 2 && !strcmp(argv[1], "left"))
		return feature((struct nvme_passthru_cmd){
				.opcode = GET_FEATURES });
	if (argc == 2 && !strcmp(argv[1], "none"))
		return feature(cmd);
	if (argc < 3 || !kind_and_opcode(argv + 1, &cmd))
		return usage();
	for (i = 3; i < argc; i++)
		if (!option(argv[i], &cmd))
			return usage();
	return feature(cmd);
}
