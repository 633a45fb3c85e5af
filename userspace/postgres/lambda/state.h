/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * What the λ keeps while it runs: for itself, and for the instructions that the
 * extension makes of a query, which know where things are.
 */
#ifndef PGL_STATE_H
#define PGL_STATE_H

#include "wire.h"

/* The row that is looked at. */
struct pgl_tuple {
	const __u8 *data;	/* behind its header */
	const __u8 *bits;	/* which columns are there; NULL: all */
	__u32 len;		/* bytes of data */
	__u32 natts;
	__u32 known;		/* columns whose place is known */
	__u32 next;		/* where the next one is, but for alignment */
	__u32 why;
	__u16 off[PGL_ATTS];
};

#define PGL_ROWS_MAX	300u	/* rows of a page at most; PostgreSQL has 291 */
#define PGL_SLOTS	1024u	/* of the hash table, a power of two */

struct pgl_staged {
	__u32 group;
	__u32 present;		/* a bit for each value that is not null */
	__s64 value[PGL_VALUES];
};

/* On the heap, which is zeroed for each request. */
struct pgl_page {
	__u32 nstaged;
	__u32 ngroups;
	__u32 key_len;
	__u32 reserved;
	struct pgl_put *put;	/* columns of the row at hand */
	__u8 *put_next;		/* behind them */
	__u8 *put_end;		/* of the output */
	__u8 key[PGL_KEY_BYTES];
	__u16 slot[PGL_SLOTS];	/* index of a group plus 1 */
	struct pgl_group group[PGL_GROUPS];
	struct pgl_staged staged[PGL_ROWS_MAX];
};

#endif /* PGL_STATE_H */
