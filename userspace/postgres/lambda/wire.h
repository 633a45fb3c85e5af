/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * What the extension tells the λ about a table and a query, and what the λ
 * answers. Both are little-endian, as λs are.
 */
#ifndef PGL_WIRE_H
#define PGL_WIRE_H

#include <linux/types.h>

#define PGL_BLOCK	8192u	/* bytes of a page of a heap */
#define PGL_BLOCKS	256u	/* pages of a request at most */
#define PGL_ATTS	64u	/* columns that a λ can walk over at most */
#define PGL_REGS	16u	/* registers of the code */
#define PGL_VALUES	16u	/* aggregated values of a row at most */
#define PGL_KEYS_MAX	4u	/* columns to group by at most */
#define PGL_KEY_BYTES	32u	/* bytes of the key of a group */
#define PGL_GROUPS	256u	/* groups of a request at most */
#define PGL_NULL_OFF	0xffffu	/* place of a value that is null */
#define PGL_ANY_DSCALE	255u
#define PGL_PUTS	16u	/* columns of a row that are put out by themselves at most */
#define PGL_PUT_ROOM	9216u	/* bytes that such a row has at most */

/* Instructions that there is room for in an object, to put code into. */
#define PGL_QUICK_MAX	8192

/* Why a page was left to the server; 0: it was not. */
enum pgl_why {
	PGL_DONE = 0,
	PGL_SKIPPED,		/* the extension said so */
	PGL_NOT_VISIBLE,	/* PD_ALL_VISIBLE is clear */
	PGL_TOO_NEW,		/* pd_lsn is above the noted position */
	PGL_LAYOUT,		/* not a layout that the λ knows */
	PGL_TUPLE,		/* hint bits do not say that all see it */
	PGL_ADDED,		/* a column was added after the row was made */
	PGL_TOAST,		/* compressed, or stored out of line */
	PGL_NUMBER,		/* a number that has no short form */
	PGL_RANGE,		/* a result out of range */
	PGL_KEY,		/* too many groups, or too long a key */
	PGL_ROOM,		/* no room for its rows */
	PGL_CHECKSUM,		/* not the checksum that it says */
	PGL_WHYS
};

enum pgl_op {
	PGL_INT,	/* R[a] = column @imm, an integer of @b bytes */
	PGL_NUM,	/* R[a] = column @imm times 10000^b, of display scale @c */
	PGL_F4,		/* R[a] = a number that is in order as floats are */
	PGL_F8,
	PGL_STR,	/* R[a] = address, R[a+1] = bytes; @b: no blanks at the end */
	PGL_PUT,	/* column @imm, of @b bytes, is column @a of what is put out */
	PGL_PUTV,	/* the same of one that says its size */
	PGL_NULL,	/* column @imm is null */
	PGL_CONST,	/* R[a] = imm */
	PGL_LT,		/* R[a] < R[b] */
	PGL_LE,
	PGL_EQ,
	PGL_LTK,	/* R[a] < imm */
	PGL_LEK,
	PGL_EQK,
	PGL_STREQ,	/* equals the text in the pool at @imm */
	PGL_LIKE,	/* is like the pattern there */
	PGL_BITS,	/* has a bit in the set there */
	PGL_IN,		/* is one of the numbers there, which are in order */
	PGL_ADD,	/* R[a] += R[b], of @c bytes */
	PGL_SUB,
	PGL_MUL,
	PGL_MULK,	/* R[a] *= imm */
	PGL_JUMP,
	PGL_ROW,	/* put the row out */
	PGL_END,	/* leave the row */
	PGL_KEYI,	/* R[a] is a part of the key */
	PGL_KEYS,	/* a text at R[a] is */
	PGL_KEYN,	/* null is */
	PGL_VALUE,	/* R[a] is value @b of the row */
	PGL_COUNT,	/* the row belongs to its group */
	PGL_BEGIN,	/* columns of the row are put out */
};

/*
 * One step. A test goes on at @t if it holds, else at @f, and what reads a
 * column at @f where that is null. Places are indices of steps.
 */
struct pgl_insn {
	__u8 op;
	__u8 a;
	__u8 b;
	__u8 c;
	__u16 t;
	__u16 f;
	__s64 imm;
};

