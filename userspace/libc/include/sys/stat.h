/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAMBDA_SYS_STAT_H
#define LAMBDA_SYS_STAT_H

#include <sys/types.h>
#include <time.h>

#define S_IFMT 0170000
#define S_IFDIR 0040000
#define S_IFREG 0100000
#define S_ISDIR(mode) (((mode) & S_IFMT) == S_IFDIR)
#define S_ISREG(mode) (((mode) & S_IFMT) == S_IFREG)

struct stat {
	mode_t st_mode;
	uid_t st_uid;
	gid_t st_gid;
	off_t st_size;
	time_t st_atime, st_mtime, st_ctime;
};

/* There are no files: -1, with ENOENT. */
int stat(const char *path, struct stat *ret);
int lstat(const char *path, struct stat *ret);
int fstat(int fd, struct stat *ret);
int mkdir(const char *path, mode_t mode);

#endif /* LAMBDA_SYS_STAT_H */
