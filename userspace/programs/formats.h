/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Arguments and results of the λ programs in this folder, for the programs,
 * their native versions and whoever calls them. All of it is little-endian.
 *
 * A program sees one request and nothing around it, so a request has to hold
 * whole rows: batches of fixed-size rows are a multiple of the row, batches of
 * text end after a newline. What a program declares of itself makes liblambda
 * and the command do so; each says below what it does with a row that is cut.
 * Common to all: -EINVAL means wrong arguments or a cut row, -ENOSPC that the
 * result does not fit the output.
 *
 * All but bitmap are record-wise, by the row or, where results add up, by the
 * element: the kernel may run them over two parts of a request at the same time
 * and join the results.
 */
#ifndef LAMBDA_FORMATS_H
#define LAMBDA_FORMATS_H

#include <linux/types.h>

/**
 * struct stats_out - result of stats32 and stats64 (no arguments)
 * @min:   smallest element
 * @max:   largest element
 * @sum:   sum of the elements, modulo 2^64
 * @count: number of elements
 *
 * The input is an array of __s32 or __s64. A cut element is -EINVAL.
 */
struct stats_out {
	__s64 min;
	__s64 max;
	__s64 sum;
	__u64 count;
};

#define KNN_DIMENSIONS	255

/**
 * struct knn_row - one row of knn's input, 2 KiB
 * @id:    anything
 * @coord: where the row lies
 *
 * A cut row is -EINVAL.
 */
struct knn_row {
	__u64 id;
	__s64 coord[KNN_DIMENSIONS];
};

/**
 * struct knn_args - arguments of knn
 * @coord: the point to which distances are measured
 */
struct knn_args {
	__s64 coord[KNN_DIMENSIONS];
};

/**
 * struct knn_out - one row of knn's result, for each row of its input
 * @id:       the row's id
 * @distance: square of the Euclidean distance, modulo 2^64
 */
struct knn_out {
	__u64 id;
	__u64 distance;
};

/**
 * struct grep_args - arguments of grep
 * @what: the bytes to look for, at least one of them
 *
 * For each row of GREP_ROW bytes the result is one __s64: where in the row the
 * first match begins, or -1. The request's last row may be shorter. A match
 * that crosses the end of a row is not seen, and one longer than a row never.
 */
__extension__ struct grep_args {
	char what[0];
};

#define GREP_ROW	4096

/*
 * bitmap (no arguments): the input is an array of __u16 runs, each a bit in
 * BITMAP_ONES and a number of times it is repeated, which may be 0. The result
 * is the bits, the lowest of a byte first. Bits that are left in the last byte
 * are 0, so the runs of a request begin on a byte of their own. A cut run is
 * -EINVAL.
 */
#define BITMAP_ONES	0x8000
#define BITMAP_LENGTH	0x7fff

/**
 * struct wordcount_out - result of wordcount (no arguments)
 * @lines: newlines
 * @words: runs of bytes above ' '
 * @bytes: length of the input
 * @first: whether the input begins inside a word
 * @last:  whether it ends inside one
 *
 * Requests may be cut anywhere: results of neighbours add up, less one word
 * where @last of the left and @first of the right are both 1.
 */
struct wordcount_out {
	__u64 lines;
	__u64 words;
	__u64 bytes;
	__u32 first;
	__u32 last;
};

enum csvfilter_op {
	CSVFILTER_LT = 1,
	CSVFILTER_LE = 2,
	CSVFILTER_EQ = 3,
	CSVFILTER_NE = 4,
	CSVFILTER_GE = 5,
	CSVFILTER_GT = 6,
};

/**
 * struct csvfilter_args - arguments of csvfilter: column @column @op @value
 * @column: column to look at, from 0
 * @op:     enum csvfilter_op
 * @value:  number to compare with
 *
 * The result is the lines for which the comparison holds, each with its
 * newline. Columns are separated by commas; quotes have no meaning. A line
 * whose column is missing or not a decimal __s64 is left out. The last line
 * may lack its newline and is then followed by none in the result. It may be
 * divided anywhere: the output has the result where lambda_lines.h puts it.
 */
struct csvfilter_args {
	__u32 column;
	enum csvfilter_op op;
	__s64 value;
};

/**
 * struct histogram_out - result of histogram (no arguments)
 * @count: how often each byte value occurs
 */
struct histogram_out {
	__u64 count[256];
};

#endif /* LAMBDA_FORMATS_H */
