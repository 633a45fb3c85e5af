/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* A library that knows nothing of λs: a checksum, in pieces. */
#ifndef ADLER_H
#define ADLER_H

#include <stddef.h>
#include <stdint.h>

struct adler {
	uint32_t a, b;
};

struct adler adler_start(void);
struct adler adler_add(struct adler sum, const void *p, size_t len);
uint32_t adler_end(struct adler sum);

#endif /* ADLER_H */
