/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of KUnit as the model's tests use, for a process: a suite runs when
 * the program starts and prints its cases as TAP.
 */
#ifndef SHIM_KUNIT_TEST_H
#define SHIM_KUNIT_TEST_H

#include <stdio.h>

#include "kernel.h"

struct kunit {
	int failed;
};

struct kunit_case {
	void (*run)(struct kunit *test);
	const char *name;
};

struct kunit_suite {
	const char *name;
	struct kunit_case *test_cases;
};

#define KUNIT_CASE(function)	{ function, #function }

#define KUNIT_EXPECT(test, left, op, right) do {			\
	__auto_type left_ = (left);					\
	__typeof__(left_ + (right)) right_ = (right);			\
	if (!(left_ op right_)) {					\
		printf("# %s:%d: %s %s %s: %lld, %lld\n", __FILE__,	\
		       __LINE__, #left, #op, #right, (s64)left_,	\
		       (s64)right_);					\
		(test)->failed++;					\
	}								\
} while (0)

#define KUNIT_EXPECT_EQ(test, left, right) KUNIT_EXPECT(test, left, ==, right)
#define KUNIT_EXPECT_LE(test, left, right) KUNIT_EXPECT(test, left, <=, right)
#define KUNIT_EXPECT_LT(test, left, right) KUNIT_EXPECT(test, left, <, right)
#define KUNIT_EXPECT_GE(test, left, right) KUNIT_EXPECT(test, left, >=, right)
#define KUNIT_EXPECT_TRUE(test, is)	KUNIT_EXPECT(test, !(is), ==, 0)
#define KUNIT_EXPECT_FALSE(test, is)	KUNIT_EXPECT(test, !!(is), ==, 0)

/* Suites count together. */
extern int model_run, model_failed;

static inline void kunit_run(const struct kunit_suite *suite)
{
	const struct kunit_case *c;

	for (c = suite->test_cases; c->run; c++) {
		struct kunit test = {};

		c->run(&test);
		printf("%sok %d - %s.%s\n", test.failed ? "not " : "",
		       ++model_run, suite->name, c->name);
		model_failed += test.failed != 0;
	}
}

#define kunit_test_suite(suite)						\
	static void __attribute__((constructor)) run_##suite(void)	\
	{								\
		kunit_run(&(suite));					\
	}

#endif /* SHIM_KUNIT_TEST_H */
