// SPDX-License-Identifier: GPL-2.0-only
/* What `lambda top` and `lambda info` make of /sys/block/DISK/lambda. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <top.h>
#include <unistd.h>

#include "test.h"

static char dir[32];

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "block/nvme0n1/lambda/%s", name);
	file = fopen(path, "w");
	if (!file || fputs(text, file) < 0)
		exit(1);
	fclose(file);
}

static void make_disks(void)
{
	mkdir("block", 0777);
	mkdir("block/vda", 0777);
	mkdir("block/nvme0n1", 0777);
	mkdir("block/nvme0n1/lambda", 0777);
	put("policy", "[auto] host device both\n");
	put("period", "200\n");
	put("probes", "5\n");
	put("requests", "host 100 104857600\ndevice 50 52428800\nboth 4 33554432\nfallback 3\n");
	put("model",
	    "media_read 1\ncores 4\nbusy_media 5000\nbusy_link 1234567\nbusy_core 7000\n");
	put("reasons", "none 0\nforced 2\nmodel 140\nprofile 8\nshared 3\n");
	put("statuses", "ok 150\nerror 0\nfault 3\n");
	put("profiles",
	    "7 read 40 41943040 50 52428800 51 12000 850000 5000 1200000 200000 1126 30000 20000 90000 1100000 900000 32 1024 4 33554432 1100\n"
	    "9 write 60 62914560 0 0 0 1 2 3 4 5 6 7 8 9 10 11 12 13 0 0 1024\n");
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
	test_ok(sched_read(path, &s) == -ENOENT, "an ordinary disk");
	snprintf(path, sizeof(path), "%s/block/nvme0n1", dir);
	test_ok(!sched_read(path, &s) && !strcmp(s.disk, "nvme0n1") &&
		!strcmp(s.policy, "auto") && s.period == 200 &&
		s.probes == 5 && s.fallback == 3 && s.nr_profiles == 2,
		"a disk that runs λs");
	test_ok(s.profiles[1].image == 9 && s.profiles[1].write &&
		s.profiles[1].host_wait.slope == 4 && s.profiles[1].miss == 5 &&
		s.profiles[1].host_delay == 6 &&
		s.profiles[1].device_wait.slope == 10 &&
		s.profiles[1].core == 11 && s.profiles[1].out == 12 &&
		s.profiles[1].device_delay == 13, "fields of a profile");
	put("policy", "auto host [device] both\n");
	test_ok(!sched_read(path, &s) && !strcmp(s.policy, "device"),
		"another policy");
}

/* Whatever a kernel may show. */
static void test_strange(void)
{
	static struct sched s;
	char path[64];

	snprintf(path, sizeof(path), "%s/block/nvme0n1", dir);
	put("policy", "auto\n");
	put("period", "many\n");
	put("requests", "host\ndevice 1\nneither 1 2\n");
	put("profiles", "7 read 1\n\nno profile\n");
	test_ok(!sched_read(path, &s) && !*s.policy && !s.period &&
		!s.host.requests && s.device.requests == 1 && !s.nr_profiles,
		"what cannot be understood reads as 0");
	unlink("block/nvme0n1/lambda/profiles");
	unlink("block/nvme0n1/lambda/policy");
	test_ok(!sched_read(path, &s) && !*s.policy && !s.nr_profiles,
		"and so does what is missing");
}

static void test_info(void)
{
	static struct sched s;
	char path[64], *said;
	size_t size;
	FILE *to = open_memstream(&said, &size);

	snprintf(path, sizeof(path), "%s/block/nvme0n1", dir);
	sched_read(path, &s);
	sched_print(path, &s, to);
	fclose(to);
	test_said("info", said,
		  "kernel        policy auto, 5 probes in 200 requests of a λ\n"
		  "requests      host 100 of 104857600 bytes, device 50 of 52428800 bytes, both 4 of 33554432 bytes, left to the host 3\n"
		  "reasons       forced 2, model 140, profile 8, shared 3\n"
		  "statuses      ok 150, fault 3\n"
		  "profiles      2; lambda top shows them\n");
}

static void test_table(void)
{
	static struct sample samples[2];
	size_t size;
	char *said;
	FILE *to = open_memstream(&said, &size);

	test_ok(!sample_take(dir, 10, &samples[0]) && samples[0].count == 1,
		"a sample of the disks that run λs");
	put("requests", "host 120 125829120\ndevice 50 52428800\nboth 4 33554432\nfallback 4\n");
	/* The second λ is another one by now. */
	put("profiles",
	    "7 read 60 62914560 50 52428800 51 12000 850000 5000 1200000 200000 1126 30000 20000 90000 1100000 900000 32 1024 4 33554432 1100\n"
	    "10 write 1 100 0 0 0 1 2 3 4 5 6 7 8 9 10 11 12 13 0 0 1024\n");
	sample_take(dir, 12, &samples[1]);
	sample_print(&samples[1], &samples[0], name, to);
	fclose(to);
	test_said("a table", said,
		  "nvme0n1: policy auto, 5 probes in 200, 4 left to the host; under way: media 5 µs, link 1235 µs, cores 7 µs\n"
		  "   IMAGE NAME             OP    SIDE   REQUESTS      /s    BYTES      /s CPU µs+/MiB        WAIT MISS,CORE  DELAY\n"
		  "     all                        host        120      10  125829K  10486K\n"
		  "                                device       50       0   52429K       0\n"
		  "                                both          4       0   33554K       0\n"
		  "       7 a_name_that_is_l read  host         60      10   62915K  10486K      12+850      5+1200       200   1.10\n"
		  "                                device       50       0   52429K       0       30+20     90+1100       900   1.00  error 5.0 %, out 0.0 %\n"
		  "                                both          4       0   33554K       0                                      1.07\n"
		  "      10 -                write host          1       -      100       -         0+0         0+0         0   0.01\n"
		  "                                device        0       -        0       -         0+0         0+0         0   0.01  error 0.0 %, out 0.0 %\n");
}

static void test_none(void)
{
	static struct sample sample;
	size_t size;
	char *said, none[64];
	FILE *to = open_memstream(&said, &size);

	snprintf(none, sizeof(none), "%s/none", dir);
	test_ok(sample_take(none, 0, &sample) == -ENOENT, "no sysfs");
	mkdir("none", 0777);
	mkdir("none/block", 0777);
	test_ok(!sample_take(none, 0, &sample) && !sample.count, "no disks");
	sample_print(&sample, NULL, name, to);
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
	test_none();
	snprintf(remove, sizeof(remove), "rm -rf %s", dir);
	test_ok(!system(remove), "cleaned up");
	return test_done();
}
