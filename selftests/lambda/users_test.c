// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one user may have of turns and memory, however many users he is: those of
 * a user namespace have together what its owner has. And of windows nobody has
 * one who waits.
 */
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "common.h"
#include "fuse.h"
#include "harness.h"
#include "mounts.h"
#include "namespace.h"
#include "pages.h"
#include "sysctl.h"
#include "turns.h"

#define OWNER		1000
#define UIDS		6
#define KEPT		16	/* pages that come with a window */

struct each {
	void (*fn)(int lambda);
	int lambda;
};

/* In the namespace: all of the uids, until each is done. */
static int as_each(void *arg)
{
	const struct each *each = arg;
	int i;

	for (i = 1; i <= UIDS; i++) {
		if (fork())
			continue;
		if (setgid(i) || setuid(i))
			_exit(1);
		end_with_parent();
		each->fn(each->lambda);
		_exit(0);
	}
	while (wait(NULL) > 0)
		;
	return 0;
}

/* Runs @fn as each of the uids of a namespace of OWNER's, a group to kill. */
static pid_t in_namespace(void (*fn)(int lambda), int lambda)
{
	struct each each = { fn, lambda };

	return in_user_namespace(OWNER, UIDS, as_each, &each);
}

static void kill_all(pid_t pid)
{
	kill(-pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static const struct bpf_insn none[] = { MOVI(R0, 0), EXIT() };

/* Turns */

FIXTURE(turns) {
	int lambda;
};

FIXTURE_SETUP(turns)
{
	self->lambda = HANDLE(none);
	ASSERT_LE(0, self->lambda);
	ASSERT_TRUE(turns_begin());
}

FIXTURE_TEARDOWN(turns)
{
	turns_end();
}

TEST_F_TIMEOUT(turns, of_a_namespace, 120)
{
	pid_t pid = in_namespace(read_by_many, self->lambda);

	EXPECT_EQ(TURNS, most_unanswered(TURNS));
	/* Their owner is none of the others, who get theirs. */
	EXPECT_EQ(0, ends(one_request(self->lambda, OWNER + 1)));
	EXPECT_EQ(0, ends(one_request(self->lambda, 0)));
	EXPECT_EQ(-1, ends(one_request(self->lambda, OWNER)));
	kill_all(pid);
	EXPECT_EQ(0, ends(one_request(self->lambda, OWNER)));
}

/* A task that may exceed limits gets a turn however many its user has. */
TEST_F_TIMEOUT(turns, for_those_who_may_exceed_limits, 120)
{
	pid_t pids[2];
	int i;

	for (i = 0; i < 2; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			end_with_parent();
			read_by_many(self->lambda);
		}
	}
	EXPECT_EQ(2 * EACH, most_unanswered(2 * EACH));
	EXPECT_EQ(0, ends(one_request(self->lambda, 0)));
	for (i = 0; i < 2; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
}

/*
 * As many users as all windows together would do for, and each of them waits for
 * his file or his memory as often as he may. They hold turns of theirs and no
 * window, so that somebody else's request goes on.
 */
#define CROWD_FIRST	2000
#define CROWD		(2048 / TURNS)

struct wait {
	int lambda, none, fuse, file;	/* λs with 8 bytes of output, and without */
	char *silent;	/* memory, a page for each request of a user */
	__u32 *begun;
};

/* Each waits for ever. @i is which of its user's. */
static void wait_for_file(const struct wait *w, int i)
{
	struct lambda_io io = io_for(8, NULL, 0);
	__u64 out;

	lambda_pread(w->fuse, &out, 8, 0, w->lambda, &io);
}

static void wait_for_write(const struct wait *w, int i)
{
	struct lambda_io io = io_for(8, NULL, 0);

	lambda_pwrite(w->fuse, "", 1, 0, w->lambda, &io);
}

static void wait_for_args(const struct wait *w, int i)
{
	struct lambda_io io = io_for(8, w->silent + i * PAGE, 8);
	__u64 out;

	lambda_pread(w->file, &out, 8, 0, w->lambda, &io);
}

static void wait_for_input(const struct wait *w, int i)
{
	struct lambda_io io = io_for(8, NULL, 0);

	lambda_pwrite(w->file, w->silent + i * PAGE, 8, 0, w->lambda, &io);
}

static void wait_for_output(const struct wait *w, int i)
{
	struct lambda_io io = io_for(8, NULL, 0);

	lambda_pread(w->file, w->silent + i * PAGE, 8, 0, w->lambda, &io);
}

FIXTURE(crowd) {
	struct wait wait;
	struct fuse_plan plan;
	pid_t server, pids[CROWD];
};

FIXTURE_VARIANT(crowd) {
	void (*wait)(const struct wait *w, int i);
	bool mapped;
};

FIXTURE_VARIANT_ADD(crowd, file) { .wait = wait_for_file };
FIXTURE_VARIANT_ADD(crowd, write) { .wait = wait_for_write };
FIXTURE_VARIANT_ADD(crowd, args) { .wait = wait_for_args, .mapped = true };
FIXTURE_VARIANT_ADD(crowd, input) { .wait = wait_for_input, .mapped = true };
FIXTURE_VARIANT_ADD(crowd, output) { .wait = wait_for_output, .mapped = true };

FIXTURE_SETUP(crowd)
{
	static const struct bpf_insn eight[] = {
		CTX(R2, R1, out), ST(BPF_DW, R2, 0, 7), MOVI(R0, 8), EXIT(),
	};
	static char bytes[TURNS * PAGE];
	const size_t size = sizeof(bytes);

	self->wait.lambda = HANDLE(eight);
	ASSERT_LE(0, self->wait.lambda);
	self->wait.none = HANDLE(none);
	ASSERT_LE(0, self->wait.none);
	self->wait.file = open("/tmp/users", O_RDWR | O_CREAT, 0600);
	ASSERT_EQ(8, pwrite(self->wait.file, bytes, 8, 0));
	self->wait.begun = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->wait.begun);
	self->plan = (struct fuse_plan) {
		.data = bytes, .size = size, .told = size, .chunk = size,
		.broken = size, .room = size, .own = true,
		.direct = !variant->mapped, .flush = FUSE_NO_FLUSH,
	};
	self->server = mount_fuse(MOUNTS "/fuse", &self->plan);
	self->wait.fuse = open(MOUNTS "/fuse/file", O_RDWR);
	ASSERT_LE(0, self->wait.fuse);
	if (variant->mapped)
		self->wait.silent = mmap(NULL, size, PROT_READ | PROT_WRITE,
					 MAP_SHARED, self->wait.fuse, 0);
	ASSERT_NE(MAP_FAILED, self->wait.silent);
	silence_fuse(self->server);
}

FIXTURE_TEARDOWN(crowd)
{
	int i;

	for (i = 0; i < CROWD; i++)
		kill(self->pids[i], SIGKILL);
	kill(self->server, SIGKILL);
	waitpid(self->server, NULL, 0);
	for (i = 0; i < CROWD; i++)
		waitpid(self->pids[i], NULL, 0);
	if (variant->mapped)
		munmap(self->wait.silent, TURNS * PAGE);
	close(self->wait.fuse);
	umount2(MOUNTS "/fuse", MNT_DETACH);
}

static struct wait waiting;
static void (*how)(const struct wait *w, int i);

static void *wait_once(void *arg)
{
	__atomic_add_fetch(waiting.begun, 1, __ATOMIC_SEQ_CST);
	how(&waiting, (long)arg);
	return NULL;
}

static pid_t one_of_a_crowd(uid_t uid)
{
	const struct sched_param none = {};
	pthread_attr_t small;
	pthread_t thread;
	pid_t pid = fork();
	long i;

	if (pid)
		return pid;
	end_with_parent();
	if (sched_setscheduler(0, SCHED_OTHER, &none) || setgid(uid) ||
	    setuid(uid))
		_exit(1);
	end_with_parent();
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 32 * KIB);
	for (i = 0; i < TURNS; i++)
		if (pthread_create(&thread, &small, wait_once, (void *)i))
			_exit(1);
	for (;;)
		pause();
}

