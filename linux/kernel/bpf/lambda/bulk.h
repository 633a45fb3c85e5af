/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the helpers of λs do to plain memory, at the speed of the machine.
 *
 * The memory may be a file's, changed by others meanwhile. No function relies
 * on reading the same value twice; what they return then holds for some of
 * the values that were there.
 */
#ifndef _KERNEL_BPF_LAMBDA_BULK_H
#define _KERNEL_BPF_LAMBDA_BULK_H

#include <linux/types.h>

/**
 * bpf_lambda_bulk_compare - length of the common prefix of two byte arrays
 * @a:     @n bytes
 * @b:     @n bytes
 * @n:     bytes
 * @order: set to -1 or 1 when the arrays differ, as the first differing byte
 *         of @a is below or above that of @b
 *
 * Context: process context; preemption is off for at most 4 KiB at a time.
 * Return: bytes that are equal, up to @n.
 */
size_t bpf_lambda_bulk_compare(const u8 *a, const u8 *b, size_t n, int *order);

/**
 * bpf_lambda_bulk_find - find a byte
 * @p:    @n bytes
 * @n:    bytes
 * @byte: the byte
 *
 * Context: process context; preemption is off for at most 4 KiB at a time.
 * Return: index of the first, or @n.
 */
size_t bpf_lambda_bulk_find(const u8 *p, size_t n, u8 byte);

/**
 * bpf_lambda_bulk_find_pair - find two bytes at a fixed distance
 * @p:     @n + @gap bytes
 * @n:     positions to try
 * @gap:   distance from the first byte to the second
 * @first: the first byte
 * @last:  the second byte
 *
 * Context: process context; preemption is off for at most 4 KiB at a time.
 * Return: the first index i with p[i] == @first and p[i + @gap] == @last, or
 * @n.
 */
size_t bpf_lambda_bulk_find_pair(const u8 *p, size_t n, size_t gap, u8 first,
				 u8 last);

/**
 * bpf_lambda_bulk_crc32c - continue a CRC-32C, without inverting it
 * @crc: the CRC so far
 * @p:   @n bytes
 * @n:   bytes
 *
 * Return: the CRC with @p.
 */
u32 bpf_lambda_bulk_crc32c(u32 crc, const u8 *p, size_t n);

#endif /* _KERNEL_BPF_LAMBDA_BULK_H */
