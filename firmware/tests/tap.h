/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tests that register themselves: TEST(name) { CHECK(...); } and TAP_MAIN().
 * A failed CHECK says where, and ends its test; the others still run.
 */
#ifndef TAP_H
#define TAP_H

#include "test.h"

struct tap_test {
	const char *name;
	void (*run)(void);
	struct tap_test *next;
};

static struct tap_test *tap_first, **tap_tail = &tap_first;
static bool tap_bad;

#define TEST(test_name)							\
	static void test_##test_name(void);				\
	static struct tap_test tap_##test_name = {			\
		.name = #test_name, .run = test_##test_name		\
	};								\
	__attribute__((constructor)) static void tap_add_##test_name(void) \
	{								\
		*tap_tail = &tap_##test_name;				\
		tap_tail = &tap_##test_name.next;			\
	}								\
	static void test_##test_name(void)

#define CHECK(cond)							\
	do {								\
		if (!(cond)) {						\
			printf("# %s:%d: %s\n", __FILE__, __LINE__, #cond); \
			tap_bad = true;					\
			return;						\
		}							\
	} while (0)

#define CHECK_EQ(a, b)							\
	do {								\
		unsigned long long tap_a = (a), tap_b = (b);		\
									\
		if (tap_a != tap_b) {					\
			printf("# %s:%d: %s is %#llx, not %#llx\n",	\
			       __FILE__, __LINE__, #a, tap_a, tap_b);	\
			tap_bad = true;					\
			return;						\
		}							\
	} while (0)

/* For use after a call of a function that has CHECKs of its own. */
#define CHECK_OK()	do { if (tap_bad) return; } while (0)

static inline int tap_main(void)
{
	for (struct tap_test *t = tap_first; t; t = t->next) {
		tap_bad = false;
		t->run();
		test_ok(!tap_bad, "%s", t->name);
	}
	return test_done();
}

#define TAP_MAIN()	int main(void) { return tap_main(); }

#endif /* TAP_H */
