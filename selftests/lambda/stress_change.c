// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads of stress_test that change the file: blocks in every way there is to
 * write, its size, its holes, and the place of its blocks.
 */
#include <errno.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>

#include "stress.h"
#include "swap_blocks.h"

/*
 * A range of blocks from begin_change() to end_change(), and a range around it
 * that nobody else may change meanwhile.
 */
struct change {
	struct stress *s;
	__u64 random;
	unsigned int first, nr;
	unsigned int locked, nr_locked;
	__u64 version[BLOCKS];
};

static void lock_blocks(struct change *c, unsigned int first, unsigned int nr)
{
	unsigned int b;

	c->locked = first;
	c->nr_locked = nr;
	/* In ascending order, all of them. */
	for (b = first; b < first + nr; b++)
		while (atomic_flag_test_and_set(&c->s->book.lock[b]))
			sched_yield();
}

/* The next version of a block that is locked. */
static void begin_block(struct change *c, unsigned int b, bool data)
{
	struct book *book = &c->s->book;

	c->version[b] = ((book->begun[b] >> 1) + 1) << 1 | data;
	book->begun[b] = c->version[b];
}

static void begin_locked(struct change *c, bool data)
{
	unsigned int b;

	for (b = c->first; b < c->first + c->nr; b++)
		begin_block(c, b, data);
}

static void begin_change(struct change *c, bool data)
{
	lock_blocks(c, c->first, c->nr);
	begin_locked(c, data);
}

static void end_change(struct change *c)
{
	struct book *book = &c->s->book;
	unsigned int b;

	for (b = c->first; b < c->first + c->nr; b++)
		book->done[b] = c->version[b];
	for (b = c->locked; b < c->locked + c->nr_locked; b++)
		atomic_flag_clear(&book->lock[b]);
}

static void failed(struct stress *s, const char *what)
{
	stress_wrong(s, "%s: %s", what, strerror(errno));
}

static void put_bytes(struct stress *s, int fd, const char *bytes,
		      unsigned int first, unsigned int nr)
{
	if (pwrite(fd, bytes, nr * BLOCK, first * BLOCK) !=
	    (ssize_t)(nr * BLOCK))
		failed(s, fd == s->direct ? "direct write" : "write");
}

/* A λ that copies, where the caller of lambda_pwrite() wants it. */
static void put_by_lambda(struct stress *s, __u32 side, const char *bytes,
			  unsigned int first, unsigned int nr)
{
	struct lambda_io io = io_for(nr * BLOCK, NULL, 0);

	io.flags = side;
	if (lambda_pwrite(s->fd, bytes, nr * BLOCK, first * BLOCK, s->copy,
			  &io) != (ssize_t)(nr * BLOCK))
		stress_wrong(s, "λ write: %s, side %u, reason %u, out %llu",
			     strerror(errno), io.result.side, io.result.reason,
			     io.result.out_len);
}

enum method { BUFFERED, DIRECT, MAPPED, LAMBDA_HOST, LAMBDA_DEVICE, METHODS };

static void put_blocks(struct change *c, enum method how, const char *bytes)
{
	struct stress *s = c->s;

	switch (how) {
	case DIRECT:
		put_bytes(s, s->direct, bytes, c->first, c->nr);
		break;
	case MAPPED:
		memcpy(s->map + c->first * BLOCK, bytes, c->nr * BLOCK);
		break;
	case LAMBDA_HOST:
		put_by_lambda(s, LAMBDA_IO_HOST, bytes, c->first, c->nr);
		break;
	case LAMBDA_DEVICE:
		put_by_lambda(s, LAMBDA_IO_DEVICE, bytes, c->first, c->nr);
		break;
	default:
		put_bytes(s, s->fd, bytes, c->first, c->nr);
		break;
	}
}

static void random_range(struct change *c, unsigned int most)
{
	c->nr = 1 + pick(&c->random, most);
	c->first = pick(&c->random, BLOCKS - c->nr + 1);
}

