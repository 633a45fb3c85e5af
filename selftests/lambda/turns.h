/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests that wait for a file that nobody answers for, and have turns. */
#ifndef LAMBDA_SELFTEST_TURNS_H
#define LAMBDA_SELFTEST_TURNS_H

#include <pthread.h>
#include <sys/stat.h>

#include "common.h"
#include "fuse.h"
#include "sysctl.h"

#define TURNS		64	/* requests of a user at a time */
#define EACH		40	/* requests of a process, all of which wait */

static int silent = -1;		/* the file */
static unsigned int connection;	/* its filesystem */
static struct fuse_plan silent_plan;
static pid_t silent_server;

/* Serves the file, and then no more. */
static inline bool turns_begin(void)
{
	static char bytes[4096];
	struct stat st;

	silent_plan = (struct fuse_plan) {
		.data = bytes, .size = sizeof(bytes), .told = sizeof(bytes),
		.chunk = sizeof(bytes), .broken = sizeof(bytes),
		.direct = true, .own = true, .flush = FUSE_NO_FLUSH,
	};
	silent_server = mount_fuse(MOUNTS "/fuse", &silent_plan);
	silent = open(MOUNTS "/fuse/file", O_RDONLY);
	if (silent < 0 || fstat(silent, &st))
		return false;
	connection = st.st_dev;
	silence_fuse(silent_server);
	return true;
}

static inline void turns_end(void)
{
	kill(silent_server, SIGKILL);
	waitpid(silent_server, NULL, 0);
	close(silent);
	umount2(MOUNTS "/fuse", MNT_DETACH);
}

static inline void *read_silent(void *arg)
{
	lambda_pread(silent, NULL, 1, 0, (long)arg, NULL);
	return NULL;
}

/* Makes EACH requests, none of which ends, and never returns. */
static inline void read_by_many(int lambda)
{
	pthread_attr_t small;
	pthread_t thread;
	int i;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 64 * KIB);
	for (i = 0; i < EACH; i++)
		if (pthread_create(&thread, &small, read_silent,
				   (void *)(long)lambda))
			_exit(1);
	for (;;)
		pause();
}

/* Requests that the server of the file has not answered yet. */
static inline int unanswered(void)
{
	char path[128];

	snprintf(path, sizeof(path), MOUNTS "/control/%u/waiting", connection);
	return sysctl_read(path);
}

/* Waits until there are as many, and whether there will be more. */
static inline int most_unanswered(int wanted)
{
	int tries;

	for (tries = 0; tries < 300 && unanswered() < wanted; tries++)
		usleep(100000);
	sleep(2);
	return unanswered();
}

/* -1 while @pid has not ended within 10 s, else its exit status. */
static inline int ends(pid_t pid)
{
	int tries, status;

	for (tries = 0; tries < 100; tries++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WEXITSTATUS(status);
		usleep(100000);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return -1;
}

/* A user's request, which ends if he has a turn left. */
static inline pid_t one_request(int lambda, uid_t uid)
{
	pid_t pid = fork();
	struct lambda_io io;
	__u64 result;

	if (pid)
		return pid;
	if (uid && (setgid(uid) || setuid(uid)))
		_exit(1);
	_exit(run_plain(lambda, &result, &io) != 0);
}

/* Before the first test: where the kernel tells of such files. */
static inline void turns_mount(void)
{
	mounts_begin();
	if (mkdir(MOUNTS "/control", 0755) ||
	    mount("none", MOUNTS "/control", "fusectl", 0, NULL))
		mount_failed("fusectl");
}

#endif /* LAMBDA_SELFTEST_TURNS_H */
