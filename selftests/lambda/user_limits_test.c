// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a user without capabilities may have loaded, and that neither other
 * users, user namespaces nor processes of root get around it: handles that are
 * passed on and inherited stay his.
 */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "harness.h"
#include "namespace.h"
#include "pass.h"
#include "user.h"

/* As in include/linux/bpf_lambda.h. */
#define HANDLES_MAX	256

/* Set for the program that is started set-user-ID, with a handle's number. */
#define INHERIT		"LAMBDA_TEST_INHERIT"

static const struct bpf_insn nothing[] = { MOVI(R0, 0), EXIT() };

static int load_small(void)
{
	return insns_load(nothing, ARRAY_SIZE(nothing), NULL);
}

/*
 * Loads up to @n; returns how many it got. A program is counted until its memory
 * is freed, which may be a moment after its handle was closed.
 */
static int load_many(int *fds, int n)
{
	int i, tries = 0;

	for (i = 0; i < n; ) {
		fds[i] = load_small();
		if (fds[i] >= 0) {
			i++;
			continue;
		}
		if (errno != EDQUOT || tries++ == 100)
			break;
		usleep(50000);
	}
	return i;
}

static void close_many(const int *fds, int n)
{
	while (n--)
		close(fds[n]);
}

FIXTURE(limits) {
	int sockets[2];
};

FIXTURE_SETUP(limits)
{
	const struct rlimit files = { 4096, 4096 };

	ASSERT_EQ(0, sysctl_write(UNPRIVILEGED, 1));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &files));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, self->sockets));
	ASSERT_EQ(0, chmod("/tmp", 01777));
}

FIXTURE_TEARDOWN_PARENT(limits)
{
	/* As it is by default, also after a test that was cut short. */
	sysctl_write(UNPRIVILEGED, 0);
}

