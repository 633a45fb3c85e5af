/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests of several users for the places of a drive. */
#ifndef LAMBDA_SELFTEST_PLACES_H
#define LAMBDA_SELFTEST_PLACES_H

#include <sys/wait.h>

#include "common.h"
#include "drive.h"

#define KEEPER	1000	/* a user that keeps what he can */
#define OTHER	1001
#define LEN	65536

/* Writes 8 bytes of output. */
static const struct bpf_insn eight[] = {
	CTX(R2, R1, out), ST(BPF_DW, R2, 0, 7), MOVI(R0, 8), EXIT(),
};

/* Of LEN bytes, on either namespace. */
static int files[2];

/* How many places there are. */
static inline int drive_depth(void)
{
	char path[80], text[16];

	snprintf(path, sizeof(path), "%s", strrchr(drive_disk[0], '/') + 1);
	drive_attribute(path, "lambda/limits/depth", text, sizeof(text));
	return atoi(text);
}

static inline int make_file(const char *path, int flags)
{
	static char bytes[LEN];
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | flags, 0666);

	if (fd < 0 || pwrite(fd, bytes, LEN, 0) != LEN || fsync(fd))
		mount_failed(path);
	return fd;
}

static inline void make_files(void)
{
	files[0] = make_file(EXT4 "/theirs", 0);
	files[1] = make_file(XFS_4K "/theirs", 0);
}

static inline void close_files(void)
{
	close(files[0]);
	close(files[1]);
}

static inline ssize_t in_drive(int file, void *buf, int lambda, struct lambda_io *io)
{
	*io = io_for(8, NULL, 0);
	io->flags = FORCED;
	return lambda_pread(file, buf, PAGE, 0, lambda, io);
}

/* Requests of another user, of either namespace: how many the drive ran. */
static inline int others(int lambda, int nr)
{
	int i, status;
	pid_t pid = fork();

	if (pid) {
		waitpid(pid, &status, 0);
		return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	}
	if (setgid(OTHER) || setuid(OTHER))
		_exit(255);
	for (i = 0; i < nr; i++) {
		struct lambda_io io;
		char buf[8];

		if (in_drive(files[i % 2], buf, lambda, &io) != 8) {
			fprintf(stderr, "# request %d: %m, reason %u\n", i,
				io.result.reason);
			break;
		}
	}
	_exit(i);
}

#endif /* LAMBDA_SELFTEST_PLACES_H */
