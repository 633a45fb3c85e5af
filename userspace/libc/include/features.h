/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAMBDA_FEATURES_H
#define LAMBDA_FEATURES_H

#include <lambda_libc.h>

#endif /* LAMBDA_FEATURES_H */
