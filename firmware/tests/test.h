/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What every test program here uses: results in TAP, one line per case.
 *
 * Include it in one source file per test program.
 */
#ifndef TEST_H
#define TEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static unsigned int test_count;
static unsigned int test_failed;

/* One result; the name follows as in printf. */
__attribute__((format(printf, 2, 3)))
static inline bool test_ok(bool ok, const char *name, ...)
{
	va_list args;

	printf("%s %u - ", ok ? "ok" : "not ok", ++test_count);
	va_start(args, name);
	vprintf(name, args);
	va_end(args);
	putchar('\n');
	if (!ok)
		test_failed++;
	return ok;
}

/* The plan, at the end; the value is main()'s. */
static inline int test_done(void)
{
	printf("1..%u\n", test_count);
	return test_failed != 0;
}

#endif /* TEST_H */
