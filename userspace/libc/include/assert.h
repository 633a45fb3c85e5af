/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* To be included as often as one likes, with NDEBUG or without. */
#undef assert
#ifdef NDEBUG
#define assert(condition) ((void)0)
#else
#define assert(condition) ((condition) ? (void)0 : lambda_assert_failed())
#endif

#ifndef LAMBDA_ASSERT_H
#define LAMBDA_ASSERT_H

/* Ends the run; the place of the fault is that of the assertion. */
void lambda_assert_failed(void) __attribute__((noreturn));

#ifndef static_assert
#define static_assert _Static_assert
#endif

#endif /* LAMBDA_ASSERT_H */
