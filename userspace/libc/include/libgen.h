/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAMBDA_LIBGEN_H
#define LAMBDA_LIBGEN_H

#include <lambda_libc.h>

/* They change @path, as POSIX has it. */
char *basename(char *path);
char *dirname(char *path);

#endif /* LAMBDA_LIBGEN_H */
