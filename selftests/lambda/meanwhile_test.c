// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is done to a file while a λ runs over it in the drive: it waits where it
 * would take blocks away from it, or would read or write what is being written,
 * and comes after it.
 */
#include <linux/falloc.h>
#include <sys/wait.h>

#include "common.h"
#include "drive.h"
#include "harness.h"
#include "model.h"

/* Rounds of slow_copy that take the drive 0.9 s. */
#define SLOW	440000000ull

/* A request in a process of its own. */
struct run {
	double begin, end;		/* s */
	ssize_t ret;
	struct lambda_io io;
	char data[SIZE];		/* what is read, or to be written */
};

FIXTURE(meanwhile) {
	struct model m;
	struct run *run;
	pid_t pid;
};

FIXTURE_VARIANT(meanwhile) {
	const char *dir;
};

#define VARIANT(name, where)						\
	FIXTURE_VARIANT_ADD(meanwhile, name) { .dir = where }

VARIANT(ext4, EXT4);
VARIANT(xfs, XFS);

FIXTURE_SETUP(meanwhile)
{
	model_begin(&self->m, variant->dir);
	self->run = mmap(NULL, sizeof(*self->run), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->run);
}

FIXTURE_TEARDOWN(meanwhile)
{
	model_end(&self->m);
}

/* Reads all of the file, or writes its middle. */
static void run_slowly(const struct model *m, struct run *run, bool write)
{
	__u64 args = SLOW;

	run->io = io_for(SIZE, &args, sizeof(args));
	run->io.flags = FORCED;
	run->begin = now();
	if (write)
		run->ret = lambda_pwrite(m->fd, run->data, SIZE / 2, SIZE / 4,
					 m->lambda, &run->io);
	else
		run->ret = lambda_pread(m->fd, run->data, SIZE, 0, m->lambda,
					&run->io);
	run->end = now();
}

/* Starts such a request, and lets it get to the drive. */
static void start(FIXTURE_DATA(meanwhile) *self, bool write)
{
	memset(self->run, 0, offsetof(struct run, data));
	self->pid = fork();
	if (!self->pid) {
		run_slowly(&self->m, self->run, write);
		_exit(0);
	}
	usleep(100000);
}

/*
 * Waits for the request. Return: whether what was begun and ended at these
 * times had to wait for it; -1 when it was begun too late to tell.
 */
static int waited(FIXTURE_DATA(meanwhile) *self, double begin, double end)
{
	const struct run *run = self->run;

	waitpid(self->pid, NULL, 0);
	if (run->io.result.side != LAMBDA_SIDE_DEVICE) {
		fprintf(stderr, "# %zd, side %u, reason %u\n", run->ret,
			run->io.result.side, run->io.result.reason);
		return 0;
	}
	if (begin > run->end - 0.2)
		return -1;
	if (end > run->end - 0.1)
		return 1;
	fprintf(stderr, "# ended %.3f s before the request did\n",
		run->end - end);
	return 0;
}

/* Starts a request, and while it runs @action, which has to wait. */
#define EXPECT_WAITS(write, action) do {				\
	int _waited, _tries = 10;					\
	double _begin, _end;						\
	do {								\
		start(self, write);					\
		_begin = now();						\
		EXPECT_EQ(0, action);					\
		_end = now();						\
		_waited = waited(self, _begin, _end);			\
	} while (_waited < 0 && --_tries);				\
	EXPECT_EQ(1, _waited);						\
} while (0)

/* While a request reads: its blocks stay where they are */

static char before[SIZE];

/* Whatever was done, it can be done again. */
static int fill_again(const struct model *m)
{
	if (ftruncate(m->fd, SIZE) || pwrite(m->fd, before, SIZE, 0) != SIZE)
		return -1;
	return fsync(m->fd);
}

static int truncate_all(const struct model *m)
{
	return ftruncate(m->fd, 0) ?: fill_again(m);
}

static int punch_hole(const struct model *m)
{
	return fallocate(m->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
			 SIZE) ?: fill_again(m);
}

static int zero_range(const struct model *m)
{
	return fallocate(m->fd, FALLOC_FL_ZERO_RANGE, 0, SIZE) ?:
	       fill_again(m);
}

