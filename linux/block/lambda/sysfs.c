// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/block/DISK/lambda: how a disk that runs λs is to be used, what its drive
 * can do and what is counted. See Documentation/ABI/testing/sysfs-block-lambda.
 *
 * Every file has one value and is a row of a table here. The directory is
 * there while the disk is registered, and to take it away waits for readers, so
 * that they need no reference to the descriptor.
 */
#include <linux/blk-lambda.h>
#include <linux/blkdev.h>
#include <linux/cleanup.h>
#include <linux/init.h>
#include <linux/kobject.h>
#include <linux/kstrtox.h>
#include <linux/slab.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include <trace/events/lambda.h>

#include "sched.h"

/**
 * struct blk_lambda_dir - the directory of a disk
 * @kobj: in sysfs, below the disk's
 * @bl:   the disk's descriptor, which outlives @kobj in sysfs
 */
struct blk_lambda_dir {
	struct kobject kobj;
	struct blk_lambda *bl;
};

/**
 * struct blk_lambda_file - a file that has one value
 * @attr:  its name, and whether it can be written
 * @show:  prints the value
 * @store: sets the value; NULL where it cannot be set
 * @at:    of a number, where it is in the struct that @show looks at
 * @size:  of a number, that of u32 or u64
 * @min:   of a number that can be set, the least
 * @max:   likewise, the most
 */
struct blk_lambda_file {
	struct attribute attr;
	ssize_t (*show)(struct blk_lambda *bl,
			const struct blk_lambda_file *file, char *buf);
	int (*store)(struct blk_lambda *bl, const struct blk_lambda_file *file,
		     const char *buf);
	size_t at;
	size_t size;
	u32 min;
	u32 max;
};

/* Values */

static ssize_t sysfs_emit_number(const struct blk_lambda_file *file,
				 const void *base, char *buf)
{
	const void *at = base + file->at;

	return sysfs_emit(buf, "%llu\n", file->size == sizeof(u64) ?
			  *(const u64 *)at : *(const u32 *)at);
}

static ssize_t sysfs_show_limit(struct blk_lambda *bl,
				const struct blk_lambda_file *file, char *buf)
{
	return sysfs_emit_number(file, &bl->limits, buf);
}

static ssize_t sysfs_show_number(struct blk_lambda *bl,
				 const struct blk_lambda_file *file, char *buf)
{
	guard(spinlock)(&bl->sched->lock);
	return sysfs_emit_number(file, bl->sched, buf);
}

static int sysfs_store_number(struct blk_lambda *bl,
			      const struct blk_lambda_file *file,
			      const char *buf)
{
	u32 value;
	int err = kstrtou32(buf, 10, &value);

	if (err)
		return err;
	if (value < file->min || value > file->max)
		return -EINVAL;
	guard(spinlock)(&bl->sched->lock);
	*(u32 *)((void *)bl->sched + file->at) = value;
	return 0;
}

static const char * const policy_names[] = {
	[BLK_LAMBDA_AUTO] = "auto",
	[BLK_LAMBDA_HOST] = "host",
	[BLK_LAMBDA_DEVICE] = "device",
	[BLK_LAMBDA_BOTH] = "both",
};

static ssize_t sysfs_show_policy(struct blk_lambda *bl,
				 const struct blk_lambda_file *file, char *buf)
{
	enum blk_lambda_policy policy = READ_ONCE(bl->sched->policy);
	ssize_t len = 0;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(policy_names); i++)
		len += sysfs_emit_at(buf, len,
				     policy == i ? "%s[%s]" : "%s%s",
				     i ? " " : "", policy_names[i]);
	return len + sysfs_emit_at(buf, len, "\n");
}

static int sysfs_store_policy(struct blk_lambda *bl,
			      const struct blk_lambda_file *file,
			      const char *buf)
{
	int policy = sysfs_match_string(policy_names, buf);

	if (policy < 0)
		return policy;
	guard(spinlock)(&bl->sched->lock);
	bl->sched->policy = policy;
	return 0;
}

/* Tables */

#define NUMBER(file, type, member)					\
	.attr = { .name = file, .mode = 0444 },				\
	.at = offsetof(type, member),					\
	.size = sizeof_field(type, member)

