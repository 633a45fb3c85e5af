/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAMBDA_UNISTD_H
#define LAMBDA_UNISTD_H

#include <sys/types.h>

/* There is no operating system: nothing is open, and nothing is there. */
#define STDIN_FILENO 0
#define STDOUT_FILENO 1
#define STDERR_FILENO 2
#define F_OK 0
#define X_OK 1
#define W_OK 2
#define R_OK 4

ssize_t read(int fd, void *buf, size_t count);
ssize_t write(int fd, const void *buf, size_t count);
off_t lseek(int fd, off_t offset, int whence);
int close(int fd);
int unlink(const char *path);
int access(const char *path, int mode);
int isatty(int fd);
int usleep(unsigned int us);
unsigned int sleep(unsigned int seconds);
int getpagesize(void);
uid_t getuid(void);
uid_t geteuid(void);

/* A λ is its only process. */
pid_t getpid(void);

#endif /* LAMBDA_UNISTD_H */
