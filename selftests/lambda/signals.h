/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A child in a request, and how long it takes until it answers to something.
 *
 * Nothing here waits for ever: what has not happened for long took NEVER.
 * Time is the machine's own, so that where its clock counts instructions the
 * limit can be a tight one: SIGNAL_MS in the environment.
 */
#ifndef LAMBDA_SELFTEST_SIGNALS_H
#define LAMBDA_SELFTEST_SIGNALS_H

#include <linux/io_uring.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "common.h"

#define NEVER		1e9
#define FOREVER		SBPF_BUDGET_MAX

/* A request, as a child makes it. */
struct job {
	int fd, lambda;
	bool write;
	size_t count, cap;
	useconds_t lead;		/* that it runs before; 0: 50 ms */
	__u32 flags;
	void (*prepare)(void);		/* in the child, beforehand; or NULL */
};

/* What a child tells. */
static struct told {
	double due, handled;		/* seconds */
	int handlers;
	ssize_t ret;
	int err;
	struct lambda_io io;
	char buf[64];			/* short output */
	__u64 sum;			/* of longer output */
} *told;

/* A machine that is emulated and busy is late by that and more. */
static inline double soon(void)
{
	const char *ms = getenv("SIGNAL_MS");

	return ms ? atof(ms) / 1e3 : 5.0;
}

/* How long to wait for what may never come. */
static inline double patience(void)
{
	return 400 * soon() < 20 ? 400 * soon() : 20;
}

static inline void told_begin(void)
{
	if (!told)
		told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memset(told, 0, sizeof(*told));
	memset(told->buf, '.', sizeof(told->buf));
}

/* Depends on all bytes and on their places. */
static inline __u64 sum_of(const unsigned char *data, size_t len)
{
	__u64 sum = 0;
	size_t i;

	for (i = 0; i < len; i++)
		sum = sum * 31 + data[i];
	return sum;
}

static inline void make_request(const struct job *j)
{
	void *big = NULL;

	told->io = io_for(j->cap, NULL, 0);
	told->io.flags = j->flags;
	if (!j->write && j->cap > sizeof(told->buf))
		big = mmap(NULL, j->cap, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (j->write)
		told->ret = lambda_pwrite(j->fd, "x", j->count, 0, j->lambda,
					  &told->io);
	else
		told->ret = lambda_pread(j->fd, big ?: told->buf, j->count, 0,
					 j->lambda, &told->io);
	told->err = told->ret < 0 ? errno : 0;
	if (big && told->ret > 0)
		told->sum = sum_of(big, told->ret);
}

/* Begins a request in a child and waits until it is well under way. */
static inline pid_t job_begin(const struct job *j)
{
	pid_t pid;

	told_begin();
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (j->prepare)
			j->prepare();
		make_request(j);
		_exit(0);
	}
	/* The first thing that a request does is to say so. */
	while (__atomic_load_n(&told->io.result.status, __ATOMIC_RELAXED) !=
	       LAMBDA_STATUS_NOT_RUN)
		usleep(1000);
	usleep(j->lead ?: 50000);
	return pid;
}

static inline void job_kill(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, __WALL);
}

/* Waits for the child's own end. Return: whether it came to it. */
static inline bool job_ends(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       !WEXITSTATUS(status);
}

/* How long until @condition. */
#define UNTIL(condition) ({						\
	double _from = now();						\
	bool _done;							\
									\
	while (!(_done = (condition)) && now() < _from + patience())	\
		usleep(500);						\
	_done ? now() - _from : NEVER;					\
})

/* Ways to want something of the child; each tells after how long it had it. */

static inline bool has_stopped(pid_t pid)
{
	static int status;
	static pid_t who;
	int new;

	if (who == pid && WIFSTOPPED(status))
		return true;
	if (waitpid(pid, &new, WUNTRACED | WNOHANG | __WALL) != pid)
		return false;
	who = pid;
	status = new;
	return WIFSTOPPED(status);
}

static inline double stop(pid_t pid)
{
	kill(pid, SIGSTOP);
	return UNTIL(has_stopped(pid));
}

static inline double interrupt(pid_t pid)
{
	if (ptrace(PTRACE_SEIZE, pid, 0, 0) ||
	    ptrace(PTRACE_INTERRUPT, pid, 0, 0))
		return NEVER;
	return UNTIL(has_stopped(pid));
}

static inline double attach(pid_t pid)
{
	if (ptrace(PTRACE_ATTACH, pid, 0, 0))
		return NEVER;
	return UNTIL(has_stopped(pid));
}

/* Control groups */

#define GROUP	"/tmp/lambda-cgroup/frozen"

static inline bool group_is(const char *what)
{
	char text[200] = "";
	int fd = open(GROUP "/cgroup.events", O_RDONLY | O_CLOEXEC);
	ssize_t len = read(fd, text, sizeof(text) - 1);

	close(fd);
	return len > 0 && strstr(text, what);
}

static inline bool group_begin(void)
{
	mkdir("/tmp/lambda-cgroup", 0755);
	if (access("/tmp/lambda-cgroup/cgroup.procs", F_OK))
		mount("none", "/tmp/lambda-cgroup", "cgroup2", 0, NULL);
	return !mkdir(GROUP, 0755) || errno == EEXIST;
}

