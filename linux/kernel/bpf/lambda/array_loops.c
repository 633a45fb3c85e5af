// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What helpers over arrays do, a piece at a time: plain loops of which compilers
 * make vectors, those of the processor that this is compiled for. array_avx2.c
 * includes it for another one.
 */
#include "array_loops.h"

#define TYPE u8
#define VALUE __u8
#define UNSIGNED __u8
#define PRODUCT __u32
#define SQUARE __u32
#define SUM __u32
#define PRODUCTS __u32
#include "array_int.h"

#define TYPE s8
#define VALUE __s8
#define UNSIGNED __u8
#define PRODUCT __s32
#define SQUARE __u32
#define SUM __s32
#define PRODUCTS __s32
#include "array_int.h"

#define TYPE u16
#define VALUE __u16
#define UNSIGNED __u16
#define PRODUCT __u32
#define SQUARE __u32
#define SUM __u32
#define PRODUCTS __u64
#include "array_int.h"

#define TYPE s16
#define VALUE __s16
#define UNSIGNED __u16
#define PRODUCT __s32
#define SQUARE __u32
#define SUM __s32
#define PRODUCTS __s64
#include "array_int.h"

#define TYPE u32
#define VALUE __u32
#define UNSIGNED __u32
#define PRODUCT __u64
#define SQUARE __u64
#define SUM __u64
#define PRODUCTS __u64
#include "array_int.h"

#define TYPE s32
#define VALUE __s32
#define UNSIGNED __u32
#define PRODUCT __s64
#define SQUARE __u64
#define SUM __u64
#define PRODUCTS __u64
#include "array_int.h"

#define TYPE u64
#define VALUE __u64
#define UNSIGNED __u64
#define PRODUCT __u64
#define SQUARE __u64
#define SUM __u64
#define PRODUCTS __u64
#include "array_int.h"

#define TYPE s64
#define VALUE __s64
#define UNSIGNED __u64
#define PRODUCT __u64
#define SQUARE __u64
#define SUM __u64
#define PRODUCTS __u64
#include "array_int.h"

static void array_loops_histogram(__u8 *table, const __u8 *p, __u64 n)
{
	array_u64 *count = (array_u64 *)table;
	__u64 i;

	for (i = 0; i < n; i++)
		count[p[i]]++;
}

/* Which of 64 bytes are among the @nr of @set. */
static __always_inline __u64 array_loops_members(const __u8 *p, const __u8 *set,
						 __u32 nr)
{
	__u8 flags[64] = { 0 };
	__u32 i, k;

	for (k = 0; k < nr; k++)
		for (i = 0; i < 64; i++)
			flags[i] |= (__u8)-(p[i] == set[k]);
	return array_loops_word(flags);
}

/* Likewise of @n bytes, which are fewer. */
static __u64 array_loops_few_members(const __u8 *p, const __u8 *set, __u32 nr,
				     __u32 n)
{
	__u64 word = 0;
	__u32 i, k;

	for (k = 0; k < nr; k++) {
		for (i = 0; i < n; i++) {
			word |= (__u64)(p[i] == set[k]) << i;
			array_loops_no_vectors();
		}
	}
	return word;
}

/* The bytes of a set, each once. Return: how many. */
static __u32 array_loops_unpack_set(__u64 value, __u8 *set)
{
	__u32 nr = 0, i, k;

	for (i = 0; i < 8; i++) {
		set[nr] = (__u8)(value >> 8 * i);
		for (k = 0; set[k] != set[nr]; k++)
			;
		nr += k == nr;
	}
	return nr;
}

static void array_loops_index(struct sbpf_array *a, __u8 *to, const __u8 *p,
			      __u64 pos, __u64 n)
{
	array_u32 *at = (array_u32 *)to + a->found;
	__u8 set[8];
	__u32 nr = array_loops_unpack_set(a->value, set), len;
	__u64 i, word;

	for (i = 0; i < n; i += len) {
		len = n - i < 64 ? (__u32)(n - i) : 64;
		if (len == 64)
			word = array_loops_members(p + i, set, nr);
		else
			word = array_loops_few_members(p + i, set, nr, len);
		a->found += array_loops_popcount(word);
		for (; word; word &= word - 1)
			*at++ = (__u32)(pos + i) +
				(__u32)__builtin_ctzll(word);
	}
}

/* The word of bits at @i, read once, of which @nr elements are left. */
static __always_inline __u64 array_loops_selected(const __u8 *bits, __u64 i,
						  __u64 nr)
{
	__u64 word = *(const array_u64 *)(bits + i / 8);

	/* A compiler that reads it again might find another number of bits. */
	__asm__ volatile("" : "+r"(word));
	return nr < 64 ? word & ~(~0ull << nr) : word;
}

/* Copies those of @nr elements whose bit is set; @found are there already. */
#define ARRAY_PACK(bits)						\
static __u64 array_pack_##bits(array_u##bits *to,			\
			       const array_u##bits *from,		\
			       const __u8 *select, __u64 nr, __u64 found) \
{									\
	__u64 i, word;							\
									\
	for (i = 0; i < nr; i += 64) {					\
		word = array_loops_selected(select, i, nr - i);		\
		for (; word; word &= word - 1)				\
			to[found++] = from[i + (__u64)__builtin_ctzll(word)]; \
	}								\
	return found;							\
}

