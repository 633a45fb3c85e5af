/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAMBDA_ALLOCA_H
#define LAMBDA_ALLOCA_H

#define alloca(size) __builtin_alloca(size)

#endif /* LAMBDA_ALLOCA_H */
