/* SPDX-License-Identifier: GPL-2.0-only */
/* Which versions there are: of command, library, kernel and drives. */
#ifndef LAMBDA_CLI_VERSION_H
#define LAMBDA_CLI_VERSION_H

#include <limits.h>
#include <linux/types.h>

#include "json.h"

#define VERSION_DRIVES	64u

/**
 * struct version - what the command meets on this machine
 * @kernel: version of the interface that the kernel has, or a negative errno
 * @nr:     disks that the kernel runs λs on, as far as they are told
 * @drives: them
 */
struct version {
	int kernel;
	unsigned int nr;
	struct {
		char name[NAME_MAX + 1];
		int err;	/* as cli_drive_identify() has it */
		__u32 commands;	/* version of the command set, if @err is 0 */
	} drives[VERSION_DRIVES];
};

/* Asks the kernel and, of the disks that sysfs has @sysfs for, their drives. */
void version_ask(const char *sysfs, struct version *version);

void version_print(const struct version *version, FILE *to);
void version_json(const struct version *version, FILE *to);

#endif /* LAMBDA_CLI_VERSION_H */