static int can_load(void *arg)
{
	int fd = load_small();

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

/* unprivileged_test says on which processors nobody can. */
static bool refuses_all(void)
{
	return run_as(A_USER, can_load, NULL) == EOPNOTSUPP;
}

static int fill_handles(void *arg)
{
	static int fds[HANDLES_MAX + 1];
	char c = 0;
	int n;

	n = load_many(fds, HANDLES_MAX + 1);
	NEED(n == HANDLES_MAX);
	NEED(errno == EDQUOT);
	/* Another user does not see any of it, nor does root. */
	NEED(write(*(int *)arg, &c, 1) == 1);
	NEED(read(*(int *)arg, &c, 1) == 1);
	close_many(fds, 100);
	NEED(load_many(fds, 100) == 100);
	return 0;
}

TEST_F(limits, handles)
{
	pid_t pid;
	char c;

	if (refuses_all())
		SKIP(return, "the processor leaks: unprivileged_test");
	pid = start_as(A_USER, fill_handles, &self->sockets[1]);
	ASSERT_EQ(1, read(self->sockets[0], &c, 1));
	EXPECT_EQ(EDQUOT, run_as(A_USER, can_load, NULL));
	EXPECT_EQ(0, run_as(B_USER, can_load, NULL));
	EXPECT_EQ(0, run_as(0, can_load, NULL));
	ASSERT_EQ(1, write(self->sockets[0], &c, 1));
	EXPECT_EQ(0, status_of(pid));
	/* All of it ended with the process. */
	EXPECT_EQ(0, run_as(A_USER, can_load, NULL));
}

/* The longest there is, with a constant in every instruction. */
static int load_longest(void)
{
	static struct bpf_insn p[SBPF_INSNS_MAX];
	int i;

	for (i = 0; i < SBPF_INSNS_MAX - 1; i++)
		p[i] = MOVI(R0, i + 1);
	p[i] = EXIT();
	return insns_load(p, SBPF_INSNS_MAX, NULL);
}

static int fill_code(void *arg)
{
	int fds[64], n, tries;

	for (n = 0; n < 64; n++) {
		fds[n] = load_longest();
		if (fds[n] < 0)
			break;
	}
	fprintf(stderr, "# %d of the longest programs\n", n);
	NEED(n > 1 && n < 64);
	NEED(errno == EDQUOT);
	close_many(fds, n);
	for (tries = 0; tries < 100; tries++) {
		fds[0] = load_longest();
		if (fds[0] >= 0)
			return 0;
		NEED(errno == EDQUOT);
		usleep(100000);
	}
	return 1;
}

TEST_F(limits, code)
{
	if (refuses_all())
		SKIP(return, "the processor leaks: unprivileged_test");
	EXPECT_EQ(0, run_as(A_USER, fill_code, NULL));
}

/* Many at a time that are refused at last take no more than those that are not. */
static int load_refused(void *arg)
{
	static struct bpf_insn p[SBPF_INSNS_MAX];
	int i, k;

	for (i = 0; i < SBPF_INSNS_MAX - 1; i++)
		p[i] = MOVI(R0, i + 1);
	p[i] = MOV(R0, R5);
	for (k = 0; k < 5; k++) {
		NEED(insns_load(p, SBPF_INSNS_MAX, NULL) == -1);
		NEED(errno == EINVAL || errno == EDQUOT);
	}
	return 0;
}

TEST_F(limits, refused)
{
	pid_t pids[4];
	int i;

	if (refuses_all())
		SKIP(return, "the processor leaks: unprivileged_test");
	for (i = 0; i < 4; i++)
		pids[i] = start_as(A_USER, load_refused, NULL);
	for (i = 0; i < 4; i++)
		EXPECT_EQ(0, status_of(pids[i]));
	EXPECT_EQ(0, run_as(A_USER, can_load, NULL));
}

/*
 * Programs that somebody else keeps count as well, when their handles are gone:
 * root, who may have them by their ids.
 */
static unsigned int id_in_fdinfo(int fd, const char *name)
{
	char path[64], text[2048] = {};
	const char *at;
	int info;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = open(path, O_RDONLY);
	if (read(info, text, sizeof(text) - 1) < 0)
		text[0] = 0;
	close(info);
	at = strstr(text, name);
	return at ? atoi(at + strlen(name)) : 0;
}

static int prog_by_id(unsigned int id)
{
	union bpf_attr attr = { .prog_id = id };

	return syscall(SYS_bpf, BPF_PROG_GET_FD_BY_ID, &attr, sizeof(attr));
}

/* Hands over the most handles there may be, of two programs each. */
static int pass_pairs(void *arg)
{
	struct lambda_load_attr attr = {
		.flags = LAMBDA_ATTR_MERGE, .record_len = 8,
		.merge_insns = (uintptr_t)nothing,
		.merge_insn_cnt = ARRAY_SIZE(nothing),
	};
	int socket = *(int *)arg, i, fd;

	for (i = 0; i < HANDLES_MAX; i++) {
		fd = insns_load(nothing, ARRAY_SIZE(nothing), &attr);
		NEED(fd >= 0);
		NEED(!pass_descriptor(socket, fd, 0));
		close(fd);
	}
	return 0;
}

TEST_F(limits, programs)
{
	static int progs[2 * HANDLES_MAX];
	int i, fd, tries;
	pid_t pid;

	if (refuses_all())
		SKIP(return, "the processor leaks: unprivileged_test");
	/* Those of the tests before may still be counted. */
	sleep(1);
	pid = start_as(A_USER, pass_pairs, &self->sockets[1]);
	for (i = 0; i < HANDLES_MAX; i++) {
		fd = take_descriptor(self->sockets[0], 0);
		ASSERT_LE(0, fd);
		progs[2 * i] = prog_by_id(id_in_fdinfo(fd, "\nprog_id:"));
		progs[2 * i + 1] = prog_by_id(id_in_fdinfo(fd,
							   "merge_prog_id:"));
		ASSERT_LE(0, progs[2 * i]);
		ASSERT_LE(0, progs[2 * i + 1]);
		close(fd);
	}
	EXPECT_EQ(0, status_of(pid));
	EXPECT_EQ(EDQUOT, run_as(A_USER, can_load, NULL));
	EXPECT_EQ(0, run_as(B_USER, can_load, NULL));
	close_many(progs, 2 * HANDLES_MAX);
	for (tries = 0; tries < 100; tries++) {
		if (!run_as(A_USER, can_load, NULL))
			break;
		usleep(100000);
	}
	EXPECT_GT(100, tries);
}

/* Root of a namespace of one's own has all capabilities there, and none here. */
static int fill_from_namespace(void *arg)
{
	static int fds[HANDLES_MAX];
	int socket = *(int *)arg;
	char c = 0;
	int n;

	NEED(!enter_user_namespace());
	n = load_many(fds, HANDLES_MAX / 2);
	NEED(n == HANDLES_MAX / 2 || errno == EDQUOT);
	NEED(write(socket, &n, sizeof(n)) == sizeof(n));
	/* Kept until the others have tried. */
	NEED(read(socket, &c, 1) == 1);
	return 0;
}

/* Three namespaces of a user want half of what he may have, each. */
TEST_F(limits, namespaces)
{
	pid_t pids[3];
	int i, n, sum = 0;

	if (refuses_all())
		SKIP(return, "the processor leaks: unprivileged_test");
	for (i = 0; i < 3; i++) {
		pids[i] = start_as(A_USER, fill_from_namespace,
				   &self->sockets[1]);
		ASSERT_EQ(sizeof(n), read(self->sockets[0], &n, sizeof(n)));
		sum += n;
	}
	EXPECT_EQ(HANDLES_MAX, sum);
	EXPECT_EQ(EDQUOT, run_as(A_USER, can_load, NULL));
	EXPECT_EQ(0, run_as(B_USER, can_load, NULL));
	ASSERT_EQ(3, write(self->sockets[0], "...", 3));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, status_of(pids[i]));
}

static int load_as_root_of_namespace(void *arg)
{
	NEED(!enter_user_namespace());
	NEED(!geteuid());
	return can_load(NULL);
}

