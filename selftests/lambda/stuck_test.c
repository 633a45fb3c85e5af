// SPDX-License-Identifier: GPL-2.0-only
/*
 * A user whose requests hang, here on a frozen filesystem, has turns that he does
 * not give back. Others must still get theirs.
 */
#include <dirent.h>
#include <linux/fs.h>
#include <poll.h>
#include <pthread.h>

#include "common.h"
#include "harness.h"
#include "mounts.h"

#define STUCK_USER	1000
#define THREADS		300	/* more than a user has turns */
#define FROZEN		MOUNTS "/frozen"

static const struct bpf_insn one_byte[] = {
	LD64(R1, SBPF_OUT_BASE),
	ST(BPF_B, R1, 0, 'x'),
	MOVI(R0, 1),
	EXIT(),
};

static int file, lambda;

static void *write_one(void *arg)
{
	return (void *)lambda_pwrite(file, "", 1, (long)arg, lambda, NULL);
}

/* All threads write one byte each; returns how many of them did not. */
static int write_all(void)
{
	pthread_t threads[THREADS];
	pthread_attr_t small;
	int wrong = 0;
	void *ret;
	long i;

	if (setuid(STUCK_USER))
		return THREADS;
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 64 * KIB);
	for (i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], &small, write_one, (void *)i))
			return THREADS;
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &ret);
		wrong += ret != (void *)1;
	}
	return wrong;
}

static char thread_state(pid_t pid, const char *tid)
{
	char path[300], text[64] = {};
	char *name_end;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%s/stat", pid, tid);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = 0;
	close(fd);
	name_end = strrchr(text, ')');
	return name_end ? name_end[2] : 0;
}

/* Those that wait for a turn can be woken by signals, unlike the others. */
static bool is_asleep(char state)
{
	return state == 'D' || state == 'S';
}

/* Threads of @pid, but for its first one, that wait. */
static int count_stuck(pid_t pid)
{
	struct dirent *entry;
	char path[64];
	int stuck = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		stuck += entry->d_name[0] != '.' &&
			 atoi(entry->d_name) != pid &&
			 is_asleep(thread_state(pid, entry->d_name));
	if (dir)
		closedir(dir);
	return stuck;
}

static pid_t spawn(int (*fn)(void))
{
	pid_t pid = fork();

	if (!pid)
		_exit(fn() != 0);
	return pid;
}

static int one_request(void)
{
	struct lambda_io io;
	__u64 result = 0;

	return run_plain(lambda, &result, &io) != 1;
}

/* -1 while @pid has not ended within @seconds, else its exit status. */
static int wait_for(pid_t pid, int seconds)
{
	int fd = syscall(SYS_pidfd_open, pid, 0);
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	int status = -1;

	if (poll(&pollfd, 1, seconds * 1000) == 1)
		waitpid(pid, &status, 0);
	close(fd);
	return status;
}

TEST(others_go_on)
{
	int dir = open(FROZEN, O_RDONLY | O_DIRECTORY);
	char got[THREADS] = {}, want[THREADS];
	int tries, other = -1;
	pid_t stuck, reader;

	file = open(FROZEN "/file", O_RDWR | O_CREAT, 0600);
	lambda = HANDLE(one_byte);
	ASSERT_LE(0, file);
	ASSERT_LE(0, lambda);

	ASSERT_EQ(0, ioctl(dir, FIFREEZE, 0));
	stuck = spawn(write_all);
	for (tries = 0; tries < 600 && count_stuck(stuck) < THREADS; tries++)
		usleep(100000);
	EXPECT_EQ(THREADS, count_stuck(stuck));

	reader = spawn(one_request);
	other = wait_for(reader, 20);
	EXPECT_EQ(0, ioctl(dir, FITHAW, 0));
	EXPECT_EQ(0, other);
	if (other < 0)
		waitpid(reader, NULL, 0);

	/* A task that waited for a window of its own gets one, too. */
	EXPECT_EQ(0, wait_for(stuck, 60));
	memset(want, 'x', sizeof(want));
	EXPECT_EQ(THREADS, pread(file, got, sizeof(got), 0));
	EXPECT_EQ(0, memcmp(got, want, sizeof(got)));
}

static void __attribute__((constructor)) before_tests(void)
{
	mounts_begin();
	mount_image("ext4", 64 * MIB, FROZEN, NULL);
}

TEST_HARNESS_MAIN
