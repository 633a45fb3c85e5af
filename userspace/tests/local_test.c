// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running in this process: memory that is fresh for each request,
 * limits, errors of files, ends that are asked for, and a process that may not
 * make memory executable.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <local.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "linked.h"
#include "test.h"

static struct lambda_object *obj;
static int file;

static int open_as(struct lambda_local **local, const char *name, size_t heap,
		   __u64 budget)
{
	struct lambda_load_attr attr;
	struct lambda_program *prog;
	char why[512];

	if (lambda_object__program(obj, name, why, sizeof(why), &prog))
		return -ENOENT;
	lambda_program__attr(prog, &attr);
	attr.heap_len = heap;
	attr.budget = budget;
	attr.flags = LAMBDA_ATTR_BUDGET;
	return lambda_local__open(prog, &attr, why, sizeof(why), local);
}

static ssize_t read_at(struct lambda_local *local, void *out, size_t out_cap,
		       size_t count, off_t offset, struct lambda_io *io)
{
	memset(io, 0, sizeof(*io));
	io->size = sizeof(*io);
	io->result_size = sizeof(io->result);
	io->out_cap = out_cap;
	return lambda_local__pread(local, file, out, count, offset, io);
}

/* Requests of all lengths, after longer ones and equal ones, which left their marks. */
static void test_fresh(void)
{
	static const size_t lens[] = { 9000, 8192, 5000, 4096, 100, 1, 70000,
				       70000, 9000, 9000, 1, 1 };
	struct lambda_local *local = NULL;
	struct lambda_io io;
	__u64 dirty;
	size_t i;

	if (!test_ok(!open_as(&local, "fresh", 4096, 10000), "fresh: opens"))
		return;
	for (i = 0; i < sizeof(lens) / sizeof(*lens); i++) {
		dirty = 1;
		test_ok(read_at(local, &dirty, 8, lens[i], 5, &io) == 8 &&
			dirty == 0 && io.result.in_len == lens[i] &&
			io.result.out_len == 8,
			"fresh: request of %zu bytes: 0x%llx", lens[i], dirty);
	}
	lambda_local__close(local);
}

/* What an earlier, longer request had there is gone. */
static void test_beyond(void)
{
	struct lambda_local *local = NULL;
	struct lambda_io io;

	if (!test_ok(!open_as(&local, "beyond", 0, 0), "beyond: opens"))
		return;
	read_at(local, NULL, 0, 70000, 0, &io);
	test_ok(read_at(local, NULL, 0, 4000, 0, &io) == -ECANCELED &&
		io.result.status == LAMBDA_STATUS_FAULT &&
		io.result.fault_addr == SBPF_IN_BASE + 4096, "beyond: faults");
	lambda_local__close(local);
}

/* The input of a read lies as in the file, that of a write at the start. */
static void test_place(void)
{
	struct lambda_local *local = NULL;
	struct lambda_io io;
	__u64 out[2];

	if (!test_ok(!open_as(&local, "place", 0, 0), "place: opens"))
		return;
	test_ok(read_at(local, out, sizeof(out), 1, 4103, &io) == 16 &&
		out[0] == SBPF_IN_BASE + 7 && out[1] == 4103, "place: a read's");
	test_ok(lambda_local__run(local, "x", 1, out, 0, &io) == 16 &&
		out[0] == SBPF_IN_BASE && out[1] == 0, "place: a write's");
	test_ok(lambda_local__run(local, NULL, 0, out, 4103, &io) == 16 &&
		io.result.in_len == 0 && out[1] == 4103, "place: of nothing");
	lambda_local__close(local);
}

