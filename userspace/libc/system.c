// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* What asks an operating system, which λs have none of. */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int system_refuse(int error)
{
	errno = error;
	return -1;
}

int setenv(const char *name, const char *value, int replace)
{
	(void)name;
	(void)value;
	(void)replace;
	return system_refuse(ENOMEM);
}

int unsetenv(const char *name)
{
	(void)name;
	return 0;
}

int putenv(char *text)
{
	(void)text;
	return system_refuse(ENOMEM);
}

int system(const char *command)
{
	return command ? system_refuse(ENOSYS) : 0;
}

int mkstemp(char *path)
{
	(void)path;
	return system_refuse(EACCES);
}

int clock_gettime(int clock, struct timespec *ret)
{
	(void)clock;
	(void)ret;
	return system_refuse(ENOSYS);
}

int timespec_get(struct timespec *ret, int base)
{
	(void)ret;
	(void)base;
	return 0;
}

int nanosleep(const struct timespec *time, struct timespec *left)
{
	(void)time;
	(void)left;
	return 0;
}

void tzset(void)
{
}

int access(const char *path, int mode)
{
	(void)path;
	(void)mode;
	return system_refuse(ENOENT);
}

int isatty(int fd)
{
	(void)fd;
	return 0;
}

int usleep(unsigned int us)
{
	(void)us;
	return 0;
}

unsigned int sleep(unsigned int seconds)
{
	(void)seconds;
	return 0;
}

int getpagesize(void)
{
	return 4096;
}

uid_t getuid(void)
{
	return 65534;
}

uid_t geteuid(void)
{
	return getuid();
}

int stat(const char *path, struct stat *ret)
{
	(void)path;
	(void)ret;
	return system_refuse(ENOENT);
}

int lstat(const char *path, struct stat *ret)
{
	return stat(path, ret);
}

int fstat(int fd, struct stat *ret)
{
	(void)fd;
	(void)ret;
	return system_refuse(EBADF);
}

int mkdir(const char *path, mode_t mode)
{
	(void)path;
	(void)mode;
	return system_refuse(EROFS);
}

void err(int status, const char *format, ...)
{
	(void)format;
	exit(status);
}

void errx(int status, const char *format, ...)
{
	(void)format;
	exit(status);
}

void warn(const char *format, ...)
{
	(void)format;
}

void warnx(const char *format, ...)
{
	(void)format;
}

ssize_t read(int fd, void *buf, size_t count)
{
	(void)fd;
	(void)buf;
	(void)count;
	return system_refuse(EBADF);
}

ssize_t write(int fd, const void *buf, size_t count)
{
	(void)buf;
	return read(fd, NULL, count);
}

off_t lseek(int fd, off_t offset, int whence)
{
	(void)fd;
	(void)offset;
	(void)whence;
	return system_refuse(EBADF);
}

int close(int fd)
{
	(void)fd;
	return system_refuse(EBADF);
}

int unlink(const char *path)
{
	(void)path;
	return system_refuse(ENOENT);
}
