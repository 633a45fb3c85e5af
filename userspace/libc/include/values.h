/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAMBDA_VALUES_H
#define LAMBDA_VALUES_H

#include <float.h>
#include <limits.h>

#endif /* LAMBDA_VALUES_H */
