// SPDX-License-Identifier: GPL-2.0-only
/*
 * The three entries: what the caller hands in is copied and checked here, and
 * nothing else is done.
 */
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/stddef.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>

#include "handle.h"
#include "request.h"

#define LAMBDA_IO_FLAGS	(LAMBDA_IO_HOST | LAMBDA_IO_DEVICE | \
			 LAMBDA_IO_NO_FALLBACK | LAMBDA_IO_SNAPSHOT)

/* Callers count on these sizes and places whatever compiled the kernel. */
static void build_check_abi(void)
{
	BUILD_BUG_ON(sizeof(struct lambda_load_attr) !=
		     LAMBDA_LOAD_ATTR_SIZE_VER1);
	BUILD_BUG_ON(offsetof(struct lambda_load_attr, budget) != 56);
	BUILD_BUG_ON(offsetof(struct lambda_load_attr, merge_fd) !=
		     LAMBDA_LOAD_ATTR_SIZE_VER0);
	BUILD_BUG_ON(sizeof(struct lambda_io) != LAMBDA_IO_SIZE_VER0);
	BUILD_BUG_ON(offsetof(struct lambda_io, status) != 32);
	BUILD_BUG_ON(offsetof(struct lambda_io, bytes_link) != 112);
}

/*
 * Copies a struct that may be older than the kernel's, but not older than the
 * first one, or newer, if what the kernel does not know is zero.
 */
static int copy_versioned(void *dst, size_t ksize, size_t ksize_min,
			  const void __user *src, size_t usize)
{
	if (usize < ksize_min)
		return -EINVAL;
	if (usize > PAGE_SIZE)
		return -E2BIG;
	return copy_struct_from_user(dst, ksize, src, usize);
}

/**
 * sys_lambda_load - Make a λ handle out of a BPF program
 *
 * @attr:  Pointer to a &struct lambda_load_attr: program, globals, limits.
 * @size:  Size of the pointed &struct lambda_load_attr (needed for backward
 *         and forward compatibility).
 * @flags: 0, or %LAMBDA_LOAD_ABI to learn the version of the interface.
 *
 * The handle is an open file descriptor, close-on-exec, that holds the program
 * and copies of its globals. It can be passed on like any other descriptor;
 * whoever has it may run the λ over files of his own.
 *
 * With %LAMBDA_LOAD_ABI, @attr must be NULL and @size 0, and the version of
 * the interface is returned instead.
 *
 * Possible returned errors are:
 *
 * - %EINVAL: unknown @flags or flags in @attr; %LAMBDA_LOAD_ABI with an @attr
 *   or a @size; a @size below the first published struct; a reserved field
 *   that is not 0; a budget without %LAMBDA_ATTR_BUDGET or above
 *   %SBPF_BUDGET_MAX; a frame length that is not in whole pages; a merge
 *   descriptor without %LAMBDA_ATTR_MERGE, or this without a record length; a
 *   descriptor that is not one of a BPF program of type LAMBDA;
 * - %E2BIG: @size is more than a page, or covers fields this kernel does not
 *   know and that are not 0;
 * - %EFAULT: @attr or the globals it points to cannot be read;
 * - %EMSGSIZE: globals, heap or frames larger than their segment, or a record
 *   larger than any input;
 * - %EBADF: a program's descriptor is not open;
 * - %ENOMEM: no memory for the globals or the handle;
 * - %EMFILE: the process has too many open files;
 * - %ENFILE: the system has too many open files.
 *
 * Return: a descriptor, or the version; a negative errno otherwise.
 */
SYSCALL_DEFINE3(lambda_load, const struct lambda_load_attr __user *, attr,
		size_t, size, unsigned int, flags)
{
	struct lambda_load_attr kattr;
	int err;

	build_check_abi();

	if (flags == LAMBDA_LOAD_ABI)
		return attr || size ? -EINVAL : LAMBDA_ABI;
	if (flags)
		return -EINVAL;
	err = copy_versioned(&kattr, sizeof(kattr), LAMBDA_LOAD_ATTR_SIZE_VER0,
			     attr, size);
	return err ?: lambda_handle_create(&kattr);
}

/* Stores the result part of @io, as far as the caller's struct has it. */
static int store_result(struct lambda_io __user *uio,
			const struct lambda_io *io)
{
	const size_t from = offsetof(struct lambda_io, status);
	const size_t to = min_t(size_t, io->size, sizeof(*io));

	if (copy_to_user((void __user *)uio + from, (const void *)io + from,
			 to - from))
		return -EFAULT;
	return 0;
}

/*
 * Gets the caller's @io, and stores a first result in it: a result that has
 * nowhere to go is found out before anything is done.
 */
