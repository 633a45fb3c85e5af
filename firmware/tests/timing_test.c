// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Time: what each stage costs, how resources are shared, what a cancel frees. */
#include "tap.h"
#include "timing/timing.h"

/* Round numbers: a byte of one channel takes 4 ns, of the link 1 ns. */
static const struct fw_profile plain = {
	.timing = true, .dilation = 1, .channels = 4, .stripe = 65536,
	.media_read_bps = 1000000000, .media_write_bps = 500000000,
	.media_read_ns = 50000, .media_write_ns = 20000,
	.link_bps = 1000000000, .link_ns = 1000, .cores = 2,
	.core_ips = 1000000000, .helper_bps = 10000000000, .slice_ns = 100000,
};

static struct fw_timing t;
static struct fw_job jobs[8];

/* Lets all pass; the time at which each job ended. */
static u64 ended[8];

static void run_all(void)
{
	struct fw_job *job;
	u64 now;

	for (now = fw_timing_next(&t); now != FW_NEVER;
	     now = fw_timing_next(&t))
		for (job = fw_timing_advance(&t, now); job; job = job->next)
			ended[job - jobs] = now;
}

static void begin(const struct fw_profile *p)
{
	fw_timing_init(&t, p);
	memset(ended, 0, sizeof(ended));
	for (size_t i = 0; i < FW_ARRAY_SIZE(jobs); i++)
		fw_job_init(&jobs[i]);
}

TEST(stages_add_up)
{
	begin(&plain);
	fw_job_delay(&jobs[0], 700);
	fw_job_media(&t, &jobs[0], 0, 4096, false);
	fw_job_core(&t, &jobs[0], 5000, 10000);
	fw_job_link(&t, &jobs[0], FW_RES_LINK_OUT, 4096);
	CHECK_EQ(fw_job_ns(&t, &jobs[0], FW_RES_MEDIA), 50000 + 4 * 4096);
	CHECK_EQ(fw_job_ns(&t, &jobs[0], FW_RES_CORES), 6000);
	CHECK_EQ(fw_job_ns(&t, &jobs[0], FW_RES_LINK_OUT), 1000 + 4096);
	fw_timing_start(&t, &jobs[0], 0);
	run_all();
	CHECK_EQ(ended[0], 700 + 50000 + 4 * 4096 + 6000 + 1000 + 4096);
	CHECK_EQ(t.busy_ns[FW_RES_CORES], 6000);
	CHECK_EQ(t.busy_ns[FW_RES_LINK_IN], 0);
}

/* As many as take no longer; see stages_add_up for what they take. */
TEST(bytes_of_helpers_in_a_time)
{
	struct fw_profile p = plain;

	begin(&plain);
	CHECK_EQ(fw_job_helper_bytes(&t, 0), 0);
	CHECK_EQ(fw_job_helper_bytes(&t, 1500000003), 15000000030);
	CHECK_EQ(fw_job_helper_bytes(&t, ~0ull), ~0ull);
	p.helper_bps = 2999999999;
	begin(&p);
	for (u64 ns = 1; ns < 5000000000; ns = ns * 3 + 1) {
		u64 bytes = fw_job_helper_bytes(&t, ns);

		fw_job_init(&jobs[0]);
		fw_job_core(&t, &jobs[0], 0, bytes);
		CHECK(fw_job_ns(&t, &jobs[0], FW_RES_CORES) <= ns);
		fw_job_core(&t, &jobs[1], 0, bytes + 1);
		CHECK(fw_job_ns(&t, &jobs[1], FW_RES_CORES) > ns);
		fw_job_init(&jobs[1]);
	}
	p.helper_bps = ~0ull;
	begin(&p);
	CHECK_EQ(fw_job_helper_bytes(&t, 999999999), 18446744055262807541ull);
	CHECK_EQ(fw_job_helper_bytes(&t, 1000000001), ~0ull);
	CHECK_EQ(fw_job_helper_bytes(&t, 2000000000), ~0ull);
}

