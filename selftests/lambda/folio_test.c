// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file whose page cache is of folios of many pages, as XFS has them where the
 * kernel has transparent huge pages: a λ is given the bytes that a read is
 * given, from any place in a folio to any place in another.
 */
#include <stdio.h>
#include <stdlib.h>

#include "harness.h"
#include "mounts.h"
#include "pages.h"
#include "sysctl.h"

/* Not a page's multiple, so that the last page is copied. */
#define SIZE	(4 * MIB - 1234)

/* As in include/uapi/linux/kernel-page-flags.h. */
#define COMPOUND	0x18000ull	/* head, tail */

/* As in Documentation/admin-guide/mm/pagemap.rst. */
#define PFN	((1ull << 55) - 1)

static char want[SIZE], got[SIZE];

static __u64 entry_of(const char *path, __u64 number)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	__u64 entry = 0;

	if (pread(fd, &entry, sizeof(entry), number * sizeof(entry)) !=
	    sizeof(entry))
		mount_failed(path);
	close(fd);
	return entry;
}

/* How many of the file's pages belong to folios of more than one. */
static int pages_in_large_folios(int fd)
{
	char *map = mmap(NULL, SIZE, PROT_READ, MAP_SHARED | MAP_POPULATE, fd,
			 0);
	__u64 page;
	int i, n = 0;

	if (map == MAP_FAILED)
		mount_failed("a mapping");
	for (i = 0; i < SIZE / PAGE; i++) {
		__atomic_load_n(map + i * PAGE, __ATOMIC_RELAXED);
		page = entry_of("/proc/self/pagemap", (uintptr_t)map / PAGE + i);
		n += !!(entry_of("/proc/kpageflags", page & PFN) & COMPOUND);
	}
	munmap(map, SIZE);
	return n;
}

/* The page cache of the file can be let go: no page has users left. */
static bool is_dropped(int fd)
{
	unsigned char there[SIZE / PAGE + 1] = {};
	char *map;
	int i, left = 0;

	/* Pages that were mapped are held for a second at most. */
	sleep(2);
	if (fsync(fd) || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED))
		return false;
	map = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED || mincore(map, SIZE, there))
		return false;
	munmap(map, SIZE);
	for (i = 0; i < (int)sizeof(there); i++)
		left += there[i] & 1;
	return !left;
}

FIXTURE(folio) {
	int file, lambda;
	long mapped;
};

FIXTURE_SETUP(folio)
{
	unsigned int seed = 7;
	size_t i;

	for (i = 0; i < SIZE; i++)
		want[i] = rand_r(&seed);
	self->mapped = sysctl_read(MAPPED_PAGES);
	self->file = open(MOUNTS "/xfs/file", O_RDWR | O_CREAT | O_TRUNC |
			  O_CLOEXEC, 0600);
	self->lambda = HANDLE(copy_input);
	ASSERT_LE(0, self->file);
	ASSERT_LE(0, self->lambda);
	ASSERT_EQ(SIZE, pwrite(self->file, want, SIZE, 0));
	/* Without huge pages the same must hold of single pages. */
	if (!access("/sys/kernel/mm/transparent_hugepage", F_OK))
		ASSERT_LT(SIZE / PAGE / 2, pages_in_large_folios(self->file));
}

FIXTURE_TEARDOWN(folio)
{
	sysctl_write(MAPPED_PAGES, self->mapped);
	close(self->file);
	close(self->lambda);
}

/* What is wrong with what is read of @len bytes from @at on, or NULL. */
static const char *wrong_in(int file, int lambda, size_t len, off_t at)
{
	struct lambda_io io = io_for(SIZE, NULL, 0);
	size_t left = at < SIZE ? SIZE - at : 0;
	ssize_t ret;

	if (len > left)
		len = left;
	memset(got, 'o', SIZE);
	ret = lambda_pread(file, got, SIZE, at, lambda, &io);
	if (ret != (ssize_t)left)
		return "length";
	if (memcmp(got, want + at, left))
		return "rest of the file";
	memset(got, 'o', SIZE);
	ret = lambda_pread(file, got, len, at, lambda, &io);
	if (ret != (ssize_t)len || io.result.in_len != len)
		return "length of a part";
	if (memcmp(got, want + at, len))
		return "part";
	return len == SIZE || got[len] == 'o' ? NULL : "byte behind";
}

static bool reads(const FIXTURE_DATA(folio) *f, size_t len, off_t at)
{
	const char *wrong = wrong_in(f->file, f->lambda, len, at);

	if (wrong)
		fprintf(stderr, "# %s of %zu bytes from %lld on\n", wrong, len,
			(long long)at);
	return !wrong;
}

TEST_F(folio, whole)
{
	EXPECT_TRUE(reads(self, SIZE, 0));
}

/* More pages than are mapped at a time, fewer, and parts of them. */
TEST_F(folio, parts)
{
	static const size_t edges[] = {
		0, 1, PAGE - 1, PAGE, PAGE + 1, 31 * PAGE, 32 * PAGE,
		33 * PAGE - 1, 512 * PAGE - 1, 512 * PAGE, 513 * PAGE + 1,
		SIZE - 1, SIZE,
	};
	unsigned int seed = 21;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(edges); i++)
		for (j = i + 1; j < ARRAY_SIZE(edges); j++)
			EXPECT_TRUE(reads(self, edges[j] - edges[i], edges[i]));
	for (i = 0; i < 100; i++) {
		size_t at = rand_r(&seed) % SIZE;

		EXPECT_TRUE(reads(self, 1 + rand_r(&seed) % (SIZE - at), at));
	}
}

/* A user who may map no more is given copies: of all, of some. */
TEST_F(folio, more_than_may_be_mapped)
{
	static const long most[] = { 1, 31, 32, 33, 100, 1000 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(most); i++) {
		ASSERT_EQ(0, sysctl_write(MAPPED_PAGES, most[i]));
		EXPECT_TRUE(reads(self, SIZE, 0));
		EXPECT_TRUE(reads(self, 100 * PAGE, 5));
	}
	EXPECT_TRUE(is_dropped(self->file));
}

/* What is written meanwhile is seen by the next one. */
TEST_F(folio, written_between)
{
	size_t i;

	for (i = 0; i < SIZE; i += 37 * PAGE + 11) {
		want[i] ^= 0xff;
		ASSERT_EQ(1, pwrite(self->file, want + i, 1, i));
	}
	EXPECT_TRUE(reads(self, SIZE, 0));
	EXPECT_TRUE(reads(self, SIZE - 9 * PAGE, 7));
}

static void __attribute__((constructor)) before_tests(void)
{
	mounts_begin();
	mount_image("xfs", 320 * MIB, MOUNTS "/xfs", NULL);
}

TEST_HARNESS_MAIN
