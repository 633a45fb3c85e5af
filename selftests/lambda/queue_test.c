// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests over both namespaces of a drive wait for its places in one queue,
 * whatever ends the wait.
 */
#include <linux/nvme_ioctl.h>

#include "common.h"
#include "drive.h"
#include "harness.h"
#include "places.h"

#define ASKED	80	/* requests of a test at most */

/* @depth: places of the drive */
FIXTURE(queue) {
	int lambda, depth;
};

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
static pid_t askers[ASKED];
static int nr_answers;

FIXTURE_SETUP(queue)
{
	self->lambda = HANDLE(eight);
	self->depth = drive_depth();
	make_files();
	answers = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, answers);
	/* From now on the drive has the program. */
	ASSERT_EQ(10, others(self->lambda, 10));
}

FIXTURE_TEARDOWN(queue)
{
	int i;

	drive_order(0, 0);
	for (i = 0; i < nr_answers; i++)
		kill(askers[i], SIGKILL);
	for (i = 0; i < nr_answers; i++)
		waitpid(askers[i], NULL, 0);
	munmap(answers, PAGE);
	close_files();
	close(self->lambda);
}

static void ask(int lambda, int file, uid_t uid, size_t len)
{
	struct lambda_io io = io_for(8, "12345678", 8);
	struct answer *a = &answers[nr_answers++];
	double begin = now();
	pid_t pid = fork();
	char buf[8];

	if (pid) {
		askers[a - answers] = pid;
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

	if (drive_keep(ms, ASKED))
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
TEST_F_TIMEOUT(queue, namespaces_take_turns, 120)
{
	int i, large, small = self->depth - 1, ran = 0;

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
}

/* A place is waited for as long, whichever namespace the others belong to. */
TEST_F_TIMEOUT(queue, waiting_has_an_end, 120)
{
	int i;

	ASSERT_EQ(0, take_all(self->lambda, self->depth, 8000));
	for (i = 0; i < 4; i++)
		ask(self->lambda, files[i % 2], OTHER, PAGE);
	EXPECT_TRUE(all_answered(self->depth, 4));
	for (i = self->depth; i < nr_answers; i++) {
		EXPECT_EQ(-1, answers[i].ret);
		EXPECT_EQ(LAMBDA_REASON_BUSY, answers[i].reason);
		EXPECT_LT(1500, answers[i].ms);
	}
}

/* Nothing is kept of a request that is killed while it waits. */
TEST_F_TIMEOUT(queue, killed_while_waiting, 120)
{
	int i, left = 0;

	ASSERT_EQ(0, take_all(self->lambda, self->depth, 2000));
	for (i = 0; i < 4; i++)
		ask(self->lambda, files[i % 2], OTHER, PAGE);
	usleep(300000);
	for (i = self->depth; i < nr_answers; i++)
		kill(askers[i], SIGKILL);
	usleep(300000);
	for (i = self->depth; i < nr_answers; i++)
		left += !waitpid(askers[i], NULL, WNOHANG);
	EXPECT_EQ(0, left);
	nr_answers = self->depth;
	EXPECT_TRUE(all_answered(0, 10));
	drive_order(0, 0);
	EXPECT_EQ(10, others(self->lambda, 10));
}

/* A reset ends those that have places, and others that waited have a drive. */
TEST_F_TIMEOUT(queue, reset_while_waiting, 120)
{
	int i, gone = 0;

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
TEST_F_TIMEOUT(queue, share_of_slots, 120)
{
	int i, nr = self->depth / 2 + 1;
	unsigned int ms;

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
}

/* As when it is pulled out of its slot; there is no drive for tests after it. */
static int remove_drive(void)
{
	char path[96];
	int fd, ret;

	snprintf(path, sizeof(path), "/sys/block/%s/device/device/remove",
		 strrchr(drive_disk[0], '/') + 1);
	fd = open(path, O_WRONLY);
	ret = fd < 0 ? -1 : write(fd, "1", 1);
	close(fd);
	return ret == 1 ? 0 : -1;
}

/*
 * All are told: those who have a place that the drive is gone, others perhaps
 * that they have waited in vain, for what is mounted is synced first.
 */
TEST_F_TIMEOUT(queue, removed_while_waiting, 120)
{
	int i;

	ASSERT_EQ(0, take_all(self->lambda, self->depth, 8000));
	for (i = 0; i < 8; i++)
		ask(self->lambda, files[i % 2], OTHER, PAGE);
	usleep(300000);
	ASSERT_EQ(0, remove_drive());
	EXPECT_TRUE(all_answered(0, 4));
	for (i = 0; i < nr_answers; i++) {
		EXPECT_EQ(-1, answers[i].ret);
		if (i < self->depth || answers[i].reason != LAMBDA_REASON_BUSY)
			EXPECT_EQ(LAMBDA_REASON_GONE, answers[i].reason);
	}
}

static void __attribute__((constructor)) before_tests(void)
{
	drive_begin();
}

TEST_HARNESS_MAIN