/* Whatever a profile may say, to the nanosecond, and never less than there is. */
TEST(no_rate_overflows)
{
	static const struct { u64 n, rate, ns; } cases[] = {
		{ 22000000000, 30000000000, 733333334 },
		{ 30000000001, 30000000000, 1000000001 },
		{ 999999999999, FW_RATE_MAX, 1000000000 },
		{ 70368744177664, FW_RATE_MAX, 70368744178 },
		{ 70368744177664, FW_RATE_MIN, 70368744177664000 },
		{ 1, FW_RATE_MAX, 1 },
		{ 1ull << 62, FW_RATE_MIN, ~0ull },
		{ ~0ull, FW_RATE_MIN, ~0ull },
	};
	struct fw_profile p = plain;

	for (size_t i = 0; i < FW_ARRAY_SIZE(cases); i++) {
		p.helper_bps = cases[i].rate;
		p.core_ips = cases[i].rate;
		begin(&p);
		fw_job_core(&t, &jobs[0], 0, cases[i].n);
		CHECK_EQ(fw_job_ns(&t, &jobs[0], FW_RES_CORES),
			 fw_min(cases[i].ns, FW_LONGEST_NS));
		fw_job_core(&t, &jobs[1], cases[i].n, 0);
		CHECK_EQ(fw_job_ns(&t, &jobs[1], FW_RES_CORES),
			 fw_min(cases[i].ns, FW_LONGEST_NS));
	}
	p = plain;
	p.media_read_bps = FW_RATE_MAX;
	p.channels = FW_CHANNELS_MAX;
	p.stripe = FW_STRIPE_MAX;
	begin(&p);
	fw_job_media(&t, &jobs[0], 0, 1ull << 30, false);
	CHECK_EQ(fw_job_ns(&t, &jobs[0], FW_RES_MEDIA), 50000 + 17179870);
}

/* The longest there is still ends, slowed as much as can be. */
TEST(no_time_overflows)
{
	struct fw_profile p = plain;
	u64 next;

	p.dilation = FW_DILATION_MAX;
	p.slice_ns = FW_LATENCY_MAX;
	p.core_ips = FW_RATE_MIN;
	begin(&p);
	fw_job_delay(&jobs[0], FW_LATENCY_MAX);
	fw_job_core(&t, &jobs[0], 1ull << 62, 0);
	fw_timing_start(&t, &jobs[0], 1);
	next = fw_timing_next(&t);
	CHECK_EQ(next, 1 + FW_LATENCY_MAX * FW_DILATION_MAX);
	fw_timing_advance(&t, next);
	CHECK_EQ(fw_timing_next(&t), next + FW_LATENCY_MAX * FW_DILATION_MAX);
	CHECK(6 * (FW_LONGEST_NS + FW_LATENCY_MAX) * FW_DILATION_MAX <
	      1ull << 63);
}

/* A job in stages of all kinds; how long it takes alone. */
static u64 all_stages(struct fw_job *job, bool pipeline)
{
	fw_job_init(job);
	job->pipeline = pipeline;
	fw_job_delay(job, 700);
	fw_job_media(&t, job, 12345, 1000000, false);
	fw_job_core(&t, job, 1234567, 0);
	fw_job_link(&t, job, FW_RES_LINK_OUT, 300000);
	fw_job_delay(job, 55);
	fw_timing_start(&t, job, 0);
	run_all();
	return ended[job - jobs];
}

