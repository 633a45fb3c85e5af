// SPDX-License-Identifier: GPL-2.0-only
/*
 * How often requests have the TLBs of all processors flushed, and what windows
 * leave behind. A flush is one interrupt for each processor but one's own.
 */
#include <sys/wait.h>

#include "common.h"
#include "harness.h"
#include "meminfo.h"
#include "mounts.h"
#include "pages.h"

/* vmalloc flushes after 32 MiB, times a number that grows with processors. */
#define VMALLOC_PAGES	(32 * MIB / PAGE)

static const struct bpf_insn none[] = { MOVI(R0, 0), EXIT() };

/* Function call interrupts of all processors. */
static long calls(void)
{
	FILE *f = fopen("/proc/interrupts", "r");
	char line[1024];
	long sum = 0, n;

	while (f && fgets(line, sizeof(line), f)) {
		char *at = strstr(line, "CAL:"), *end;

		if (!at)
			continue;
		for (at += 4;; at = end) {
			n = strtol(at, &end, 10);
			if (end == at)
				break;
			sum += n;
		}
	}
	if (f)
		fclose(f);
	return sum;
}

static int processors(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN);
}

/* Those that others cause: while the file is read without a λ for as long. */
static long calls_of_others(int file, double seconds)
{
	double end = now() + seconds;
	static char bytes[64 * KIB];
	long before = calls();

	while (now() < end)
		if (pread(file, bytes, sizeof(bytes), 0) < 0)
			break;
	return calls() - before;
}

/*
 * Interrupts while a cached range is read so often, but for those of others: a
 * kernel that is slow, since it looks at all it does, has time for many.
 */
static long calls_of(int file, size_t len, int times)
{
	int lambda = HANDLE(none);
	double began;
	long before, all;

	lambda_pread(file, NULL, len, 0, lambda, NULL);
	began = now();
	before = calls();
	while (times--)
		lambda_pread(file, NULL, len, 0, lambda, NULL);
	all = calls() - before;
	began = now() - began;
	close(lambda);
	return all - calls_of_others(file, began);
}

/* As many as vmalloc has for so many pages, and a few that others cause. */
static long bound(size_t len, int times)
{
	long flushes = len / PAGE * times / VMALLOC_PAGES + 2;

	return 20 + flushes * (processors() - 1);
}

FIXTURE(flush) {
	int file;
};

FIXTURE_SETUP(flush)
{
	ASSERT_LT(1, processors());
	self->file = open(MOUNTS "/xfs/file", O_RDWR);
	ASSERT_LE(0, self->file);
}

FIXTURE_TEARDOWN(flush)
{
	close(self->file);
}

TEST_F(flush, small)
{
	EXPECT_GE(bound(68 * KIB, 1600), calls_of(self->file, 68 * KIB, 1600));
}

TEST_F(flush, large)
{
	EXPECT_GE(bound(5 * MIB, 200), calls_of(self->file, 5 * MIB, 200));
}

/* Input of which there is less than the request before has had. */
TEST_F(flush, short_input)
{
	int lambda = HANDLE(none), file, i;
	static char bytes[64 * KIB];
	long before;

	file = memory_file(bytes, sizeof(bytes));
	ASSERT_LE(0, file);
	before = calls();
	for (i = 0; i < 400; i++)
		ASSERT_EQ(0, lambda_pread(file, NULL, sizeof(bytes),
					  i % 2 ? sizeof(bytes) / 2 : 0,
					  lambda, NULL));
	EXPECT_GE(bound(sizeof(bytes), 400), calls() - before);
	close(file);
	close(lambda);
}

