// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random calls of the three system calls, mostly good ones, by unprivileged
 * processes with handles that root loads and passes to them, while files,
 * descriptors and memory change under them and signals come in.
 *
 * Usage: fuzz_test [unprivileged] [SECONDS [SEED]]
 *
 * With `unprivileged` it is not root who loads them, but another user without
 * capabilities.
 *
 * Whatever happens, a result has to be consistent, an errno documented, a
 * buffer untouched where nothing was returned, and the kernel alive. Threads
 * race, so that a seed tells what was tried but not in which order.
 */
#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "drive.h"
#include "fuzz.h"
#include "sysctl.h"

#define WORKERS		3	/* the first of them loads */
#define NOBODY		65534
#define LOADER		65533	/* a user that is not root */
/* Beyond a segment's limit, so that no output reaches anything else. */
#define GUARD		(2 * GIB)

struct fuzz_tally *tally;
struct fuzz_handle pool[FUZZ_KINDS];
int handles_out, handles_in;
char *shared_arena, *private_arena;

/* As documented at the system calls. */
static const int documented[FUZZ_CALLS][20] = {
	[FUZZ_LOAD] = { EPROTONOSUPPORT, EINVAL, E2BIG, EFAULT, EMSGSIZE,
			EBADF, EDQUOT, ERANGE, ENOSPC, ENOMEM, EMFILE, ENFILE },
	[FUZZ_PREAD] = { EFAULT, E2BIG, EPROTONOSUPPORT, EINVAL, EMSGSIZE,
			 EBADF, ESPIPE, EISDIR, EOPNOTSUPP, ENOMEM, EDQUOT,
			 EBUSY, EINTR, EIO, ECANCELED },
	[FUZZ_PWRITE] = { EFAULT, E2BIG, EPROTONOSUPPORT, EINVAL, EMSGSIZE,
			  EBADF, ESPIPE, EOPNOTSUPP, ENOMEM, EDQUOT,
			  EBUSY, EINTR, EIO, ECANCELED, EFBIG, ENOSPC, EPERM },
};

void fuzz_wrong(const char *format, ...)
{
	unsigned int n = tally->nr_wrong++;
	va_list args;

	if (n >= FUZZ_WRONG)
		return;
	va_start(args, format);
	vsnprintf(tally->wrong[n], sizeof(tally->wrong[n]), format, args);
	va_end(args);
}

void fuzz_count(enum fuzz_call call, int error)
{
	const int *known = documented[call];

	tally->errnos[call][error < FUZZ_ERRNOS ? error : 0]++;
	if (!error)
		return;
	while (*known && *known != error)
		known++;
	if (!*known)
		fuzz_wrong("call %d: %s", call, strerror(error));
}

__u64 fuzz_number(struct fuzzer *f, const __u64 *near, size_t nr)
{
	if (chance(f, 10))
		return fuzz_random(f) >> below(f, 64);
	return near[below(f, nr)] + below(f, 5) - 2;
}

void *fuzz_address(struct fuzzer *f)
{
	static const __u64 odd[] = {
		0, 1, -1ull, -4096ull, 0xffff888000000000, 0xffffffff81000000,
		0x7ffffffff000, 0x800000000000, 0xdead000000000000,
	};
	char *arena = chance(f, 30) ? shared_arena : private_arena;

	if (chance(f, 10))
		return (void *)(uintptr_t)odd[below(f, ARRAY_SIZE(odd))];
	return arena + below(f, ARENA);
}