static void write_some(struct change *c, char *bytes)
{
	enum method how = pick(&c->random, METHODS);
	unsigned int b;

	random_range(c, pick(&c->random, 4) ? 1 : 8);
	/*
	 * A large folio that a store through the mapping makes dirty keeps
	 * direct writes to other blocks of it from dropping it; the kernel
	 * calls that a possible corruption and no bug of its own.
	 */
	if (c->s->is_xfs && how == DIRECT)
		lock_blocks(c, 0, BLOCKS);
	else
		lock_blocks(c, c->first, c->nr);
	begin_locked(c, true);
	for (b = 0; b < c->nr; b++)
		make_block(bytes + b * BLOCK, c->first + b,
			   c->version[c->first + b]);
	put_blocks(c, how, bytes);
	end_change(c);
}

void *write_blocks(void *arg)
{
	struct stress *s = arg;
	struct change c = { .s = s, .random = stress_seed(s) };
	char *bytes = aligned_alloc(BLOCK, 8 * BLOCK);

	while (!s->stop) {
		write_some(&c, bytes);
		s->writes++;
		if (!pick(&c.random, 20))
			posix_fadvise(s->fd, 0, 0, POSIX_FADV_DONTNEED);
		if (!pick(&c.random, 40))
			fdatasync(s->fd);
	}
	free(bytes);
	return NULL;
}

/* What changes the shape of the file, each a function that says how it went */

static int hole(struct change *c, int mode)
{
	int ret;

	random_range(c, 16);
	begin_change(c, false);
	ret = fallocate(c->s->fd, mode | FALLOC_FL_KEEP_SIZE, c->first * BLOCK,
			c->nr * BLOCK);
	end_change(c);
	return ret;
}

static int punch(struct change *c)
{
	return hole(c, FALLOC_FL_PUNCH_HOLE);
}

static int zero(struct change *c)
{
	return hole(c, FALLOC_FL_ZERO_RANGE);
}

/* Blocks for holes; what they read as stays. */
static int allocate(struct change *c)
{
	random_range(c, 64);
	return fallocate(c->s->fd, 0, c->first * BLOCK, c->nr * BLOCK);
}

static int write_one(struct change *c, unsigned int b)
{
	static char bytes[BLOCK];

	begin_block(c, b, true);
	make_block(bytes, b, c->version[b]);
	return pwrite(c->s->fd, bytes, BLOCK, b * BLOCK) == BLOCK ? 0 : -1;
}

/*
 * Cuts the tail off, inside a block more often than not, and has it grow again:
 * by its size, or by a write to the last block.
 */
static int cut(struct change *c)
{
	unsigned int odd = pick(&c->random, BLOCK);
	int ret;

	c->nr = 1 + pick(&c->random, 64);
	c->first = BLOCKS - c->nr;
	begin_change(c, false);
	c->s->book.cuts[0]++;
	ret = ftruncate(c->s->fd, c->first * BLOCK + odd);
	if (!ret)
		ret = pick(&c->random, 2) ? ftruncate(c->s->fd, SIZE) :
					   write_one(c, BLOCKS - 1);
	/* The rest of the block that was cut is neither old nor zero. */
	if (!ret)
		ret = write_one(c, c->first);
	c->s->book.cuts[1]++;
	end_change(c);
	return ret;
}

/* Takes a range out and puts a hole in its place; all behind it moves. */
static int move(struct change *c)
{
	int fd = c->s->fd, ret;

	random_range(c, 8);
	/* The last block cannot be taken out. */
	if (c->first + c->nr == BLOCKS)
		return 0;
	lock_blocks(c, 0, BLOCKS);
	begin_locked(c, false);
	c->s->book.moves[0]++;
	ret = fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, c->first * BLOCK,
			c->nr * BLOCK) ||
	      fallocate(fd, FALLOC_FL_INSERT_RANGE, c->first * BLOCK,
			c->nr * BLOCK);
	c->s->book.moves[1]++;
	end_change(c);
	return ret;
}

/* Other blocks for the same bytes. */
static int defragment(struct change *c)
{
	struct ext4_move_extent arg;
	int ret;

	random_range(c, 64);
	if (!pick(&c->random, 4) &&
	    fallocate(c->s->donor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		      0, SIZE))
		return -1;
	if (fallocate(c->s->donor, 0, 0, SIZE))
		return -1;
	arg = (struct ext4_move_extent) {
		.donor_fd = c->s->donor, .orig_start = c->first,
		.donor_start = c->first, .len = c->nr,
	};
	ret = ioctl(c->s->fd, EXT4_IOC_MOVE_EXT, &arg);
	/* Holes are not moved, and what is busy not now. */
	return ret && (errno == ENODATA || errno == EBUSY) ? 0 : ret;
}

