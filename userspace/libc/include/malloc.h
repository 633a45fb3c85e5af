/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAMBDA_MALLOC_H
#define LAMBDA_MALLOC_H

#include <stdlib.h>

#endif /* LAMBDA_MALLOC_H */
