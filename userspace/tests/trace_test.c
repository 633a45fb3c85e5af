// SPDX-License-Identifier: GPL-2.0-only
/* Lines of `lambda trace`, and how they are taken from the kernel's text. */
#include <cli.h>
#include <errno.h>
#include "../cli/event.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <tracefs.h>
#include <unistd.h>

#include "test.h"

#define TEXT(chosen, side, reason, status)				\
	"259:1 ino 12 image 7 read bytes 1048576 cached 262144 dirty 0 out 32 chosen " \
	chosen " side " side " reason " reason " status " status	\
	" outstanding 1 host 2500000 device 1250000 expected 1250000 ns 1300000"

#define ROW(task, side, reason, status)					\
	"    4.012345 " task " nvme0n1p1:12         7 read     1048576   25 %         32 " \
	side " " reason "     2.500     1.250     1.300 " status "\n"

static char dir[32];

static void test_line(const char *name, const char *text, int events,
		      const char *expected)
{
	char line[1024], *said;
	size_t size;
	FILE *to = open_memstream(&said, &size);
	int count;

	snprintf(line, sizeof(line), "%s", text);
	count = cli_event_print(line, dir, &(struct page) { .to = to });
	fclose(to);
	if (!test_ok(count == events && !strcmp(said, expected), "%s", name))
		printf("# %d: %s# not: %s", count, said, expected);
	free(said);
}

static void test_lines(void)
{
	test_line("a request",
		  "          lambda-123     [001]     4.012345: lambda_request: "
		  TEXT("device", "device", "model", "ok"), 1,
		  ROW("lambda-123      ", "device     ", "model     ", "ok"));
	test_line("one that fell back",
		  "          lambda-123     [001]     4.012345: lambda_request: "
		  TEXT("device", "host", "shared", "error"), 1,
		  ROW("lambda-123      ", "device>host", "shared    ", "error"));
	test_line("a task with a name that looks like an event",
		  "   [0] 1: x: y-9       [001]     4.012345: lambda_request: "
		  TEXT("host", "host", "forced", "ok"), 1,
		  ROW("[0] 1: x: y-9   ", "host       ", "forced    ", "ok"));
	test_line("a task with a name that clears the screen",
		  "       \033[2J\xc2\x9b-9       [001]     4.012345: lambda_request: "
		  TEXT("host", "host", "forced", "ok"), 1,
		  ROW("\\x1b[2J\\xc2\\x9b-9", "host       ", "forced    ", "ok"));
}

/* A task may call itself like one without a name, with a path behind that. */
static void test_path(void)
{
	char line[128], expected[128];
	FILE *file;

	mkdir("x-9", 0777);
	file = fopen("x-9/comm", "w");
	if (!file || fputs("secret\n", file) < 0)
		exit(1);
	fclose(file);
	snprintf(line, sizeof(line), " <...>-..%s/x-9 [000] 1.000001: x: y",
		 dir);
	snprintf(expected, sizeof(expected),
		 "    1.000001 <...>-..%s/x-9 x: y\n", dir);
	test_line("a task that calls itself a path", line, 1, expected);
}

static void test_unnamed(void)
{
	char line[128], expected[128], task[32];

	snprintf(line, sizeof(line), " <...>-%d [000] 1.000001: x: y",
		 getpid());
	snprintf(task, sizeof(task), "trace_test-%d", getpid());
	snprintf(expected, sizeof(expected), "    1.000001 %-16s x: y\n", task);
	test_line("a task whose name the kernel has not noted", line, 1,
		  expected);
	test_line("one that has ended", " <...>-0 [000] 1.000001: x: y", 1,
		  "    1.000001 ended\\x1b-0         x: y\n");
	test_line("one that nobody knows", " <...>-00 [000] 1.000001: x: y", 1,
		  "    1.000001 <...>-00         x: y\n");
}

