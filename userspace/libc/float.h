/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * What `lambda cc` calls for what BPF cannot compute: of doubles and floats,
 * which are passed as the bits they are made of, and of 128 bits.
 */
#ifndef LAMBDA_FLOAT_RUNTIME_H
#define LAMBDA_FLOAT_RUNTIME_H

#include <stdint.h>

uint64_t lambda_double_add(uint64_t a, uint64_t b);
uint64_t lambda_double_subtract(uint64_t a, uint64_t b);
uint64_t lambda_double_multiply(uint64_t a, uint64_t b);
uint64_t lambda_double_divide(uint64_t a, uint64_t b);
uint64_t lambda_double_remainder(uint64_t a, uint64_t b);
uint64_t lambda_double_root(uint64_t a);
int lambda_double_compare(uint64_t a, uint64_t b);
uint64_t lambda_double_from_unsigned(uint64_t n);
uint64_t lambda_double_from_signed(int64_t n);
uint64_t lambda_double_scale(uint64_t n, int exp);
uint32_t lambda_float_from_unsigned(uint64_t n);
uint32_t lambda_float_from_signed(int64_t n);
int64_t lambda_double_to_signed(uint64_t a);
int lambda_double_to_int(uint64_t a);
uint64_t lambda_double_to_unsigned(uint64_t a);
uint64_t lambda_double_from_float(uint32_t f);
uint32_t lambda_float_from_double(uint64_t a);
int lambda_double_class(uint64_t a);
int lambda_float_class(uint32_t f);

/* The bits that a double is made of. */
static inline uint64_t lambda_bits_of(double x)
{
	uint64_t bits;

	__builtin_memcpy(&bits, &x, sizeof(bits));
	return bits;
}

static inline double lambda_double_of(uint64_t bits)
{
	double x;

	__builtin_memcpy(&x, &bits, sizeof(x));
	return x;
}

/* The upper half of a product of 128 bits. */
static inline uint64_t lambda_multiply_high(uint64_t a, uint64_t b)
{
	uint64_t low = (uint32_t)a * (uint64_t)(uint32_t)b;
	uint64_t one = (a >> 32) * (uint32_t)b + (low >> 32);
	uint64_t two;

	/* Or an optimiser makes what this is to replace of it. */
	__asm__("" : "+r"(one));
	two = (uint32_t)a * (b >> 32) + (uint32_t)one;
	return (a >> 32) * (b >> 32) + (one >> 32) + (two >> 32);
}

#endif /* LAMBDA_FLOAT_RUNTIME_H */
