/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAMBDA_UNISTD_H
#define LAMBDA_UNISTD_H

#include <sys/types.h>

/* There is no operating system: what is here is for code that is not called. */
#define STDIN_FILENO 0
#define STDOUT_FILENO 1
#define STDERR_FILENO 2

ssize_t read(int fd, void *buf, size_t count);
ssize_t write(int fd, const void *buf, size_t count);
off_t lseek(int fd, off_t offset, int whence);
int close(int fd);
int unlink(const char *path);

/* A λ is its only process. */
pid_t getpid(void);

#endif /* LAMBDA_UNISTD_H */