static void begin_crowd(pid_t *pids, const struct wait *w,
			void (*fn)(const struct wait *w, int i))
{
	int i, tries;

	waiting = *w;
	how = fn;
	for (i = 0; i < CROWD; i++)
		pids[i] = one_of_a_crowd(CROWD_FIRST + i);
	for (tries = 0; tries < 600; tries++) {
		if (*w->begun == CROWD * TURNS)
			break;
		usleep(100000);
	}
	sleep(3);
}

TEST_F_TIMEOUT(crowd, that_waits, 180)
{
	int i;

	begin_crowd(self->pids, &self->wait, variant->wait);
	ASSERT_EQ(CROWD * TURNS, *self->wait.begun);
	EXPECT_EQ(0, ends(one_request(self->wait.none, OWNER)));
	for (i = 0; i < CROWD; i++)
		EXPECT_EQ(0, waitpid(self->pids[i], NULL, WNOHANG));
	/* One of them finds all of his turns taken, and none of the others'. */
	EXPECT_EQ(-1, ends(one_request(self->wait.none, CROWD_FIRST)));
}

/*
 * As many λs that run: there is no window for one more, but for those who may
 * exceed limits, whom some are kept for.
 */
FIXTURE(runners) {
	struct wait wait;
	pid_t pids[CROWD];
};

FIXTURE_SETUP(runners)
{
	static const struct bpf_insn forever[] = { MOVI(R0, 0), GOTO(-1), EXIT() };
	const struct sched_param first = { .sched_priority = 1 };

	self->wait.lambda = handle_budget(forever, ARRAY_SIZE(forever),
					  SBPF_BUDGET_MAX);
	ASSERT_LE(0, self->wait.lambda);
	self->wait.none = HANDLE(none);
	ASSERT_LE(0, self->wait.none);
	self->wait.file = open("/proc/self/exe", O_RDONLY);
	ASSERT_LE(0, self->wait.file);
	self->wait.begun = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->wait.begun);
	/* Before all of them. */
	ASSERT_EQ(0, sched_setscheduler(0, SCHED_FIFO, &first));
}

