/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAMBDA_BYTESWAP_H
#define LAMBDA_BYTESWAP_H

#define bswap_16(n) __builtin_bswap16(n)
#define bswap_32(n) __builtin_bswap32(n)
#define bswap_64(n) __builtin_bswap64(n)

#endif /* LAMBDA_BYTESWAP_H */
