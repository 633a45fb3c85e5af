// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory cgroup of the caller pays for the pages of a request, for as long
 * as there are any; a request that goes beyond its means changes nothing.
 */
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "harness.h"
#include "mounts.h"
#include "pages.h"

#define CGROUPS		MOUNTS "/cgroups"
#define GROUP		CGROUPS "/lambda-memory"
/* What a process, its stacks and what each CPU has in stock add to a figure. */
#define NOISE		(4 * MIB)

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		mount_failed(path);
	close(fd);
}

static void set_limit(unsigned long bytes)
{
	char text[32];

	snprintf(text, sizeof(text), "%lu", bytes);
	write_text(GROUP "/memory.max", text);
}

/* The number behind @name in a file of the group; of memory.current without. */
static long number(const char *file, const char *name)
{
	char text[8192] = {}, path[128];
	const char *at = text;
	int fd;

	snprintf(path, sizeof(path), GROUP "/%s", file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		mount_failed(path);
	close(fd);
	if (name)
		at = strstr(text, name);
	return at ? strtol(at + (name ? strlen(name) : 0), NULL, 10) : -1;
}

static long charged(void)
{
	return number("memory.current", NULL);
}

/* Waits until the charge is in a range: pages go back with a flush, in time. */
static bool becomes(unsigned long from, unsigned long to)
{
	int tries;

	for (tries = 0; tries < 600; tries++) {
		unsigned long now = charged();

		if (now >= from && now <= to)
			return true;
		usleep(50000);
	}
	fprintf(stderr, "# %ld bytes are charged, not %lu to %lu\n", charged(),
		from, to);
	return false;
}

/* A cgroup; the test itself is in it. */
FIXTURE(cgroup) {
	int lambda;
};

FIXTURE_SETUP(cgroup)
{
	rmdir(GROUP);
	ASSERT_EQ(0, mkdir(GROUP, 0755));
	self->lambda = dirty_handle();
	ASSERT_LE(0, self->lambda);
	write_text(GROUP "/cgroup.procs", "0");
}

FIXTURE_TEARDOWN(cgroup)
{
	write_text(CGROUPS "/cgroup.procs", "0");
}

TEST_F(cgroup, output)
{
	pid_t pid = hold_pages(self->lambda, 32 * MIB / PAGE);

	EXPECT_TRUE(becomes(32 * MIB, 32 * MIB + NOISE));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	EXPECT_TRUE(becomes(0, NOISE));
}

/* Input that is copied is the caller's, whoever wrote the file. */
TEST_F(cgroup, copied_input)
{
	static const struct bpf_insn stay[] = { GOTO(-1) };
	int lambda = handle_budget(stay, ARRAY_SIZE(stay), SBPF_BUDGET_MAX);
	int fd = open(MOUNTS "/shm/input", O_RDONLY);
	pid_t pid;

	ASSERT_LE(0, fd);
	pid = fork();
	if (!pid) {
		lambda_pread(fd, NULL, 32 * MIB, 0, lambda, NULL);
		_exit(1);
	}
	EXPECT_TRUE(becomes(32 * MIB, 32 * MIB + NOISE));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	EXPECT_TRUE(becomes(0, NOISE));
}

/* Globals belong to a handle and go with it. */
TEST_F(cgroup, globals)
{
	struct lambda_load_attr attr = {
		.rodata_len = 8 * MIB, .data_len = 8 * MIB };
	int lambda;

	attr.rodata = (uintptr_t)mmap(NULL, 8 * MIB, PROT_READ,
				      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	attr.data = attr.rodata;
	lambda = handle_attr(dirty_pages, ARRAY_SIZE(dirty_pages), &attr);
	ASSERT_LE(0, lambda);
	EXPECT_TRUE(becomes(16 * MIB, 16 * MIB + NOISE));
	close(lambda);
	EXPECT_TRUE(becomes(0, NOISE));
}

/* Each window that is kept ready for a handle keeps a few pages. */
TEST_F(cgroup, kept_pages)
{
	enum { HANDLES = 100, EACH = 12 };
	int i, lambda[HANDLES];
	struct lambda_io io;
	long before, kept;

	before = charged();
	for (i = 0; i < HANDLES; i++) {
		lambda[i] = dirty_handle();
		ASSERT_EQ(1, dirty(lambda[i], EACH, &io));
	}
	/* Longer than anything that awaits a flush waits. */
	sleep(3);
	kept = charged();
	EXPECT_LE(before + HANDLES * EACH * PAGE / 2, kept);
	for (i = 0; i < HANDLES; i++)
		close(lambda[i]);
	EXPECT_TRUE(becomes(0, kept - HANDLES * EACH * PAGE / 2));
}

/* What one request held stands in no other's way. */
TEST_F(cgroup, one_after_another)
{
	struct lambda_io io;
	int i;

	write_text("/proc/self/oom_score_adj", "-1000");
	set_limit(32 * MIB);
	for (i = 0; i < 10; i++) {
		EXPECT_EQ(1, dirty(self->lambda, 20 * MIB / PAGE, &io)) {
			TH_LOG("round %d: %m", i);
		}
	}
}

/* A file larger than the limit, as read() would go over it. */
TEST_F(cgroup, scan)
{
	static const struct bpf_insn none[] = { MOVI(R0, 0), EXIT() };
	int fd = open(MOUNTS "/xfs/scanned", O_RDONLY), lambda = HANDLE(none);
	off_t at;

	ASSERT_LE(0, fd);
	write_text("/proc/self/oom_score_adj", "-1000");
	set_limit(24 * MIB);
	for (at = 0; at < 96l * MIB; at += 4 * MIB) {
		EXPECT_EQ(0, lambda_pread(fd, NULL, 4 * MIB, at, lambda,
					  NULL)) {
			TH_LOG("at %ld MiB: %m", at / MIB);
		}
	}
	EXPECT_EQ(0, number("memory.events", "oom "));
}

/*
 * A request beyond the limit fails where there is nobody to kill, changes
 * nothing, and leaves no charge behind.
 */
TEST_F(cgroup, no_memory)
{
	struct lambda_io io;
	int i;

	write_text("/proc/self/oom_score_adj", "-1000");
	set_limit(32 * MIB);
	dirtied = 'o';
	for (i = 0; i < 10; i++) {
		EXPECT_EQ(-1, dirty(self->lambda, 64 * MIB / PAGE, &io));
		EXPECT_EQ(ENOMEM, errno);
		EXPECT_EQ(LAMBDA_STATUS_NOT_RUN, io.result.status);
		EXPECT_EQ(0, io.result.out_len);
		EXPECT_EQ('o', dirtied);
	}
	EXPECT_EQ(0, number("memory.events", "oom_kill "));
	EXPECT_EQ(1, dirty(self->lambda, 20 * MIB / PAGE, &io));
	EXPECT_TRUE(becomes(0, NOISE));
}

/* Likewise for pages that a helper, the input and a handle ask for. */
TEST_F(cgroup, no_memory_elsewhere)
{
	static const struct bpf_insn set[] = {
		LD64(R1, SBPF_HEAP_BASE), MOVI(R2, 1), MOVI(R3, 64 * MIB),
		CALL(SBPF_HELPER_MEMSET), MOVI(R0, 0), EXIT() };
	static const struct bpf_insn none[] = { MOVI(R0, 0), EXIT() };
	const struct lambda_load_attr heap = { .heap_len = 64 * MIB };
	int helper = handle_attr(set, ARRAY_SIZE(set), &heap);
	int fd = open(MOUNTS "/shm/input", O_RDWR), other = HANDLE(none);
	struct lambda_load_attr globals = { .data_len = 16 * MIB };
	struct lambda_io io = io_for(1, NULL, 0);
	char *map = mmap(NULL, 32 * MIB, PROT_READ, MAP_SHARED, fd, 0);

	ASSERT_LE(0, helper);
	ASSERT_NE(MAP_FAILED, map);
	write_text("/proc/self/oom_score_adj", "-1000");
	set_limit(12 * MIB);
	EXPECT_EQ(-1, lambda_pread(fd, NULL, 1, 0, helper, &io));
	EXPECT_EQ(ENOMEM, errno);
	EXPECT_EQ(LAMBDA_STATUS_NOT_RUN, io.result.status);
	EXPECT_EQ(-1, lambda_pread(fd, NULL, 32 * MIB, 0, other, &io));
	EXPECT_EQ(ENOMEM, errno);
	EXPECT_EQ(-1, lambda_pwrite(fd, map, 32 * MIB, 0, other, &io));
	EXPECT_EQ(ENOMEM, errno);
	globals.data = (uintptr_t)map;
	globals.prog_fd = prog_load(none, ARRAY_SIZE(none));
	EXPECT_EQ(-1, lambda_load(&globals, sizeof(globals), 0));
	EXPECT_EQ(ENOMEM, errno);
	globals.data_len = 1 * MIB;
	EXPECT_LE(0, lambda_load(&globals, sizeof(globals), 0));
	EXPECT_EQ(0, lambda_pread(fd, NULL, 1 * MIB, 0, other, &io));
	EXPECT_TRUE(becomes(0, 1 * MIB + NOISE));
}

/* Others are killed instead, as for memory of their own. */
TEST_F(cgroup, killed)
{
	int status, fd = memory_file("as it was", 9);
	struct lambda_io io = io_for(64 * MIB, NULL, 0);
	const __u64 args[] = { 64 * MIB / PAGE, 0 };
	char text[16] = {};
	pid_t pid;

	write_text("/proc/self/oom_score_adj", "-1000");
	set_limit(32 * MIB);
	io.args = (uintptr_t)args;
	io.args_len = sizeof(args);
	pid = fork();
	if (!pid) {
		write_text("/proc/self/oom_score_adj", "1000");
		lambda_pwrite(fd, "x", 1, 0, self->lambda, &io);
		_exit(1);
	}
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGKILL, WTERMSIG(status));
	EXPECT_EQ(1, number("memory.events", "oom_kill "));
	EXPECT_EQ(9, pread(fd, text, sizeof(text), 0));
	EXPECT_STREQ("as it was", text);
	EXPECT_TRUE(becomes(0, NOISE));
}

/*
 * What a request holds is seen as its process's. So where a group has too much,
 * the process with such a request goes, and not one with less memory.
 */
TEST_F(cgroup, culprit_is_killed)
{
	enum { HAS = 64 * MIB, MAX = 160 * MIB, WANTS = 192 * MIB };
	pid_t innocent, hog;
	int status;

	write_text("/proc/self/oom_score_adj", "-1000");
	set_limit(MAX);
	innocent = fork();
	if (!innocent) {
		char *mine = malloc(HAS);

		write_text("/proc/self/oom_score_adj", "0");
		memset(mine, 1, HAS);
		asm volatile("" : : "r" (mine) : "memory");
		pause();
		_exit(0);
	}
	EXPECT_TRUE(becomes(HAS, HAS + NOISE));
	hog = fork();
	if (!hog) {
		struct lambda_io io;

		write_text("/proc/self/oom_score_adj", "0");
		dirty(self->lambda, WANTS / PAGE, &io);
		_exit(1);
	}
	EXPECT_EQ(hog, waitpid(hog, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGKILL, WTERMSIG(status));
	EXPECT_EQ(0, waitpid(innocent, &status, WNOHANG));
	kill(innocent, SIGKILL);
	waitpid(innocent, NULL, 0);
}

/* A figure of /proc/PID/status, in KiB. */
static long status_of(pid_t pid, const char *name)
{
	char path[64], line[128];
	size_t len = strlen(name);
	long kib = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, len))
			kib = atol(line + len);
	if (f)
		fclose(f);
	return kib;
}

