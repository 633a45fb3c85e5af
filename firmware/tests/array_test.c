// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Helpers over arrays of more than one piece, on any address, against a plain
 * loop over the elements. The cases of tests/sbpf/arrays.py are few elements, but
 * chosen, and run on every engine.
 */
#include <kernel/bpf/lambda/array.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "insn.h"
#include "sbpf/internal.h"
#include "test.h"

#define MIB	0x100000u
#define SPACE	(8 * MIB)
#define A	(2 * MIB)	/* where the arrays begin, and the first range */
#define B	(5 * MIB)

static __u8 *heap, *want;
static struct sbpf_window window;
static __u64 state = 1;

static __u32 draw(__u32 n)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (__u32)(state >> 33) % n;
}

union number {
	__u64 u;
	__s64 s;
	double d;
};

/* Element @i of an array, extended. */
static union number element(__u32 type, const __u8 *p, __u64 i)
{
	__u32 size = type < SBPF_TYPE_F32 ? 1u << type / 2 :
		     4u << (type - SBPF_TYPE_F32);
	union number x = { 0 };
	float f;

	memcpy(&x, p + i * size, size);
	if (type == SBPF_TYPE_F32) {
		memcpy(&f, &x, sizeof(f));
		x.d = f;
	} else if (type < SBPF_TYPE_F32 && type % 2) {
		x.u <<= 64 - 8 * size;
		x.s >>= 64 - 8 * size;
	}
	return x;
}

static bool less(__u32 type, union number x, union number y)
{
	return type >= SBPF_TYPE_F32 ? x.d < y.d :
	       type % 2 ? x.s < y.s : x.u < y.u;
}

static bool equal(__u32 type, union number x, union number y)
{
	return type >= SBPF_TYPE_F32 ? x.d == y.d : x.u == y.u;
}

static bool answer(__u32 op, __u32 type, union number x, union number y)
{
	switch (op) {
	case SBPF_OP_LT:
	case SBPF_OP_LT_EACH:
		return less(type, x, y);
	case SBPF_OP_LE:
	case SBPF_OP_LE_EACH:
		return less(type, x, y) || equal(type, x, y);
	case SBPF_OP_NE:
	case SBPF_OP_NE_EACH:
		return !equal(type, x, y);
	case SBPF_OP_GE:
		return less(type, y, x) || equal(type, x, y);
	case SBPF_OP_GT:
		return less(type, y, x);
	default:
		return equal(type, x, y);
	}
}

/* What of a pair is summed, of integers. */
static __u64 term(__u32 op, __u32 type, union number x, union number y)
{
	if (op == SBPF_OP_FOLD)
		return x.u;
	if (op == SBPF_OP_DOT)
		return x.u * y.u;
	if (op == SBPF_OP_SQDIFF)
		return (x.u - y.u) * (x.u - y.u);
	return less(type, x, y) ? y.u - x.u : x.u - y.u;
}

static double float_term(__u32 op, union number x, union number y)
{
	double d = x.d - y.d;

	return op == SBPF_OP_FOLD ? x.d : op == SBPF_OP_DOT ? x.d * y.d :
	       op == SBPF_OP_SQDIFF ? d * d : fabs(d);
}

/* The sum of what @op makes of @n elements. */
static __u64 total(__u32 op, __u32 type, const __u8 *a, const __u8 *b, __u64 n)
{
	double lane[8] = { 0 };
	union number sum = { 0 };
	__u64 i;

	for (i = 0; i < n; i++) {
		union number x = element(type, a, i), y = element(type, b, i);

		if (type < SBPF_TYPE_F32)
			sum.u += term(op, type, x, y);
		else
			lane[i % 8] += float_term(op, x, y);
	}
	if (type < SBPF_TYPE_F32)
		return sum.u;
	sum.d = ((lane[0] + lane[4]) + (lane[2] + lane[6])) +
		((lane[1] + lane[5]) + (lane[3] + lane[7]));
	return isnan(sum.d) ? 0x7ff8000000000000ull : sum.u;
}

/* Of the elements that are numbers, of which there is one. */
static __u64 fold(__u32 type, const __u8 *a, __u64 n, struct sbpf_fold *out)
{
	union number min = { 0 }, max = { 0 };
	__u64 i;

	memset(out, 0, sizeof(*out));
	out->sum = total(SBPF_OP_FOLD, type, a, a, n);
	for (i = 0; i < n; i++) {
		union number x = element(type, a, i);

		if (type >= SBPF_TYPE_F32 && isnan(x.d))
			continue;
		if (!out->count++)
			min = max = x;
		if (less(type, x, min) || (x.u >> 63 && equal(type, x, min)))
			min = x;
		if (less(type, max, x) || (!(x.u >> 63) && equal(type, x, max)))
			max = x;
	}
	out->min = min.u;
	out->max = max.u;
	return out->count;
}

