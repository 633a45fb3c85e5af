/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAMBDA_UCHAR_H
#define LAMBDA_UCHAR_H

#include <stdint.h>
#include <wchar.h>

typedef uint_least16_t char16_t;
typedef uint_least32_t char32_t;

#endif /* LAMBDA_UCHAR_H */
