// SPDX-License-Identifier: GPL-2.0-only
/*
 * A user whose requests wait for him, for his own memory or his own file, keeps
 * nothing of the drive that others wait for. His memory is a mapping of a FUSE
 * file whose server does not answer.
 */
#include <linux/fs.h>
#include <sched.h>
#include <sys/wait.h>
#include <time.h>

#include "common.h"
#include "drive.h"
#include "fuse.h"
#include "harness.h"

#define KEEPER	1000	/* a user that keeps what he can */
#define OTHER	1001
#define LEN	65536
#define MANY	32	/* processes of the fixture at most */
#define ASKED	80	/* requests of a test at most */

/* Writes 8 bytes of output. */
static const struct bpf_insn eight[] = {
	CTX(R2, R1, out), ST(BPF_DW, R2, 0, 7), MOVI(R0, 8), EXIT(),
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static int drive_depth(void)
{
	char path[80], text[16];

	snprintf(path, sizeof(path), "%s", strrchr(drive_disk[0], '/') + 1);
	drive_attribute(path, "lambda/limits/depth", text, sizeof(text));
	return atoi(text);
}

static int make_file(const char *path, int flags)
{
	static char bytes[LEN];
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | flags, 0666);

	if (fd < 0 || pwrite(fd, bytes, LEN, 0) != LEN || fsync(fd))
		mount_failed(path);
	return fd;
}

/* Processes of KEEPER's. */
static pid_t keepers[ASKED];
static int nr_keepers;
/* Of others', on either namespace. */
static int files[2];

/* @silent: a page for each process, which nobody answers for once told so. */
FIXTURE(places) {
	int lambda, depth, fuse;
	struct fuse_plan plan;
	pid_t server;
	char *silent;
	ssize_t *rets;
};

FIXTURE_SETUP(places)
{
	static char bytes[MANY * PAGE];

	self->lambda = HANDLE(eight);
	self->depth = drive_depth();
	ASSERT_LT(1, self->depth);
	ASSERT_GE(MANY - 2, self->depth);
	self->plan = (struct fuse_plan) {
		.data = bytes, .size = sizeof(bytes), .told = sizeof(bytes),
		.chunk = sizeof(bytes), .broken = sizeof(bytes),
		.room = sizeof(bytes), .own = true, .flush = FUSE_NO_FLUSH,
	};
	self->server = mount_fuse(MOUNTS "/fuse", &self->plan);
	self->fuse = open(MOUNTS "/fuse/file", O_RDWR);
	ASSERT_LE(0, self->fuse);
	self->silent = mmap(NULL, sizeof(bytes), PROT_READ | PROT_WRITE,
			    MAP_SHARED, self->fuse, 0);
	ASSERT_NE(MAP_FAILED, self->silent);
	silence_fuse(self->server);
	files[0] = make_file(EXT4 "/theirs", 0);
	files[1] = make_file(XFS_4K "/theirs", 0);
	self->rets = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->rets);
}

FIXTURE_TEARDOWN(places)
{
	int i;

	for (i = 0; i < nr_keepers; i++)
		kill(keepers[i], SIGKILL);
	kill(self->server, SIGCONT);
	for (i = 0; i < nr_keepers; i++)
		waitpid(keepers[i], NULL, 0);
	munmap(self->silent, MANY * PAGE);
	close(self->fuse);
	umount(MOUNTS "/fuse");
	waitpid(self->server, NULL, 0);
	close(files[0]);
	close(files[1]);
}

/* Whether the process goes on as another user. */
static bool keeper(void)
{
	pid_t pid = fork();

	if (pid) {
		keepers[nr_keepers++] = pid;
		return false;
	}
	if (setgid(KEEPER) || setuid(KEEPER))
		_exit(1);
	end_with_parent();
	return true;
}

static ssize_t in_drive(int file, void *buf, int lambda, struct lambda_io *io)
{
	*io = io_for(8, NULL, 0);
	io->flags = FORCED;
	return lambda_pread(file, buf, PAGE, 0, lambda, io);
}