static __u64 expected(__u32 op, __u32 type, const __u8 *a, const __u8 *b,
		      __u64 n, __u64 value, __u8 *to)
{
	union number x, y = element(type, (const __u8 *)&value, 0);
	__u64 i, count = 0;

	if (op == SBPF_OP_FOLD)
		return fold(type, a, n, (struct sbpf_fold *)to);
	if (op < SBPF_OP_EQUAL)
		return total(op, type, a, b, n);
	for (i = 0; i < n; i++) {
		x = element(type, a, i);
		if (op == SBPF_OP_EQUAL || op >= SBPF_OP_LT_EACH)
			y = element(type, b, i);
		if (!answer(op, type, x, y))
			continue;
		count++;
		if (op >= SBPF_OP_LT)
			to[i / 8] |= (__u8)(1u << i % 8);
	}
	return count;
}

/* Random bytes, so that a few floats are no numbers; half of them in both. */
static void scatter(__u32 type)
{
	__u32 i, size = type == SBPF_TYPE_F32 ? 4 : 8;

	for (i = A; i < SPACE; i++)
		heap[i] = (__u8)draw(256);
	if (type >= SBPF_TYPE_F32 && draw(2))	/* none but numbers */
		for (i = A + size - 1; i < SPACE; i += size)
			heap[i] &= 0xbf;
	for (i = 0; i < SPACE - B; i += 64)
		if (draw(2))
			memcpy(heap + B + i, heap + A + i, 64);
}

/* By the loops for any processor, and in pieces of 2 KiB and of 64 KiB. */
static bool portable_agrees(__u32 op, __u32 type, const __u64 args[4],
			    __u64 r0)
{
	struct sbpf_array array;
	__u8 *mem[SBPF_ARRAY_RANGES];
	__u64 at, len, step = draw(2) ? 2048 : 65536;
	__u32 k;

	sbpf_array_begin(&array, SBPF_HELPER_OF(op, type), args);
	for (k = 0; k < array.nr; k++)
		mem[k] = heap + (array.range[k].addr - SBPF_HEAP_BASE);
	memset(heap, 0, A);
	for (at = 0; at < array.len; at += len) {
		len = array.len - at < step ? array.len - at : step;
		sbpf_array_step(&array, mem, at, len);
	}
	return sbpf_array_end(&array, mem[0]) == r0 && !memcmp(heap, want, A);
}

/*
 * Calls a helper where floats are rounded up, and numbers that are subnormal taken
 * for zero. Neither may matter, and both have to be so afterwards.
 */
static bool call_elsewhere(struct sbpf_run *run, __s32 id, const __u64 args[4],
			   __u64 *r0)
{
#ifdef __x86_64__
	__u32 old = __builtin_ia32_stmxcsr(), other = old | 0xc040, after;
	bool good;

	__builtin_ia32_ldmxcsr(other);
	good = sbpf_helper(run, id, args, r0);
	after = __builtin_ia32_stmxcsr();
	__builtin_ia32_ldmxcsr(old);
	return good && after == other;
#else
	return sbpf_helper(run, id, args, r0);
#endif
}

static bool agrees(__u32 op, __u32 type, __u64 n)
{
	__u32 size = type < SBPF_TYPE_F32 ? 1u << type / 2 :
		     4u << (type - SBPF_TYPE_F32);
	__u64 len = n * size + draw(size), skew = 8 * draw(8) + draw(2) * 3;
	__u64 a = SBPF_HEAP_BASE + A + skew, b = SBPF_HEAP_BASE + B + skew;
	__u64 args[4] = { SBPF_HEAP_BASE, a, len, 0 }, r0;
	struct sbpf_run run = {
		.window = &window, .budget = SBPF_BUDGET_MAX,
		.max_helper_bytes = SBPF_BYTES_UNLIMITED,
	};

	memcpy(&args[3], heap + A + skew + draw((__u32)n) * size, size);
	if (op >= SBPF_OP_LT_EACH)
		args[2] = b, args[3] = len;
	else if (op >= SBPF_OP_DOT && op <= SBPF_OP_EQUAL)
		args[0] = a, args[1] = b;
	memset(heap, 0, A);
	memset(want, 0, A);
	return call_elsewhere(&run, (__s32)SBPF_HELPER_OF(op, type), args,
			      &r0) &&
	       r0 == expected(op, type, heap + A + skew, heap + B + skew, n,
			      args[3], want) &&
	       !memcmp(heap, want, A) && run.helper_bytes == len &&
	       run.budget_used == 1 + len / 64 &&
	       portable_agrees(op, type, args, r0);
}

static void test_type(__u32 type)
{
	static const char *const names[] = {
		"u8", "s8", "u16", "s16", "u32", "s32", "u64", "s64", "f32",
		"f64",
	};
	__u32 op, size = type < SBPF_TYPE_F32 ? 1u << type / 2 : 8;

	for (op = 0; op < SBPF_OPS; op++) {
		scatter(type);
		test_ok(agrees(op, type, 1 + draw(200)) &&
			agrees(op, type, 1 + draw(20000)) &&
			agrees(op, type, MIB / size + 1 + draw(9000)),
			"operation %u on %s", op, names[type]);
	}
}

int main(void)
{
	__u32 type;

	heap = malloc(SPACE);
	want = malloc(A);
	if (!heap || !want)
		abort();
	window.seg[SBPF_SEG_HEAP].mem = heap;
	window.seg[SBPF_SEG_HEAP].len = SPACE;
	for (type = 0; type < SBPF_TYPES; type++)
		test_type(type);
	return test_done();
}
