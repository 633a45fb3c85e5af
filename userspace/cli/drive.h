/* SPDX-License-Identifier: GPL-2.0-only */
/* What an NVMe drive tells of its λs. */
#ifndef LAMBDA_CLI_DRIVE_H
#define LAMBDA_CLI_DRIVE_H

#include <linux/nvme-lambda.h>
#include <stdio.h>

#include "json.h"

/**
 * cli_drive_identify - ask a disk what its drive can do
 * @fd: the disk's node, open
 * @id: out: the page; on -EPROTONOSUPPORT only @version of it
 *
 * Return: 0; -ENODEV: an ordinary disk; -EPROTONOSUPPORT: it speaks another
 * version of the command set; -EACCES: not allowed to ask; another errno of
 * the pass-through; above 0: the status with which the drive refused.
 */
int cli_drive_identify(int fd, struct nvme_lambda_id *id);

/**
 * cli_drive_stats - ask a drive what it has done
 * @fd:    a disk for which cli_drive_identify() returned 0
 * @stats: out: the log page
 *
 * Return: 0; a negative errno or a status as above.
 */
int cli_drive_stats(int fd, struct nvme_lambda_stats *stats);

void cli_drive_print_capability(const struct nvme_lambda_id *id, FILE *to);
void cli_drive_print_stats(const struct nvme_lambda_id *id,
			   const struct nvme_lambda_stats *stats, FILE *to);

/*
 * Writes both as the member "drive", which is null without @id, and has null for
 * "stats" without @stats.
 */
void drive_json(struct json *json, const struct nvme_lambda_id *id,
		const struct nvme_lambda_stats *stats);

/* The name of a part of the contract; NULL: younger than this command. */
const char *cli_drive_contract_name(unsigned int bit);

#endif /* LAMBDA_CLI_DRIVE_H */