static void test_limits(void)
{
	struct lambda_local *local = NULL;
	struct lambda_io io;

	test_ok(open_as(&local, "fresh", SBPF_HEAP_MAX + 1ull, 0) == -EMSGSIZE,
		"limits: heap");
	lambda_local__close(local);
	test_ok(open_as(&local, "fresh", 0, SBPF_BUDGET_MAX + 1) == -EINVAL,
		"limits: budget");
	lambda_local__close(local);
	if (!test_ok(!open_as(&local, "negative", SBPF_HEAP_MAX,
			      SBPF_BUDGET_MAX), "limits: opens at both"))
		return;
	test_ok(read_at(local, NULL, SBPF_OUT_MAX + 1ull, 1, 0, &io) ==
		-EMSGSIZE && io.result.status == LAMBDA_STATUS_NOT_RUN,
		"limits: output");
	test_ok(read_at(local, NULL, SBPF_OUT_MAX, SBPF_IN_MAX - 1, 4097,
			&io) == -ECANCELED && io.result.retval == -EDOM,
		"limits: the largest request runs");
	test_ok(read_at(local, NULL, 0, SBPF_IN_MAX, 4097, &io) == -EMSGSIZE,
		"limits: input, with the bytes before it");
	io.args_len = SBPF_ARGS_MAX + 1;
	test_ok(lambda_local__run(local, "", 1, NULL, 0, &io) == -EMSGSIZE,
		"limits: arguments");
	io.args_len = 0;
	test_ok(lambda_local__run(local, "", 1, NULL, -1, &io) == -EINVAL,
		"limits: offset");
	lambda_local__close(local);
}

static void test_files(void)
{
	struct lambda_local *local = NULL;
	struct lambda_io io;
	int pipes[2], data = file;

	if (!test_ok(!open_as(&local, "fresh", 8, 10000) && !pipe(pipes),
		     "files: opens"))
		return;
	test_ok(read_at(local, NULL, 0, 0, 0, &io) == 0 &&
		io.result.status == LAMBDA_STATUS_NOT_RUN, "files: no bytes");
	test_ok(read_at(local, NULL, 0, 1, 100000, &io) == 0 &&
		io.result.status == LAMBDA_STATUS_NOT_RUN, "files: at the end");
	file = pipes[0];
	test_ok(read_at(local, NULL, 0, 1, 0, &io) == -ESPIPE, "files: pipe");
	file = open("/", O_RDONLY | O_CLOEXEC);
	test_ok(read_at(local, NULL, 0, 1, 0, &io) == -EISDIR,
		"files: directory");
	close(file);
	file = data;
	close(pipes[0]);
	close(pipes[1]);
	lambda_local__close(local);
}

/* What ends the program in the other thread, once it runs. */
static void *stop_it(void *local)
{
	struct timespec ts = { .tv_nsec = 50000000 };

	nanosleep(&ts, NULL);
	lambda_local__stop(local, 1);
	return NULL;
}

static void test_stop(void)
{
	struct lambda_local *local = NULL;
	struct lambda_function func;
	pthread_t thread;
	struct lambda_io io;
	__u64 out;

	if (!test_ok(!open_as(&local, "forever", 0, SBPF_BUDGET_MAX),
		     "stop: opens"))
		return;
	test_ok(lambda_local__where(local, &func) == -ENOENT,
		"stop: nothing has run");
	pthread_create(&thread, NULL, stop_it, local);
	test_ok(read_at(local, &out, 8, 1, 0, &io) == -ECANCELED &&
		io.result.status == LAMBDA_STATUS_KILLED, "stop: ends it");
	pthread_join(thread, NULL);
	test_ok(!lambda_local__where(local, &func) &&
		!strcmp(func.name, "forever"), "stop: tells where it was");
	test_ok(read_at(local, &out, 8, 1, 0, &io) == -EINTR &&
		io.result.status == LAMBDA_STATUS_NOT_RUN,
		"stop: nothing begins");
	lambda_local__stop(local, 0);
	lambda_local__close(local);
}

#define MAPPED	(32 * 4096)

/* A file of which each page begins with 1. */
static int make_pages(void)
{
	int fd = memfd_create("pages", MFD_CLOEXEC), i;

	for (i = 0; i < MAPPED + 100; i += 4096)
		if (pwrite(fd, "\1", 1, i) != 1)
			return -1;
	return fd;
}

static bool cut_it;

/* Shows a program that waits for it that the file is mapped. */
static void *change_it(void *unused)
{
	struct timespec ts = { .tv_nsec = 50000000 };

	(void)unused;
	nanosleep(&ts, NULL);
	if (cut_it && ftruncate(file, 2 * 4096))
		abort();
	if (pwrite(file, "", 1, 0) != 1)
		abort();
	return NULL;
}

/* What a program that sees the file change puts out. */
static __u64 run_while_it_changes(struct lambda_local *local, bool cut,
				  struct lambda_io *io)
{
	pthread_t thread;
	__u64 out = 0;

