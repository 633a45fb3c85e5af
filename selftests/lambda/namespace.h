/* SPDX-License-Identifier: GPL-2.0-only */
/* User namespaces as root makes them for a user, with subordinate uids. */
#ifndef LAMBDA_SELFTEST_NAMESPACE_H
#define LAMBDA_SELFTEST_NAMESPACE_H

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>

#include "mounts.h"

#define SUBUID	100000	/* the first subordinate one */

static inline void map_ids(pid_t pid, uid_t owner, int uids, const char *which)
{
	char path[64], text[64];
	int fd, len;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, which);
	len = snprintf(text, sizeof(text), "0 %u 1\n1 %d %d\n", owner, SUBUID,
		       uids);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, len) != len)
		mount_failed(path);
	close(fd);
}

/*
 * Runs @fn in a process group of its own, as root of a user namespace of
 * @owner's, in which uids 1 to @uids are mapped as well. Return: its pid.
 */
static inline pid_t in_user_namespace(uid_t owner, int uids,
				      int (*fn)(void *arg), void *arg)
{
	int ready[2], mapped[2];
	pid_t pid;
	char c;

	if (pipe(ready) || pipe(mapped))
		mount_failed("pipes");
	pid = fork();
	if (!pid) {
		if (setpgid(0, 0) || setgid(owner) || setuid(owner) ||
		    unshare(CLONE_NEWUSER))
			_exit(1);
		if (write(ready[1], "", 1) != 1 || read(mapped[0], &c, 1) != 1)
			_exit(1);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(fn(arg));
	}
	if (read(ready[0], &c, 1) != 1)
		mount_failed("a user namespace");
	map_ids(pid, owner, uids, "uid_map");
	map_ids(pid, owner, uids, "gid_map");
	if (write(mapped[1], "", 1) != 1)
		mount_failed("a user namespace");
	close(ready[0]);
	close(ready[1]);
	close(mapped[0]);
	close(mapped[1]);
	return pid;
}

static inline int put_map(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), len = strlen(text);
	int ret = fd >= 0 && write(fd, text, len) == len ? 0 : -1;

	close(fd);
	return ret;
}

/*
 * Makes a user namespace in the present one, as anybody may, and becomes its
 * root, who has no power in the present one. 0, or -1 with errno set.
 */
static inline int enter_user_namespace(void)
{
	char uids[32], gids[32];

	snprintf(uids, sizeof(uids), "0 %u 1", geteuid());
	snprintf(gids, sizeof(gids), "0 %u 1", getegid());
	if (unshare(CLONE_NEWUSER) ||
	    put_map("/proc/self/setgroups", "deny") ||
	    put_map("/proc/self/uid_map", uids) ||
	    put_map("/proc/self/gid_map", gids))
		return -1;
	return 0;
}

#endif /* LAMBDA_SELFTEST_NAMESPACE_H */
