// SPDX-License-Identifier: GPL-2.0-only
/* What a drive tells of its λs, as JSON. */
#include <endian.h>

#include "drive.h"

static void drive_json_put32(struct json *json, const char *name, __le32 value)
{
	json_count(json, name, le32toh(value));
}

static void drive_json_put64(struct json *json, const char *name, __le64 value)
{
	json_count(json, name, le64toh(value));
}

/* Bits that are younger than this command have numbers for names. */
static void drive_json_put_contract(struct json *json, __u32 contract)
{
	char number[16];
	__u32 i;

	json_begin(json, "contract", '[');
	for (i = 0; i < 32; i++) {
		if (!(contract >> i & 1))
			continue;
		snprintf(number, sizeof(number), "bit-%u", i);
		json_text(json, NULL, cli_drive_contract_name(i) ?: number);
	}
	json_end(json, ']');
}

static void drive_json_put_capability(struct json *json,
				      const struct nvme_lambda_id *id)
{
	drive_json_put32(json, "version", id->version);
	drive_json_put_contract(json, le32toh(id->contract));
	drive_json_put32(json, "cores", id->cores);
	drive_json_put64(json, "core_ips", id->core_ips);
	drive_json_put64(json, "helper_bps", id->helper_bps);
	drive_json_put64(json, "media_read_bps", id->media_read_bps);
	drive_json_put64(json, "media_write_bps", id->media_write_bps);
	drive_json_put64(json, "link_bps", id->link_bps);
	drive_json_put32(json, "dilation", id->dilation);
	drive_json_put32(json, "program_max", id->program_max);
	drive_json_put64(json, "data_max", id->data_max);
	drive_json_put64(json, "heap_max", id->heap_max);
	drive_json_put64(json, "args_max", id->args_max);
	drive_json_put64(json, "in_max", id->in_max);
	drive_json_put64(json, "out_max", id->out_max);
	drive_json_put64(json, "slot_bytes", id->slot_bytes);
	drive_json_put32(json, "transfer_max", id->transfer_max);
	drive_json_put32(json, "extents_max", id->extents_max);
	drive_json_put32(json, "runs_max", id->runs_max);
	drive_json_put64(json, "insns_max", id->insns_max);
	drive_json_put64(json, "ns_max", id->ns_max);
	drive_json_put32(json, "sessions_max", id->sessions);
	drive_json_put32(json, "programs_max", id->programs);
	drive_json_put32(json, "slots_max", id->slots);
}

static void drive_json_put_ends(struct json *json,
				const struct nvme_lambda_stats *stats)
{
	static const char *const ends[] = {
		"ok", "error", "length", "fault", "budget", "killed",
	};
	static const char *const wants[] = { "memory", "instructions", "time" };
	size_t i;

	json_begin(json, "runs", '{');
	for (i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		drive_json_put64(json, ends[i], stats->runs[i]);
	json_end(json, '}');
	json_begin(json, "declined", '{');
	for (i = 0; i < sizeof(wants) / sizeof(*wants); i++)
		drive_json_put64(json, wants[i], stats->declined[i]);
	json_end(json, '}');
	drive_json_put64(json, "refused", stats->refused);
}

static void drive_json_put_stats(struct json *json,
				 const struct nvme_lambda_stats *stats)
{
	json_begin(json, "stats", '{');
	drive_json_put32(json, "sessions", stats->sessions);
	drive_json_put32(json, "programs", stats->programs);
	drive_json_put32(json, "slots", stats->slots);
	drive_json_put_ends(json, stats);
	drive_json_put64(json, "insns", stats->insns);
	drive_json_put64(json, "helper_bytes", stats->helper_bytes);
	drive_json_put64(json, "in_bytes", stats->in_bytes);
	drive_json_put64(json, "out_bytes", stats->out_bytes);
	drive_json_put64(json, "busy_media_ns", stats->busy_media);
	drive_json_put64(json, "busy_in_ns", stats->busy_in);
	drive_json_put64(json, "busy_out_ns", stats->busy_out);
	drive_json_put64(json, "busy_cores_ns", stats->busy_cores);
	json_end(json, '}');
}

void drive_json(struct json *json, const struct nvme_lambda_id *id,
		const struct nvme_lambda_stats *stats)
{
	if (!id) {
		json_text(json, "drive", NULL);
		return;
	}
	json_begin(json, "drive", '{');
	drive_json_put_capability(json, id);
	if (stats)
		drive_json_put_stats(json, stats);
	else
		json_text(json, "stats", NULL);
	json_end(json, '}');
}
