// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What helpers over arrays of floats do: enum sbpf_op has the arithmetic, of
 * which every bit is the same everywhere. So nothing here may be compiled with
 * -ffast-math, nor with products and sums made one (-ffp-contract=off).
 *
 * The least and the greatest are found among integers in the same order: the
 * bits of a number, all but the sign inverted where it is negative.
 */
#include "array_loops.h"

#define NOT_A_NUMBER	0x7ff8000000000000ull

/*
 * How the processor rounds, and what it does to subnormal numbers, is for those to
 * say who own it; so it is set here, and set back. Nothing traps meanwhile.
 */
#if defined(__x86_64__)
static __always_inline __u64 array_float_begin(void)
{
	__u32 old, rules = 0x1f80;

	__asm__ volatile("stmxcsr %0\n\tldmxcsr %1"
			 : "=m" (old) : "m" (rules) : "memory");
	return old;
}

static __always_inline void array_float_finish(__u64 old)
{
	__u32 rules = (__u32)old;

	__asm__ volatile("ldmxcsr %0" : : "m" (rules) : "memory");
}
#elif defined(__aarch64__)
static __always_inline __u64 array_float_begin(void)
{
	__u64 old, rules = 0;

	__asm__ volatile("mrs %0, fpcr\n\tmsr fpcr, %1"
			 : "=&r" (old) : "r" (rules) : "memory");
	return old;
}

static __always_inline void array_float_finish(__u64 old)
{
	__asm__ volatile("msr fpcr, %0" : : "r" (old) : "memory");
}
#else
#error "say how this processor is told to round to nearest"
#endif

static __always_inline __u64 array_float_bits(double x)
{
	__u64 bits;

	__builtin_memcpy(&bits, &x, sizeof(bits));
	return bits;
}

static __always_inline double array_float_of(__u64 bits)
{
	double x;

	__builtin_memcpy(&x, &bits, sizeof(x));
	return x;
}

/* Its own inverse. */
static __always_inline __s64 array_float_order(__u64 bits)
{
	return (__s64)(bits ^ (__u64)((__s64)bits >> 63) >> 1);
}

struct float_lanes {
	double sum[SBPF_ARRAY_LANES];
};

static struct float_lanes array_float_load_lanes(const struct sbpf_array *a)
{
	struct float_lanes lanes;
	__u32 k;

	for (k = 0; k < SBPF_ARRAY_LANES; k++)
		lanes.sum[k] = array_float_of(a->lane[k]);
	return lanes;
}

static void array_float_store_lanes(struct sbpf_array *a,
				    const struct float_lanes *lanes)
{
	__u32 k;

	for (k = 0; k < SBPF_ARRAY_LANES; k++)
		a->lane[k] = array_float_bits(lanes->sum[k]);
}

#define ARRAY_NAME__(name, type) float_##name##_##type
#define ARRAY_NAME_(name, type) ARRAY_NAME__(name, type)
#define ARRAY_NAME(name) ARRAY_NAME_(name, TYPE)

#define TYPE f32
#define VALUE float
#define ELEMENT float_element_f32
#define BITS __u32
#define ORDER __s32
#define ORDER_ELEMENT float_memory_s32
#define INFINITE 0x7f800000
#include "array_real.h"

#define TYPE f64
#define VALUE double
#define ELEMENT float_element_f64
#define BITS __u64
#define ORDER __s64
#define ORDER_ELEMENT float_memory_s64
#define INFINITE 0x7ff0000000000000ll
#include "array_real.h"

/* Apart, so that none of its arithmetic is done under another's rules. */
static noinline void array_float_step(struct sbpf_array *a, const __u8 *x,
				      const __u8 *y, __u8 *to, __u64 nr)
{
	if (a->type == SBPF_TYPE_F32)
		float_step_f32(a, x, y, to, nr);
	else
		float_step_f64(a, x, y, to, nr);
}

void ARRAY_STEP_FLOAT(struct sbpf_array *a, const __u8 *x, const __u8 *y,
		      __u8 *to, __u64 nr)
{
	__u64 old = array_float_begin();

	array_float_step(a, x, y, to, nr);
	array_float_finish(old);
}

#ifndef ARRAY_AVX2
static noinline __u64 array_float_total(const struct sbpf_array *a)
{
	struct float_lanes lanes = array_float_load_lanes(a);
	__u32 n, k;

	for (n = SBPF_ARRAY_LANES / 2; n; n /= 2)
		for (k = 0; k < n; k++)
			lanes.sum[k] += lanes.sum[k + n];
	return lanes.sum[0] == lanes.sum[0] ? array_float_bits(lanes.sum[0]) :
					      NOT_A_NUMBER;
}

static void array_float_end(struct sbpf_array *a)
{
	__u64 old = array_float_begin();

	a->sum = array_float_total(a);
	array_float_finish(old);
	a->min = (__u64)array_float_order(a->min);
	a->max = (__u64)array_float_order(a->max);
}

__u64 sbpf_array_end(struct sbpf_array *a, __u8 *out)
{
	if (a->type >= SBPF_TYPE_F32 && a->op <= SBPF_OP_ABSDIFF)
		array_float_end(a);
	if (a->op == SBPF_OP_FOLD) {
		const struct sbpf_fold fold = {
			.min = a->min,
			.max = a->max,
			.sum = a->sum,
			.count = a->found,
		};

		__builtin_memcpy(out, &fold, sizeof(fold));
	}
	return a->op >= SBPF_OP_DOT && a->op <= SBPF_OP_ABSDIFF ?
	       a->sum : a->found;
}
#endif