/*
 * XFS calls a file shared until an unshare finds it clean and with nothing left
 * to copy. The first one copies, also into blocks that were set aside while the
 * file was shared, and that makes it dirty.
 */
static int unshare_all(int fd)
{
	int k;

	for (k = 0; k < 2; k++)
		if (syncfs(fd) ||
		    fallocate(fd, FALLOC_FL_UNSHARE_RANGE, 0, SIZE))
			return -1;
	return 0;
}

/* Shares all blocks with another file for a while. */
static int share(struct change *c)
{
	struct stress *s = c->s;
	int ret;

	if (ioctl(s->donor, FICLONE, s->fd))
		return -1;
	usleep(1000);
	if (ftruncate(s->donor, 0))
		return -1;
	c->nr = 0;
	lock_blocks(c, 0, BLOCKS);
	ret = unshare_all(s->fd);
	end_change(c);
	return ret;
}

static int copy_and_swap(struct stress *s)
{
	static char bytes[SIZE];
	struct stat before;

	if (pread(s->fd, bytes, SIZE, 0) != SIZE ||
	    pwrite(s->donor, bytes, SIZE, 0) != SIZE || fsync(s->donor) ||
	    fstat(s->fd, &before))
		return -1;
	return xfs_swap_extents(s->fd, s->donor, SIZE, &before);
}

/* As xfs_fsr does; the blocks that the file had are another one's then. */
static int swap(struct change *c)
{
	struct stress *s = c->s;
	int ret;

	c->nr = 0;
	lock_blocks(c, 0, BLOCKS);
	ret = copy_and_swap(s);
	end_change(c);
	return ret ?: ftruncate(s->donor, 0);
}

static int freeze(struct change *c)
{
	int ret = ioctl(c->s->fd, FIFREEZE, 0);

	sched_yield();
	return ret ?: ioctl(c->s->fd, FITHAW, 0);
}

static const struct {
	const char *name;
	int (*change)(struct change *c);
	bool only_ext4, only_xfs;
	bool seldom;			/* the drive does not read it then */
} shapes[] = {
	{ "hole", punch }, { "zero", zero }, { "allocate", allocate },
	{ "cut", cut }, { "move", move }, { "freeze", freeze },
	{ "defragment", defragment, .only_ext4 = true },
	{ "swap", swap, .only_xfs = true },
	{ "share", share, .only_xfs = true, .seldom = true },
};

void *change_shape(void *arg)
{
	struct stress *s = arg;
	struct change c = { .s = s, .random = stress_seed(s) };
	unsigned int k;

	while (!s->stop) {
		k = pick(&c.random, ARRAY_SIZE(shapes));
		if (s->is_xfs ? shapes[k].only_ext4 : shapes[k].only_xfs)
			continue;
		if (shapes[k].seldom && pick(&c.random, 8))
			continue;
		if (shapes[k].change(&c))
			failed(s, shapes[k].name);
		s->changes[k]++;
		usleep(pick(&c.random, 3000));
	}
	return NULL;
}

/* Takes blocks that others have freed, for bytes that nobody else may see. */
void *write_others(void *arg)
{
	struct stress *s = arg;
	char *bytes = aligned_alloc(BLOCK, 64 * BLOCK);
	char path[128];
	unsigned int b;
	int fd;

	for (b = 0; b < 64; b++)
		make_block(bytes + b * BLOCK, FOREIGN, 1);
	snprintf(path, sizeof(path), "%s/other", s->dir);
	while (!s->stop) {
		fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_DIRECT, 0600);
		if (fd < 0 || pwrite(fd, bytes, 64 * BLOCK, 0) < 0)
			failed(s, "another file");
		close(fd);
		usleep(1000);
	}
	free(bytes);
	return NULL;
}

void fill_file(struct stress *s)
{
	static char bytes[BLOCK];
	struct change c = { .s = s, .nr = BLOCKS };
	unsigned int b;

	begin_change(&c, true);
	for (b = 0; b < BLOCKS; b++) {
		make_block(bytes, b, c.version[b]);
		put_bytes(s, s->fd, bytes, b, 1);
	}
	end_change(&c);
}
