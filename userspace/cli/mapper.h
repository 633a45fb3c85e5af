/* SPDX-License-Identifier: GPL-2.0-only */
/* What the device mapper tells of a disk of its own. */
#ifndef LAMBDA_CLI_MAPPER_H
#define LAMBDA_CLI_MAPPER_H

#include <stddef.h>
#include <sys/types.h>

/**
 * struct mapped - the table of a mapped disk
 * @kind:  of its targets, if all are of one; otherwise of the first that is not
 *         linear
 * @first: the disk or partition that the first target names first; 0 if none
 */
struct mapped {
	char kind[32];
	dev_t first;
};

/**
 * mapper_ask - ask what a mapped disk is made of
 * @dev:    the disk
 * @mapped: out
 *
 * Return: 0, or a negative errno; -EACCES or -EPERM for who is not root.
 */
int mapper_ask(dev_t dev, struct mapped *mapped);

/**
 * mapper_read_table - read a table as DM_TABLE_STATUS gives it
 * @table:   targets, each a struct dm_target_spec with its parameters behind it
 * @size:    bytes that may be read
 * @targets: how many
 * @mapped:  out
 *
 * Return: 0, or -EPROTO for one that goes beyond @size.
 */
int mapper_read_table(const void *table, size_t size, unsigned int targets,
		      struct mapped *mapped);

#endif /* LAMBDA_CLI_MAPPER_H */