/* What is waited for already is not waited for again, and is not forgotten. */
TEST(credit)
{
	u64 busy[FW_RES_COUNT], whole, end, most;

	for (u32 k = 0; k < 400; k++) {
		u64 passed = k * 10007;
		bool pipeline = k % 2;
		struct fw_profile p = plain;

		p.dilation = 1 + k % 3;
		begin(&p);
		whole = all_stages(&jobs[0], pipeline);
		memcpy(busy, t.busy_ns, sizeof(busy));
		begin(&p);
		jobs[1].pipeline = pipeline;
		fw_job_delay(&jobs[1], 700);
		fw_job_media(&t, &jobs[1], 12345, 1000000, false);
		fw_job_core(&t, &jobs[1], 1234567, 0);
		fw_job_link(&t, &jobs[1], FW_RES_LINK_OUT, 300000);
		fw_job_delay(&jobs[1], 55);
		fw_job_credit(&t, &jobs[1], passed);
		end = passed;
		if (jobs[1].nr_stages) {
			fw_timing_start(&t, &jobs[1], passed);
			run_all();
			end = ended[1];
		}
		most = passed > whole ? passed : whole;
		/* a pipeline fills anew, by a turn of media and one of a core */
		CHECK(end + 10 * p.dilation + (pipeline ? most / 100 : 0) >=
		      most);
		CHECK(end <= most + (10 + (pipeline ? 4 * 65536 + 100000 : 0)) *
			     p.dilation);
		for (u32 i = 0; i < FW_RES_COUNT; i++)
			CHECK(t.busy_ns[i] + 5 >= busy[i] &&
			      t.busy_ns[i] <= busy[i] + 5);
	}
}

TEST(writes_have_their_own_rate)
{
	begin(&plain);
	fw_job_link(&t, &jobs[0], FW_RES_LINK_IN, 4096);
	fw_job_media(&t, &jobs[0], 0, 4096, true);
	fw_timing_start(&t, &jobs[0], 0);
	run_all();
	CHECK_EQ(ended[0], 1000 + 4096 + 20000 + 8 * 4096);
}

TEST(media_is_moved_in_whole_pages)
{
	begin(&plain);
	fw_job_media(&t, &jobs[0], 4095, 2, false);
	CHECK_EQ(jobs[0].stages[0].total, 8192);
	CHECK_EQ(jobs[0].left[0], 8192);
}

TEST(stripes_spread_over_channels)
{
	begin(&plain);
	fw_job_media(&t, &jobs[0], 65536, 9 * 65536 + 4096, false);
	CHECK_EQ(jobs[0].left[0], 2 * 65536);
	CHECK_EQ(jobs[0].left[1], 3 * 65536);
	CHECK_EQ(jobs[0].left[2], 2 * 65536 + 4096);
	CHECK_EQ(jobs[0].left[3], 2 * 65536);
	CHECK_EQ(fw_job_ns(&t, &jobs[0], FW_RES_MEDIA),
		 50000 + 3ull * 65536 * 4);
	fw_timing_start(&t, &jobs[0], 0);
	run_all();
	CHECK_EQ(ended[0], 50000 + 3ull * 65536 * 4);
}

/* Eight readers of 1 MiB reach the media's bandwidth within 3 %. */
TEST(full_queue_reaches_bandwidth)
{
	u64 ns = 8ull << 20, got = 0;

	begin(&plain);
	for (u32 i = 0; i < 8; i++) {
		fw_job_media(&t, &jobs[i], (u64)i << 20, 1 << 20, false);
		fw_timing_start(&t, &jobs[i], 0);
	}
	run_all();
	for (u32 i = 0; i < 8; i++)
		got = ended[i] > got ? ended[i] : got;
	CHECK(got >= ns);
	CHECK(got - ns <= ns * 3 / 100);
}

TEST(two_share_one_link)
{
	begin(&plain);
	for (u32 i = 0; i < 2; i++) {
		fw_job_link(&t, &jobs[i], FW_RES_LINK_OUT, 4 * FW_CHUNK);
		fw_timing_start(&t, &jobs[i], 0);
	}
	run_all();
	CHECK_EQ(ended[0], 1000 + 7 * FW_CHUNK);
	CHECK_EQ(ended[1], 1000 + 8 * FW_CHUNK);
}

TEST(directions_do_not_disturb_each_other)
{
	begin(&plain);
	fw_job_link(&t, &jobs[0], FW_RES_LINK_OUT, 4 * FW_CHUNK);
	fw_job_link(&t, &jobs[1], FW_RES_LINK_IN, 4 * FW_CHUNK);
	fw_timing_start(&t, &jobs[0], 0);
	fw_timing_start(&t, &jobs[1], 0);
	run_all();
	CHECK_EQ(ended[0], 1000 + 4 * FW_CHUNK);
	CHECK_EQ(ended[1], 1000 + 4 * FW_CHUNK);
}

