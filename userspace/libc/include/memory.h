/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAMBDA_MEMORY_H
#define LAMBDA_MEMORY_H

#include <string.h>

#endif /* LAMBDA_MEMORY_H */
