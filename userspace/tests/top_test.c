// SPDX-License-Identifier: GPL-2.0-only
/* What `lambda top` and `lambda info` make of what the kernel tells of a disk. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <top.h>
#include <unistd.h>

#include "test.h"

static char dir[32];

#define DISK	"block/nvme0n1/lambda/"
#define DEBUG	"kernel/debug/block/nvme0n1/lambda/"

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (!file || fputs(text, file) < 0)
		exit(1);
	fclose(file);
}

static void put_counters(const char *host, const char *bytes,
			 const char *fallback)
{
	put(DISK "stats/host_requests", host);
	put(DISK "stats/host_bytes", bytes);
	put(DISK "stats/device_requests", "50\n");
	put(DISK "stats/device_bytes", "52428800\n");
	put(DISK "stats/both_requests", "4\n");
	put(DISK "stats/both_bytes", "33554432\n");
	put(DISK "stats/fallback", fallback);
}

/* A profile as the kernel prints it, with a field that this command has no use of. */
#define PROFILE(image, op, requests, bytes, rest)			\
	"image " #image "\nop " #op "\nhost_requests " #requests "\n"	\
	"host_bytes " #bytes "\nnew_field 99\n" rest "\n"

#define MUCH								\
	"host_cpu_fixed 12000\nhost_cpu_slope 850000\n"			\
	"host_wait_fixed 5000\nhost_wait_slope 1200000\n"		\
	"host_miss 200000\nhost_bias 1126\n"				\
	"device_requests 50\ndevice_bytes 52428800\n"			\
	"device_cpu_fixed 30000\ndevice_cpu_slope 20000\n"		\
	"device_wait_fixed 90000\ndevice_wait_slope 1100000\n"		\
	"device_core 900000\ndevice_bias 1024\n"			\
	"both_requests 4\nboth_bytes 33554432\nboth_bias 1100\n"	\
	"output 32\nerror 51\n"

#define LITTLE								\
	"host_cpu_fixed 1\nhost_cpu_slope 2\n"				\
	"host_wait_fixed 3\nhost_wait_slope 4\n"			\
	"host_miss 5\nhost_bias 6\n"					\
	"device_requests 0\ndevice_bytes 0\n"				\
	"device_cpu_fixed 7\ndevice_cpu_slope 8\n"			\
	"device_wait_fixed 9\ndevice_wait_slope 10\n"			\
	"device_core 11\ndevice_bias 13\n"				\
	"both_requests 0\nboth_bytes 0\nboth_bias 1024\n"		\
	"output 12\nerror 0\n"

static void make_directories(void)
{
	mkdir("block", 0777);
	mkdir("block/vda", 0777);
	mkdir("block/nvme0n1", 0777);
	mkdir("block/nvme0n1/lambda", 0777);
	mkdir("block/nvme0n1/lambda/limits", 0777);
	mkdir("block/nvme0n1/lambda/stats", 0777);
	mkdir("kernel", 0777);
	mkdir("kernel/debug", 0777);
	mkdir("kernel/debug/block", 0777);
	mkdir("kernel/debug/block/nvme0n1", 0777);
	mkdir("kernel/debug/block/nvme0n1/lambda", 0777);
}

static void make_disks(void)
{
	make_directories();
	put(DISK "policy", "[auto] host device both\n");
	put(DISK "period", "200\n");
	put(DISK "probes", "5\n");
	put(DISK "limits/cores", "4\n");
	put(DISK "limits/contract", "0\n");
	put(DISK "limits/depth", "16\n");
	put_counters("100\n", "104857600\n", "3\n");
	put(DISK "stats/reason_none", "0\n");
	put(DISK "stats/reason_forced", "2\n");
	put(DISK "stats/reason_model", "140\n");
	put(DISK "stats/reason_profile", "8\n");
	put(DISK "stats/reason_shared", "3\n");
	put(DISK "stats/status_ok", "150\n");
	put(DISK "stats/status_error", "0\n");
	put(DISK "stats/status_fault", "3\n");
	put(DEBUG "model",
	    "media_read 1\ncores 4\nbusy_media 5000\nbusy_link 1234567\nbusy_core 7000\n");
	put(DEBUG "profiles", PROFILE(7, read, 40, 41943040, MUCH)
	    PROFILE(9, write, 60, 62914560, LITTLE));
}

static const char *name(unsigned long long image)
{
	return image == 7 ? "a_name_that_is_long" : NULL;
}

static void test_said(const char *what, char *said, const char *expected)
{
	if (!test_ok(!strcmp(said, expected), "%s", what))
		printf("# %s# not:\n# %s", said, expected);
	free(said);
}