/* A 4 KiB read beside λs of 100 ms waits for nothing they use. */
TEST(short_read_beside_computing)
{
	begin(&plain);
	for (u32 i = 1; i < 4; i++) {
		fw_job_media(&t, &jobs[i], 0, 4096, false);
		fw_job_core(&t, &jobs[i], 100000000, 0);
		fw_job_link(&t, &jobs[i], FW_RES_LINK_OUT, 1 << 20);
		fw_timing_start(&t, &jobs[i], 0);
	}
	CHECK(!fw_timing_advance(&t, 1000000));
	fw_job_media(&t, &jobs[0], 0, 4096, false);
	fw_job_link(&t, &jobs[0], FW_RES_LINK_OUT, 4096);
	fw_timing_start(&t, &jobs[0], 1000000);
	run_all();
	CHECK_EQ(ended[0], 1000000 + 50000 + 4 * 4096 + 1000 + 4096);
}

/* Three λs on two cores: each gets its share, none waits for another's end. */
TEST(cores_are_time_sliced)
{
	begin(&plain);
	for (u32 i = 0; i < 3; i++) {
		fw_job_core(&t, &jobs[i], 10000000, 0);
		fw_timing_start(&t, &jobs[i], 0);
	}
	run_all();
	for (u32 i = 0; i < 3; i++) {
		CHECK(ended[i] >= 14700000);
		CHECK(ended[i] <= 15200000);
	}
}

TEST(one_lambda_keeps_one_core)
{
	begin(&plain);
	fw_job_core(&t, &jobs[0], 10000000, 0);
	fw_timing_start(&t, &jobs[0], 0);
	run_all();
	CHECK_EQ(ended[0], 10000000);
}

static u64 lambda_time(bool pipeline)
{
	begin(&plain);
	jobs[0].pipeline = pipeline;
	fw_job_media(&t, &jobs[0], 0, 16 << 20, false);
	fw_job_core(&t, &jobs[0], 16 << 20, 0);
	fw_job_link(&t, &jobs[0], FW_RES_LINK_OUT, 16 << 20);
	fw_timing_start(&t, &jobs[0], 0);
	run_all();
	return ended[0];
}

/* Equal stages of 16.8 ms: in turn three of them, overlapped little over one. */
TEST(pipeline_overlaps_stages)
{
	u64 stage = 16 << 20;

	CHECK_EQ(lambda_time(false), 3 * stage + 51000);
	CHECK(lambda_time(true) > stage + 51000);
	CHECK(lambda_time(true) < stage * 105 / 100);
}

/* A media stage after a core stage may go no faster than the λ gives output. */
TEST(pipelined_write_follows_compute)
{
	begin(&plain);
	jobs[0].pipeline = true;
	fw_job_core(&t, &jobs[0], 50000000, 0);
	fw_job_media(&t, &jobs[0], 0, 4 << 20, true);
	fw_timing_start(&t, &jobs[0], 0);
	run_all();
	CHECK(ended[0] > 50000000);
	CHECK(ended[0] < 50000000 + 1100000);
}

/* A flush begins when all is written, or the job would end in the middle. */
TEST(pipelined_delay_comes_last)
{
	u64 written;

	for (u32 i = 0; i < 2; i++) {
		written = ended[0];
		begin(&plain);
		jobs[0].pipeline = true;
		fw_job_core(&t, &jobs[0], 50000000, 0);
		fw_job_media(&t, &jobs[0], 0, 4 << 20, true);
		fw_job_delay(&jobs[0], i * 7000);
		fw_timing_start(&t, &jobs[0], 0);
		run_all();
		CHECK_EQ(jobs[0].at, 0);
	}
	CHECK_EQ(ended[0], written + 7000);
}