FIXTURE_TEARDOWN(runners)
{
	int i;

	for (i = 0; i < CROWD; i++)
		kill(self->pids[i], SIGKILL);
	for (i = 0; i < CROWD; i++)
		waitpid(self->pids[i], NULL, 0);
}

static void run_on(const struct wait *w, int i)
{
	struct lambda_io io = io_for(8, NULL, 0);
	__u64 out;

	/* So that those come to it as well who have not begun. */
	setpriority(PRIO_PROCESS, syscall(SYS_gettid), 19);
	lambda_pread(w->file, &out, 8, 0, w->lambda, &io);
}

TEST_F_TIMEOUT(runners, keep_no_window_of_the_last, 180)
{
	begin_crowd(self->pids, &self->wait, run_on);
	EXPECT_EQ(-1, ends(one_request(self->wait.none, OWNER)));
	EXPECT_EQ(0, ends(one_request(self->wait.none, 0)));
}

/* Memory */

FIXTURE(pages) {
	long user_pages;
	int lambda;
};

FIXTURE_SETUP(pages)
{
	self->user_pages = sysctl_read(USER_PAGES);
	ASSERT_LT(0, self->user_pages);
	ASSERT_EQ(0, sysctl_write(USER_PAGES, 1000));
	self->lambda = dirty_handle();
	ASSERT_LE(0, self->lambda);
}

FIXTURE_TEARDOWN_PARENT(pages)
{
	sysctl_write(USER_PAGES, self->user_pages);
}

/* How each of the uids has fared, by its number. */
static int *errors;

/* One of them holds 600 pages, and each of the others asks for as many. */
static void take_600(int lambda)
{
	struct lambda_io io;

	if (getuid() == 1) {
		dirty_args(lambda, (__u64 []) { 600 + KEPT, 1 }, &io);
		return;
	}
	sleep(2);
	errors[getuid()] = dirty(lambda, 600 + KEPT, &io) == 1 ? -1 : errno;
}

TEST_F_TIMEOUT(pages, of_a_namespace, 120)
{
	int i, tries;
	pid_t pid;

	errors = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, errors);
	pid = in_namespace(take_600, self->lambda);
	for (i = 2; i <= UIDS; i++)
		for (tries = 0; tries < 200 && !errors[i]; tries++)
			usleep(100000);
	for (i = 2; i <= UIDS; i++)
		EXPECT_EQ(EBUSY, errors[i]);
	kill_all(pid);
}

#define WAITING	(600 + KEPT)	/* pages of a write's input, which waits for the last */

static void write_many(int lambda, char *input)
{
	struct lambda_io io = io_for(8, NULL, 0);
	int fd = memory_file("x", 1);

	if (setgid(OWNER) || setuid(OWNER))
		_exit(1);
	end_with_parent();
	lambda_pwrite(fd, input, WAITING * PAGE, 0, lambda, &io);
	_exit(0);
}

/* -1, or the errno of a request of OWNER's that needs 600 pages. */
static int ask_for_600(int lambda, uid_t uid)
{
	struct lambda_io io;
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (setgid(uid) || setuid(uid))
			_exit(1);
		_exit(dirty(lambda, 600 + KEPT, &io) == 1 ? 0 : errno);
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

/* Pages that wait for others are paid for, though there is no window yet. */
TEST_F_TIMEOUT(pages, that_wait, 120)
{
	static char bytes[PAGE];
	struct fuse_plan plan = {
		.data = bytes, .size = PAGE, .told = PAGE, .chunk = PAGE,
		.broken = PAGE, .room = PAGE, .own = true,
		.flush = FUSE_NO_FLUSH,
	};
	pid_t server = mount_fuse(MOUNTS "/fuse", &plan), pid;
	int fuse = open(MOUNTS "/fuse/file", O_RDWR);
	char *input = mmap(NULL, WAITING * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, input);
	ASSERT_NE(MAP_FAILED, mmap(input + (WAITING - 1) * PAGE, PAGE,
				   PROT_READ, MAP_SHARED | MAP_FIXED, fuse, 0));
	silence_fuse(server);
	EXPECT_EQ(0, ask_for_600(self->lambda, OWNER));
	pid = fork();
	if (!pid)
		write_many(self->lambda, input);
	sleep(2);
	EXPECT_EQ(EBUSY, ask_for_600(self->lambda, OWNER));
	EXPECT_EQ(0, ask_for_600(self->lambda, OWNER + 1));
	kill(pid, SIGKILL);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	waitpid(pid, NULL, 0);
	EXPECT_EQ(0, ask_for_600(self->lambda, OWNER));
	umount2(MOUNTS "/fuse", MNT_DETACH);
}

static void __attribute__((constructor)) before_tests(void)
{
	turns_mount();
}

TEST_HARNESS_MAIN