static void test_read(void)
{
	static struct sched s;
	char path[64];

	snprintf(path, sizeof(path), "%s/block/vda", dir);
	test_ok(cli_sched_read(path, dir, &s) == -ENOENT, "an ordinary disk");
	snprintf(path, sizeof(path), "%s/block/nvme0n1", dir);
	test_ok(!cli_sched_read(path, dir, &s) && !strcmp(s.disk, "nvme0n1") &&
		!strcmp(s.policy, "auto") && s.period == 200 &&
		s.probes == 5 && s.fallback == 3 && s.nr_profiles == 2,
		"a disk that runs λs");
	test_ok(s.profiles[1].image == 9 && s.profiles[1].write &&
		s.profiles[1].host_wait.slope == 4 && s.profiles[1].miss == 5 &&
		s.profiles[1].host_bias == 6 &&
		s.profiles[1].device_wait.slope == 10 &&
		s.profiles[1].core == 11 && s.profiles[1].out == 12 &&
		s.profiles[1].device_bias == 13, "fields of a profile");
	put(DISK "policy", "auto host [device] both\n");
	test_ok(!cli_sched_read(path, dir, &s) && !strcmp(s.policy, "device"),
		"another policy");
}

/* Whatever a kernel may show. */
static void test_strange(void)
{
	static struct sched s;
	char path[64];

	snprintf(path, sizeof(path), "%s/block/nvme0n1", dir);
	put(DISK "policy", "auto\n");
	put(DISK "period", "many\n");
	put(DISK "stats/host_requests", "\n");
	put(DISK "stats/device_bytes", "1 2\n");
	put(DEBUG "profiles", "host_requests 1\n\nimage\nno profile\nimage 7\nhost_bytes\n");
	test_ok(!cli_sched_read(path, dir, &s) && !*s.policy && !s.period &&
		!s.host.requests && s.device.bytes == 1 && !s.hidden &&
		s.nr_profiles == 1 && s.profiles[0].image == 7 &&
		!s.profiles[0].host.requests,
		"what cannot be understood reads as 0");
	unlink(DISK "policy");
	test_ok(!cli_sched_read(path, dir, &s) && !*s.policy,
		"and so does what is missing");
}

static void test_many(void)
{
	static struct sched s;
	char path[64];
	FILE *file = fopen(DEBUG "profiles", "w");
	int i;

	for (i = 1; i <= SCHED_PROFILES + 1; i++)
		fprintf(file, "image %d\nop read\n\n", i);
	fclose(file);
	snprintf(path, sizeof(path), "%s/block/nvme0n1", dir);
	test_ok(!cli_sched_read(path, dir, &s) &&
		s.nr_profiles == SCHED_PROFILES &&
		s.profiles[SCHED_PROFILES - 1].image == SCHED_PROFILES,
		"no more profiles than there is room for");
}

static void test_info(void)
{
	static struct sched s;
	char path[64], *said;
	size_t size;
	FILE *to = open_memstream(&said, &size);

	snprintf(path, sizeof(path), "%s/block/nvme0n1", dir);
	cli_sched_read(path, dir, &s);
	cli_sched_print(path, &s, to);
	fclose(to);
	test_said("info", said,
		  "kernel        policy auto, 5 probes in 200 requests of a λ\n"
		  "limits        cores 4, depth 16\n"
		  "requests      host 100 of 104857600 bytes, device 50 of 52428800 bytes, both 4 of 33554432 bytes, left to the host 3\n"
		  "reasons       forced 2, model 140, profile 8, shared 3\n"
		  "statuses      fault 3, ok 150\n"
		  "profiles      2; lambda top shows them\n");
}

/* What an ordinary user gets to see; root is shown everything. */
static void test_hidden(void)
{
	static struct sample sample;
	static struct sched s;
	char path[64], *said;
	size_t size;
	FILE *to;

	snprintf(path, sizeof(path), "%s/block/nvme0n1", dir);
	cli_sched_read(path, dir, &s);
	s.hidden = EACCES;
	to = open_memstream(&said, &size);
	cli_sched_print(path, &s, to);
	fclose(to);
	test_ok(strstr(said, "\nprofiles      shown to root only\n") &&
		strstr(said, "\nreasons       forced 2, "),
		"info without a permission");
	free(said);
	unlink(DEBUG "model");
	unlink(DEBUG "profiles");
	to = open_memstream(&said, &size);
	top_sample_take(dir, 10, &sample);
	sample.disks[0].hidden = EPERM;
	top_sample_print(&sample, NULL, name, &(struct page) { .to = to });
	fclose(to);
	test_said("a table without a permission", said,
		  "nvme0n1: policy auto, 5 probes in 200, 3 left to the host; what is under way, and its λs: shown to root only\n"
		  "   IMAGE NAME             OP    SIDE   REQUESTS      /s    BYTES      /s CPU µs+/MiB        WAIT MISS,CORE   BIAS\n"
		  "     all                        host        100       -  104858K       -\n"
		  "                                device       50       -   52429K       -\n"
		  "                                both          4       -   33554K       -\n");
	test_ok(!cli_sched_read(path, dir, &s) && s.hidden == ENOENT &&
		s.period == 200 && !s.nr_profiles &&
		strstr(cli_sched_why_hidden(&s), "is mounted on"),
		"without debugfs");
}