static inline double freeze_group(pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	if (!group_begin() || !put_text(GROUP "/cgroup.procs", text) ||
	    !put_text(GROUP "/cgroup.freeze", "1"))
		return NEVER;
	return UNTIL(group_is("frozen 1"));
}

static inline void thaw_group(void)
{
	put_text(GROUP "/cgroup.freeze", "0");
}

/* Handlers, which the child has */

static inline void handler(int sig)
{
	told->handled = now();
	told->handlers++;
}

/*
 * The clock of RLIMIT_CPU and ITIMER_PROF, CPUCLOCK_PROF of the process itself: a
 * tick counts whole for the process that it finds. CLOCK_PROCESS_CPUTIME_ID is
 * exact, and may be ticks away from it.
 */
#define CLOCK_PROF	((clockid_t)-8)

static inline void cpu_handler(int sig)
{
	told->handled = clock_of(CLOCK_PROF);
	told->handlers++;
}

static inline void handle_signal(int sig, void (*fn)(int), int flags)
{
	const struct sigaction act = { .sa_handler = fn, .sa_flags = flags };

	sigaction(sig, &act, NULL);
}

/* Every @us, from now on. */
static inline void alarm_every(int us)
{
	const struct itimerval t = { { 0, us }, { 0, us } };

	setitimer(ITIMER_REAL, &t, NULL);
}

/* Once, after 100 ms. */
static inline void alarm_soon(void)
{
	const struct itimerval t = { { 0, 0 }, { 0, 100000 } };

	told->due = now() + 0.1;
	setitimer(ITIMER_REAL, &t, NULL);
}

static inline void alarm_restart(void)
{
	handle_signal(SIGALRM, handler, SA_RESTART);
	alarm_soon();
}

static inline void alarm_eintr(void)
{
	handle_signal(SIGALRM, handler, 0);
	alarm_soon();
}

static inline void alarm_storm(void)
{
	handle_signal(SIGALRM, handler, SA_RESTART);
	alarm_every(5000);
}

/* After 100 ms of processor time. */
static inline void cpu_alarm(void)
{
	const struct itimerval t = { { 0, 0 }, { 0, 100000 } };

	handle_signal(SIGPROF, cpu_handler, SA_RESTART);
	told->due = clock_of(CLOCK_PROF) + 0.1;
	setitimer(ITIMER_PROF, &t, NULL);
}

/* At a second of it, which is the least that a limit can be. */
static inline void cpu_limit(void)
{
	const struct rlimit limit = { 1, 3 };

	handle_signal(SIGXCPU, cpu_handler, SA_RESTART);
	told->due = 1.0;
	setrlimit(RLIMIT_CPU, &limit);
}

/* How late the child's handler ran. */
static inline double handled(void)
{
	return UNTIL(told->handlers) < NEVER ? told->handled - told->due :
					       NEVER;
}

/*
 * Task work, which io_uring makes of a poll that comes true: by a notification
 * instead of a signal (TWA_SIGNAL), as live patches ask for their turn too.
 */
static struct ring {
	int fd, pipe[2];
	struct io_uring_params params;
	char *queues;
	struct io_uring_sqe *sqes;
} ring;

/* For the child to put a poll into, and for this process to look at. */
static inline bool ring_begin(void)
{
	memset(&ring, 0, sizeof(ring));
	ring.fd = syscall(SYS_io_uring_setup, 1, &ring.params);
	if (ring.fd < 0 || pipe(ring.pipe))
		return false;
	ring.queues = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
			   ring.fd, IORING_OFF_SQ_RING);
	ring.sqes = mmap(NULL, sizeof(*ring.sqes), PROT_READ | PROT_WRITE,
			 MAP_SHARED, ring.fd, IORING_OFF_SQES);
	return ring.queues != MAP_FAILED && ring.sqes != MAP_FAILED;
}

static inline void ring_end(void)
{
	munmap(ring.queues, 4096);
	munmap(ring.sqes, sizeof(*ring.sqes));
	close(ring.fd);
	close(ring.pipe[0]);
	close(ring.pipe[1]);
}

static inline void poll_by_ring(void)
{
	const struct io_sqring_offsets *off = &ring.params.sq_off;

	ring.sqes[0] = (struct io_uring_sqe) {
		.opcode = IORING_OP_POLL_ADD, .fd = ring.pipe[0],
		.poll32_events = POLLIN,
	};
	*(__u32 *)(ring.queues + off->array) = 0;
	__atomic_store_n((__u32 *)(ring.queues + off->tail), 1,
			 __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring.fd, 1, 0, 0, NULL, 0) != 1)
		_exit(1);
}

static inline bool has_completed(void)
{
	return __atomic_load_n((__u32 *)(ring.queues + ring.params.cq_off.tail),
			       __ATOMIC_ACQUIRE);
}

static inline double completion(void)
{
	if (write(ring.pipe[1], "", 1) != 1)
		return NEVER;
	return UNTIL(has_completed());
}

/* How late one is at worst that wants the processor for a moment. */
static inline double turn(void)
{
	double worst = 0, from, late;
	int i;

	for (i = 0; i < 20; i++) {
		from = now();
		usleep(1000);
		late = now() - from - 0.001;
		if (late > worst)
			worst = late;
	}
	return worst;
}

#endif /* LAMBDA_SELFTEST_SIGNALS_H */
