/* SPDX-License-Identifier: GPL-2.0-only */
/* The kselftest harness, with time for emulated machines, and file models. */
#ifndef LAMBDA_SELFTEST_HARNESS_H
#define LAMBDA_SELFTEST_HARNESS_H

#include <unistd.h>

#include "kselftest_harness.h"

/* Debug kernels on an emulated processor take a hundred times as long. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 240

/*
 * Writes to a fixture's model, a file that pwrite() alone writes to, and that
 * another one is to be like.
 */
#define WRITE_MODEL(data, len, offset) \
	ASSERT_EQ(len, pwrite(self->model, data, len, offset))

#endif /* LAMBDA_SELFTEST_HARNESS_H */
