/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the kernel uses a disk that runs λs: /sys/block/DISK/lambda, and for root
 * /sys/kernel/debug/block/DISK/lambda.
 */
#ifndef LAMBDA_CLI_SCHED_H
#define LAMBDA_CLI_SCHED_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "json.h"

/* As many as the kernel knows of a disk. */
#define SCHED_PROFILES	64

/* What a side ran. */
struct side_stats {
	unsigned long long requests;
	unsigned long long bytes;	/* of their input */
};

/* Time as a straight line over bytes. */
struct line {
	unsigned long long fixed;	/* ns */
	unsigned long long slope;	/* ns per MiB */
};

/**
 * struct profile - what is known of a λ on a disk, reading or writing
 * @image:  id of the λ with its globals
 * @write:  lambda_pwrite()
 * @host:   what the host ran
 * @device: what the drive ran
 * @both:   what was divided and run by both
 * @error:  what predictions missed by lately, in 1/1024
 * @host_cpu:  time of a host CPU, on the host
 * @host_wait: waiting, over what is missing in the page cache
 * @miss:      time of a host CPU per MiB of that, in ns
 * @host_bias: what requests took over what they cost, in 1/1024
 * @device_cpu:  time of a host CPU, for the drive
 * @device_wait: waiting for the drive
 * @core:      time of a core of the drive per MiB, in ns
 * @out:       bytes of output per MiB of input
 * @device_bias: as @host_bias
 * @both_bias: what divided requests took over what was expected, in 1/1024
 */
struct profile {
	unsigned long long image;
	bool write;
	struct side_stats host, device, both;
	unsigned long long error;
	struct line host_cpu, host_wait;
	unsigned long long miss;
	unsigned long long host_bias;
	struct line device_cpu, device_wait;
	unsigned long long core, out;
	unsigned long long device_bias;
	unsigned long long both_bias;
};

/**
 * struct sched - a disk that runs λs
 * @disk:     its name in /sys/block
 * @policy:   who decides
 * @period:   requests of a profiling period
 * @probes:   those of them that may be probes
 * @host:     what the host ran
 * @device:   what the drive ran
 * @both:     what was divided and run by both
 * @fallback: requests that were meant for the drive and run by the host
 * @hidden:   errno of what follows, which is in debugfs; 0: it was read
 * @busy_media: ns that requests under way will keep the drive's media busy
 * @busy_link: and its link
 * @busy_core: and its cores
 * @nr_profiles: how many λs are known
 * @profiles: of them, the one used last first
 */
struct sched {
	char disk[NAME_MAX + 1];
	char policy[16];
	unsigned int period, probes;
	struct side_stats host, device, both;
	unsigned long long fallback;
	int hidden;
	unsigned long long busy_media, busy_link, busy_core;
	size_t nr_profiles;
	struct profile profiles[SCHED_PROFILES];
};

/**
 * cli_sched_read - read all of a disk
 * @dir:   the disk's directory in sysfs
 * @sysfs: where sysfs is mounted, and debugfs on its kernel/debug
 * @ret:   out: what was found there
 *
 * Return: 0; -ENOENT: the kernel runs no λs in this disk; another negative
 * errno. What a kernel shows in another form reads as 0.
 */
int cli_sched_read(const char *dir, const char *sysfs, struct sched *ret);

/* Why this user is not shown what @sched->hidden is about. */
const char *cli_sched_why_hidden(const struct sched *sched);

/* Prints it for lambda info, with the counters that are not 0. */
void cli_sched_print(const char *dir, const struct sched *sched, FILE *to);

/* Writes it as member @name for lambda info, with all counters. */
void cli_sched_json(struct json *json, const char *name, const char *dir,
		    const struct sched *sched);

/* Writes who decides, and what each side ran, as members. */
void cli_sched_json_requests(struct json *json, const struct sched *sched);

/* Writes requests and bytes of one side as members of @name, which stays open. */
void cli_sched_json_side(struct json *json, const char *name,
			 const struct side_stats *stats);

#endif /* LAMBDA_CLI_SCHED_H */
