// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disks that are made of others: logical volumes, mapped disks, arrays. Whether a
 * drive runs λs over what lies on one depends on each that lies in between.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "cli.h"
#include "layers.h"
#include "mapper.h"

/* A line of a file of the disk's; "" if there is none. */
static void layer_read(const struct disk *disk, const char *file, char *line,
		       size_t len)
{
	char path[PATH_MAX + 64];
	FILE *from;

	snprintf(path, sizeof(path), "%s/%s", disk->dir, file);
	from = fopen(path, "re");
	if (!from || !fgets(line, len, from))
		*line = '\0';
	line[strcspn(line, "\n")] = '\0';
	if (from)
		fclose(from);
}

static dev_t layer_dev(const struct disk *disk)
{
	unsigned int major, minor;
	char line[32];

	layer_read(disk, "dev", line, sizeof(line));
	return sscanf(line, "%u:%u", &major, &minor) == 2 ?
	       makedev(major, minor) : 0;
}

static bool layer_has(const struct layer *layer, const struct disk *disk)
{
	unsigned int i;

	for (i = 0; i < layer->nr && i < LAYER_DISKS; i++)
		if (!strcmp(layer->below[i].name, disk->name))
			return true;
	return false;
}

/* By the name that a folder of sysfs has for a disk or partition. */
static void layer_add(struct layer *layer, const char *sysfs, const char *name)
{
	struct disk part, disk;
	char path[PATH_MAX + NAME_MAX + 16];

	snprintf(path, sizeof(path), "%s/slaves/%s", layer->disk.dir, name);
	if (!realpath(path, part.dir) ||
	    cli_disk_of(sysfs, layer_dev(&part), &disk) ||
	    layer_has(layer, &disk))
		return;
	if (layer->nr < LAYER_DISKS)
		layer->below[layer->nr] = disk;
	layer->nr++;
}

static void layer_list(struct layer *layer, const char *sysfs)
{
	char path[PATH_MAX + 16];
	struct dirent **names;
	int nr, i;

	snprintf(path, sizeof(path), "%s/slaves", layer->disk.dir);
	nr = scandir(path, &names, NULL, alphasort);
	for (i = 0; i < nr; i++) {
		if (names[i]->d_name[0] != '.')
			layer_add(layer, sysfs, names[i]->d_name);
		free(names[i]);
	}
	if (nr >= 0)
		free(names);
}

/* Puts the disk of the first byte before the others. */
static void layer_begin_with(struct layer *layer, const char *sysfs, dev_t dev)
{
	struct disk first;
	unsigned int i;

	if (cli_disk_of(sysfs, dev, &first))
		return;
	for (i = 0; i < layer->nr && i < LAYER_DISKS; i++) {
		if (strcmp(layer->below[i].name, first.name))
			continue;
		layer->below[i] = layer->below[0];
		layer->below[0] = first;
	}
}

/* What tells the kernel where its bytes lie. */
static const char *const mapper_kinds[] = {
	"linear", "striped", "raid", NULL,
};

static const char *const md_kinds[] = { "raid0", "raid1", "raid10", NULL };

static enum layer_way layer_way_of(const struct layer *layer,
				   const char *const *kinds)
{
	for (; *kinds; kinds++)
		if (!strcmp(layer->kind, *kinds))
			return layer->nr == 1 ? LAYER_OPEN : LAYER_SPREAD;
	return LAYER_CLOSED;
}

static void layer_judge_mapped(struct layer *layer, const char *sysfs)
{
	struct mapped mapped;
	int err = mapper_ask(layer_dev(&layer->disk), &mapped);

	layer->way = LAYER_SECRET;
	if (err)
		return;
	snprintf(layer->kind, sizeof(layer->kind), "%s", mapped.kind);
	layer_begin_with(layer, sysfs, mapped.first);
	layer->way = layer_way_of(layer, mapper_kinds);
}

static void layer_judge(struct layer *layer, const char *sysfs)
{
	layer_read(&layer->disk, "dm/name", layer->label, sizeof(layer->label));
	if (*layer->label) {
		layer_judge_mapped(layer, sysfs);
		return;
	}
	layer_read(&layer->disk, "md/level", layer->kind, sizeof(layer->kind));
	layer->way = layer_way_of(layer, md_kinds);
	if (!*layer->kind)
		snprintf(layer->kind, sizeof(layer->kind), "a disk of others");
}

const struct layer *layers_end(const struct layers *layers)
{
	const struct layer *last = layers->layer + layers->nr - 1;

	return layers->nr && last->way >= LAYER_CLOSED ? last : NULL;
}

void layers_find(const char *sysfs, const struct disk *disk,
		 struct layers *layers)
{
	struct layer *layer;

	layers->nr = 0;
	layers->disk = *disk;
	for (;;) {
		layer = &layers->layer[layers->nr];
		*layer = (struct layer){ .disk = layers->disk };
		layer_list(layer, sysfs);
		if (!layer->nr)
			return;
		layer_judge(layer, sysfs);
		if (++layers->nr == LAYERS_MAX)
			layer->way = LAYER_CLOSED;
		if (layer->way >= LAYER_CLOSED)
			return;
		layers->disk = layer->below[0];
	}
}

static const char *const layer_ways[] = {
	[LAYER_OPEN] = "λs look through it",
	[LAYER_SPREAD] = "λs run in those that have the bytes, in several at once if divided",
	[LAYER_CLOSED] = "λs do not look through it, so that the host runs them",
	[LAYER_SECRET] = "only root may ask what it is made of",
};

static const char *const layer_words[] = {
	[LAYER_OPEN] = "open", [LAYER_SPREAD] = "spread",
	[LAYER_CLOSED] = "closed", [LAYER_SECRET] = "unknown",
};

static void layer_print_below(const struct layer *layer, FILE *to)
{
	unsigned int i;

	for (i = 0; i < layer->nr && i < LAYER_DISKS; i++)
		print(to, "%s%s", i ? ", " : "", layer->below[i].name);
	if (layer->nr > LAYER_DISKS)
		print(to, " and %u more", layer->nr - LAYER_DISKS);
}

void layers_print(const struct layers *layers, FILE *to)
{
	const struct layer *layer;

	for (layer = layers->layer; layer < layers->layer + layers->nr;
	     layer++) {
		print(to, "layer         %s", layer->disk.name);
		if (*layer->label)
			print(to, " (%s)", layer->label);
		print(to, ": %s%son ", layer->kind, *layer->kind ? " " : "");
		layer_print_below(layer, to);
		print(to, "; %s\n", layer_ways[layer->way]);
	}
}

static void layer_json(struct json *json, const struct layer *layer)
{
	unsigned int i;

	json_begin(json, NULL, '{');
	json_text(json, "disk", layer->disk.name);
	json_text(json, "label", *layer->label ? layer->label : NULL);
	json_text(json, "kind", *layer->kind ? layer->kind : NULL);
	json_text(json, "way", layer_words[layer->way]);
	json_begin(json, "below", '[');
	for (i = 0; i < layer->nr && i < LAYER_DISKS; i++)
		json_text(json, NULL, layer->below[i].name);
	json_end(json, ']');
	json_end(json, '}');
}

void layers_json(struct json *json, const struct layers *layers)
{
	const struct layer *layer;

	json_begin(json, "layers", '[');
	for (layer = layers->layer; layer < layers->layer + layers->nr;
	     layer++)
		layer_json(json, layer);
	json_end(json, ']');
}
