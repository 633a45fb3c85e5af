/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Filesystems to test on, made in memory, in a mount namespace of the test's
 * own: they are gone with its last process, whatever becomes of it. Where
 * LAMBDA_TEST_DIR names a directory on a disk's ext4, that is used as well.
 */
#ifndef LAMBDA_SELFTEST_MOUNTS_H
#define LAMBDA_SELFTEST_MOUNTS_H

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOUNTS	"/tmp/lambda-mounts"

static inline void mount_failed(const char *what)
{
	fprintf(stderr, "# cannot prepare %s: %s\n", what, strerror(errno));
	exit(1);
}

/* A private /tmp/lambda-mounts to mount on. */
static inline void mounts_begin(void)
{
	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		mount_failed("a mount namespace");
	if ((mkdir(MOUNTS, 0755) && errno != EEXIST) ||
	    mount("none", MOUNTS, "tmpfs", 0, "size=75%"))
		mount_failed(MOUNTS);
}

static inline void mount_tmpfs(const char *dir, const char *options)
{
	if (mkdir(dir, 0777) || mount("none", dir, "tmpfs", 0, options))
		mount_failed(dir);
}

/* The device's path into @path; it goes when its last user does. */
static inline void loop_over(int image, char *path, size_t len)
{
	struct loop_config config = {
		.fd = image,
		.info.lo_flags = LO_FLAGS_AUTOCLEAR,
	};
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int fd, tries;

	for (tries = 0; tries < 100; tries++) {
		snprintf(path, len, "/dev/loop%d",
			 ioctl(control, LOOP_CTL_GET_FREE));
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd >= 0 && !ioctl(fd, LOOP_CONFIGURE, &config)) {
			/* Held until it is mounted, but not for writing. */
			open(path, O_RDONLY | O_CLOEXEC);
			close(fd);
			close(control);
			return;
		}
		close(fd);
	}
	mount_failed("a loop device");
}

static inline void run_quietly(char *const argv[])
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 1);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid || status) {
		errno = WEXITSTATUS(status) == 127 ? ENOENT : EINVAL;
		mount_failed(argv[0]);
	}
}

/* Makes a filesystem of @type, @bytes large, and mounts it on @dir. */
static inline void mount_image(const char *type, off_t bytes, const char *dir,
			       const char *options)
{
	int image = memfd_create("lambda-image", MFD_CLOEXEC);
	char mkfs[32], loop[32];

	if (image < 0 || ftruncate(image, bytes))
		mount_failed("an image");
	loop_over(image, loop, sizeof(loop));
	close(image);
	snprintf(mkfs, sizeof(mkfs), "mkfs.%s", type);
	run_quietly((char *[]) { mkfs, "-q", loop, NULL });
	if (mkdir(dir, 0777) || mount(loop, dir, type, 0, options))
		mount_failed(dir);
}

/* An ext4 on @dir: on the disk that the runner offers, or in memory. */
static inline void mount_ext4(const char *dir)
{
	const char *disk = getenv("LAMBDA_TEST_DIR");

	if (!disk)
		mount_image("ext4", 64ul << 20, dir, NULL);
	else if (mkdir(dir, 0777) || mount(disk, dir, NULL, MS_BIND, NULL))
		mount_failed(dir);
}

/* Its parts are in a tmpfs at @dir-parts. */
static inline void mount_overlay(const char *dir)
{
	char options[512], lower[128], path[160];

	snprintf(lower, sizeof(lower), "%s-parts", dir);
	mount_tmpfs(lower, NULL);
	snprintf(path, sizeof(path), "%s/upper", lower);
	mkdir(path, 0777);
	snprintf(path, sizeof(path), "%s/work", lower);
	mkdir(path, 0777);
	snprintf(path, sizeof(path), "%s/lower", lower);
	mkdir(path, 0777);
	snprintf(options, sizeof(options),
		 "lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work", lower,
		 lower, lower);
	if (mkdir(dir, 0777) || mount("none", dir, "overlay", 0, options))
		mount_failed(dir);
}

#endif /* LAMBDA_SELFTEST_MOUNTS_H */
