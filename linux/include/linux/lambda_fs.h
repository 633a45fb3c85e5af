/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a file offers to λs that run over it, beside what read() and write()
 * use: its page cache, to be mapped, and its place on a disk that runs λs
 * itself; or another file that offers them in its place.
 */
#ifndef _LINUX_LAMBDA_FS_H
#define _LINUX_LAMBDA_FS_H

#include <linux/types.h>

struct cred;
struct file;
struct folio_batch;
struct kiocb;
struct lambda_range;

/**
 * struct lambda_file_operations - methods of a file for λs
 *
 * A file without a method is served otherwise, so each is optional; @begin and
 * @end come in pairs, and so do @real and @accessed, which go with no other.
 */
struct lambda_file_operations {
	/**
	 * @folios: Collects folios like filemap_get_pages(), under the locks
	 * and after the checks of the file's buffered reads. They are used
	 * after the locks were dropped. Not called for files opened with
	 * O_DIRECT nor for DAX.
	 */
	int (*folios)(struct kiocb *iocb, size_t count,
		      struct folio_batch *fbatch);
	/**
	 * @begin: Makes the disk's bytes those of the file and keeps them in
	 * place until @end: writes dirty pages back, tells the extents, and
	 * holds off what moves or frees them. For a write no other task may
	 * read or write the range through the page cache until @end, its pages
	 * are gone from there, and what write() does to the inode beforehand
	 * has been done; the caller is inside file_start_write().
	 *
	 * The extents add up to @len, holes included, and @len may be 0 at
	 * the end of the file. For a write they end, and @len with them,
	 * before the first byte that no written extent holds.
	 *
	 * It does not wait for the inode lock, which a task may hold for ever,
	 * while others wait for what the caller has of the drive.
	 *
	 * Return: 0; an enum lambda_reason, more than 0, why a disk must not
	 * touch the range; -EAGAIN while the inode is locked; or another
	 * negative errno.
	 */
	int (*begin)(struct lambda_range *range);
	/**
	 * @end: Undoes a @begin that returned 0. @written is how many bytes
	 * may have changed, 0 for a read.
	 */
	void (*end)(struct lambda_range *range, size_t written);
	/**
	 * @real: Finds the file of another filesystem that reads of @file come
	 * from at this moment. A λ that reads is given that one, and its
	 * methods are called with @cred, valid as long as @file is open.
	 *
	 * Return: the file, with a reference for the caller to drop; or an
	 * errno as read() would return it.
	 */
	struct file *(*real)(struct file *file, const struct cred **cred);
	/** @accessed: Leaves on @file what a read of its @real leaves there. */
	void (*accessed)(struct file *file);
};

#endif /* _LINUX_LAMBDA_FS_H */
