/* SPDX-License-Identifier: GPL-2.0-only */
/* A descriptor on its way to another process, by a socket. */
#ifndef LAMBDA_SELFTEST_PASS_H
#define LAMBDA_SELFTEST_PASS_H

#include <string.h>
#include <sys/socket.h>

/* 0, or -1 with errno set. */
static inline int pass_descriptor(int to, int fd, int flags)
{
	char control[CMSG_SPACE(sizeof(int))] = {}, c = 0;
	struct iovec iov = { &c, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	return sendmsg(to, &msg, flags) == 1 ? 0 : -1;
}

/* The descriptor, or -1 when none came. */
static inline int take_descriptor(int from, int flags)
{
	char control[CMSG_SPACE(sizeof(int))], c;
	struct iovec iov = { &c, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	int fd = -1;

	if (recvmsg(from, &msg, flags) == 1 && CMSG_FIRSTHDR(&msg))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

#endif /* LAMBDA_SELFTEST_PASS_H */
