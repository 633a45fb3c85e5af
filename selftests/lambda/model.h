/* SPDX-License-Identifier: GPL-2.0-only */
/* A file on the drive, and what it must hold. */
#ifndef LAMBDA_SELFTEST_MODEL_H
#define LAMBDA_SELFTEST_MODEL_H

#include <sys/stat.h>

#include "both.h"
#include "common.h"
#include "drive.h"
#include "swap_blocks.h"

#define SIZE	(1 * MIB)
#define BLOCK	4096ul

/*
 * Counts its first argument down to 0, half a billion times a second in the
 * drive, then copies its input.
 */
static const struct bpf_insn slow_copy[] = {
	CTX(R2, R1, args),
	LDX(BPF_DW, R3, R2, 0),
	JMPI(BPF_JEQ, R3, 0, 2),
	ADDI(R3, -1),
	JMPI(BPF_JNE, R3, 0, -2),
	CTX(R2, R1, in),
	CTX(R3, R1, in_len),
	CTX(R1, R1, out),
	MOV(R6, R3),
	CALL(SBPF_HELPER_MEMCPY),
	MOV(R0, R6),
	EXIT(),
};

struct model {
	const char *dir;
	char path[128], other_path[128];
	int fd, other, lambda;
	char *data;			/* what the file must hold */
	size_t size;
};

/* Writes some bytes to the file, and to what it must hold. */
static inline void put(struct model *m, size_t len, off_t offset,
		       unsigned int seed)
{
	fill(m->data + offset, len, seed);
	if (pwrite(m->fd, m->data + offset, len, offset) != (ssize_t)len)
		mount_failed("a file");
	if (offset + len > m->size)
		m->size = offset + len;
}

/* A file of SIZE bytes that are on the disk, and an empty one beside it. */
static inline void model_begin(struct model *m, const char *dir)
{
	m->dir = dir;
	snprintf(m->path, sizeof(m->path), "%s/file", dir);
	snprintf(m->other_path, sizeof(m->other_path), "%s/other", dir);
	m->fd = open(m->path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	m->other = open(m->other_path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	m->lambda = handle_budget(slow_copy, ARRAY_SIZE(slow_copy),
				  SBPF_BUDGET_MAX);
	m->data = calloc(4, SIZE);
	m->size = 0;
	put(m, SIZE, 0, 1);
	if (m->other < 0 || m->lambda < 0 || fsync(m->fd))
		mount_failed("two files and a handle");
}

static inline void model_end(struct model *m)
{
	close(m->fd);
	close(m->other);
	close(m->lambda);
	unlink(m->path);
	unlink(m->other_path);
	free(m->data);
}

/* What the drive reads is what the file must hold, to its end. */
static inline bool drive_sees(const struct model *m)
{
	struct question q = {
		.fd = m->fd, .lambda = m->lambda, .count = SIZE, .cap = SIZE,
		.args = (__u64 []) { 0 }, .args_len = 8,
	};
	bool ok = true;

	for (; ok && q.offset < (off_t)m->size + 1; q.offset += SIZE) {
		size_t left = m->size - q.offset;
		struct answer a;

		ask(&q, FORCED, &a);
		ok = a.ret == (ssize_t)(left < SIZE ? left : SIZE) &&
		     (!a.ret || a.io.result.side == LAMBDA_SIDE_DEVICE) &&
		     !memcmp(a.out, m->data + q.offset, a.ret);
		if (!ok)
			show("drive", &a);
		free(a.out);
	}
	return ok;
}

/* Gives the other file the same bytes. */
static inline int fill_other(const struct model *m)
{
	if (pwrite(m->other, m->data, SIZE, 0) != SIZE)
		return -1;
	return fsync(m->other);
}

/* Each of the two gets the other one's blocks. */
static inline int swap_blocks(const struct model *m)
{
	if (!strcmp(m->dir, EXT4))
		return ext4_move_extents(m->fd, m->other, 0, SIZE / BLOCK);
	return xfs_exchange_range(m->fd, m->other, 0, SIZE);
}

#endif /* LAMBDA_SELFTEST_MODEL_H */
