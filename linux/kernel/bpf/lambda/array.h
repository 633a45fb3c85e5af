/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the helpers of λs from SBPF_HELPER_HISTOGRAM on do to arrays, shared by
 * every runtime: plain C over this header and uapi/linux/sbpf.h, without kernel
 * types, allocation or recursion.
 *
 * The runtime asks which ranges a call has, checks them, takes its price, and
 * then goes through the arrays piece by piece. What is in memory may be changed
 * by others meanwhile: no function relies on reading the same value twice.
 */
#ifndef _KERNEL_BPF_LAMBDA_ARRAY_H
#define _KERNEL_BPF_LAMBDA_ARRAY_H

#ifndef __KERNEL__
#include <stdbool.h>
#endif
#include <linux/sbpf.h>
#include <linux/types.h>

#define SBPF_ARRAY_RANGES	3
#define SBPF_ARRAY_LANES	8u	/* sums of floats, see enum sbpf_op */

/* Pieces are multiples of this but for the last: 64 elements of 8 bytes. */
#define SBPF_ARRAY_GRAIN	512u

/* How a range is gone through while its arrays are. */
enum sbpf_array_pace {
	SBPF_ARRAY_FIXED,	/* it is all needed all the time */
	SBPF_ARRAY_EACH,	/* a byte for each of the array */
	SBPF_ARRAY_BITS,	/* a bit for each element */
	SBPF_ARRAY_FOUND,	/* grows with what is found */
};

/**
 * struct sbpf_array_range - a memory argument of a call
 * @len:   bytes; more than 4 GiB stand for any length that is
 * @addr:  where it begins, the low 32 bits
 * @pace:  enum sbpf_array_pace
 * @write: it is written
 */
struct sbpf_array_range {
	__u64 len;
	__u32 addr;
	__u16 pace;
	bool write;
};

/**
 * struct sbpf_array - one call
 * @id:    enum sbpf_helper
 * @op:    enum sbpf_op, or SBPF_OPS
 * @type:  enum sbpf_type
 * @shift: logarithm of an element's bytes
 * @nr:    ranges
 * @range: in the order of arguments
 * @len:   bytes of each array, which are what is paid for
 * @value: what is compared with, or the set
 * @found: elements so far that count
 * @sum:   so far; of integers
 * @min:   so far; of floats in the order of array_float.c
 * @max:   so far
 * @lane:  sums of floats so far, their bits
 */
struct sbpf_array {
	__u32 id;
	__u8 op;
	__u8 type;
	__u8 shift;
	__u8 nr;
	struct sbpf_array_range range[SBPF_ARRAY_RANGES];
	__u64 len;
	__u64 value;

	__u64 found;
	__u64 sum;
	__u64 min;
	__u64 max;
	__u64 lane[SBPF_ARRAY_LANES];
};

/**
 * struct sbpf_array_part - what a piece needs of a range
 * @from: first byte of it
 * @len:  bytes
 */
struct sbpf_array_part {
	__u64 from;
	__u64 len;
};

/**
 * sbpf_array_begin - what a call is about
 * @a:    out
 * @id:   SBPF_HELPER_HISTOGRAM or above
 * @args: R1 to R4
 */
void sbpf_array_begin(struct sbpf_array *a, __u32 id, const __u64 args[4]);

/**
 * sbpf_array_overlaps - whether a call would write what it reads
 * @a:   the call, whose ranges have been checked
 * @bad: set to the first such byte
 *
 * Return: whether there is one.
 */
bool sbpf_array_overlaps(const struct sbpf_array *a, __s64 *bad);

/**
 * sbpf_array_needs - what a piece needs of a range
 * @a:   the call, with the pieces before this one done
 * @k:   which range
 * @pos: byte of the arrays that the piece begins with
 * @n:   bytes of the arrays
 *
 * Return: the part, not beyond the range.
 */
struct sbpf_array_part sbpf_array_needs(const struct sbpf_array *a, __u32 k,
					__u64 pos, __u64 n);

/**
 * sbpf_array_step - do one piece
 * @a:   the call, with the pieces before this one done
 * @mem: where each range begins
 * @pos: byte of the arrays that the piece begins with
 * @n:   bytes of the arrays; a multiple of SBPF_ARRAY_GRAIN, or up to their end
 *
 * Context: vectors may be used. Of two in the kernel the second is for
 * processors with AVX2.
 */
void sbpf_array_step(struct sbpf_array *a, __u8 *const *mem, __u64 pos,
		     __u64 n);
void sbpf_array_step_avx2(struct sbpf_array *a, __u8 *const *mem, __u64 pos,
			  __u64 n);

/**
 * sbpf_array_end - what comes of a call
 * @a:   the call, with all pieces done
 * @out: what its first range begins with
 *
 * Context: as sbpf_array_step().
 * Return: R0.
 */
__u64 sbpf_array_end(struct sbpf_array *a, __u8 *out);

#endif /* _KERNEL_BPF_LAMBDA_ARRAY_H */
