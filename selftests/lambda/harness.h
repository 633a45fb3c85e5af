/* SPDX-License-Identifier: GPL-2.0-only */
/* The kselftest harness, with time for emulated machines. */
#ifndef LAMBDA_SELFTEST_HARNESS_H
#define LAMBDA_SELFTEST_HARNESS_H

#include "kselftest_harness.h"

/* Debug kernels on an emulated processor take a hundred times as long. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 240

#endif /* LAMBDA_SELFTEST_HARNESS_H */