#define SETTING(member, least, most)					\
	{								\
		.attr = { .name = #member, .mode = 0644 },		\
		.show = sysfs_show_number,				\
		.store = sysfs_store_number,				\
		.at = offsetof(struct blk_lambda_sched, member),	\
		.size = sizeof_field(struct blk_lambda_sched, member),	\
		.min = least,						\
		.max = most,						\
	}

static struct blk_lambda_file setting_files[] = {
	{
		.attr = { .name = "policy", .mode = 0644 },
		.show = sysfs_show_policy,
		.store = sysfs_store_policy,
	},
	SETTING(period, BLK_LAMBDA_PERIOD_MIN, BLK_LAMBDA_PERIOD_MAX),
	SETTING(probes, 0, BLK_LAMBDA_PERIOD_MAX),
};

#define LIMIT(member)							\
	{								\
		.show = sysfs_show_limit,				\
		NUMBER(#member, struct blk_lambda_limits, member),	\
	}

static struct blk_lambda_file limit_files[] = {
	LIMIT(in_max),
	LIMIT(out_max),
	LIMIT(args_max),
	LIMIT(extents_max),
	LIMIT(spans_max),
	LIMIT(depth),
	LIMIT(media_bps),
	LIMIT(media_write_bps),
	LIMIT(link_bps),
	LIMIT(core_ips),
	LIMIT(cores),
	LIMIT(contract),
};

#define STAT(file, member)						\
	{								\
		.show = sysfs_show_number,				\
		NUMBER(file, struct blk_lambda_sched, member),		\
	}

#define OF_SIDE(side)	stats[LAMBDA_SIDE_##side - 1]

#define STAT_OF_REASON(reason, name)					\
	STAT("reason_" name, reasons[reason]),

#define STAT_OF_STATUS(status, name)					\
	STAT("status_" name, statuses[status]),

static struct blk_lambda_file stat_files[] = {
	STAT("host_requests", OF_SIDE(HOST).requests),
	STAT("host_bytes", OF_SIDE(HOST).bytes),
	STAT("device_requests", OF_SIDE(DEVICE).requests),
	STAT("device_bytes", OF_SIDE(DEVICE).bytes),
	STAT("both_requests", OF_SIDE(BOTH).requests),
	STAT("both_bytes", OF_SIDE(BOTH).bytes),
	STAT("fallback", fallbacks),
	LAMBDA_REASONS(STAT_OF_REASON, STAT_OF_REASON)
	LAMBDA_STATUSES(STAT_OF_STATUS, STAT_OF_STATUS)
};

/* The directory */

static struct attribute *setting_attrs[ARRAY_SIZE(setting_files) + 1];
static struct attribute *limit_attrs[ARRAY_SIZE(limit_files) + 1];
static struct attribute *stat_attrs[ARRAY_SIZE(stat_files) + 1];

static const struct attribute_group setting_group = {
	.attrs = setting_attrs,
};

static const struct attribute_group limit_group = {
	.name = "limits",
	.attrs = limit_attrs,
};

static const struct attribute_group stat_group = {
	.name = "stats",
	.attrs = stat_attrs,
};

static const struct attribute_group *dir_groups[] = {
	&setting_group,
	&limit_group,
	&stat_group,
	NULL,
};

static void __init sysfs_list_files(struct blk_lambda_file *files, size_t nr,
				    struct attribute **attrs)
{
	size_t i;

	for (i = 0; i < nr; i++)
		attrs[i] = &files[i].attr;
}

/* Before any driver registers a disk. */
static int __init sysfs_list_all_files(void)
{
	sysfs_list_files(setting_files, ARRAY_SIZE(setting_files),
			 setting_attrs);
	sysfs_list_files(limit_files, ARRAY_SIZE(limit_files), limit_attrs);
	sysfs_list_files(stat_files, ARRAY_SIZE(stat_files), stat_attrs);
	return 0;
}
core_initcall(sysfs_list_all_files);

static struct blk_lambda *sysfs_disk_of(struct kobject *kobj)
{
	return container_of(kobj, struct blk_lambda_dir, kobj)->bl;
}

static ssize_t sysfs_show_file(struct kobject *kobj, struct attribute *attr,
			       char *buf)
{
	const struct blk_lambda_file *file =
		container_of(attr, struct blk_lambda_file, attr);

	return file->show(sysfs_disk_of(kobj), file, buf);
}

static ssize_t sysfs_store_file(struct kobject *kobj, struct attribute *attr,
				const char *buf, size_t count)
{
	const struct blk_lambda_file *file =
		container_of(attr, struct blk_lambda_file, attr);

	if (!file->store)
		return -EIO;
	return file->store(sysfs_disk_of(kobj), file, buf) ?: count;
}

static void sysfs_release_dir(struct kobject *kobj)
{
	kfree(container_of(kobj, struct blk_lambda_dir, kobj));
}

static const struct sysfs_ops file_ops = {
	.show = sysfs_show_file,
	.store = sysfs_store_file,
};

static const struct kobj_type dir_type = {
	.default_groups = dir_groups,
	.sysfs_ops = &file_ops,
	.release = sysfs_release_dir,
};

/**
 * blk_lambda_sysfs_add - make the files of a disk
 * @bl: its descriptor; the disk was added
 *
 * To do without them is no reason to do without the drive, so that errors are
 * left alone.
 */
void blk_lambda_sysfs_add(struct blk_lambda *bl)
{
	struct blk_lambda_dir *dir = kzalloc(sizeof(*dir), GFP_KERNEL);

	if (!dir)
		return;
	dir->bl = bl;
	if (kobject_init_and_add(&dir->kobj, &dir_type,
				 &disk_to_dev(bl->disk)->kobj, "lambda")) {
		pr_debug("%s: no files about lambdas\n", bl->disk->disk_name);
		kobject_put(&dir->kobj);
		return;
	}
	bl->dir = dir;
}

/**
 * blk_lambda_sysfs_del - take the files of a disk away
 * @bl: its descriptor; the disk is not deleted yet
 *
 * Context: process context; waits for readers and writers.
 */
void blk_lambda_sysfs_del(struct blk_lambda *bl)
{
	if (!bl->dir)
		return;
	kobject_del(&bl->dir->kobj);
	kobject_put(&bl->dir->kobj);
	bl->dir = NULL;
}