/* Whether it becomes so many bytes more than @before KiB. */
static bool grows(pid_t pid, const char *name, long before, unsigned long bytes)
{
	int tries;

	for (tries = 0; tries < 200; tries++) {
		if (status_of(pid, name) >= before + (long)(bytes / KIB))
			return true;
		usleep(50000);
	}
	return false;
}

/* Private pages and mapped ones, each where the process would have its own. */
TEST_F(cgroup, resident)
{
	static const struct bpf_insn stay[] = { GOTO(-1) };
	int lambda = handle_budget(stay, ARRAY_SIZE(stay), SBPF_BUDGET_MAX);
	int fd = open(MOUNTS "/xfs/scanned", O_RDONLY);
	pid_t pid = hold_pages(self->lambda, 32 * MIB / PAGE);

	EXPECT_TRUE(grows(pid, "RssAnon:", 0, 31 * MIB));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ASSERT_LE(0, lambda);
	ASSERT_LE(0, fd);
	pid = fork();
	if (!pid) {
		lambda_pread(fd, NULL, 32 * MIB, 0, lambda, NULL);
		_exit(1);
	}
	EXPECT_TRUE(grows(pid, "RssFile:", 0, 32 * MIB));
	EXPECT_GT((long)(8 * KIB), status_of(pid, "RssAnon:"));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/*
 * Pages are had before they are touched where a λ goes on from one to the
 * next. Nobody is killed for these: a request that fits, however tightly, does
 * not get as far as that.
 */
TEST_F(cgroup, ahead_is_for_free)
{
	__u64 pages = 8 * MIB / PAGE;
	struct lambda_io io;
	int fitting = 0;
	long kills;

	write_text("/proc/self/oom_score_adj", "-1000");
	set_limit(8 * MIB);
	for (; fitting < 40; pages -= 4) {
		kills = number("memory.events", "oom ");
		ASSERT_LT(0, (long)pages);
		if (dirty(self->lambda, pages, &io) == 1) {
			fitting++;
			EXPECT_EQ(kills, number("memory.events", "oom ")) {
				TH_LOG("%llu pages", pages);
			}
		}
	}
}

static void __attribute__((constructor)) before_tests(void)
{
	int fd;

	mounts_begin();
	if (mkdir(CGROUPS, 0755) ||
	    mount("none", CGROUPS, "cgroup2", 0, NULL))
		mount_failed(CGROUPS);
	write_text(CGROUPS "/cgroup.subtree_control", "+memory");
	/* Pages of this file are charged to us, outside of the group. */
	mount_tmpfs(MOUNTS "/shm", NULL);
	fd = open(MOUNTS "/shm/input", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || posix_fallocate(fd, 0, 32 * MIB))
		mount_failed("a file");
	close(fd);
	mount_image("xfs", 320 * MIB, MOUNTS "/xfs", NULL);
	fd = open(MOUNTS "/xfs/scanned", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, 96 * MIB))
		mount_failed("a file");
	close(fd);
}

TEST_HARNESS_MAIN
