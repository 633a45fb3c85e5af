/* SPDX-License-Identifier: GPL-2.0-only */
/* Disks that are made of others, down to the one that has the bytes. */
#ifndef LAMBDA_CLI_LAYERS_H
#define LAMBDA_CLI_LAYERS_H

#include <linux/types.h>

#include "disk.h"
#include "json.h"

/* So many disks above a drive the kernel looks through, and one more. */
#define LAYERS_MAX	5
/* Disks that one is made of, of which a person wants to read. */
#define LAYER_DISKS	16

/**
 * enum layer_way - whether λs get through a disk to those that it is made of
 * @LAYER_OPEN:   to all of them, and each has all bytes
 * @LAYER_SPREAD: to those that have the bytes, several at a time
 * @LAYER_CLOSED: to none, so that the host runs all
 * @LAYER_SECRET: only root may ask what the disk is made of
 */
enum layer_way { LAYER_OPEN, LAYER_SPREAD, LAYER_CLOSED, LAYER_SECRET };

/**
 * struct layer - a disk that is made of others
 * @disk:  the disk
 * @label: what the device mapper calls it; "" if it is not one of its own
 * @kind:  what makes it of them, such as linear, striped, or raid1; "" if secret
 * @way:   whether λs get through
 * @below: the disks that it is made of; the one to go on with comes first
 * @nr:    how many, which may be more than are kept
 */
struct layer {
	struct disk disk;
	char label[128];
	char kind[32];
	enum layer_way way;
	struct disk below[LAYER_DISKS];
	unsigned int nr;
};

/**
 * struct layers - from a disk down
 * @layer: the disks that are made of others, the uppermost first
 * @nr:    how many
 * @disk:  the one below them; the lowest of @layer where no way is known
 */
struct layers {
	struct layer layer[LAYERS_MAX];
	unsigned int nr;
	struct disk disk;
};

/* The lowest layer, if λs do not get through it; or NULL. */
const struct layer *layers_end(const struct layers *layers);

/**
 * layers_find - look through a disk to the one that has its bytes
 * @sysfs:  where sysfs is mounted
 * @disk:   any
 * @layers: out
 */
void layers_find(const char *sysfs, const struct disk *disk,
		 struct layers *layers);

/* A line for each layer. */
void layers_print(const struct layers *layers, FILE *to);

/* The same as an array. */
void layers_json(struct json *json, const struct layers *layers);

#endif /* LAMBDA_CLI_LAYERS_H */