/* Requests of another user, of either namespace: how many the drive ran. */
static int others(int lambda, int nr)
{
	int i, status;
	pid_t pid = fork();

	if (pid) {
		waitpid(pid, &status, 0);
		return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	}
	if (setgid(OTHER) || setuid(OTHER))
		_exit(255);
	for (i = 0; i < nr; i++) {
		struct lambda_io io;
		char buf[8];

		if (in_drive(files[i % 2], buf, lambda, &io) != 8) {
			fprintf(stderr, "# request %d: %m, reason %u\n", i,
				io.result.reason);
			break;
		}
	}
	_exit(i);
}

/* Requests that have run, and have only their output to deliver. */
TEST_F_TIMEOUT(places, memory_that_does_not_answer, 120)
{
	int i, file = make_file(EXT4 "/mine", 0);
	double begin;

	ASSERT_EQ(10, others(self->lambda, 10));
	for (i = 0; i < self->depth; i++)
		if (keeper()) {
			struct lambda_io io;

			self->rets[i] = 1;
			in_drive(file, self->silent + i * PAGE, self->lambda,
				 &io);
			self->rets[i] = 2;
			pause();
		}
	/* The drive has had them all for as long as a place is waited for. */
	sleep(3);
	for (i = 0; i < self->depth; i++)
		EXPECT_EQ(1, self->rets[i]);
	begin = now();
	EXPECT_EQ(10, others(self->lambda, 10));
	EXPECT_GT(5, now() - begin);
}

/*
 * The first keeper reads into memory that does not answer, and so has the file's
 * lock for good; the second one waits to have it alone.
 */
static void keep_locked(int direct, int file, void *silent)
{
	if (keeper()) {
		pread(direct, silent, PAGE, 0);
		_exit(0);
	}
	usleep(300000);
	if (keeper()) {
		pwrite(file, "x", 1, 0);
		_exit(0);
	}
	usleep(300000);
}

/* Requests that wait for a file's lock, which its owner never gives back. */
TEST_F_TIMEOUT(places, file_that_stays_locked, 120)
{
	int direct = make_file(EXT4 "/locked", O_DIRECT);
	int i, left = 0, file = open(EXT4 "/locked", O_RDWR);

	ASSERT_LE(0, file);
	ASSERT_EQ(10, others(self->lambda, 10));
	keep_locked(direct, file, self->silent);
	for (i = 0; i < self->depth; i++)
		if (keeper()) {
			struct lambda_io io;
			char buf[8];

			for (;;)
				in_drive(file, buf, self->lambda, &io);
		}
	usleep(300000);
	EXPECT_EQ(10, others(self->lambda, 10));
	for (i = 2; i < nr_keepers; i++)
		kill(keepers[i], SIGKILL);
	sleep(1);
	for (i = 2; i < nr_keepers; i++)
		left += !waitpid(keepers[i], NULL, WNOHANG);
	EXPECT_EQ(0, left);
	nr_keepers = 2;
	close(direct);
	close(file);
}

/* What is not to be had in time is the host's, or nobody's. */
TEST_F_TIMEOUT(places, locked_for_long_is_busy, 120)
{
	int direct = make_file(EXT4 "/locked", O_DIRECT);
	int file = open(EXT4 "/locked", O_RDWR);
	struct lambda_io io;
	char buf[8];
	double begin;

	ASSERT_LE(0, file);
	keep_locked(direct, file, self->silent);
	begin = now();
	EXPECT_EQ(-1, in_drive(file, buf, self->lambda, &io));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(LAMBDA_REASON_BUSY, io.result.reason);
	EXPECT_LT(1, now() - begin);
	EXPECT_GT(10, now() - begin);
	io = io_for(8, NULL, 0);
	io.flags = LAMBDA_IO_DEVICE;
	EXPECT_EQ(8, lambda_pread(file, buf, PAGE, 0, self->lambda, &io));
	EXPECT_EQ(LAMBDA_SIDE_HOST, io.result.side);
	EXPECT_EQ(LAMBDA_REASON_BUSY, io.result.reason);
	close(direct);
	close(file);
}

