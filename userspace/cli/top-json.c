// SPDX-License-Identifier: GPL-2.0-only
/* A sample of the disks that run λs, as JSON. */
#include "top.h"

static void top_json_put_line(struct json *json, const char *name,
			      const struct line *line)
{
	json_begin(json, name, '{');
	json_count(json, "ns", line->fixed);
	json_count(json, "ns_per_mib", line->slope);
	json_end(json, '}');
}

static void top_json_put_bias(struct json *json, unsigned long long bias)
{
	json_real(json, "bias", bias / 1024.0);
}

static void top_json_put_host(struct json *json, const struct profile *profile)
{
	cli_sched_json_side(json, "host", &profile->host);
	top_json_put_line(json, "cpu", &profile->host_cpu);
	top_json_put_line(json, "wait", &profile->host_wait);
	json_count(json, "miss_ns_per_mib", profile->miss);
	top_json_put_bias(json, profile->host_bias);
	json_end(json, '}');
}

static void top_json_put_device(struct json *json,
				const struct profile *profile)
{
	cli_sched_json_side(json, "device", &profile->device);
	top_json_put_line(json, "cpu", &profile->device_cpu);
	top_json_put_line(json, "wait", &profile->device_wait);
	json_count(json, "core_ns_per_mib", profile->core);
	top_json_put_bias(json, profile->device_bias);
	json_end(json, '}');
}

static void top_json_put_profile(struct json *json,
				 const struct profile *profile,
				 const char *name)
{
	json_begin(json, NULL, '{');
	json_count(json, "image", profile->image);
	json_text(json, "name", name);
	json_text(json, "op", profile->write ? "write" : "read");
	top_json_put_host(json, profile);
	top_json_put_device(json, profile);
	cli_sched_json_side(json, "both", &profile->both);
	top_json_put_bias(json, profile->both_bias);
	json_end(json, '}');
	json_real(json, "error", profile->error / 1024.0);
	json_real(json, "out", profile->out / 1048576.0);
	json_end(json, '}');
}

static void top_json_put_busy(struct json *json, const struct sched *sched)
{
	if (sched->hidden) {
		json_text(json, "busy", NULL);
		return;
	}
	json_begin(json, "busy", '{');
	json_count(json, "media_ns", sched->busy_media);
	json_count(json, "link_ns", sched->busy_link);
	json_count(json, "core_ns", sched->busy_core);
	json_end(json, '}');
}

static void top_json_put_disk(struct json *json, const struct sched *sched,
			      const char *(*name)(unsigned long long image))
{
	size_t i;

	json_begin(json, NULL, '{');
	json_text(json, "disk", sched->disk);
	cli_sched_json_requests(json, sched);
	top_json_put_busy(json, sched);
	json_begin(json, "profiles", '[');
	for (i = 0; i < sched->nr_profiles; i++)
		top_json_put_profile(json, &sched->profiles[i],
				     name(sched->profiles[i].image));
	json_end(json, ']');
	json_end(json, '}');
}

void top_json_sample(const struct sample *now,
		     const char *(*name)(unsigned long long image), FILE *to)
{
	struct json json = { .to = to };
	size_t i;

	json_begin(&json, NULL, '{');
	json_real(&json, "seconds", now->seconds);
	json_begin(&json, "disks", '[');
	for (i = 0; i < now->count; i++)
		top_json_put_disk(&json, &now->disks[i], name);
	json_end(&json, ']');
	json_end(&json, '}');
	json_done(&json);
}