static void test_others(void)
{
	test_line("another event",
		  "            bash-5       [000]    11.000001: lambda_load: image 3",
		  1, "   11.000001 bash-5           lambda_load: image 3\n");
	test_line("a request that lacks a value",
		  "            bash-5       [000]    11.000001: lambda_request: 8:1 ino 3",
		  1, "   11.000001 bash-5           lambda_request: 8:1 ino 3\n");
	test_line("a remark", "CPU:1 [LOST 77 EVENTS]", 0,
		  "CPU:1 [LOST 77 EVENTS]\n");
	test_line("nothing", "", 0, "\n");
	test_line("a file without a disk, and of no bytes",
		  "            bash-5       [000]    11.000001: lambda_request: 0:35 ino 3 image 4294967296 write bytes 0 cached 0 out 0 chosen none side none reason no_disk status not_run host 0 device 0 ns 0 more 1",
		  1,
		  "   11.000001 bash-5           0:35:3           4294967296 write          0    0 %          0 none        no_disk            -         -     0.000 not_run\n");
}

static void make_sysfs(void)
{
	FILE *file;

	mkdir("kernel", 0777);
	mkdir("kernel/tracing", 0777);
	file = fopen("kernel/tracing/saved_cmdlines", "w");
	if (!file || fputs("7 seven\n0 ended\033\n", file) < 0)
		exit(1);
	fclose(file);
	mkdir("dev", 0777);
	mkdir("dev/block", 0777);
	mkdir("nvme0n1p1", 0777);
	if (symlink("../../nvme0n1p1", "dev/block/259:1"))
		exit(1);
}

static void test_pipe(void)
{
	static struct tracer tracer;
	char line[16], long_line[9000];
	int fds[2];

	if (pipe(fds))
		exit(1);
	tracer.pipe = fds[0];
	memset(long_line, 'x', sizeof(long_line));
	test_ok(write(fds[1], "one\ntwo", 7) == 7 &&
		!tracefs_line(&tracer, line, sizeof(line)) &&
		!strcmp(line, "one"), "pipe: a line");
	test_ok(write(fds[1], " and a half\n", 12) == 12 &&
		!tracefs_line(&tracer, line, sizeof(line)) &&
		!strcmp(line, "two and a half"), "pipe: one in two parts");
	test_ok(write(fds[1], long_line, 9000) == 9000 &&
		write(fds[1], "\nlast\n", 6) == 6 &&
		!tracefs_line(&tracer, line, sizeof(line)) &&
		!strcmp(line, "xxxxxxxxxxxxxxx"), "pipe: one that is cut");
	test_ok(!tracefs_line(&tracer, line, sizeof(line)) &&
		!tracefs_line(&tracer, line, sizeof(line)) &&
		!strcmp(line, "last"), "pipe: what follows on it");
	cli_signals_catch();
	raise(SIGTERM);
	test_ok(cli_signals_interrupted() &&
		tracefs_line(&tracer, line, sizeof(line)) == -EINTR,
		"pipe: a signal that came before it waits");
	close(fds[0]);
	close(fds[1]);
}

static void test_tracefs(void)
{
	static struct tracer tracer;
	char name[64];

	test_ok(tracefs_open(dir, "lambda", &tracer) == -ENOENT,
		"tracefs: not there");
	mkdir("instances", 0777);
	snprintf(name, sizeof(name), "instances/lambda-%d", getpid());
	test_ok(tracefs_open(dir, "lambda", &tracer) == -EOPNOTSUPP &&
		access(name, F_OK) < 0, "tracefs: without such events");
	mkdir(name, 0777);
	test_ok(tracefs_open(dir, "lambda", &tracer) == -EEXIST,
		"tracefs: taken");
}

int main(void)
{
	char remove[64];

	snprintf(dir, sizeof(dir), "/tmp/trace-XXXXXX");
	if (!mkdtemp(dir) || chdir(dir))
		return 1;
	make_sysfs();
	test_lines();
	test_unnamed();
	test_path();
	test_others();
	test_pipe();
	test_tracefs();
	snprintf(remove, sizeof(remove), "rm -rf %s", dir);
	test_ok(!system(remove), "cleaned up");
	return test_done();
}
