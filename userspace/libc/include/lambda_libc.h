/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The C library of λs, as far as it goes without an operating system. Headers
 * of their usual names declare it; `lambda cc` links what a program uses of it.
 *
 * Each header can be included in any order with the others and with
 * lambda_bpf.h. Natively, a program is compiled with the machine's own.
 */
#ifndef LAMBDA_LIBC_H
#define LAMBDA_LIBC_H

#include <stddef.h>

#ifdef __cplusplus
#error "λs are written in C"
#endif

#endif /* LAMBDA_LIBC_H */