/* A place in the pool: offset from the beginning of the arguments, and bytes. */
#define PGL_POOL(off, len)	((__s64)(off) << 32 | (len))
#define PGL_POOL_OFF(imm)	((__u32)((__u64)(imm) >> 32))
#define PGL_POOL_LEN(imm)	((__u32)(imm))

/*
 * A pattern is a list of parts: its kind, its length, its bytes. The text has
 * to consist of them in order.
 */
enum pgl_part {
	PGL_PART_TEXT,	/* these bytes */
	PGL_PART_CHAR,	/* any one character */
	PGL_PART_ANY,	/* any number of bytes */
};

struct pgl_part_head {
	__u16 kind;
	__u16 len;
};

/*
 * A set of numbers as bits. That of a number is its difference from @least, times
 * @factor, without its lowest @shift bits; there is none above @most.
 */
struct pgl_bits {
	__u64 least;
	__u64 factor;
	__u64 shift;
	__u64 most;
	__u64 word[];
};

struct pgl_att {
	__s16 len;	/* bytes, or -1: it says so itself */
	__u16 align;	/* bytes */
	__u32 off;	/* where it is in a row without nulls, if that is fixed */
};

/**
 * struct pgl_args - what a request is told
 * @lsn:     a page above it is left
 * @block:   number of the block at byte 0 of the file
 * @natts:   columns described
 * @fixed:   of which so many have a fixed place in a row without nulls
 * @ninsns:  steps of the code
 * @values:  aggregated values; 0: rows are put out
 * @grouped: whether it is aggregates that are put out
 * @utf8:    characters are of UTF-8; else of one byte
 * @insns:   offset of the code
 * @first_page: page of the file that @skip begins with
 * @quick:   the code is there as instructions as well
 * @extremes: a bit for each value of which the least or the greatest is asked for
 * @puts:    columns of a row that are put out; PGL_PUT_ALL: the row as it is
 * @checked: pages have checksums, and one that is wrong is left
 * @skip:    a bit for each page of the request that is not to be looked at
 * @att:     columns, in order
 */
struct pgl_args {
	__u64 lsn;
	__u32 block;
	__u32 natts;
	__u32 fixed;
	__u32 ninsns;
	__u32 values;
	__u32 grouped;
	__u32 utf8;
	__u32 insns;
	__u32 first_page;
	__u32 quick;
	__u32 extremes;
	__u32 puts;
	__u32 checked;
	__u8 skip[PGL_BLOCKS / 8];
	struct pgl_att att[];
};

/**
 * struct pgl_head - what comes first in the output of a request
 * @len:   bytes of this part of the output, the head included
 * @block: number of the first block
 * @pages: how many
 * @rows:  rows or groups that follow
 * @seen:  rows that were looked at
 * @page:  enum pgl_why for each page
 *
 * Outputs of parts of a range may follow each other.
 */
struct pgl_head {
	__u32 len;
	__u32 block;
	__u32 pages;
	__u32 rows;
	__u64 seen;
	__u8 page[PGL_BLOCKS];
};

#define PGL_PUT_ALL	0xffffffffu

/*
 * A row: its place and the bytes that follow, up to a multiple of 8. They are its tuple
 * as it is in the page, or a struct pgl_put.
 */
struct pgl_row {
	__u32 block;
	__u16 item;
	__u16 len;
};

/*
 * Columns of a row: a bit for each that is null, and their values. Of one that says its
 * size that is where it is, in bytes from the beginning of this.
 */
struct pgl_put {
	__u64 nulls;
	__u64 column[];
};

struct pgl_value {
	__u64 sum_lo;
	__s64 sum_hi;
	__s64 min;
	__s64 max;
	__u64 count;
};

/*
 * A group. Of each column to group by, the key has a byte that is 0 for null, 1
 * for a number, which takes 8 bytes, or 2 and more the bytes of a text plus 2,
 * which follow.
 */
struct pgl_group {
	__u8 key[PGL_KEY_BYTES];
	__u32 key_len;
	__u32 hash;
	__u64 count;
	struct pgl_value value[PGL_VALUES];
};

#endif /* PGL_WIRE_H */