static int fetch_io(struct lambda_io *io, struct lambda_io __user *uio)
{
	u32 size;
	int err;

	if (get_user(size, &uio->size))
		return -EFAULT;
	err = copy_versioned(io, sizeof(*io), LAMBDA_IO_SIZE_VER0, uio, size);
	if (err)
		return err;
	/* The copy holds what a second fetch gave. */
	io->size = size;
	memset_startat(io, 0, status);
	io->status = LAMBDA_STATUS_NOT_RUN;
	return store_result(uio, io);
}

static int check_io(const struct lambda_io *io)
{
	const u32 sides = LAMBDA_IO_HOST | LAMBDA_IO_DEVICE;

	if (io->flags & ~LAMBDA_IO_FLAGS || io->reserved)
		return -EINVAL;
	if ((io->flags & sides) == sides)
		return -EINVAL;
	if (io->flags & LAMBDA_IO_NO_FALLBACK && !(io->flags & LAMBDA_IO_DEVICE))
		return -EINVAL;
	return 0;
}

/*
 * Checks what can be checked without the file. @skew is where in its page the
 * input starts.
 */
static int check_request(const struct lambda_request *req, u32 skew)
{
	int err = check_io(&req->io);

	if (err)
		return err;
	if (req->offset < 0)
		return -EINVAL;
	if (req->io.args_len > SBPF_ARGS_MAX || req->io.out_cap > SBPF_OUT_MAX)
		return -EMSGSIZE;
	if (req->count > SBPF_IN_MAX - skew)
		return -EMSGSIZE;
	return 0;
}

typedef ssize_t (*request_fn)(struct lambda_request *req);

static ssize_t dispatch(struct lambda_request *req, int fd, int lambda,
			request_fn fn)
{
	CLASS(fd, f)(fd);
	CLASS(fd, l)(lambda);

	if (fd_empty(f) || fd_empty(l))
		return -EBADF;
	req->file = fd_file(f);
	req->handle = lambda_handle_of(fd_file(l));
	if (!req->handle)
		return -EINVAL;
	return fn(req);
}

static ssize_t do_request(struct lambda_request *req, int fd, int lambda,
			  struct lambda_io __user *uio, u32 skew,
			  request_fn fn)
{
	ssize_t ret;
	int err;

	if (uio) {
		err = fetch_io(&req->io, uio);
		if (err)
			return err;
		req->timed = true;
	} else {
		req->io.out_cap = req->count;
		req->io.status = LAMBDA_STATUS_NOT_RUN;
	}
	err = check_request(req, skew);
	if (err)
		return err;

	ret = dispatch(req, fd, lambda, fn);
	/*
	 * What was done is done: that the result could not be stored after
	 * all must not hide it.
	 */
	if (uio)
		store_result(uio, &req->io);
	return ret;
}

/**
 * sys_lambda_pread - Run a λ over a part of a file
 *
 * @fd:     File to read.
 * @buf:    Takes the output.
 * @count:  Bytes of input.
 * @offset: Where in the file the input starts.
 * @lambda: λ handle from lambda_load().
 * @io:     Pointer to a &struct lambda_io with arguments, limits and flags,
 *          which takes the result; or NULL, then the output may be @count
 *          bytes long.
 *
 * At the end of the file, and with a @count of 0, the λ does not run and 0 is
 * returned. A λ that does not end well leaves @buf as it was; the result tells
 * why. It runs in the host kernel or in the drive that holds the file; what the
 * drive does not finish the host runs.
 *
 * Possible returned errors are, in the order in which they are looked for:
 *
 * - %EFAULT: @io cannot be read or written;
 * - %EINVAL: the size in @io is below the first published struct;
 * - %E2BIG: it is more than a page, or covers fields that this kernel does not
 *   know and that are not 0;
 * - %EINVAL: unknown flags, both sides forced, %LAMBDA_IO_NO_FALLBACK without
 *   %LAMBDA_IO_DEVICE, or a reserved field that is not 0; a negative @offset;
 * - %EMSGSIZE: more arguments, output or input than the segment takes; the
 *   bytes of the first page before @offset count as input;
 * - %EBADF: @fd or @lambda is not open;
 * - %EINVAL: @lambda is not a λ handle;
 * - %ESPIPE: @fd cannot be read at an offset;
 * - %EBADF: @fd is not open for reading;
 * - %EINVAL: @fd cannot be read at all;
 * - %EFAULT: @buf lies outside the address space;
 * - %EINVAL: @offset + @count is beyond what an offset can tell; other errors
 *   of a security module;
 * - %EISDIR: @fd is a directory;
 * - %EINVAL: @fd can only be read into user memory;
 * - %EOPNOTSUPP: %LAMBDA_IO_NO_FALLBACK, and no drive can run the λ, as is found
 *   out here or at any point from here on; the result's reason tells why;
 * - %ENOMEM: no memory;
 * - %EDQUOT: the requests of this user hold too many pages;
 * - %EFAULT: the arguments cannot be read;
 * - %EINTR: the caller is being killed;
 * - %EIO, %EINVAL and others: the file's own, as pread() gives them; a drive
 *   needs no alignment for %O_DIRECT;
 * - %ECANCELED: the λ faulted, ran out of budget, reported an error or
 *   returned a bad length;
 * - %EIO: it ran into memory the hardware calls broken;
 * - %EFAULT: @buf cannot be written; a part of it may have been.
 *
 * Return: bytes of output; a negative errno otherwise.
 */
