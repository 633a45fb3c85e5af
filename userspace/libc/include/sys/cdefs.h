/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAMBDA_SYS_CDEFS_H
#define LAMBDA_SYS_CDEFS_H

#include <lambda_libc.h>

#define __BEGIN_DECLS
#define __END_DECLS
#define __CONCAT(a, b) a##b
#define __STRING(a) #a

#endif /* LAMBDA_SYS_CDEFS_H */
