/* SPDX-License-Identifier: GPL-2.0-only */
/* What code that was not written for λs expects of a C library. */
#ifndef LAMBDA_TESTS_LIBC_H
#define LAMBDA_TESTS_LIBC_H

void *memcpy(void *dst, const void *src, unsigned long len);
void *memset(void *dst, int byte, unsigned long len);

#endif /* LAMBDA_TESTS_LIBC_H */
