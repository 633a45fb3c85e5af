// SPDX-License-Identifier: GPL-2.0-only
/*
 * Samples of the disks that run λs, and their table: a line for each disk and
 * each of its sides, and two for each λ, one for the host and one for the drive.
 * Where requests were divided, another one tells how both sides did.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "top.h"

static int top_no_dots(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int top_sample_take(const char *sysfs, double seconds, struct sample *sample)
{
	char dir[PATH_MAX];
	struct dirent **entries;
	int count, i;

	sample->seconds = seconds;
	sample->count = 0;
	snprintf(dir, sizeof(dir), "%s/block", sysfs);
	count = scandir(dir, &entries, top_no_dots, alphasort);
	if (count < 0)
		return -errno;
	for (i = 0; i < count; i++) {
		snprintf(dir, sizeof(dir), "%s/block/%s", sysfs,
			 entries[i]->d_name);
		if (sample->count < TOP_DISKS &&
		    !sched_read(dir, sysfs, &sample->disks[sample->count]))
			sample->count++;
		free(entries[i]);
	}
	free(entries);
	return 0;
}

/* A number with a unit, at most 7 characters. */
static const char *top_short_number(double number, char text[16])
{
	static const char units[] = " KMGTPE";
	size_t unit = 0;

	while (number >= 999999.5 && units[unit + 1]) {
		number /= 1000;
		unit++;
	}
	snprintf(text, 16, "%.0f%.*s", number, unit > 0, units + unit);
	return text;
}

/* Two numbers that have grown, and by how much in a second. */
static void top_print_stats(FILE *to, const struct side_stats *now,
			    const struct side_stats *before, double seconds)
{
	char requests[16], bytes[16], per_second[2][16] = { "-", "-" };

	/* A λ that is unloaded and loaded again begins from 0. */
	if (before && seconds > 0 && now->requests >= before->requests) {
		top_short_number((now->requests - before->requests) / seconds,
				 per_second[0]);
		top_short_number((now->bytes - before->bytes) / seconds,
				 per_second[1]);
	}
	fprintf(to, " %8s %7s %8s %7s",
		top_short_number(now->requests, requests), per_second[0],
		top_short_number(now->bytes, bytes), per_second[1]);
}

static void top_print_line(FILE *to, const struct line *line)
{
	char text[64];

	snprintf(text, sizeof(text), "%.0f+%.0f", line->fixed / 1e3,
		 line->slope / 1e3);
	fprintf(to, " %11s", text);
}

static void top_print_both(FILE *to, const struct profile *now,
			   const struct profile *before, double seconds)
{
	fprintf(to, "%31s both  ", "");
	top_print_stats(to, &now->both, before ? &before->both : NULL, seconds);
	fprintf(to, " %34s %6.2f\n", "", now->both_bias / 1024.0);
}

static void top_print_profile(FILE *to, const struct profile *now,
			      const struct profile *before, double seconds,
			      const char *name)
{
	print(to, "%8llu %-16.16s %-5s host  ", now->image, name ?: "-",
	      now->write ? "write" : "read");
	top_print_stats(to, &now->host, before ? &before->host : NULL, seconds);
	top_print_line(to, &now->host_cpu);
	top_print_line(to, &now->host_wait);
	fprintf(to, " %9.0f %6.2f\n", now->miss / 1e3,
		now->host_bias / 1024.0);
	fprintf(to, "%31s device", "");
	top_print_stats(to, &now->device, before ? &before->device : NULL,
			seconds);
	top_print_line(to, &now->device_cpu);
	top_print_line(to, &now->device_wait);
	fprintf(to, " %9.0f %6.2f  error %.1f %%, out %.1f %%\n",
		now->core / 1e3, now->device_bias / 1024.0,
		now->error * 100 / 1024.0, now->out * 100 / 1048576.0);
	if (now->both.requests)
		top_print_both(to, now, before, seconds);
}

static const struct profile *top_find_profile(const struct sched *sched,
					      const struct profile *other)
{
	size_t i;

	for (i = 0; sched && i < sched->nr_profiles; i++)
		if (sched->profiles[i].image == other->image &&
		    sched->profiles[i].write == other->write)
			return &sched->profiles[i];
	return NULL;
}

static const struct sched *top_find_disk(const struct sample *sample,
					 const char *disk)
{
	size_t i;

	for (i = 0; sample && i < sample->count; i++)
		if (!strcmp(sample->disks[i].disk, disk))
			return &sample->disks[i];
	return NULL;
}

static void top_print_settings(FILE *to, const struct sched *now)
{
	print(to, "%s: policy %s, %u probes in %u, %llu left to the host",
	      now->disk, now->policy, now->probes, now->period, now->fallback);
	if (now->hidden)
		fprintf(to, "; what is under way, and its λs: %s\n",
			sched_why_hidden(now));
	else
		fprintf(to,
			"; under way: media %.0f µs, link %.0f µs, cores %.0f µs\n",
			now->busy_media / 1e3, now->busy_link / 1e3,
			now->busy_core / 1e3);
}

static void top_print_disk(FILE *to, const struct sched *now,
			   const struct sched *before, double seconds,
			   const char *(*name)(unsigned long long image))
{
	size_t i;

	top_print_settings(to, now);
	fprintf(to, "%8s %-16s %-5s %-6s %8s %7s %8s %7s %11s %11s %9s %6s\n",
		"IMAGE", "NAME", "OP", "SIDE", "REQUESTS", "/s", "BYTES", "/s",
		"CPU µs+/MiB", "WAIT", "MISS,CORE", "BIAS");
	fprintf(to, "%8s %-16s %-5s host  ", "all", "", "");
	top_print_stats(to, &now->host, before ? &before->host : NULL, seconds);
	fprintf(to, "\n%31s device", "");
	top_print_stats(to, &now->device, before ? &before->device : NULL,
			seconds);
	fprintf(to, "\n%31s both  ", "");
	top_print_stats(to, &now->both, before ? &before->both : NULL, seconds);
	fputc('\n', to);
	for (i = 0; i < now->nr_profiles; i++)
		top_print_profile(to, &now->profiles[i],
				  top_find_profile(before, &now->profiles[i]),
				  seconds, name(now->profiles[i].image));
}

void top_sample_print(const struct sample *now, const struct sample *before,
		      const char *(*name)(unsigned long long image), FILE *to)
{
	double seconds = before ? now->seconds - before->seconds : 0;
	size_t i;

	if (!now->count)
		fprintf(to, "no disk runs λs\n");
	for (i = 0; i < now->count; i++)
		top_print_disk(to, &now->disks[i],
			       top_find_disk(before, now->disks[i].disk),
			       seconds, name);
}
