/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of stress_test share: a file of blocks that all know which
 * version they are, and the book that is kept of versions.
 *
 * Whoever changes a block holds its lock, enters the new version as begun,
 * changes it, and enters it as done. So a reader that looks at what was done
 * before its request, and at what had begun after it, knows all the versions
 * that were current meanwhile.
 */
#ifndef LAMBDA_SELFTEST_STRESS_H
#define LAMBDA_SELFTEST_STRESS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "common.h"

#define BLOCK		4096ul
#define CELL		512ul
#define CELLS		(BLOCK / CELL)
#define BLOCKS		384u
#define SIZE		(BLOCKS * BLOCK)

/* A cell's number, where it is not its block's: another file's, damaged. */
#define FOREIGN		0x7ffe
#define ZEROS		0x7fff
#define TORN		0x7ffd

/* Contents of the file: each block has CELLS of these, all alike. */
struct cell {
	__u32 crc;			/* of what follows */
	__u32 id;			/* which block it is */
	__u64 version;
	__u8 rest[CELL - 16];
};

/* What a λ says of a cell. */
#define SEEN(id, version)	((__u64)(id) << 48 | (version))
#define SEEN_ID(seen)		((__u32)((seen) >> 48))
#define SEEN_VERSION(seen)	((seen) & 0xffffffffffffull)

/*
 * A version counts changes from bit 1 on; bit 0 says whether the block has
 * data, or is zero since it was cut off or a hole was made of it.
 */
#define HAS_DATA(version)	((version) & 1)

struct book {
	atomic_ulong begun[BLOCKS], done[BLOCKS];
	atomic_flag lock[BLOCKS];
	/* Changes of all positions, of the size: begun and done. */
	atomic_ulong moves[2], cuts[2];
};

enum way { WAY_READ, WAY_HOST, WAY_DEVICE, WAYS };

/* One filesystem under stress; its process shares it with the parent. */
struct stress {
	const char *name, *dir;
	bool is_xfs, has_drive;
	int fd, direct, donor;
	char *map;
	int look, copy;			/* λs */
	atomic_ulong seed;
	atomic_bool stop;
	struct book book;

	atomic_ulong reads[WAYS], writes, changes[16];
	atomic_ulong cells, zeros, torn, declined;
	atomic_uint nr_wrong;
	char wrong[8][200];
};

/* Random numbers of one thread. */
static inline __u64 stress_random(__u64 *state)
{
	__u64 z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static inline unsigned int pick(__u64 *state, unsigned int below)
{
	return (stress_random(state) >> 33) % below;
}

/* What a thread begins with. */
static inline __u64 stress_seed(struct stress *s)
{
	return s->seed++ * 0xda942042e4dd58b5ull;
}

/* Something is wrong. The first few are kept. */
void stress_wrong(struct stress *s, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* stress_cell.c: cells, made and looked at here and by a λ */
void make_block(void *block, __u32 id, __u64 version);
__u64 look_at(const struct cell *cell);
int look_handle(void);

/* stress_change.c: threads that change the file until they are stopped */
void *write_blocks(void *arg);
void *change_shape(void *arg);
void *write_others(void *arg);
void fill_file(struct stress *s);

/* stress_look.c: threads that read, and know what they may see */
void *look_around(void *arg);
void look_at_all(struct stress *s, enum way way);

#endif /* LAMBDA_SELFTEST_STRESS_H */
