// SPDX-License-Identifier: GPL-2.0-only
/* The tracepoints of λ-IO. */
#include <linux/types.h>

#define CREATE_TRACE_POINTS
#include <trace/events/lambda.h>