/* A lock that is given back is waited for. */
TEST_F_TIMEOUT(places, locked_for_a_while, 120)
{
	int direct = make_file(EXT4 "/locked", O_DIRECT);
	int file = open(EXT4 "/locked", O_RDWR);
	struct lambda_io io;
	char buf[8];

	ASSERT_LE(0, file);
	keep_locked(direct, file, self->silent);
	/* A task that waits for the server is done when it is killed. */
	if (!fork()) {
		usleep(500000);
		kill(keepers[0], SIGKILL);
		_exit(0);
	}
	EXPECT_EQ(8, in_drive(file, buf, self->lambda, &io));
	EXPECT_EQ(LAMBDA_SIDE_DEVICE, io.result.side);
	wait(NULL);
	close(direct);
	close(file);
}

/* Writes to a filesystem that is frozen. */
TEST_F_TIMEOUT(places, frozen_filesystem, 120)
{
	int i, file = make_file(EXT4_1K "/frozen", 0);
	int dir = open(EXT4_1K, O_RDONLY | O_DIRECTORY);

	ASSERT_EQ(0, ioctl(dir, FIFREEZE, 0));
	for (i = 0; i < self->depth; i++)
		if (keeper()) {
			struct lambda_io io = io_for(8, NULL, 0);

			io.flags = FORCED;
			lambda_pwrite(file, "x", 1, 8 * i, self->lambda, &io);
			_exit(0);
		}
	sleep(3);
	EXPECT_EQ(10, others(self->lambda, 10));
	EXPECT_EQ(0, ioctl(dir, FITHAW, 0));
	close(dir);
	close(file);
}

/* Requests of KEEPER's, of one namespace or both, that the drive is slow to end. */
static int slow(int lambda, int nr, int namespaces)
{
	int i;

	if (drive_order(DRIVE_DELAY | DRIVE_AFTER | DRIVE_EXEC_READ,
			6000 | DRIVE_MORE(nr - 1)))
		return -1;
	for (i = 0; i < nr; i++)
		if (keeper()) {
			/* With arguments, they go by way of their slots. */
			struct lambda_io io = io_for(8, "12345678", 8);
			char buf[8];

			io.flags = FORCED;
			lambda_pread(files[i % namespaces], buf, PAGE, 0,
				     lambda, &io);
			_exit(0);
		}
	usleep(500000);
	return 0;
}

/* As many as there are places are those of others as well. */
TEST_F_TIMEOUT(places, all_of_a_namespace, 120)
{
	double begin;

	ASSERT_EQ(10, others(self->lambda, 10));
	ASSERT_EQ(0, slow(self->lambda, self->depth, 1));
	begin = now();
	EXPECT_EQ(10, others(self->lambda, 10));
	EXPECT_GT(2, now() - begin);
	drive_order(0, 0);
}

TEST_F_TIMEOUT(places, all_of_two_namespaces, 120)
{
	double begin;

	ASSERT_EQ(10, others(self->lambda, 10));
	ASSERT_EQ(0, slow(self->lambda, self->depth, 2));
	begin = now();
	EXPECT_EQ(10, others(self->lambda, 10));
	EXPECT_GT(2, now() - begin);
	drive_order(0, 0);
}

/*
 * Requests that the drive runs or that fail, each of a process of its own, in
 * the order in which they were sent.
 */
struct answer {
	ssize_t ret;
	int reason;
	unsigned int ms;	/* since it was sent; 0: there is none yet */
};

static struct answer *answers;
static int nr_answers;

static void ask(int lambda, int file, uid_t uid, size_t len)
{
	struct lambda_io io = io_for(8, "12345678", 8);
	struct answer *a = &answers[nr_answers++];
	double begin = now();
	pid_t pid = fork();
	char buf[8];

	if (pid) {
		keepers[nr_keepers++] = pid;
		return;
	}
	end_with_parent();
	if (setgid(uid) || setuid(uid))
		_exit(1);
	io.flags = FORCED;
	a->ret = lambda_pread(file, buf, len, 0, lambda, &io);
	a->reason = io.result.reason;
	__atomic_store_n(&a->ms, 1 + (now() - begin) * 1000, __ATOMIC_RELEASE);
	_exit(0);
}