/* A stage's latency runs from the first progress of the one before. */
TEST(pipelined_latency)
{
	struct fw_profile far = plain;

	far.link_ns = 10000000;
	begin(&far);
	jobs[0].pipeline = true;
	fw_job_media(&t, &jobs[0], 0, 1 << 20, false);
	fw_job_link(&t, &jobs[0], FW_RES_LINK_OUT, 1 << 20);
	fw_timing_start(&t, &jobs[0], 0);
	run_all();
	CHECK_EQ(ended[0], 50000 + 4 * 65536 + 10000000 + (1 << 20));
}

TEST(dilation_multiplies_everything)
{
	struct fw_profile slow = plain;
	u64 once;

	begin(&plain);
	fw_job_delay(&jobs[0], 100);
	fw_job_media(&t, &jobs[0], 0, 1 << 20, false);
	fw_job_core(&t, &jobs[0], 1000000, 0);
	fw_timing_start(&t, &jobs[0], 0);
	run_all();
	once = ended[0];
	slow.dilation = 8;
	begin(&slow);
	fw_job_delay(&jobs[0], 100);
	fw_job_media(&t, &jobs[0], 0, 1 << 20, false);
	fw_job_core(&t, &jobs[0], 1000000, 0);
	fw_timing_start(&t, &jobs[0], 0);
	run_all();
	CHECK_EQ(ended[0], 8 * once);
	CHECK_EQ(t.busy_ns[FW_RES_CORES], 1000000);
}

TEST(cancel_frees_the_core)
{
	begin(&plain);
	for (u32 i = 0; i < 3; i++) {
		fw_job_core(&t, &jobs[i], 100000000, 0);
		fw_timing_start(&t, &jobs[i], 0);
	}
	CHECK(!fw_timing_advance(&t, 250000));
	fw_timing_cancel(&t, &jobs[0], 250000);
	fw_timing_cancel(&t, &jobs[1], 250000);
	run_all();
	CHECK_EQ(ended[0], 0);
	CHECK_EQ(ended[1], 0);
	CHECK(ended[2] > 100000000);
	CHECK(ended[2] <= 100000000 + 250000);
}

/* A command that waits is served at once, though nothing else happens. */
TEST(cancel_serves_the_next)
{
	begin(&plain);
	for (u32 i = 0; i < 2; i++) {
		fw_job_link(&t, &jobs[i], FW_RES_LINK_OUT, FW_CHUNK);
		fw_timing_start(&t, &jobs[i], 0);
	}
	CHECK(!fw_timing_advance(&t, 2000));
	fw_timing_cancel(&t, &jobs[0], 2000);
	run_all();
	CHECK_EQ(ended[0], 0);
	CHECK_EQ(ended[1], 2000 + FW_CHUNK);
}

/* At the same instant servers come first, by number, then sleepers by age. */
TEST(order_of_events)
{
	static const u32 order[] = { 1, 3, 0, 2 };
	struct fw_job *job;
	u32 n = 0;

	begin(&plain);
	for (u32 i = 0; i < 4; i++) {
		if (i % 2)
			fw_job_core(&t, &jobs[i], 1000, 0);
		else
			fw_job_delay(&jobs[i], 1000);
		fw_timing_start(&t, &jobs[i], 0);
	}
	for (job = fw_timing_advance(&t, 1000); job; job = job->next)
		CHECK_EQ(job - jobs, order[n++]);
	CHECK_EQ(n, 4);
}

TEST(cancel_while_asleep_or_in_line)
{
	begin(&plain);
	for (u32 i = 0; i < 4; i++) {
		fw_job_media(&t, &jobs[i], 0, 1 << 20, false);
		fw_timing_start(&t, &jobs[i], i);
	}
	fw_timing_cancel(&t, &jobs[1], 10);
	CHECK(!fw_timing_advance(&t, 60000));
	fw_timing_cancel(&t, &jobs[2], 60000);
	fw_timing_cancel(&t, &jobs[3], 60000);
	CHECK(!t.asleep);
	run_all();
	CHECK_EQ(ended[0], 50000 + 4ull * (1 << 18));
	CHECK_EQ(ended[1] + ended[2] + ended[3], 0);
}

