// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ten thousand users, all in a user namespace of one, want all that there is:
 * handles, programs, code, turns, windows, page tables, pages. They get what he
 * could, another user does not notice, and all of it is given back.
 */
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include "harness.h"
#include "meminfo.h"
#include "mounts.h"
#include "namespace.h"
#include "user.h"

#define USERS		10000
#define STACK		(16 * KIB)
#define LEN		(4 * MIB)	/* of input, which is mapped */
#define HEAP		(64 * MIB)	/* of each λ, a page of each 2 MiB */

/* As in include/linux/bpf_lambda.h. */
#define HANDLES_MAX	256

/* What they tell, and what they are told by. */
static struct told {
	__u32 loaded, refused, begun, fitted, wrong;
} *told;

static int file, go[2];
static int shared = -1;		/* the first handle that somebody has got */

static void count(__u32 *what)
{
	__atomic_add_fetch(what, 1, __ATOMIC_SEQ_CST);
}

/* Touches a page of each 2 MiB of heap, each of a table of its own, and stays. */
static int load_greedy(void)
{
	static const struct bpf_insn greedy[] = {
		MOVI(R1, SBPF_HEAP_BASE),
		MOVI(R2, HEAP / (2 * MIB)),
		ST(BPF_B, R1, 0, 1),
		ADDI(R1, 2 * MIB),
		ADDI(R2, -1),
		JMPI(BPF_JNE, R2, 0, -4),
		MOVI(R0, 0),
		GOTO(-1),
		EXIT(),
	};
	const struct lambda_load_attr attr = {
		.flags = LAMBDA_ATTR_INSNS | LAMBDA_ATTR_BUDGET,
		.insns = (uintptr_t)greedy, .insn_cnt = ARRAY_SIZE(greedy),
		.budget = SBPF_BUDGET_MAX, .heap_len = HEAP,
	};

	return lambda_load(&attr, sizeof(attr), 0);
}

static void *one_user(void *arg)
{
	struct lambda_io io = io_for(8, NULL, 0);
	uid_t uid = (long)arg;
	int lambda;
	__u64 out;
	char c;

	/* Of this thread alone, which libc's setuid() would not be. */
	if (syscall(SYS_setresuid, uid, uid, uid))
		count(&told->wrong);
	lambda = load_greedy();
	if (lambda >= 0) {
		shared = lambda;
		count(&told->loaded);
	} else {
		count(errno == EDQUOT ? &told->refused : &told->wrong);
	}
	/* Until all have tried. */
	if (read(go[0], &c, 1))
		count(&told->wrong);
	count(&told->begun);
	if (lambda < 0)
		lambda = shared;
	lambda_pread(file, &out, LEN, 0, lambda, &io);
	count(errno == EBUSY || errno == EDQUOT ? &told->fitted : &told->wrong);
	return NULL;
}

