// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Which memory a call of a helper over arrays is about.
 */
#include "array.h"

/* Of elements of enum sbpf_type, by two: the logarithm of their size. */
static __u32 array_shift(__u32 type)
{
	return type == SBPF_TYPE_F32 ? 2 : type == SBPF_TYPE_F64 ? 3 : type / 2;
}

/* Adds the next argument's range. */
static void array_range(struct sbpf_array *a, const __u64 *args, __u64 len,
			bool write, __u32 pace)
{
	struct sbpf_array_range *range = &a->range[a->nr];

	range->addr = (__u32)args[a->nr++];
	range->len = len;
	range->write = write;
	range->pace = (__u16)pace;
}

/* More than there is anywhere, so that what is made of it cannot wrap. */
static __u64 array_length(__u64 len)
{
	return len < 1ull << 33 ? len : 1ull << 33;
}

static __u64 array_elements(const struct sbpf_array *a)
{
	return array_length(a->len) >> a->shift;
}

static __u64 array_bits_length(const struct sbpf_array *a)
{
	return (array_elements(a) + 63) / 64 * 8;
}

static void array_read(struct sbpf_array *a, const __u64 *args)
{
	array_range(a, args, a->len, false, SBPF_ARRAY_EACH);
}

static void array_begin_typed(struct sbpf_array *a, const __u64 args[4])
{
	a->op = (a->id - SBPF_HELPER_TYPED) / SBPF_TYPES;
	a->type = (a->id - SBPF_HELPER_TYPED) % SBPF_TYPES;
	a->shift = array_shift(a->type);
	if (a->op >= SBPF_OP_LT_EACH)
		a->len = args[3];
	if (a->op == SBPF_OP_FOLD)
		array_range(a, args, sizeof(struct sbpf_fold), true,
			    SBPF_ARRAY_FIXED);
	else if (a->op >= SBPF_OP_LT)
		array_range(a, args, array_bits_length(a), true,
			    SBPF_ARRAY_BITS);
	else
		array_read(a, args);
	array_read(a, args);
	if (a->op >= SBPF_OP_LT_EACH)
		array_read(a, args);
}

static void array_begin_pack(struct sbpf_array *a, const __u64 args[4])
{
	a->shift = a->id - SBPF_HELPER_PACK8;
	a->len = args[3];
	array_range(a, args, array_elements(a) << a->shift, true,
		    SBPF_ARRAY_FOUND);
	array_read(a, args);
	array_range(a, args, array_bits_length(a), false, SBPF_ARRAY_BITS);
}

static void array_begin_bytes(struct sbpf_array *a, const __u64 args[4])
{
	switch (a->id) {
	case SBPF_HELPER_HISTOGRAM:
		array_range(a, args, 256 * sizeof(__u64), true,
			    SBPF_ARRAY_FIXED);
		array_read(a, args);
		break;
	case SBPF_HELPER_INDEX:
		array_range(a, args, array_length(a->len) * 4, true,
			    SBPF_ARRAY_FOUND);
		array_read(a, args);
		break;
	case SBPF_HELPER_HAMMING:
		array_read(a, args);
		array_read(a, args);
		break;
	default: /* AND, OR, ANDNOT */
		a->len = args[3];
		array_range(a, args, a->len, true, SBPF_ARRAY_EACH);
		array_read(a, args);
		array_read(a, args);
	}
}

/* What any element is less than, or equal to, and greater; see array_float.c. */
static void array_begin_bounds(struct sbpf_array *a)
{
	__u32 bits = 8u << a->shift;

	if (a->type >= SBPF_TYPE_F32) {
		a->min = 0x7ff0000000000000ull;
		a->max = 0x800fffffffffffffull;
	} else if (a->type % 2) {
		a->min = ~0ull >> (65 - bits);
		a->max = ~a->min;
	} else {
		a->min = ~0ull >> (64 - bits);
		a->max = 0;
	}
}

void sbpf_array_begin(struct sbpf_array *a, __u32 id, const __u64 args[4])
{
	__u32 k;

	a->id = id;
	a->op = SBPF_OPS;
	a->type = SBPF_TYPE_U8;
	a->shift = 0;
	a->nr = 0;
	a->len = args[2];
	a->value = args[3];
	a->found = 0;
	a->sum = 0;
	for (k = 0; k < SBPF_ARRAY_LANES; k++)
		a->lane[k] = 0;
	if (id >= SBPF_HELPER_TYPED)
		array_begin_typed(a, args);
	else if (id >= SBPF_HELPER_PACK8)
		array_begin_pack(a, args);
	else
		array_begin_bytes(a, args);
	array_begin_bounds(a);
}

/* An array may be replaced by what comes of its elements, each by its own. */
static bool array_may_replace(const struct sbpf_array_range *to,
			      const struct sbpf_array_range *from)
{
	return to->addr == from->addr && from->pace == SBPF_ARRAY_EACH &&
	       (to->pace == SBPF_ARRAY_EACH || to->pace == SBPF_ARRAY_FOUND);
}

bool sbpf_array_overlaps(const struct sbpf_array *a, __s64 *bad)
{
	const struct sbpf_array_range *to = &a->range[0], *from;
	__u64 first;
	__u32 k;

	if (!to->write)
		return false;
	*bad = 0;
	for (k = 1; k < a->nr; k++) {
		from = &a->range[k];
		first = to->addr > from->addr ? to->addr : from->addr;
		if (array_may_replace(to, from) ||
		    first >= to->addr + to->len ||
		    first >= from->addr + from->len)
			continue;
		if (!*bad || (__s64)first < *bad)
			*bad = (__s64)first;
	}
	return *bad;
}

struct sbpf_array_part sbpf_array_needs(const struct sbpf_array *a, __u32 k,
					__u64 pos, __u64 n)
{
	const struct sbpf_array_range *range = &a->range[k];
	__u64 nr = n >> a->shift;
	/* An index is 4 bytes, of elements of one. */
	__u32 shift = a->id == SBPF_HELPER_INDEX ? 2 : a->shift;

	switch (range->pace) {
	case SBPF_ARRAY_EACH:
		return (struct sbpf_array_part) { pos, n };
	case SBPF_ARRAY_BITS:
		return (struct sbpf_array_part) { (pos >> a->shift) / 64 * 8,
						  (nr + 63) / 64 * 8 };
	case SBPF_ARRAY_FOUND:
		return (struct sbpf_array_part) { a->found << shift,
						  nr << shift };
	default:
		return (struct sbpf_array_part) { 0, range->len };
	}
}
