/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAMBDA_SYS_PARAM_H
#define LAMBDA_SYS_PARAM_H

#include <limits.h>
#include <sys/types.h>

#ifndef MIN
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#endif
#ifndef MAX
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#endif
#define howmany(n, by) (((n) + ((by) - 1)) / (by))
#define roundup(n, to) (((n) + ((to) - 1)) / (to) * (to))
#define powerof2(n) (!((n) & ((n) - 1)))

#endif /* LAMBDA_SYS_PARAM_H */