static int all_users(void *arg)
{
	char *stacks = mmap(NULL, USERS * STACK, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	pthread_attr_t attr;
	pthread_t thread;
	long i;

	NEED(stacks != MAP_FAILED);
	pthread_attr_init(&attr);
	for (i = 0; i < USERS; i++) {
		NEED(!pthread_attr_setstack(&attr, stacks + i * STACK, STACK));
		NEED(!pthread_create(&thread, &attr, one_user,
				     (void *)(i + 1)));
	}
	close(go[1]);
	for (;;)
		pause();
}

/* Waits up to @s seconds for a count. */
static bool reaches(const __u32 *a, const __u32 *b, __u32 sum, int s)
{
	int tries;

	for (tries = 0; tries < 20 * s; tries++) {
		if (__atomic_load_n(a, __ATOMIC_SEQ_CST) +
		    __atomic_load_n(b, __ATOMIC_SEQ_CST) >= sum)
			return true;
		usleep(50000);
	}
	return false;
}

static int load_and_run(void *arg)
{
	static char data[MIB];
	struct lambda_load_attr attr = {
		.data = (uintptr_t)data, .data_len = sizeof(data),
	};
	struct lambda_io io = io_for(8, NULL, 0);
	int lambda = insns_load(two_functions, ARRAY_SIZE(two_functions), &attr);
	__u64 out = 0;

	NEED(lambda >= 0);
	NEED(lambda_pread(file, &out, LEN, 0, lambda, &io) == 8);
	NEED(out == 8);
	NEED(io.result.in_len == LEN);
	close(lambda);
	return 0;
}

static int load_errno(void *arg)
{
	return insns_load(two_functions, ARRAY_SIZE(two_functions), NULL) < 0 ?
	       errno : 0;
}

FIXTURE(crowd) {
	long pages, mapped, available;
	pid_t pid;
};

FIXTURE_SETUP(crowd)
{
	const struct rlimit many = { RLIM_INFINITY, RLIM_INFINITY };
	const struct sched_param first = { .sched_priority = 1 };
	static char data[LEN];

	mounts_begin();
	mount_ext4(MOUNTS "/ext4");
	file = open(MOUNTS "/ext4/crowd", O_RDWR | O_CREAT | O_TRUNC, 0644);
	ASSERT_LE(0, file);
	ASSERT_EQ(LEN, pwrite(file, data, LEN, 0));
	unlink(MOUNTS "/ext4/crowd");
	told = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, told);
	ASSERT_EQ(0, pipe(go));
	ASSERT_EQ(0, setrlimit(RLIMIT_NPROC, &many));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &(struct rlimit) { 1024, 1024 }));
	ASSERT_EQ(0, sysctl_write(UNPRIVILEGED, 1));
	self->pages = sysctl_read(USER_PAGES);
	self->mapped = sysctl_read(MAPPED_PAGES);
	/* Room for 20 whose input is mapped, and not for all of the others. */
	ASSERT_EQ(0, sysctl_write(MAPPED_PAGES, 20 * LEN / 4096));
	ASSERT_EQ(0, sysctl_write(USER_PAGES, 40 * MIB / 4096));
	/* What runs on shall not keep this process from looking. */
	ASSERT_EQ(0, sched_setscheduler(0, SCHED_FIFO, &first));
	self->available = memory_figure("MemAvailable");
}

FIXTURE_TEARDOWN_PARENT(crowd)
{
	sysctl_write(UNPRIVILEGED, 0);
	sysctl_write(USER_PAGES, self->pages);
	sysctl_write(MAPPED_PAGES, self->mapped);
}

static int all_users_later(void *arg)
{
	const struct sched_param none = {};

	return sched_setscheduler(0, SCHED_OTHER, &none) ? 1 : all_users(arg);
}

TEST_F_TIMEOUT(crowd, of_ten_thousand, 300)
{
	long tables = memory_figure("PageTables");
	int tries;

	if (run_as(B_USER, load_errno, NULL) == EOPNOTSUPP)
		SKIP(return, "the processor leaks: unprivileged_test");
	self->pid = in_user_namespace(A_USER, USERS, all_users_later, NULL);
	close(go[1]);
	ASSERT_TRUE(reaches(&told->loaded, &told->refused, USERS, 120));
	EXPECT_EQ(HANDLES_MAX, told->loaded);
	EXPECT_EQ(EDQUOT, run_as(A_USER, load_errno, NULL));
	EXPECT_EQ(0, run_as(B_USER, load_and_run, NULL));
	ASSERT_TRUE(reaches(&told->begun, &told->wrong, USERS, 60));
	sleep(2);
	TH_LOG("%u of them fitted no more, %ld MiB are gone", told->fitted,
	       (self->available - memory_figure("MemAvailable")) >> 10);
	EXPECT_LT(0, told->fitted);
	EXPECT_EQ(0, told->wrong);
	/* Private pages and mapped ones, tables, 256 programs; not the stacks. */
	EXPECT_GT(128 << 10, memory_figure("PageTables") - tables);
	EXPECT_EQ(0, run_as(B_USER, load_and_run, NULL));
	EXPECT_EQ(0, run_as(0, load_and_run, NULL));

	kill(-self->pid, SIGKILL);
	waitpid(self->pid, NULL, 0);
	for (tries = 0; tries < 100; tries++) {
		if (!run_as(A_USER, load_and_run, NULL))
			break;
		usleep(100000);
	}
	EXPECT_GT(100, tries);
	EXPECT_LT(self->available - (64 << 10), memory_figure("MemAvailable"));
}

TEST_HARNESS_MAIN
