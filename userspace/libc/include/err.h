/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAMBDA_ERR_H
#define LAMBDA_ERR_H

#include <stdarg.h>
#include <lambda_libc.h>

/* What they say is lost; err() and errx() end the run as exit() does. */
void err(int status, const char *format, ...) __attribute__((noreturn));
void errx(int status, const char *format, ...) __attribute__((noreturn));
void warn(const char *format, ...);
void warnx(const char *format, ...);

#endif /* LAMBDA_ERR_H */