TEST(same_input_same_times)
{
	u64 first[8];

	for (u32 round = 0; round < 2; round++) {
		begin(&plain);
		for (u32 i = 0; i < 8; i++) {
			fw_job_media(&t, &jobs[i], i * 70000, 300000, i & 1);
			fw_job_core(&t, &jobs[i], 333333 * i + 1, 77);
			fw_job_link(&t, &jobs[i], FW_RES_LINK_OUT, 5000 * i);
			fw_timing_start(&t, &jobs[i], 0);
		}
		run_all();
		if (!round)
			memcpy(first, ended, sizeof(first));
	}
	CHECK(!memcmp(first, ended, sizeof(first)));
}

/* The text of a profile */

static const char good[] =
	"# a drive\nchannels = 8\nstripe=65536\nmedia_read_mbps = 3200\n"
	"media_write_mbps = 1600 # slower\nmedia_read_ns = 60000\n"
	"media_write_ns = 15000\nmedia_flush_ns = 100000\nlink_mbps = 3500\n"
	"link_ns = 800\ncommand_ns = 2000\ncores = 4\ncore_mips = 900\n"
	"helper_mbps = 4000\nslice_ns = 100000";

static struct fw_profile got;
static struct fw_profile_error err;

static int parse_with(const char *more)
{
	char text[1024];

	snprintf(text, sizeof(text), "%s\n%s", good, more);
	return fw_profile_parse(&got, text, strlen(text), &err);
}

TEST(profile_is_read)
{
	CHECK_EQ(fw_profile_parse(&got, good, strlen(good), &err), 0);
	CHECK_EQ(got.channels, 8);
	CHECK_EQ(got.media_write_bps, 1600000000);
	CHECK_EQ(got.core_ips, 900000000);
	CHECK_EQ(got.slice_ns, 100000);
	CHECK_EQ(got.dilation, 1);
	CHECK(got.timing && !got.pipeline);
	CHECK_EQ(parse_with("pipeline = on\r\ntiming=off\ndilation = 4\n"), 0);
	CHECK(got.pipeline && !got.timing && got.dilation == 4);
}

/* The profiles that come with the drive; tests run from firmware/. */
TEST(shipped_profiles_are_good)
{
	static const char * const names[] = {
		"paper", "smartssd", "fast-host", "balanced",
	};
	char path[64], text[4096];
	size_t len;
	FILE *f;

	for (size_t i = 0; i < FW_ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "../configs/csd/%s.conf",
			 names[i]);
		f = fopen(path, "r");
		CHECK(f);
		len = fread(text, 1, sizeof(text), f);
		fclose(f);
		CHECK_EQ(fw_profile_parse(&got, text, len, &err), 0);
	}
}

TEST(profile_errors_are_told)
{
	CHECK_EQ(parse_with("colour = red"), -1);
	CHECK(err.line == 16 && !strcmp(err.why, "unknown key"));
	CHECK_EQ(parse_with("channels = 8"), -1);
	CHECK(!strcmp(err.why, "key given twice"));
	CHECK_EQ(parse_with("hello"), -1);
	CHECK(!strcmp(err.why, "not of the form `key = value`"));
	CHECK_EQ(parse_with("dilation = 0"), -1);
	CHECK_EQ(parse_with("dilation = 1x"), -1);
	CHECK_EQ(parse_with("dilation ="), -1);
	CHECK_EQ(parse_with("dilation = 99999999999999999999999"), -1);
	CHECK_EQ(parse_with("pipeline = 1"), -1);
	CHECK_EQ(fw_profile_parse(&got, good, 40, &err), -1);
	CHECK(err.line == 0 || err.line == 4);
	CHECK_EQ(fw_profile_parse(&got, "", 0, &err), -1);
	CHECK(!err.line && !strcmp(err.why, "command_ns"));
}

TAP_MAIN()