static int collapse_range(const struct model *m)
{
	return fallocate(m->fd, FALLOC_FL_COLLAPSE_RANGE, 0, 64 * BLOCK) ?:
	       fill_again(m);
}

static int insert_range(const struct model *m)
{
	return fallocate(m->fd, FALLOC_FL_INSERT_RANGE, 0, 64 * BLOCK) ?:
	       fill_again(m);
}

#define WAITS(name)							\
TEST_F(meanwhile, name##_waits)						\
{									\
	memcpy(before, self->m.data, SIZE);				\
	EXPECT_WAITS(false, name(&self->m));				\
	EXPECT_EQ(SIZE, self->run->ret);				\
	EXPECT_EQ(0, memcmp(self->run->data, before, SIZE));		\
	EXPECT_TRUE(drive_sees(&self->m));				\
}

WAITS(truncate_all)
WAITS(punch_hole)
WAITS(zero_range)
WAITS(collapse_range)
WAITS(insert_range)

TEST_F(meanwhile, swap_blocks_waits)
{
	ASSERT_EQ(0, fill_other(&self->m));
	EXPECT_WAITS(false, swap_blocks(&self->m));
	EXPECT_EQ(SIZE, self->run->ret);
	EXPECT_EQ(0, memcmp(self->run->data, self->m.data, SIZE));
}

/*
 * The older ways, of whole files: what defragments XFS, and what gives ext4 the
 * blocks of its boot loader. There and back, so that it can be done again.
 */
static int swap_files_once(const struct model *m)
{
	struct stat before;

	if (!strcmp(m->dir, EXT4))
		return ioctl(m->fd, EXT4_IOC_SWAP_BOOT);
	if (fstat(m->fd, &before))
		return -1;
	return xfs_swap_extents(m->fd, m->other, SIZE, &before);
}

static int swap_files(const struct model *m)
{
	return swap_files_once(m) ?: swap_files_once(m);
}

TEST_F(meanwhile, swap_files_waits)
{
	ASSERT_EQ(0, fill_other(&self->m));
	EXPECT_WAITS(false, swap_files(&self->m));
	EXPECT_EQ(SIZE, self->run->ret);
	EXPECT_EQ(0, memcmp(self->run->data, self->m.data, SIZE));
}

/* A clone makes of the file one whose blocks can be given away. */
TEST_F(meanwhile, clone_waits)
{
	if (strcmp(variant->dir, XFS))
		return;
	EXPECT_WAITS(false, ioctl(self->m.other, FICLONE, self->m.fd));
	EXPECT_EQ(SIZE, self->run->ret);
	EXPECT_EQ(0, memcmp(self->run->data, self->m.data, SIZE));
}

/* The last name and descriptor go; the request still has the file. */
TEST_F(meanwhile, unlinked)
{
	struct model *m = &self->m;
	int i;

	start(self, false);
	EXPECT_EQ(0, unlink(m->path));
	close(m->fd);
	/* Its blocks would be taken for these. */
	for (i = 0; i < 8; i++) {
		fill(before, SIZE, 100 + i);
		EXPECT_EQ(SIZE, pwrite(m->other, before, SIZE, i * SIZE));
	}
	EXPECT_EQ(0, fsync(m->other));
	waitpid(self->pid, NULL, 0);
	EXPECT_EQ(LAMBDA_SIDE_DEVICE, self->run->io.result.side);
	EXPECT_EQ(SIZE, self->run->ret);
	EXPECT_EQ(0, memcmp(self->run->data, m->data, SIZE));
}

/* While a request writes: nobody else reads or writes the file */

static int write_by_host(const struct model *m)
{
	return pwrite(m->fd, before, SIZE, 0) == SIZE ? 0 : -1;
}

static int write_directly(const struct model *m)
{
	int fd = open(m->path, O_RDWR | O_DIRECT), ret;
	void *buf;

	if (posix_memalign(&buf, BLOCK, SIZE))
		return -1;
	memcpy(buf, before, SIZE);
	ret = pwrite(fd, buf, SIZE, 0) == SIZE ? 0 : -1;
	free(buf);
	close(fd);
	return ret;
}

static int write_by_drive(const struct model *m)
{
	__u64 args = 0;
	struct lambda_io io = io_for(SIZE, &args, sizeof(args));

	io.flags = FORCED;
	return lambda_pwrite(m->fd, before, SIZE, 0, m->lambda, &io) == SIZE ?
	       0 : -1;
}

/* What comes last is what stays. */
#define WRITE_WAITS(name)						\
TEST_F(meanwhile, name##_waits)						\
{									\
	struct model *m = &self->m;					\
									\
	fill(before, SIZE, 12);						\
	fill(self->run->data, SIZE, 13);				\
	EXPECT_WAITS(true, name(m));					\
	EXPECT_EQ(SIZE / 2, self->run->ret);				\
	memcpy(m->data, before, SIZE);					\
	EXPECT_TRUE(drive_sees(m));					\
	EXPECT_EQ(SIZE, pread(m->fd, m->data, SIZE, 0));		\
	EXPECT_EQ(0, memcmp(m->data, before, SIZE));			\
}

WRITE_WAITS(write_by_host)
WRITE_WAITS(write_directly)
WRITE_WAITS(write_by_drive)

/* Nor does a request write what another one still reads. */
TEST_F(meanwhile, write_waits_for_read)
{
	fill(before, SIZE, 21);
	EXPECT_WAITS(false, write_by_drive(&self->m));
	EXPECT_EQ(SIZE, self->run->ret);
}

/*
 * A store through a mapping while the drive writes around it: both are there
 * in the end. Were page faults not held off, the page would be the one from
 * before, with the store in it.
 */
TEST_F(meanwhile, fault_waits)
{
	const size_t at = SIZE / 2 + 5;
	struct model *m = &self->m;
	char *map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, m->fd,
			 0);

	ASSERT_NE(MAP_FAILED, map);
	fill(self->run->data, SIZE, 31);
	self->run->data[at - SIZE / 4] = 'a';
	EXPECT_WAITS(true, (map[at] = 'b', 0));
	memcpy(m->data + SIZE / 4, self->run->data, SIZE / 2);
	m->data[at] = 'b';
	EXPECT_EQ(0, memcmp(map, m->data, SIZE));
	EXPECT_TRUE(drive_sees(m));
}

/* The same of reading into the page cache. */
TEST_F(meanwhile, cached_read_waits)
{
	struct model *m = &self->m;

	fill(self->run->data, SIZE, 41);
	EXPECT_WAITS(true, pread(m->fd, before, SIZE, 0) == SIZE ? 0 : -1);
	memcpy(m->data + SIZE / 4, self->run->data, SIZE / 2);
	EXPECT_EQ(0, memcmp(before, m->data, SIZE));
}

/* Freezing waits for a write under way. */
static int freeze(const char *dir)
{
	int fd = open(dir, O_RDONLY), ret = ioctl(fd, FIFREEZE, 0);

	ioctl(fd, FITHAW, 0);
	close(fd);
	return ret;
}

TEST_F(meanwhile, freeze_waits)
{
	EXPECT_WAITS(true, freeze(variant->dir));
	EXPECT_EQ(SIZE / 2, self->run->ret);
}

/* And a write waits until a filesystem is thawed; a read does not. */
TEST_F(meanwhile, frozen)
{
	int dir = open(variant->dir, O_RDONLY);
	double thawed;

	ASSERT_EQ(0, ioctl(dir, FIFREEZE, 0));
	EXPECT_TRUE(drive_sees(&self->m));
	start(self, true);
	usleep(1500000);
	thawed = now();
	EXPECT_EQ(0, ioctl(dir, FITHAW, 0));
	waitpid(self->pid, NULL, 0);
	EXPECT_LT(thawed, self->run->end);
	EXPECT_EQ(SIZE / 2, self->run->ret);
	EXPECT_EQ(LAMBDA_SIDE_DEVICE, self->run->io.result.side);
}

TEST_F(meanwhile, not_remounted)
{
	start(self, true);
	EXPECT_EQ(-1, mount(NULL, variant->dir, NULL, MS_REMOUNT | MS_RDONLY,
			    NULL));
	EXPECT_EQ(EBUSY, errno);
	waitpid(self->pid, NULL, 0);
	EXPECT_EQ(SIZE / 2, self->run->ret);
}

static void __attribute__((constructor)) before_tests(void)
{
	drive_begin();
	xfs_allow_exchange(drive_xfs, XFS);
}

TEST_HARNESS_MAIN
