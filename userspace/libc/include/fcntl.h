/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAMBDA_FCNTL_H
#define LAMBDA_FCNTL_H

#include <sys/types.h>

/* There are no files: for declarations of others. */
#define O_RDONLY 0
#define O_WRONLY 1
#define O_RDWR 2
#define O_CREAT 0100
#define O_EXCL 0200
#define O_TRUNC 01000
#define O_APPEND 02000

#endif /* LAMBDA_FCNTL_H */