	cut_it = cut;
	pthread_create(&thread, NULL, change_it, NULL);
	if (read_at(local, &out, 8, MAPPED, 0, io) != 8)
		out = 1000;
	pthread_join(thread, NULL);
	return out;
}

static void other_handler(int sig)
{
	(void)sig;
	_exit(7);
}

/* A fault of a mapping of others is theirs. */
static int touch_cut_mapping(void)
{
	int pages = make_pages(), status = 0;
	char *at = mmap(NULL, MAPPED, PROT_READ, MAP_SHARED, pages, 0);
	pid_t child = fork();

	if (!child) {
		if (!ftruncate(pages, 0))
			__atomic_load_n(at, __ATOMIC_RELAXED);
		_exit(1);
	}
	waitpid(child, &status, 0);
	close(pages);
	return status;
}

static void test_mapped(void)
{
	struct lambda_local *local = NULL, *fresh = NULL;
	struct lambda_maps *maps = NULL;
	int data = file, status;
	struct lambda_io io;
	__u64 dirty;

	signal(SIGBUS, other_handler);
	file = make_pages();
	if (!test_ok(!open_as(&local, "changes", 0, SBPF_BUDGET_MAX) &&
		     !open_as(&fresh, "fresh", 8, 10000) &&
		     !lambda_maps__open(0, &maps), "mapped: opens"))
		return;
	lambda_local__map(local, maps);
	lambda_local__map(fresh, maps);
	test_ok(run_while_it_changes(local, false, &io) == 31 &&
		io.result.in_len == MAPPED, "mapped: the program sees a change");
	test_ok(read_at(fresh, &dirty, 8, MAPPED, 0, &io) == 8 && !dirty &&
		read_at(fresh, &dirty, 8, MAPPED - 100, 0, &io) == 8 && !dirty &&
		read_at(fresh, &dirty, 8, MAPPED - 100, 4096, &io) == 8 &&
		!dirty, "mapped: beside copies, all is fresh");
	test_ok(read_at(fresh, &dirty, 8, MAPPED, 8192, &io) == 8 && !dirty &&
		io.result.in_len == MAPPED + 1 - 8192,
		"mapped: to the end of the file, which is copied");
	if (pwrite(file, "\1", 1, 0) != 1)
		abort();
	test_ok(run_while_it_changes(local, true, &io) == 1 &&
		io.result.in_len == 2 * 4096,
		"mapped: of a file that is cut off what it has: %llu bytes",
		io.result.in_len);
	lambda_local__close(local);
	lambda_local__close(fresh);
	lambda_maps__close(maps);
	status = touch_cut_mapping();
	test_ok(WIFEXITED(status) && WEXITSTATUS(status) == 7,
		"mapped: others' faults go to others");
	close(file);
	file = data;
}

