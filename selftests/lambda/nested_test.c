// SPDX-License-Identifier: GPL-2.0-only
/*
 * A user has no more of anything by making user namespaces: neither by as many
 * in one another as the kernel lets him, nor by many beside each other. And
 * what he had there is given back at every level.
 */
#include <sys/resource.h>

#include "harness.h"
#include "namespace.h"
#include "pages.h"
#include "turns.h"
#include "user.h"

#define OWNER		A_USER
#define OTHER		B_USER
#define LEVELS		32	/* in one another */
#define WIDE		64	/* beside each other */

/* As in include/linux/bpf_lambda.h. */
#define HANDLES_MAX	256

#define KEPT		16	/* pages that come with a window */

static const struct bpf_insn none[] = { MOVI(R0, 0), EXIT() };

/* What all processes of a test see. */
static struct seen {
	__u32 ready, got, refused, wrong;
} *seen;

static void count(__u32 *what)
{
	__atomic_add_fetch(what, 1, __ATOMIC_SEQ_CST);
}

static bool reaches(const __u32 *what, __u32 n)
{
	int tries;

	for (tries = 0; tries < 600; tries++) {
		if (__atomic_load_n(what, __ATOMIC_SEQ_CST) >= n)
			return true;
		usleep(50000);
	}
	return false;
}

struct shape {
	int processes;		/* each in a namespace of its own */
	int levels;		/* of namespaces down to that */
};

static void in_one(const struct shape *shape, void (*fn)(int lambda),
		   int lambda)
{
	int level;

	for (level = 0; level < shape->levels; level++)
		if (enter_user_namespace())
			break;
	if (level < shape->levels) {
		perror("# a namespace in others");
		count(&seen->wrong);
		_exit(1);
	}
	end_with_parent();
	count(&seen->ready);
	fn(lambda);
	_exit(0);
}

/* Runs @fn of OWNER's in all namespaces of a shape; a group to kill. */
static pid_t in_all(const struct shape *shape, void (*fn)(int lambda),
		    int lambda)
{
	pid_t pid;
	int i;

	seen = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid = fork();
	if (pid)
		return pid;
	if (setpgid(0, 0) || become(OWNER))
		_exit(1);
	end_with_parent();
	for (i = 0; i < shape->processes; i++)
		if (!fork())
			in_one(shape, fn, lambda);
	while (wait(NULL) > 0)
		;
	_exit(0);
}

static void kill_all(pid_t pid)
{
	kill(-pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

FIXTURE(nested) {
	struct shape shape;
	long pages;
};

FIXTURE_VARIANT(nested) {
	struct shape shape;
};

FIXTURE_VARIANT_ADD(nested, deep) { .shape = { 6, LEVELS } };
FIXTURE_VARIANT_ADD(nested, wide) { .shape = { WIDE, 1 } };

FIXTURE_SETUP(nested)
{
	self->shape = variant->shape;
	self->pages = sysctl_read(USER_PAGES);
	ASSERT_LT(0, self->pages);
}

FIXTURE_TEARDOWN_PARENT(nested)
{
	/* As they are by default, also after a test that was cut short. */
	sysctl_write(UNPRIVILEGED, 0);
	sysctl_write(USER_PAGES, self->pages);
}

/* Turns */

TEST_F_TIMEOUT(nested, turns, 120)
{
	int lambda = HANDLE(none);
	pid_t pid;

	ASSERT_LE(0, lambda);
	ASSERT_TRUE(turns_begin());
	pid = in_all(&self->shape, read_by_many, lambda);
	EXPECT_TRUE(reaches(&seen->ready, self->shape.processes));
	EXPECT_EQ(TURNS, most_unanswered(TURNS));
	EXPECT_EQ(-1, ends(one_request(lambda, OWNER)));
	EXPECT_EQ(0, ends(one_request(lambda, OTHER)));
	kill_all(pid);
	EXPECT_EQ(0, ends(one_request(lambda, OWNER)));
	/* All of them are free again, not only one. */
	pid = in_all(&(struct shape) { 2, 0 }, read_by_many, lambda);
	EXPECT_EQ(TURNS, most_unanswered(TURNS));
	kill_all(pid);
	turns_end();
	EXPECT_EQ(0, seen->wrong);
}

/* Private pages */

#define HELD		100	/* of each process, until it is killed */
#define FIT		4	/* processes that have room for theirs */

static void hold(int lambda)
{
	struct lambda_io io;

	dirty_args(lambda, (__u64 []) { HELD + KEPT, 1 }, &io);
	count(errno == EBUSY ? &seen->refused : &seen->wrong);
}

/* More than there is as long as one of them holds any. */
static int ask_for_rest(void *arg)
{
	struct lambda_io io;

	return dirty(*(int *)arg, FIT * HELD + KEPT, &io) == 1 ? 0 : errno;
}

/* A worker gives back what a killed thread had, soon after its end. */
static int ask_until_there(void *arg)
{
	int i, err = EBUSY;

	for (i = 0; i < 5000 && err == EBUSY; i++) {
		err = ask_for_rest(arg);
		usleep(1000);
	}
	return err;
}

TEST_F_TIMEOUT(nested, pages, 120)
{
	__u32 too_many = self->shape.processes - FIT;
	int lambda = dirty_handle();
	pid_t pid;

	ASSERT_LE(0, lambda);
	ASSERT_EQ(0, sysctl_write(USER_PAGES, FIT * HELD + HELD / 2));
	pid = in_all(&self->shape, hold, lambda);
	EXPECT_TRUE(reaches(&seen->refused, too_many));
	EXPECT_EQ(EBUSY, run_as(OWNER, ask_for_rest, &lambda));
	EXPECT_EQ(0, run_as(OTHER, ask_for_rest, &lambda));
	kill_all(pid);
	EXPECT_EQ(0, run_as(OWNER, ask_until_there, &lambda));
	EXPECT_EQ(0, seen->wrong);
}

/* Handles and programs */

static int can_load(void *arg)
{
	int fd = insns_load(none, ARRAY_SIZE(none), NULL);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

/* As many as there may be of all together. */
static void load(int lambda)
{
	int i;

	for (i = 0; i < HANDLES_MAX; i++) {
		if (insns_load(none, ARRAY_SIZE(none), NULL) >= 0) {
			count(&seen->got);
			continue;
		}
		count(errno == EDQUOT ? &seen->refused : &seen->wrong);
		break;
	}
	pause();
}

TEST_F_TIMEOUT(nested, handles, 120)
{
	const struct rlimit files = { 4096, 4096 };
	int tries;
	pid_t pid;

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &files));
	ASSERT_EQ(0, sysctl_write(UNPRIVILEGED, 1));
	if (run_as(OWNER, can_load, NULL) == EOPNOTSUPP)
		SKIP(return, "the processor leaks: unprivileged_test");
	pid = in_all(&self->shape, load, -1);
	ASSERT_TRUE(reaches(&seen->refused, self->shape.processes));
	EXPECT_EQ(HANDLES_MAX, seen->got);
	EXPECT_EQ(EDQUOT, run_as(OWNER, can_load, NULL));
	EXPECT_EQ(0, run_as(OTHER, can_load, NULL));
	kill_all(pid);
	for (tries = 0; tries < 100; tries++) {
		if (!run_as(OWNER, can_load, NULL))
			break;
		usleep(100000);
	}
	EXPECT_GT(100, tries);
	EXPECT_EQ(0, seen->wrong);
}

static void __attribute__((constructor)) before_tests(void)
{
	turns_mount();
}

TEST_HARNESS_MAIN