/* Those from @first on have an answer, in time. */
static bool all_answered(int first, double in)
{
	double end = now() + in;

	for (; first < nr_answers; first++)
		while (!__atomic_load_n(&answers[first].ms, __ATOMIC_ACQUIRE)) {
			if (now() > end)
				return false;
			usleep(10000);
		}
	return true;
}

/*
 * Has all places taken for @ms, by the first answers: requests of root's, who
 * may have them all, over the first namespace.
 */
static int take_all(int lambda, int nr, int ms)
{
	int i;

	answers = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	nr_answers = 0;
	if (answers == MAP_FAILED ||
	    drive_order(DRIVE_DELAY | DRIVE_AFTER | DRIVE_EXEC_READ,
			ms | DRIVE_MORE(ASKED)))
		return -1;
	for (i = 0; i < nr; i++)
		ask(lambda, files[0], 0, PAGE);
	usleep(700000);
	return 0;
}

/*
 * Large requests of one user's over a namespace, which come first, and small
 * ones of another's over the other: turns go by bytes all the same. What has no
 * place when the first ones end has none in time.
 */
TEST_F_TIMEOUT(places, namespaces_take_turns, 120)
{
	int i, large, small = self->depth - 1, ran = 0;

	ASSERT_EQ(10, others(self->lambda, 10));
	ASSERT_EQ(0, take_all(self->lambda, self->depth, 2000));
	for (i = 0; i < small; i++)
		ask(self->lambda, files[1], KEEPER, LEN);
	usleep(200000);
	large = nr_answers - small;
	for (i = 0; i < small; i++)
		ask(self->lambda, files[0], OTHER, PAGE);
	ASSERT_TRUE(all_answered(0, 20));
	for (i = 0; i < self->depth; i++)
		EXPECT_EQ(8, answers[i].ret);
	for (i = large; i < large + small; i++)
		ran += answers[i].ret == 8;
	EXPECT_EQ(1, ran);
	for (i = large + small; i < nr_answers; i++)
		EXPECT_EQ(8, answers[i].ret);
	drive_order(0, 0);
}

/* A place is waited for as long, whichever namespace the others belong to. */
TEST_F_TIMEOUT(places, waiting_has_an_end, 120)
{
	int i;

	ASSERT_EQ(10, others(self->lambda, 10));
	ASSERT_EQ(0, take_all(self->lambda, self->depth, 8000));
	for (i = 0; i < 4; i++)
		ask(self->lambda, files[i % 2], OTHER, PAGE);
	EXPECT_TRUE(all_answered(self->depth, 4));
	for (i = self->depth; i < nr_answers; i++) {
		EXPECT_EQ(-1, answers[i].ret);
		EXPECT_EQ(LAMBDA_REASON_BUSY, answers[i].reason);
		EXPECT_LT(1500, answers[i].ms);
	}
	drive_order(0, 0);
}

/* Nothing is kept of a request that is killed while it waits. */
TEST_F_TIMEOUT(places, killed_while_waiting, 120)
{
	int i, left = 0, first;

	ASSERT_EQ(10, others(self->lambda, 10));
	ASSERT_EQ(0, take_all(self->lambda, self->depth, 2000));
	first = nr_keepers;
	for (i = 0; i < 4; i++)
		ask(self->lambda, files[i % 2], OTHER, PAGE);
	usleep(300000);
	for (i = first; i < nr_keepers; i++)
		kill(keepers[i], SIGKILL);
	usleep(300000);
	for (i = first; i < nr_keepers; i++)
		left += !waitpid(keepers[i], NULL, WNOHANG);
	EXPECT_EQ(0, left);
	nr_keepers = first;
	nr_answers = self->depth;
	EXPECT_TRUE(all_answered(0, 10));
	drive_order(0, 0);
	EXPECT_EQ(10, others(self->lambda, 10));
}