SYSCALL_DEFINE6(lambda_pread, int, fd, void __user *, buf, size_t, count,
		loff_t, offset, int, lambda, struct lambda_io __user *, io)
{
	struct lambda_request req = {
		.buf = buf,
		.count = count,
		.offset = offset,
	};

	return do_request(&req, fd, lambda, io, offset_in_page(offset),
			  lambda_request_read);
}

/**
 * sys_lambda_pwrite - Run a λ over a buffer and write its output to a file
 *
 * @fd:     File to write.
 * @buf:    The input.
 * @count:  Bytes of input.
 * @offset: Where in the file the output goes.
 * @lambda: λ handle from lambda_load().
 * @io:     Pointer to a &struct lambda_io with arguments, limits and flags,
 *          which takes the result; or NULL, then the output may be @count
 *          bytes long.
 *
 * With a @count of 0 the λ does not run and 0 is returned. A λ that does not
 * end well leaves the file's bytes as they were; the result tells why. The file
 * may take only a part of the output: then less is returned than the result's
 * out_len.
 *
 * The λ runs in the host kernel or in the drive that holds the file. A drive
 * overwrites what is allocated and written already, and all of its output or
 * nothing; whatever else a write may do is left to the host.
 *
 * Possible returned errors are, in the order in which they are looked for:
 *
 * - %EFAULT: @io cannot be read or written;
 * - %EINVAL: the size in @io is below the first published struct;
 * - %E2BIG: it is more than a page, or covers fields that this kernel does not
 *   know and that are not 0;
 * - %EINVAL: unknown flags, both sides forced, %LAMBDA_IO_NO_FALLBACK without
 *   %LAMBDA_IO_DEVICE, or a reserved field that is not 0; a negative @offset;
 * - %EMSGSIZE: more arguments, output or input than the segment takes;
 * - %EBADF: @fd or @lambda is not open;
 * - %EINVAL: @lambda is not a λ handle;
 * - %ESPIPE: @fd cannot be written at an offset;
 * - %EBADF: @fd is not open for writing;
 * - %EINVAL: @fd cannot be written at all;
 * - %EFAULT: @buf lies outside the address space;
 * - %EINVAL: @offset and the most output there may be are together beyond what
 *   an offset can tell; other errors of a security module;
 * - %EINVAL: @fd can only be written from user memory;
 * - %EOPNOTSUPP: %LAMBDA_IO_NO_FALLBACK, and no drive can run the λ, as is found
 *   out here or at any point from here on; the result's reason tells why;
 * - %ENOMEM: no memory;
 * - %EDQUOT: the requests of this user hold too many pages;
 * - %EFAULT: the arguments or @buf cannot be read;
 * - %EINTR: the caller is being killed;
 * - %ECANCELED: the λ faulted, ran out of budget, reported an error or
 *   returned a bad length;
 * - %EIO: it ran into memory the hardware calls broken;
 * - %EFBIG, %ENOSPC, %EDQUOT, %EIO, %EINVAL, %EPERM and others: the file's
 *   own, as pwrite() gives them, where nothing was written. The host finds them
 *   out after the λ has run, for a drive they are looked for before;
 * - %EIO with a status of NOT_RUN and the drive as the side: the drive was told
 *   to and never said how it ended. The first out_len bytes from @offset on are
 *   what they were or what the λ made, or partly each; the λ is not run again;
 * - %EIO and others with a status of OK: the output is in the file, but could
 *   not be made durable as %O_SYNC or %O_DSYNC demands.
 *
 * Return: bytes written; a negative errno otherwise.
 */
SYSCALL_DEFINE6(lambda_pwrite, int, fd, const void __user *, buf,
		size_t, count, loff_t, offset, int, lambda,
		struct lambda_io __user *, io)
{
	struct lambda_request req = {
		.buf = (void __user *)buf,
		.count = count,
		.offset = offset,
	};

	return do_request(&req, fd, lambda, io, 0, lambda_request_write);
}