/* Mapped pages are the file's alone again as the request ends. */
TEST_F(flush, pages_are_let_go)
{
	static unsigned char there[MIB / PAGE];
	int lambda = HANDLE(none);
	size_t i, left = 0;
	void *map;

	ASSERT_EQ(0, fsync(self->file));
	EXPECT_EQ(0, lambda_pread(self->file, NULL, MIB, 0, lambda, NULL));
	ASSERT_EQ(0, posix_fadvise(self->file, 0, 0, POSIX_FADV_DONTNEED));
	map = mmap(NULL, MIB, PROT_READ, MAP_SHARED, self->file, 0);
	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, mincore(map, MIB, there));
	for (i = 0; i < ARRAY_SIZE(there); i++)
		left += there[i] & 1;
	EXPECT_EQ(0, left);
	munmap(map, MIB);
	close(lambda);
}

/* Page tables */

#define SPARSE		24		/* requests */
#define TABLES		600		/* of each, at least */

/* Touches a page of every 2 MiB of output and heap, then stays. */
static const struct bpf_insn sparse[] = {
	CTX(R4, R1, out),
	MOVI(R3, SBPF_OUT_MAX >> 21),
	ST(BPF_B, R4, 0, 1),
	ADDI(R4, 2 << 20),
	ADDI(R3, -1),
	JMPI(BPF_JNE, R3, 0, -4),
	LD64(R4, SBPF_HEAP_BASE),
	MOVI(R3, SBPF_HEAP_MAX >> 21),
	ST(BPF_B, R4, 0, 1),
	ADDI(R4, 2 << 20),
	ADDI(R3, -1),
	JMPI(BPF_JNE, R3, 0, -4),
	GOTO(-1),
};

static void empty_cache(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);

	if (fd < 0 || write(fd, "3", 1) != 1)
		mount_failed("drop_caches");
	close(fd);
}

TEST_F_TIMEOUT(flush, page_tables_are_given_back, 120)
{
	const struct lambda_load_attr attr = {
		.flags = LAMBDA_ATTR_BUDGET, .budget = SBPF_BUDGET_MAX,
		.heap_len = SBPF_HEAP_MAX };
	int lambda = handle_attr(sparse, ARRAY_SIZE(sparse), &attr);
	int file = memory_file("x", 1), i, tries;
	long tables, free_before, want;
	pid_t pids[SPARSE];

	ASSERT_LE(0, lambda);
	empty_cache();
	tables = memory_figure("PageTables");
	free_before = memory_free();
	for (i = 0; i < SPARSE; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			struct lambda_io io = io_for(SBPF_OUT_MAX, NULL, 0);

			lambda_pread(file, NULL, 1, 0, lambda, &io);
			_exit(1);
		}
	}
	want = tables + SPARSE * TABLES * (PAGE / KIB);
	for (tries = 0; tries < 300 && memory_figure("PageTables") < want; tries++)
		usleep(100000);
	/* They are seen to be page tables. */
	EXPECT_LE(want, memory_figure("PageTables"));
	for (i = 0; i < SPARSE; i++)
		kill(pids[i], SIGKILL);
	for (i = 0; i < SPARSE; i++)
		waitpid(pids[i], NULL, 0);
	/* At once, but for those that wait for a flush, and a few a window. */
	EXPECT_GE(tables + 8 * (long)KIB, memory_figure("PageTables"));
	empty_cache();
	want = free_before - 16 * (long)KIB;
	for (tries = 0; tries < 100; tries++) {
		if (memory_free() >= want &&
		    memory_figure("PageTables") <= tables + 1024)
			break;
		usleep(100000);
		empty_cache();
	}
	EXPECT_GE(tables + 1024, memory_figure("PageTables"));
	EXPECT_LE(want, memory_free());
}

static void __attribute__((constructor)) before_tests(void)
{
	static char bytes[MIB];
	int fd, i;

	mounts_begin();
	mount_image("xfs", 320 * MIB, MOUNTS "/xfs", NULL);
	fd = open(MOUNTS "/xfs/file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	memset(bytes, 7, sizeof(bytes));
	for (i = 0; i < 8; i++)
		if (fd < 0 || write(fd, bytes, sizeof(bytes)) !=
			      (ssize_t)sizeof(bytes))
			mount_failed("a file");
	close(fd);
}

TEST_HARNESS_MAIN