TEST_F(limits, root_of_a_namespace)
{
	if (refuses_all())
		SKIP(return, "the processor leaks: unprivileged_test");
	ASSERT_EQ(0, sysctl_write(UNPRIVILEGED, 0));
	EXPECT_EQ(EPERM, run_as(A_USER, load_as_root_of_namespace, NULL));
	ASSERT_EQ(0, sysctl_write(UNPRIVILEGED, 1));
	EXPECT_EQ(0, run_as(A_USER, load_as_root_of_namespace, NULL));
}

/* Loads all there may be, and hands every one to whoever is at the other end. */
static int pass_all(void *arg)
{
	static int fds[HANDLES_MAX];
	int socket = *(int *)arg, i;

	NEED(load_many(fds, HANDLES_MAX) == HANDLES_MAX);
	for (i = 0; i < HANDLES_MAX; i++) {
		NEED(!pass_descriptor(socket, fds[i], 0));
		close(fds[i]);
	}
	return 0;
}

TEST_F(limits, passed_on)
{
	static int fds[HANDLES_MAX];
	struct lambda_io io;
	__u64 out;
	pid_t pid;
	int i;

	if (refuses_all())
		SKIP(return, "the processor leaks: unprivileged_test");
	pid = start_as(A_USER, pass_all, &self->sockets[1]);
	for (i = 0; i < HANDLES_MAX; i++) {
		fds[i] = take_descriptor(self->sockets[0], 0);
		ASSERT_LE(0, fds[i]);
	}
	EXPECT_EQ(0, status_of(pid));
	/* They are good, and still count for him who loaded them. */
	EXPECT_EQ(0, run_plain(fds[0], &out, &io));
	EXPECT_EQ(LAMBDA_STATUS_OK, io.result.status);
	EXPECT_EQ(EDQUOT, run_as(A_USER, can_load, NULL));
	EXPECT_EQ(0, run_as(B_USER, can_load, NULL));
	close_many(fds, HANDLES_MAX);
	for (i = 0; i < 100 && run_as(A_USER, can_load, NULL); i++)
		usleep(100000);
	EXPECT_GT(100, i);
}

/*
 * What the set-user-ID program does, before main(): root, it runs a handle that
 * it was left with over a file that only root may read.
 */
__attribute__((constructor)) static void inherited(void)
{
	const char *handle = getenv(INHERIT);
	struct lambda_io io;
	__u64 out = 0;

	if (!handle)
		return;
	if (geteuid())
		_exit(50);
	_exit(run_plain(atoi(handle), &out, &io) == 8 && out == 8 ? 0 : 51);
}

#define COPY_OF_SELF	"/tmp/lambda-setuid"

static int exec_with_handle(void *arg)
{
	char number[16], *argv[] = { COPY_OF_SELF, NULL };
	int lambda = insns_load(two_functions, ARRAY_SIZE(two_functions), NULL);

	NEED(lambda >= 0);
	NEED(!fcntl(lambda, F_SETFD, 0));
	snprintf(number, sizeof(number), "%d", lambda);
	setenv(INHERIT, number, 1);
	execv(COPY_OF_SELF, argv);
	return 49;
}

static int copy_self(void)
{
	static char bytes[64 * KIB];
	int from = open("/proc/self/exe", O_RDONLY);
	int to = open(COPY_OF_SELF, O_WRONLY | O_CREAT | O_TRUNC, 0755);
	ssize_t got;

	while ((got = read(from, bytes, sizeof(bytes))) > 0)
		if (write(to, bytes, got) != got)
			return -1;
	close(from);
	if (got || fchmod(to, 04755))
		return -1;
	return close(to);
}

/* A handle is worth as much to a program of root's as to anybody: it runs. */
TEST_F(limits, inherited_by_root)
{
	if (refuses_all())
		SKIP(return, "the processor leaks: unprivileged_test");
	ASSERT_EQ(0, copy_self());
	EXPECT_EQ(0, run_as(A_USER, exec_with_handle, NULL));
	unlink(COPY_OF_SELF);
	EXPECT_EQ(0, run_as(A_USER, can_load, NULL));
}

/* Globals are pages of the user's, which fs.lambda.user_pages limits. */
static int load_globals(void *arg)
{
	static char data[16 * MIB];
	struct lambda_load_attr attr = {
		.data = (uintptr_t)data, .data_len = sizeof(data),
	};
	int fds[64], n;

	for (n = 0; n < 64; n++) {
		fds[n] = insns_load(nothing, ARRAY_SIZE(nothing), &attr);
		if (fds[n] < 0)
			break;
	}
	NEED(n == 4);
	NEED(errno == EDQUOT);
	close_many(fds, n);
	NEED(insns_load(nothing, ARRAY_SIZE(nothing), &attr) >= 0);
	return 0;
}

TEST_F(limits, globals)
{
	long before = sysctl_read(USER_PAGES);

	if (refuses_all())
		SKIP(return, "the processor leaks: unprivileged_test");
	ASSERT_EQ(0, sysctl_write(USER_PAGES, 4 * (16 * MIB / 4096) + 100));
	EXPECT_EQ(0, run_as(A_USER, load_globals, NULL));
	sysctl_write(USER_PAGES, before);
}

TEST_HARNESS_MAIN