ARRAY_PACK(8)
ARRAY_PACK(16)
ARRAY_PACK(32)
ARRAY_PACK(64)

static void array_loops_pack(struct sbpf_array *a, __u8 *to, const __u8 *from,
			     const __u8 *select, __u64 nr)
{
	switch (a->shift) {
	case 0:
		a->found = array_pack_8((void *)to, (const void *)from, select,
					nr, a->found);
		break;
	case 1:
		a->found = array_pack_16((void *)to, (const void *)from, select,
					 nr, a->found);
		break;
	case 2:
		a->found = array_pack_32((void *)to, (const void *)from, select,
					 nr, a->found);
		break;
	default:
		a->found = array_pack_64((void *)to, (const void *)from, select,
					 nr, a->found);
	}
}

static __always_inline __u64 array_loops_bits_of(__u32 id, __u64 x, __u64 y)
{
	switch (id) {
	case SBPF_HELPER_AND:
		return x & y;
	case SBPF_HELPER_OR:
		return x | y;
	case SBPF_HELPER_ANDNOT:
		return x & ~y;
	default:
		return x ^ y;
	}
}

/* Counts the bits of what comes of two arrays, and stores it where that is. */
static __always_inline void array_loops_combine_by(struct sbpf_array *a,
						   __u32 id,
						   __u8 *to, const __u8 *x,
						   const __u8 *y, __u64 n)
{
	__u64 i, word, found = 0;

	for (i = 0; i + 8 <= n; i += 8) {
		word = array_loops_bits_of(id, *(const array_u64 *)(x + i),
					   *(const array_u64 *)(y + i));
		if (id != SBPF_HELPER_HAMMING)
			*(array_u64 *)(to + i) = word;
		found += array_loops_popcount(word);
	}
	for (; i < n; i++) {
		word = (__u8)array_loops_bits_of(id, x[i], y[i]);
		if (id != SBPF_HELPER_HAMMING)
			to[i] = (__u8)word;
		found += array_loops_popcount(word);
		array_loops_no_vectors();
	}
	a->found += found;
}

static void array_loops_combine(struct sbpf_array *a, __u8 *to, const __u8 *x,
				const __u8 *y, __u64 n)
{
	if (a->id == SBPF_HELPER_AND)
		array_loops_combine_by(a, SBPF_HELPER_AND, to, x, y, n);
	else if (a->id == SBPF_HELPER_OR)
		array_loops_combine_by(a, SBPF_HELPER_OR, to, x, y, n);
	else
		array_loops_combine_by(a, SBPF_HELPER_ANDNOT, to, x, y, n);
}

static void array_loops_step_typed(struct sbpf_array *a, const __u8 *x,
				   const __u8 *y, __u8 *to, __u64 nr)
{
	switch (a->type) {
	case SBPF_TYPE_U8:
		array_step_u8(a, x, y, to, nr);
		break;
	case SBPF_TYPE_S8:
		array_step_s8(a, x, y, to, nr);
		break;
	case SBPF_TYPE_U16:
		array_step_u16(a, x, y, to, nr);
		break;
	case SBPF_TYPE_S16:
		array_step_s16(a, x, y, to, nr);
		break;
	case SBPF_TYPE_U32:
		array_step_u32(a, x, y, to, nr);
		break;
	case SBPF_TYPE_S32:
		array_step_s32(a, x, y, to, nr);
		break;
	case SBPF_TYPE_U64:
		array_step_u64(a, x, y, to, nr);
		break;
	case SBPF_TYPE_S64:
		array_step_s64(a, x, y, to, nr);
		break;
	default:
		ARRAY_STEP_FLOAT(a, x, y, to, nr);
	}
}

void ARRAY_STEP(struct sbpf_array *a, __u8 *const *mem, __u64 pos, __u64 n)
{
	__u64 first = pos >> a->shift, nr = n >> a->shift;
	__u8 *to = mem[0];
	const __u8 *x = a->range[0].write ? mem[1] + pos : mem[0] + pos;
	const __u8 *y = mem[a->nr - 1] + pos;

	switch (a->id) {
	case SBPF_HELPER_HISTOGRAM:
		array_loops_histogram(to, x, n);
		break;
	case SBPF_HELPER_INDEX:
		array_loops_index(a, to, x, pos, n);
		break;
	case SBPF_HELPER_HAMMING:
		array_loops_combine_by(a, SBPF_HELPER_HAMMING, to, x, y, n);
		break;
	case SBPF_HELPER_AND:
	case SBPF_HELPER_OR:
	case SBPF_HELPER_ANDNOT:
		array_loops_combine(a, to + pos, x, y, n);
		break;
	case SBPF_HELPER_PACK8:
	case SBPF_HELPER_PACK16:
	case SBPF_HELPER_PACK32:
	case SBPF_HELPER_PACK64:
		array_loops_pack(a, to, x, mem[2] + first / 8, nr);
		break;
	default:
		array_loops_step_typed(a, x, y, a->op >= SBPF_OP_LT ?
				       to + first / 8 : NULL, nr);
	}
}
