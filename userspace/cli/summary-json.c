// SPDX-License-Identifier: GPL-2.0-only
/* What the requests of a run did, as JSON. */
#include "cli.h"
#include "json.h"
#include "summary.h"

/* The command itself is no side: what ran in it is not among them. */
static void summary_json_put_places(struct json *json,
				    const struct summary *sum)
{
	unsigned int side, reason;

	json_begin(json, "ran", '[');
	for (side = 0; side < SUMMARY_SIDES; side++) {
		for (reason = 0; reason < SUMMARY_REASONS; reason++) {
			if (side == LAMBDA_SIDE_NONE ||
			    !sum->ran[side][reason])
				continue;
			json_begin(json, NULL, '{');
			json_text(json, "side", lambda_side_name(side));
			json_text(json, "reason", summary_reason(reason));
			json_count(json, "requests", sum->ran[side][reason]);
			json_end(json, '}');
		}
	}
	json_end(json, ']');
	json_count(json, "unknown", sum->unknown);
}

/* Bytes that went somewhere, and how long it took. */
static void summary_json_put_way(struct json *json, const char *name,
				 unsigned long long bytes,
				 unsigned long long ns)
{
	json_begin(json, name, '{');
	json_count(json, "bytes", bytes);
	json_real(json, "seconds", ns / 1e9);
	json_end(json, '}');
}

void summary_json_say(const struct summary *sum, double seconds, bool local,
		      unsigned long long insns, bool translated)
{
	struct json json = { .to = stderr };

	json_begin(&json, NULL, '{');
	json_count(&json, "requests", sum->requests);
	json_count(&json, "in_bytes", sum->in_bytes);
	json_count(&json, "out_bytes", sum->answer_bytes);
	json_real(&json, "seconds", seconds);
	json_real(&json, "program_seconds", sum->ns_compute / 1e9);
	json_count(&json, "budget", sum->budget_used);
	json_count(&json, "helper_bytes", sum->helper_bytes);
	summary_json_put_places(&json, sum);
	summary_json_put_way(&json, "file", sum->bytes_media, sum->ns_media);
	summary_json_put_way(&json, "link", sum->bytes_link, sum->ns_link);
	json_flag(&json, "local", local);
	json_count(&json, "instructions", insns);
	json_flag(&json, "translated", local && translated);
	json_end(&json, '}');
	json_done(&json);
}
