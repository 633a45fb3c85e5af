// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page cache in memory that is kept for what can be moved, as all is on a machine
 * booted with `movablecore=`: it can be moved under a λ that has it as input, for
 * as long as the λ likes.
 */
#include <stdio.h>

#include "drive.h"
#include "harness.h"
#include "look.h"

/* Younger than some C libraries' headers. */
#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE	101
#endif

#define SIZE	(1 * MIB)

static char want[SIZE], got[SIZE];

/* The kernel has made the zone, which says in /proc/zoneinfo how large it is. */
static bool has_movable_zone(void)
{
	FILE *f = fopen("/proc/zoneinfo", "r");
	unsigned long pages = 0;
	bool movable = false;
	char line[128];

	while (f && fgets(line, sizeof(line), f)) {
		if (strstr(line, "zone"))
			movable = strstr(line, "Movable");
		if (movable && sscanf(line, " present %lu", &pages) == 1)
			break;
	}
	if (f)
		fclose(f);
	return pages;
}

/* Moves the pages of the file elsewhere, and takes the memory out of use. */
static int take_out(int fd, off_t at, size_t nr)
{
	char *map = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
	size_t i;
	int err = 0;

	if (map == MAP_FAILED)
		return errno;
	for (i = 0; i < nr && !err; i++) {
		/* What is not mapped has no page to be taken out. */
		__atomic_load_n(map + at + i * PAGE, __ATOMIC_RELAXED);
		if (madvise(map + at + i * PAGE, PAGE, MADV_SOFT_OFFLINE))
			err = errno;
	}
	munmap(map, SIZE);
	return err;
}

FIXTURE(movable) {
	int fd;
};

FIXTURE_VARIANT(movable) {
	const char *path;
};

FIXTURE_VARIANT_ADD(movable, ext4) { .path = EXT4 "/movable" };
FIXTURE_VARIANT_ADD(movable, xfs) { .path = XFS "/movable" };

FIXTURE_SETUP(movable)
{
	unsigned int seed = 5;
	size_t i;

	for (i = 0; i < SIZE; i++)
		want[i] = rand_r(&seed);
	self->fd = open(variant->path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(SIZE, pwrite(self->fd, want, SIZE, 0));
	ASSERT_EQ(0, fsync(self->fd));
}

FIXTURE_TEARDOWN(movable)
{
	close(self->fd);
	unlink(variant->path);
}

/* All that the λ was given, the page that it looks at among it. */
TEST_F(movable, under_a_lambda)
{
	struct lambda_io io = io_for(SIZE, NULL, 0);
	int lambda = HANDLE(copy_input);
	pid_t pid;

	/* It can be moved at all. */
	EXPECT_EQ(0, take_out(self->fd, 100 * PAGE, 5));
	ASSERT_LE(0, lambda);
	pid = look_at(self->fd, SIZE, 0);
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, take_out(self->fd, 40 * PAGE, 20));
	/* It has not noticed. */
	EXPECT_EQ(0, waitpid(pid, NULL, WNOHANG));
	kill(pid, SIGKILL);
	EXPECT_EQ(pid, waitpid(pid, NULL, 0));
	io.flags = LAMBDA_IO_HOST;
	EXPECT_EQ(SIZE, lambda_pread(self->fd, got, SIZE, 0, lambda, &io));
	EXPECT_EQ(0, memcmp(want, got, SIZE));
}

static void __attribute__((constructor)) before_tests(void)
{
	if (!has_movable_zone())
		ksft_exit_skip("not booted with movablecore=\n");
	drive_begin();
}

TEST_HARNESS_MAIN
