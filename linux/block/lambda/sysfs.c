// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/block/DISK/lambda: how a disk that runs λs is used, and how it is to be.
 * See Documentation/ABI/testing/sysfs-block-lambda.
 *
 * The group is one of each disk's and visible where a descriptor is
 * registered. A reader holds the descriptor, not the disk.
 */
#include <linux/blk-lambda.h>
#include <linux/blkdev.h>
#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/kstrtox.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include <trace/events/lambda.h>

#include "../blk.h"
#include "sched.h"

/**
 * struct name - a number that files show by name
 * @value: the number
 * @name:  the name
 */
struct name {
	u32 value;
	const char *name;
};

static const struct name reasons[] = {
	LAMBDA_REASONS(LAMBDA_NAME, LAMBDA_LAST_NAME)
};

static const struct name statuses[] = {
	LAMBDA_STATUSES(LAMBDA_NAME, LAMBDA_LAST_NAME)
};

static const char * const policies[] = {
	[BLK_LAMBDA_AUTO] = "auto",
	[BLK_LAMBDA_HOST] = "host",
	[BLK_LAMBDA_DEVICE] = "device",
	[BLK_LAMBDA_BOTH] = "both",
};

static struct blk_lambda *get(struct device *dev)
{
	return blk_lambda_get(dev_to_disk(dev)->part0);
}

static void put(struct blk_lambda *bl)
{
	if (bl)
		blk_lambda_put(bl);
}

DEFINE_FREE(put, struct blk_lambda *, put(_T))

/* What can be set */

static ssize_t policy_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	struct blk_lambda *bl __free(put) = get(dev);
	ssize_t len = 0;
	u32 i;

	if (!bl)
		return -ENODEV;
	for (i = 0; i < ARRAY_SIZE(policies); i++)
		len += sysfs_emit_at(buf, len,
				     READ_ONCE(bl->sched->policy) == i ?
				     "[%s]%s" : "%s%s", policies[i],
				     i + 1 < ARRAY_SIZE(policies) ? " " : "\n");
	return len;
}

static ssize_t policy_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t count)
{
	struct blk_lambda *bl __free(put) = get(dev);
	int policy = sysfs_match_string(policies, buf);

	if (!bl)
		return -ENODEV;
	if (policy < 0)
		return policy;
	guard(spinlock)(&bl->sched->lock);
	bl->sched->policy = policy;
	return count;
}

static ssize_t period_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	struct blk_lambda *bl __free(put) = get(dev);

	return bl ? sysfs_emit(buf, "%u\n", READ_ONCE(bl->sched->period)) :
		    -ENODEV;
}

static ssize_t period_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t count)
{
	struct blk_lambda *bl __free(put) = get(dev);
	u32 period;
	int err = kstrtou32(buf, 10, &period);

	if (!bl)
		return -ENODEV;
	if (err)
		return err;
	if (period < BLK_LAMBDA_PERIOD_MIN || period > BLK_LAMBDA_PERIOD_MAX)
		return -EINVAL;
	guard(spinlock)(&bl->sched->lock);
	bl->sched->period = period;
	return count;
}

static ssize_t probes_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	struct blk_lambda *bl __free(put) = get(dev);

	return bl ? sysfs_emit(buf, "%u\n", READ_ONCE(bl->sched->probes)) :
		    -ENODEV;
}

static ssize_t probes_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t count)
{
	struct blk_lambda *bl __free(put) = get(dev);
	u32 probes;
	int err = kstrtou32(buf, 10, &probes);

	if (!bl)
		return -ENODEV;
	if (err)
		return err;
	if (probes > BLK_LAMBDA_PERIOD_MAX)
		return -EINVAL;
	guard(spinlock)(&bl->sched->lock);
	bl->sched->probes = probes;
	return count;
}

/* What can be seen */

static ssize_t emit_counts(char *buf, const u64 *counts,
			   const struct name *names, u32 nr)
{
	ssize_t len = 0;
	u32 i;

	for (i = 0; i < nr; i++)
		len += sysfs_emit_at(buf, len, "%s %llu\n", names[i].name,
				     counts[names[i].value]);
	return len;
}

static ssize_t reasons_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	struct blk_lambda *bl __free(put) = get(dev);

	if (!bl)
		return -ENODEV;
	guard(spinlock)(&bl->sched->lock);
	return emit_counts(buf, bl->sched->reasons, reasons,
			   ARRAY_SIZE(reasons));
}

static ssize_t statuses_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	struct blk_lambda *bl __free(put) = get(dev);

	if (!bl)
		return -ENODEV;
	guard(spinlock)(&bl->sched->lock);
	return emit_counts(buf, bl->sched->statuses, statuses,
			   ARRAY_SIZE(statuses));
}

static ssize_t requests_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	struct blk_lambda *bl __free(put) = get(dev);
	const struct blk_lambda_tally *t;

	if (!bl)
		return -ENODEV;
	guard(spinlock)(&bl->sched->lock);
	t = bl->sched->tally;
	return sysfs_emit(buf,
			  "host %llu %llu\ndevice %llu %llu\nboth %llu %llu\nfallback %llu\n",
			  t[0].requests, t[0].bytes, t[1].requests, t[1].bytes,
			  t[2].requests, t[2].bytes, bl->sched->fallbacks);
}

/**
 * struct number - a line of a file
 * @name:  its first word
 * @value: its second
 */
struct number {
	const char *name;
	u64 value;
};

static ssize_t emit_numbers(char *buf, const struct number *n, u32 nr)
{
	ssize_t len = 0;

	for (; nr; nr--, n++)
		len += sysfs_emit_at(buf, len, "%s %llu\n", n->name, n->value);
	return len;
}