char *fuzz_memory(size_t len, int flags)
{
	char *at = mmap(NULL, GUARD, PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED ||
	    mmap(at, len, PROT_READ | PROT_WRITE,
		 flags | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != at)
		ksft_exit_fail_msg("no memory: %s\n", strerror(errno));
	return at;
}

static void ignore(int signal)
{
}

static void *fuzz(void *arg)
{
	struct fuzzer *f = arg;

	memcpy(f->own, pool, sizeof(pool));
	f->buf = fuzz_memory(STEADY, MAP_PRIVATE);
	f->args = fuzz_memory(STEADY, MAP_PRIVATE);
	f->io = fuzz_memory(STEADY, MAP_PRIVATE);
	for (;;) {
		if (getuid() != NOBODY)
			load_something(f);
		else if (chance(f, 25))
			disturb(f);
		else
			make_request(f);
	}
	return NULL;
}

/* A process that goes on until it is killed. */
static void work(__u64 seed, bool loads)
{
	static struct fuzzer fuzzers[THREADS];
	uid_t uid = !loads ? NOBODY : loads_insns() ? LOADER : 0;
	int k, nr = loads ? 1 : THREADS;
	pthread_t thread;

	if (uid && (setgroups(0, NULL) || setgid(uid) || setuid(uid)))
		_exit(1);
	private_arena = fuzz_memory(ARENA, MAP_PRIVATE);
	for (k = 0; k < nr; k++)
		fuzzers[k].random = seed + k * 0xda942042e4dd58b5ull;
	if (!loads)
		fill_slots(&fuzzers[0]);
	for (k = 1; k < nr; k++)
		pthread_create(&thread, NULL, fuzz, &fuzzers[k]);
	fuzz(&fuzzers[0]);
}

/* Before there is a process that could get one of them. */
static void survive_signals(void)
{
	struct sigaction action = { .sa_handler = ignore };

	sigaction(SIGUSR1, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static pid_t start(__u64 seed, int number)
{
	pid_t pid = fork();

	if (!pid) {
		work(seed, !number);
		_exit(1);
	}
	return pid;
}

/* Whether it died of it, soon. */
static bool end(pid_t pid)
{
	int status, tries;

	kill(pid, SIGKILL);
	for (tries = 0; tries < 600; tries++) {
		if (waitpid(pid, &status, WNOHANG) == pid) {
			if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
				return true;
			fuzz_wrong("a process ended with status %#x", status);
			return true;
		}
		usleep(100000);
	}
	return false;
}

/* What a signal does to requests must not be seen. */
static void annoy(struct fuzzer *f, pid_t pid)
{
	switch (below(f, 3)) {
	case 0:
		kill(pid, SIGSTOP);
		usleep(below(f, 5000));
		kill(pid, SIGCONT);
		break;
	default:
		kill(pid, SIGUSR1);
		break;
	}
}

/* Return: whether all processes died when they were told to. */
static bool run(struct fuzzer *f, unsigned int seconds)
{
	time_t until = time(NULL) + seconds;
	pid_t pids[WORKERS];
	bool dead = true;
	int k;

	survive_signals();
	for (k = 0; k < WORKERS; k++)
		pids[k] = start(fuzz_random(f), k);
	while (dead && time(NULL) < until) {
		usleep(20000);
		k = below(f, WORKERS);
		if (k && !chance(f, 2)) {
			annoy(f, pids[k]);
		} else if (chance(f, k ? 100 : 5)) {
			dead = end(pids[k]);
			pids[k] = start(fuzz_random(f), k);
		}
	}
	for (k = 0; k < WORKERS; k++)
		dead &= end(pids[k]);
	return dead;
}

/* Otherwise the requests were not worth making. */
static bool all_ends_seen(enum fuzz_call call)
{
	static const enum lambda_status ends[] = {
		LAMBDA_STATUS_OK, LAMBDA_STATUS_ERROR, LAMBDA_STATUS_BAD_LENGTH,
		LAMBDA_STATUS_FAULT, LAMBDA_STATUS_OVER_BUDGET,
		LAMBDA_STATUS_NOT_RUN,
	};
	bool all = true;
	size_t k;

	for (k = 0; k < ARRAY_SIZE(ends); k++) {
		ksft_print_msg("call %d, status %d: %lu\n", call, ends[k],
			       tally->ends[call][ends[k]]);
		all &= tally->ends[call][ends[k]] > 0;
	}
	return all;
}

static void print_errnos(enum fuzz_call call)
{
	int k;

	ksft_print_msg("call %d:", call);
	for (k = 0; k < FUZZ_ERRNOS; k++)
		if (tally->errnos[call][k])
			printf(" %s %lu,", k ? strerrorname_np(k) : "ok",
			       tally->errnos[call][k]);
	printf("\n");
}

static void report(bool dead)
{
	unsigned int k;

	for (k = 0; k < FUZZ_CALLS; k++)
		print_errnos(k);
	ksft_print_msg("on the host %lu, on a drive %lu\n",
		       tally->sides[LAMBDA_SIDE_HOST],
		       tally->sides[LAMBDA_SIDE_DEVICE]);
	for (k = 0; k < tally->nr_wrong && k < FUZZ_WRONG; k++)
		ksft_print_msg("%s\n", tally->wrong[k]);
	ksft_print_msg("%u things are wrong\n", tally->nr_wrong);
	ksft_test_result(!tally->nr_wrong, "results as documented\n");
	ksft_test_result(dead, "processes die when they are killed\n");
	ksft_test_result(all_ends_seen(FUZZ_PREAD), "reads end in every way\n");
	ksft_test_result(all_ends_seen(FUZZ_PWRITE),
			 "writes end in every way\n");
	ksft_test_result(tally->errnos[FUZZ_LOAD][0] > 0, "handles loaded\n");
	ksft_test_result(tally->sides[LAMBDA_SIDE_DEVICE] > 0 ||
			 !getenv("LAMBDA_DRIVE"), "the drive had its share\n");
}

/* On the drive, where LAMBDA_DRIVE says that there is one, else in memory. */
static void make_filesystems(void)
{
	if (getenv("LAMBDA_DRIVE")) {
		drive_begin();
		return;
	}
	mounts_begin();
	mount_image("ext4", 64 * MIB, EXT4, NULL);
	mount_image("xfs", 300 * MIB, XFS, NULL);
}

/* What is loaded is loaded as a user without capabilities does. */
static void load_as_a_user(void)
{
	setenv("LAMBDA_TEST_INSNS", "1", 1);
	if (sysctl_write("/proc/sys/fs/lambda/unprivileged", 1))
		ksft_exit_fail_msg("no fs.lambda.unprivileged\n");
}

int main(int argc, char **argv)
{
	bool unprivileged = argc > 1 && !strcmp(argv[1], "unprivileged");
	struct fuzzer f = { .random = time(NULL) };
	unsigned int seconds;
	int sockets[2];

	argc -= unprivileged;
	argv += unprivileged;
	seconds = argc > 1 ? strtoul(argv[1], NULL, 0) : 20;
	if (argc > 2)
		f.random = strtoull(argv[2], NULL, 0);
	ksft_print_header();
	if (unprivileged)
		load_as_a_user();
	ksft_set_plan(6);
	ksft_print_msg("%u seconds, seed %#llx\n", seconds, f.random);
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets))
		ksft_exit_fail_msg("socketpair: %s\n", strerror(errno));
	handles_out = sockets[0];
	handles_in = sockets[1];
	shared_arena = fuzz_memory(ARENA, MAP_SHARED);
	make_filesystems();
	make_world();
	load_pool();
	report(run(&f, seconds));
	ksft_finished();
}
