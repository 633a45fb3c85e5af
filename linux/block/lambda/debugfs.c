// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/block/DISK/lambda: what the model knows of a disk, and of
 * each λ there, as lines of a name and a value. Documentation/block/lambda.rst
 * explains them; unlike those in sysfs they change with the model.
 *
 * A kernel that is locked down shows files of debugfs that can only be read.
 */
#include <linux/blk-lambda.h>
#include <linux/blkdev.h>
#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>

#include "sched.h"

/**
 * struct blk_lambda_field - a line
 * @name:  what the value is
 * @value: the value
 */
struct blk_lambda_field {
	const char *name;
	u64 value;
};

static void debugfs_print_fields(struct seq_file *m,
				 const struct blk_lambda_field *field,
				 size_t nr)
{
	for (; nr; nr--, field++)
		seq_printf(m, "%s %llu\n", field->name, field->value);
}

/* The disk */

static void debugfs_print_model(struct seq_file *m,
				const struct blk_lambda_drive *d,
				const struct blk_lambda_load *busy)
{
	const struct blk_lambda_field fields[] = {
		{ "media_read", d->media_read },
		{ "media_write", d->media_write },
		{ "link", d->link },
		{ "core", d->core },
		{ "cores", d->cores },
		{ "cpus", d->cpus },
		{ "busy_media", busy->media },
		{ "busy_link", busy->link },
		{ "busy_core", busy->core },
	};

	debugfs_print_fields(m, fields, ARRAY_SIZE(fields));
}

static int debugfs_model_show(struct seq_file *m, void *unused)
{
	struct blk_lambda *bl = m->private;
	struct blk_lambda_drive drive;
	struct blk_lambda_load busy;

	scoped_guard(spinlock, &bl->sched->lock) {
		drive = bl->sched->drive;
		busy = bl->sched->load;
	}
	debugfs_print_model(m, &drive, &busy);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(debugfs_model);

/* Its λs */

/* In BLK_LAMBDA_ONEths. */
static u64 debugfs_bias_of(const struct blk_lambda_side_model *m)
{
	return blk_lambda_cost_bias(m) / (BLK_LAMBDA_BIAS_ONE / BLK_LAMBDA_ONE);
}

static u64 debugfs_fixed_of(const struct blk_lambda_linreg *line)
{
	return blk_lambda_linreg_at(line, 0);
}

static void debugfs_print_profile(struct seq_file *m,
				  const struct blk_lambda_profile *p)
{
	const struct blk_lambda_side_model *host = &p->cost.host;
	const struct blk_lambda_side_model *device = &p->cost.device;
	const struct blk_lambda_field fields[] = {
		{ "host_requests", p->stats[LAMBDA_SIDE_HOST - 1].requests },
		{ "host_bytes", p->stats[LAMBDA_SIDE_HOST - 1].bytes },
		{ "host_cpu_fixed", debugfs_fixed_of(&host->cpu) },
		{ "host_cpu_slope", host->cpu.rate },
		{ "host_wait_fixed", debugfs_fixed_of(&host->wait) },
		{ "host_wait_slope", host->wait.rate },
		{ "host_miss", p->cost.miss },
		{ "host_bias", debugfs_bias_of(host) },
		{ "device_requests",
		  p->stats[LAMBDA_SIDE_DEVICE - 1].requests },
		{ "device_bytes", p->stats[LAMBDA_SIDE_DEVICE - 1].bytes },
		{ "device_cpu_fixed", debugfs_fixed_of(&device->cpu) },
		{ "device_cpu_slope", device->cpu.rate },
		{ "device_wait_fixed", debugfs_fixed_of(&device->wait) },
		{ "device_wait_slope", device->wait.rate },
		{ "device_core", p->cost.core },
		{ "device_bias", debugfs_bias_of(device) },
		{ "both_requests", p->stats[LAMBDA_SIDE_BOTH - 1].requests },
		{ "both_bytes", p->stats[LAMBDA_SIDE_BOTH - 1].bytes },
		{ "both_bias", p->split.bias + BLK_LAMBDA_ONE },
		{ "output", p->cost.out },
		{ "error", p->error },
	};

	seq_printf(m, "image %llu\nop %s\n", p->image_id,
		   p->write ? "write" : "read");
	debugfs_print_fields(m, fields, ARRAY_SIZE(fields));
	seq_putc(m, '\n');
}

/* Copies what is in use, the profile used last first. Return: how many. */
static u32 debugfs_copy_profiles(struct blk_lambda_sched *s,
				 struct blk_lambda_profile *to)
{
	struct blk_lambda_profile *p;
	u32 nr = 0;

	guard(spinlock)(&s->lock);
	list_for_each_entry(p, &s->lru, lru) {
		if (!p->image_id)
			break;
		to[nr++] = *p;
	}
	return nr;
}

/* To print takes longer than requests may be kept from being decided. */
static int debugfs_profiles_show(struct seq_file *m, void *unused)
{
	struct blk_lambda *bl = m->private;
	struct blk_lambda_profile *copies;
	u32 nr, i;

	copies = kvmalloc_array(BLK_LAMBDA_PROFILES, sizeof(*copies),
				GFP_KERNEL);
	if (!copies)
		return -ENOMEM;
	nr = debugfs_copy_profiles(bl->sched, copies);
	for (i = 0; i < nr; i++)
		debugfs_print_profile(m, &copies[i]);
	kvfree(copies);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(debugfs_profiles);

/* The directory, which del_gendisk() would remove with its parent as well */

/**
 * blk_lambda_debugfs_add - make the files of a disk
 * @bl: its descriptor; the disk was added
 */
void blk_lambda_debugfs_add(struct blk_lambda *bl)
{
	struct request_queue *q = bl->disk->queue;
	struct dentry *dir;

	guard(mutex)(&q->debugfs_mutex);
	if (!q->debugfs_dir)
		return;
	dir = debugfs_create_dir("lambda", q->debugfs_dir);
	debugfs_create_file("model", 0444, dir, bl, &debugfs_model_fops);
	debugfs_create_file("profiles", 0444, dir, bl, &debugfs_profiles_fops);
}

/**
 * blk_lambda_debugfs_del - take the files of a disk away
 * @bl: its descriptor; the disk is not deleted yet
 *
 * Context: process context; waits for readers.
 */
void blk_lambda_debugfs_del(struct blk_lambda *bl)
{
	struct request_queue *q = bl->disk->queue;

	guard(mutex)(&q->debugfs_mutex);
	if (q->debugfs_dir)
		debugfs_lookup_and_remove("lambda", q->debugfs_dir);
}