/* From here on mprotect() makes nothing executable in this process. */
static bool refuse_exec(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_mprotect, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {
		.len = sizeof(filter) / sizeof(*filter),
		.filter = filter,
	};

	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

static void test_interpreted(void)
{
	struct lambda_local *local = NULL;
	struct lambda_io io;
	__u64 dirty = 1;

	test_ok(refuse_exec(), "interpreted: executable memory is refused");
	test_ok(!open_as(&local, "fresh", 8, 10000) &&
		!lambda_local__translated(local),
		"interpreted: nothing is translated");
	test_ok(read_at(local, &dirty, 8, 100, 0, &io) == 8 && dirty == 0 &&
		lambda_local__insns(local) > 0, "interpreted: runs");
	lambda_local__close(local);
}

/* What is counted is counted once, and only while it is to be. */
static void test_profile(void)
{
	struct lambda_local *local = NULL;
	struct lambda_count *counts, sum = { 0 };
	struct lambda_function func;
	struct lambda_io io;
	__u64 out, insns;
	size_t count, i;
	bool ok;

	if (!test_ok(!open_as(&local, "fresh", 4096, 10000), "profile: opens"))
		return;
	lambda_program__insns(local->prog, &count);
	counts = calloc(count, sizeof(*counts));
	lambda_local__profile(local, counts);
	test_ok(!lambda_local__translated(local), "profile: interprets");
	read_at(local, &out, 8, 9000, 5, &io);
	insns = lambda_local__insns(local);
	for (i = 0; i < count; i++) {
		sum.insns += counts[i].insns;
		sum.budget += counts[i].budget;
	}
	test_ok(insns && sum.insns == insns, "profile: %llu instructions", insns);
	test_ok(io.result.budget_used && sum.budget == io.result.budget_used,
		"profile: %llu units", io.result.budget_used);
	for (i = 0; i < count; i++)
		if (strstr(lambda_program__source(local->prog, i) ?: "",
			   "variable = 1;"))
			break;
	ok = i < count && !lambda_program__locate(local->prog, i, &func) &&
	     strstr(func.file, "ends.bpf.c");
	test_ok(ok, "profile: the text of a line");
	test_ok(!lambda_program__source(local->prog, count),
		"profile: past the last there is none");
	lambda_local__profile(local, NULL);
	read_at(local, &out, 8, 9000, 5, &io);
	for (i = 0; i < count; i++)
		sum.insns -= counts[i].insns;
	test_ok(!sum.insns && lambda_local__insns(local) == 2 * insns,
		"profile: ends");
	lambda_local__close(local);
	free(counts);
}

/* What was printed last, and how often. */
static char printed[256];
static size_t printed_len, printed_times;

static void note_print(void *data, const void *text, size_t len)
{
	printed_len = len;
	printed_times += data == &printed;
	memcpy(printed, text, len < sizeof(printed) ? len : sizeof(printed));
}

static bool was_printed(const char *out, size_t len)
{
	bool was = printed_times == 1 && printed_len == len &&
		   !memcmp(printed, out, len);

	printed_times = 0;
	return was;
}

/* It is seen by whoever asks, costs the same in any case, and is checked. */
static void test_print(void)
{
	struct lambda_local *local = NULL;
	struct lambda_count *counts;
	char out[200];
	struct lambda_io io;
	size_t count;

	if (!test_ok(!open_as(&local, "prints", 0, 10), "print: opens"))
		return;
	test_ok(read_at(local, out, 200, 200, 3, &io) == 200 && !printed_times &&
		io.result.budget_used == 2 * (1 + 200 / 64),
		"print: nobody asks, and it costs as much");
	lambda_local__print(local, note_print, printed);
	test_ok(read_at(local, out, 200, 200, 3, &io) == 200 &&
		was_printed(out, 200) &&
		io.result.budget_used == 2 * (1 + 200 / 64) &&
		io.result.helper_bytes == 400, "print: 200 bytes");
	lambda_program__insns(local->prog, &count);
	counts = calloc(count, sizeof(*counts));
	lambda_local__profile(local, counts);
	test_ok(read_at(local, out, 200, 150, 8, &io) == 150 &&
		was_printed(out, 150), "print: interpreted");
	lambda_local__profile(local, NULL);
	free(counts);
	test_ok(read_at(local, out, 200, 640, 3, &io) == -ECANCELED &&
		io.result.status == LAMBDA_STATUS_OVER_BUDGET && !printed_times,
		"print: not what cannot be paid");
	test_ok(!lambda_local__run(local, NULL, 0, out, 0, &io) &&
		was_printed(out, 0), "print: nothing");
	lambda_local__print(local, NULL, NULL);
	test_ok(read_at(local, out, 200, 200, 3, &io) == 200 && !printed_times,
		"print: nobody asks any more");
	lambda_local__close(local);
	if (!test_ok(!open_as(&local, "prints_beyond", 0, 1000), "print: opens"))
		return;
	lambda_local__print(local, note_print, printed);
	test_ok(read_at(local, out, 200, 200, 3, &io) == -ECANCELED &&
		io.result.status == LAMBDA_STATUS_FAULT && !printed_times &&
		io.result.fault_addr == SBPF_IN_BASE + 4096,
		"print: not what may not be read");
	lambda_local__close(local);
}

int main(void)
{
	char why[512];
	int i;

	file = memfd_create("input", MFD_CLOEXEC);
	for (i = 0; i < 80000; i += 8)
		if (pwrite(file, "\1\2\3\4\5\6\7\10", 8, i) != 8)
			return 1;
	if (lambda_object__open(object_path("tests/ends"), why, sizeof(why),
				&obj))
		return 1;
	test_fresh();
	test_beyond();
	test_place();
	test_limits();
	test_files();
	test_stop();
	test_mapped();
	test_profile();
	test_print();
	test_interpreted();
	lambda_object__close(obj);
	return test_done();
}
