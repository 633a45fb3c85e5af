// SPDX-License-Identifier: GPL-2.0-only
/*
 * JSON of what takes a kernel with λ-IO or a drive to be there: for json_test.py,
 * a line of each with the name of its form in lambda.schema.json before it.
 */
#include <drive.h>
#include <errno.h>
#include "../cli/event.h"
#include <endian.h>
#include <layers.h>
#include <string.h>
#include <summary.h>
#include <top.h>
#include <version.h>

static const char *name(unsigned long long image)
{
	return image == 7 ? "\"grep\"\033" : NULL;
}

static void put_samples(void)
{
	static struct sample sample = { .seconds = 12.5 };

	printf("top ");
	top_json_sample(&sample, name, stdout);
	sample.count = 2;
	snprintf(sample.disks[0].disk, 16, "nvme0n1");
	snprintf(sample.disks[0].policy, 16, "auto");
	sample.disks[0].nr_profiles = 2;
	sample.disks[0].profiles[0].image = 7;
	sample.disks[0].profiles[1].write = true;
	sample.disks[0].profiles[1].host_bias = 1;
	sample.disks[1].hidden = EACCES;
	printf("top ");
	top_json_sample(&sample, name, stdout);
}

static void put_disks(void)
{
	struct nvme_lambda_id id = { .contract = htole32(0x80000003) };
	struct nvme_lambda_stats stats = { .refused = htole64(~0ull) };
	static const struct sched sched = { .disk = "nvme0n1" };
	static const struct layers layers = {
		.layer = {
			{ .disk = { .name = "dm-1" }, .label = "vg-home",
			  .kind = "linear", .nr = 2,
			  .below = { { .name = "dm-0" }, { .name = "sda" } } },
			{ .disk = { .name = "dm-0" }, .way = LAYER_SECRET },
		},
		.nr = 2,
	};
	struct json json = { .to = stdout };
	int i;

	for (i = 0; i < 3; i++) {
		printf("info-disk ");
		json_begin(&json, NULL, '{');
		json_text(&json, "disk", "nvme0n1");
		json_text(&json, "node", "/dev/nvme0n1");
		layers_json(&json, &layers);
		drive_json(&json, i ? &id : NULL, i > 1 ? &stats : NULL);
		cli_sched_json(&json, "kernel", "/nonexistent", &sched);
		json_end(&json, '}');
		json_done(&json);
	}
}

static void put_events(void)
{
	static const char *const lines[] = {
		" a b-c-123 [001]     4.012345: lambda_request: 259:1 ino 12 image 7 read bytes 1048576 cached 262144 dirty 0 out 32 chosen device side device reason model status ok outstanding 1 host 2500000 device 0 expected 1250000 ns 1300000",
		" bash-5  [000]    11.000001: lambda_load: image 3",
		"CPU:1 [LOST 77 EVENTS]",
		"",
	};
	char line[1024];
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		snprintf(line, sizeof(line), "%s", lines[i]);
		printf("trace ");
		cli_event_json(line, "/nonexistent", stdout);
	}
}

static void put_summary(void)
{
	static struct summary sum;

	sum.ran[LAMBDA_SIDE_DEVICE][LAMBDA_REASON_FORCED] = 3;
	sum.ran[LAMBDA_SIDE_HOST][SUMMARY_REASONS - 1] = 1;
	printf("run-summary ");
	fflush(stdout);
	stderr = stdout;
	summary_json_say(&sum, 0.5, false, 0, false);
}

static void put_versions(void)
{
	static const struct version versions[] = {
		{ .kernel = -ENOSYS },
		{ .kernel = 2, .nr = 3,
		  .drives = { { .name = "nvme0n1", .commands = 1 },
			      { .name = "nvme1n1", .err = -EACCES },
			      { .name = "nvme2n1", .err = 0x2002 } } },
	};
	size_t i;

	for (i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		printf("version ");
		version_json(&versions[i], stdout);
	}
}

int main(void)
{
	put_versions();
	put_samples();
	put_disks();
	put_events();
	put_summary();
	return 0;
}
