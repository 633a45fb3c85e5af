// SPDX-License-Identifier: GPL-2.0-only
// says: a function needs more stack than the 32768 bytes that instructions reach
/* All of 5000 numbers are read before any is used. */
#include <lambda_bpf.h>

#define A(f, n) B(f, n##0) B(f, n##1) B(f, n##2) B(f, n##3) B(f, n##4)
#define B(f, n) C(f, n##0) C(f, n##1) C(f, n##2) C(f, n##3) C(f, n##4)	\
		C(f, n##5) C(f, n##6) C(f, n##7) C(f, n##8) C(f, n##9)
#define C(f, n) D(f, n##0) D(f, n##1) D(f, n##2) D(f, n##3) D(f, n##4)	\
		D(f, n##5) D(f, n##6) D(f, n##7) D(f, n##8) D(f, n##9)
#define D(f, n) f(n##0) f(n##1) f(n##2) f(n##3) f(n##4) f(n##5) f(n##6)	\
		f(n##7) f(n##8) f(n##9)
#define READ(n) long n = *in;
#define USE(n) sum = (sum ^ n) * 31;

LAMBDA_PROGRAM(reads)(struct lambda_ctx *ctx)
{
	const volatile long *in = lambda_in(ctx);
	long sum;

	A(READ, v)
	sum = *in;
	A(USE, v)
	*(long *)lambda_out(ctx) = sum;
	return sizeof(sum);
}