/* A reset ends those that have places, and others that waited have a drive. */
TEST_F_TIMEOUT(places, reset_while_waiting, 120)
{
	int i, gone = 0;

	ASSERT_EQ(10, others(self->lambda, 10));
	ASSERT_EQ(0, take_all(self->lambda, self->depth, 8000));
	for (i = 0; i < 8; i++)
		ask(self->lambda, files[i % 2], OTHER, PAGE);
	usleep(300000);
	drive_order(0, 0);
	ASSERT_EQ(0, drive_reset());
	EXPECT_TRUE(all_answered(0, 4));
	for (i = 0; i < nr_answers; i++) {
		if (answers[i].ret == 8)
			continue;
		EXPECT_EQ(LAMBDA_REASON_GONE, answers[i].reason);
		gone++;
	}
	EXPECT_LE(self->depth, gone);
	EXPECT_EQ(10, others(self->lambda, 10));
}

/*
 * As another host, which has a session of its own and half of the slots; none
 * with @end.
 */
static int share(int nr, bool end)
{
	char grant[DRIVE_GRANT];
	struct nvme_passthru_cmd cmd = {
		.opcode = end ? DRIVE_RELEASE : DRIVE_OPEN, .cdw2 = 77,
		.cdw11 = end ? 0 : 0xffffffff, .cdw12 = end ? 0 : 60000,
		.cdw14 = 1, .addr = end ? 0 : (uintptr_t)grant,
		.data_len = end ? 0 : sizeof(grant),
	};
	int ret = drive_control(NVME_IOCTL_ADMIN_CMD, &cmd);
	int fd = open(drive_disk[0], O_RDWR);

	for (; nr && !ret; nr--) {
		cmd = (struct nvme_passthru_cmd) {
			.opcode = DRIVE_ALLOC, .nsid = 1, .cdw2 = 77,
			.cdw14 = 1,
		};
		ret = ioctl(fd, NVME_IOCTL_IO_CMD, &cmd);
	}
	close(fd);
	return ret;
}

/* How many of @nr requests the drive ran at the same time; how long it took. */
static int all_run(int lambda, int nr, unsigned int *ms)
{
	int i, ran = 0, first = nr_answers;

	for (i = 0; i < nr; i++)
		ask(lambda, files[i % 2], OTHER, PAGE);
	*ms = all_answered(first, 10) ? 0 : 10000;
	for (i = first; i < nr_answers; i++) {
		ran += answers[i].ret == 8;
		if (answers[i].ret != 8)
			fprintf(stderr, "# request %d: reason %d after %u ms\n",
				i - first, answers[i].reason, answers[i].ms);
		*ms = answers[i].ms > *ms ? answers[i].ms : *ms;
	}
	return ran;
}

/*
 * One request learns of the share, by the fast path; then those whose slots are
 * gone find that out, one after the other.
 */
static void warm_up(int lambda, int nr)
{
	unsigned int ms;
	int i;

	others(lambda, 1);
	for (i = 0; i < 4 && all_run(lambda, nr, &ms) < nr; i++)
		;
}

/*
 * Requests beyond the share of the drive's slots wait for a place, as any do,
 * and a share that grows is used. Each request takes 0.9 s.
 */
TEST_F_TIMEOUT(places, share_of_slots, 120)
{
	int i, nr = self->depth / 2 + 1;
	unsigned int ms;

	ASSERT_EQ(10, others(self->lambda, 10));
	ASSERT_EQ(0, take_all(self->lambda, self->depth, 900));
	ASSERT_TRUE(all_answered(0, 10));
	ASSERT_EQ(0, share(self->depth / 2, false));
	warm_up(self->lambda, nr);
	for (i = 0; i < 2; i++)
		EXPECT_EQ(nr, all_run(self->lambda, nr, &ms));
	EXPECT_LT(1600, ms);
	ASSERT_EQ(0, share(0, true));
	warm_up(self->lambda, nr);
	EXPECT_EQ(nr, all_run(self->lambda, nr, &ms));
	EXPECT_GT(1600, ms);
	drive_order(0, 0);
}

static void __attribute__((constructor)) before_tests(void)
{
	drive_begin();
}

TEST_HARNESS_MAIN