static void test_table(void)
{
	static struct sample samples[2];
	size_t size;
	char *said;
	FILE *to = open_memstream(&said, &size);

	test_ok(!top_sample_take(dir, 10, &samples[0]) && samples[0].count == 1,
		"a sample of the disks that run λs");
	put_counters("120\n", "125829120\n", "4\n");
	/* The second λ is another one by now. */
	put(DEBUG "profiles", PROFILE(7, read, 60, 62914560, MUCH)
	    PROFILE(10, write, 1, 100, LITTLE));
	top_sample_take(dir, 12, &samples[1]);
	top_sample_print(&samples[1], &samples[0], name,
			 &(struct page) { .to = to });
	fclose(to);
	test_said("a table", said,
		  "nvme0n1: policy auto, 5 probes in 200, 4 left to the host; under way: media 5 µs, link 1235 µs, cores 7 µs\n"
		  "   IMAGE NAME             OP    SIDE   REQUESTS      /s    BYTES      /s CPU µs+/MiB        WAIT MISS,CORE   BIAS\n"
		  "     all                        host        120      10  125829K  10486K\n"
		  "                                device       50       0   52429K       0\n"
		  "                                both          4       0   33554K       0\n"
		  "       7 a_name_that_is_l read  host         60      10   62915K  10486K      12+850      5+1200       200   1.10\n"
		  "                                device       50       0   52429K       0       30+20     90+1100       900   1.00  error 5.0 %, out 0.0 %\n"
		  "                                both          4       0   33554K       0                                     1.07\n"
		  "      10 -                write host          1       -      100       -         0+0         0+0         0   0.01\n"
		  "                                device        0       -        0       -         0+0         0+0         0   0.01  error 0.0 %, out 0.0 %\n");
}

/* Columns go, the least useful first; what is left is cut at whole letters. */
static void test_narrow(void)
{
	static const struct {
		unsigned int room;
		const char *titles, *row;
	} widths[] = {
		{ 200, "BIAS\n", " 0.01  error 0.0 %, out 0.0 %\n" },
		{ 113, "BIAS\n", "   0.01\n" },
		{ 112, "WAIT   BIAS\n", "   0.01\n" },
		{ 80, "OP    SIDE   REQUESTS      /s    BYTES      /s\n",
		  "       -\n" },
		{ 50, "NAME             SIDE   REQUESTS      /s    BYTES\n",
		  "       -        0\n" },
		{ 40, "NAME             SIDE   REQUESTS      /s\n", "       -\n" },
		{ 20, "NAME             SID\n", "                 dev\n" },
	};
	static struct sample sample;
	size_t size, i;
	char *said;

	test_ok(cli_table_text_width("λs: µ…") == strlen("lambdas: u..."),
		"a locale without UTF-8 has the width of ASCII");
	top_sample_take(dir, 10, &sample);
	for (i = 0; i < sizeof(widths) / sizeof(*widths); i++) {
		const struct page page = {
			.to = open_memstream(&said, &size),
			.room = widths[i].room,
		};
		char *line, *rest;
		bool fits = true;

		top_sample_print(&sample, NULL, name, &page);
		fclose(page.to);
		fits = strstr(said, widths[i].titles) &&
		       size > strlen(widths[i].row) &&
		       !strcmp(said + size - strlen(widths[i].row),
			       widths[i].row);
		if (!fits)
			printf("# %s", said);
		for (line = strtok_r(said, "\n", &rest); line;
		     line = strtok_r(NULL, "\n", &rest))
			fits = fits &&
			       cli_table_text_width(line) <= widths[i].room;
		test_ok(fits, "a table in %u columns", widths[i].room);
		free(said);
	}
}

static void test_none(void)
{
	static struct sample sample;
	size_t size;
	char *said, none[64];
	FILE *to = open_memstream(&said, &size);

	snprintf(none, sizeof(none), "%s/none", dir);
	test_ok(top_sample_take(none, 0, &sample) == -ENOENT, "no sysfs");
	mkdir("none", 0777);
	mkdir("none/block", 0777);
	test_ok(!top_sample_take(none, 0, &sample) && !sample.count, "no disks");
	top_sample_print(&sample, NULL, name, &(struct page) { .to = to });
	fclose(to);
	test_said("a table of none", said, "no disk runs λs\n");
}

int main(void)
{
	char remove[64];

	snprintf(dir, sizeof(dir), "/tmp/top-XXXXXX");
	if (!mkdtemp(dir) || chdir(dir))
		return 1;
	make_disks();
	test_info();
	test_table();
	make_disks();
	test_read();
	test_strange();
	test_many();
	make_disks();
	test_narrow();
	test_hidden();
	test_none();
	snprintf(remove, sizeof(remove), "rm -rf %s", dir);
	test_ok(!system(remove), "cleaned up");
	return test_done();
}