static ssize_t emit_model(char *buf, const struct blk_lambda_drive *d,
			  const struct blk_lambda_load *busy)
{
	const struct number n[] = {
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

	return emit_numbers(buf, n, ARRAY_SIZE(n));
}

static ssize_t model_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct blk_lambda *bl __free(put) = get(dev);

	if (!bl)
		return -ENODEV;
	guard(spinlock)(&bl->sched->lock);
	return emit_model(buf, &bl->sched->drive, &bl->sched->load);
}

static ssize_t emit_limits(char *buf, const struct blk_lambda_limits *l)
{
	const struct number n[] = {
		{ "in_max", l->in_max },
		{ "out_max", l->out_max },
		{ "args_max", l->args_max },
		{ "extents_max", l->extents_max },
		{ "depth", l->depth },
		{ "media_bps", l->media_bps },
		{ "media_write_bps", l->media_write_bps },
		{ "link_bps", l->link_bps },
		{ "core_ips", l->core_ips },
		{ "cores", l->cores },
		{ "contract", l->contract },
	};

	return emit_numbers(buf, n, ARRAY_SIZE(n));
}

static ssize_t limits_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	struct blk_lambda *bl __free(put) = get(dev);

	return bl ? emit_limits(buf, &bl->limits) : -ENODEV;
}

static ssize_t emit_line(char *buf, ssize_t at,
			 const struct blk_lambda_line *line)
{
	return sysfs_emit_at(buf, at, " %llu %llu",
			     blk_lambda_line_at(line, 0), line->rate);
}

/* In 1/1024. */
static u64 delay(const struct blk_lambda_half *h)
{
	return blk_lambda_delay(h) / (BLK_LAMBDA_DELAY_ONE / BLK_LAMBDA_ONE);
}

static ssize_t emit_profile(char *buf, ssize_t at,
			    const struct blk_lambda_profile *p)
{
	const struct blk_lambda_cost *c = &p->cost;
	ssize_t len = at;

	len += sysfs_emit_at(buf, len, "%llu %s %llu %llu %llu %llu %u",
			     p->image_id, p->write ? "write" : "read",
			     p->tally[0].requests, p->tally[0].bytes,
			     p->tally[1].requests, p->tally[1].bytes, p->error);
	len += emit_line(buf, len, &c->host.cpu);
	len += emit_line(buf, len, &c->host.wait);
	len += sysfs_emit_at(buf, len, " %llu %llu", c->miss, delay(&c->host));
	len += emit_line(buf, len, &c->device.cpu);
	len += emit_line(buf, len, &c->device.wait);
	len += sysfs_emit_at(buf, len, " %llu %llu %llu", c->core, c->out,
			     delay(&c->device));
	len += sysfs_emit_at(buf, len, " %llu %llu %d\n", p->tally[2].requests,
			     p->tally[2].bytes, p->split.delay + BLK_LAMBDA_ONE);
	return len - at;
}

static ssize_t profiles_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	struct blk_lambda *bl __free(put) = get(dev);
	struct blk_lambda_profile *p;
	ssize_t len = 0;

	if (!bl)
		return -ENODEV;
	guard(spinlock)(&bl->sched->lock);
	list_for_each_entry(p, &bl->sched->lru, lru) {
		ssize_t n;

		if (!p->image_id)
			break;
		n = emit_profile(buf, len, p);
		/* Whole lines only; those left out were not used lately. */
		if (!n || buf[len + n - 1] != '\n')
			break;
		len += n;
	}
	return len;
}

static DEVICE_ATTR_RW(policy);
static DEVICE_ATTR_RW(period);
static DEVICE_ATTR_RW(probes);
static DEVICE_ATTR_RO(requests);
static DEVICE_ATTR_RO(reasons);
static DEVICE_ATTR_RO(statuses);
static DEVICE_ATTR_RO(profiles);
static DEVICE_ATTR_RO(model);
static DEVICE_ATTR_RO(limits);

static struct attribute *blk_lambda_attrs[] = {
	&dev_attr_policy.attr,
	&dev_attr_period.attr,
	&dev_attr_probes.attr,
	&dev_attr_requests.attr,
	&dev_attr_reasons.attr,
	&dev_attr_statuses.attr,
	&dev_attr_profiles.attr,
	&dev_attr_model.attr,
	&dev_attr_limits.attr,
	NULL,
};

static bool blk_lambda_group_visible(struct kobject *kobj)
{
	return rcu_access_pointer(dev_to_disk(kobj_to_dev(kobj))->lambda);
}

DEFINE_SIMPLE_SYSFS_GROUP_VISIBLE(blk_lambda);

/* The files of a disk, where blk_lambda_register() has been called. */
const struct attribute_group blk_lambda_attr_group = {
	.name = "lambda",
	.attrs = blk_lambda_attrs,
	.is_visible = SYSFS_GROUP_VISIBLE(blk_lambda),
};

/**
 * blk_lambda_sysfs_update - show or hide a disk's files
 * @disk: disk with or without a descriptor, added or not
 *
 * A disk that is added later gets them then. To do without them is no reason
 * to do without the drive, so that errors are left alone.
 *
 * Context: process context; when hiding, waits for readers.
 */
void blk_lambda_sysfs_update(struct gendisk *disk)
{
	if (sysfs_update_group(&disk_to_dev(disk)->kobj,
			       &blk_lambda_attr_group))
		pr_debug("%s: no files for λs\n", disk->disk_name);
}
