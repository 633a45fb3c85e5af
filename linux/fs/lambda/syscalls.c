// SPDX-License-Identifier: GPL-2.0-only
/*
 * The three entries, and the one for callers that have the files: what the
 * caller hands in is copied and checked here, and nothing else is done.
 */
#include <linux/bpf_lambda.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/stddef.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>

#include "handle.h"
#include "internal.h"
#include "pending.h"
#include "request.h"
#include "syscalls.h"

#define LAMBDA_IO_FLAGS	(LAMBDA_IO_HOST | LAMBDA_IO_DEVICE | \
			 LAMBDA_IO_NO_FALLBACK | LAMBDA_IO_SNAPSHOT)

/* Callers count on these sizes and places whatever compiled the kernel. */
static void syscall_build_check_abi(void)
{
	BUILD_BUG_ON(sizeof(struct lambda_load_attr) !=
		     LAMBDA_LOAD_ATTR_SIZE_VER0);
	BUILD_BUG_ON(offsetof(struct lambda_load_attr, insns) != 80);
	BUILD_BUG_ON(offsetof(struct lambda_load_attr, budget) != 56);
	BUILD_BUG_ON(sizeof(struct lambda_result) != LAMBDA_RESULT_SIZE_VER0);
	BUILD_BUG_ON(offsetof(struct lambda_result, bytes_link) != 96);
	BUILD_BUG_ON(offsetof(struct lambda_io, result) !=
		     LAMBDA_IO_INPUT_SIZE_VER0);
	BUILD_BUG_ON(offsetofend(struct lambda_io, result) !=
		     sizeof(struct lambda_io));
}

/*
 * Copies a struct that may be older than the kernel's, but not older than the
 * first one of this ABI, or newer, if what the kernel does not know is zero.
 */
static int syscall_copy_versioned(void *dst, size_t ksize, size_t ksize_min,
				  const void __user *src, size_t usize)
{
	if (usize < ksize_min)
		return -EPROTONOSUPPORT;
	if (usize > PAGE_SIZE)
		return -E2BIG;
	return copy_struct_from_user(dst, ksize, src, usize);
}

/**
 * sys_lambda_load - Make a λ handle out of a BPF program or of instructions
 *
 * @attr:  Pointer to a &struct lambda_load_attr: program, globals, limits.
 * @size:  Size of the pointed &struct lambda_load_attr (needed for backward
 *         and forward compatibility).
 * @flags: 0, or %LAMBDA_LOAD_ABI to learn the version of the interface.
 *
 * The handle is an open file descriptor, close-on-exec, that holds the program
 * and copies of its globals. It can be passed on like any other descriptor;
 * a task that has it may run the λ over files of its own.
 *
 * With %LAMBDA_LOAD_ABI, @attr must be NULL and @size 0, and the version of
 * the interface is returned instead.
 *
 * Possible returned errors are:
 *
 * - %EPROTONOSUPPORT: a @size below the first struct of this version of the
 *   interface;
 * - %EINVAL: unknown @flags or flags in @attr; %LAMBDA_LOAD_ABI with an @attr
 *   or a @size; a reserved field that is not 0; a budget without
 *   %LAMBDA_ATTR_BUDGET or above %SBPF_BUDGET_MAX; a frame length that is not in
 *   whole pages; a merge descriptor without %LAMBDA_ATTR_MERGE, or this without a
 *   record length; a descriptor that is not one of a BPF program of type LAMBDA;
 *   instructions or a log without %LAMBDA_ATTR_INSNS, descriptors with it, merge
 *   instructions with it and without %LAMBDA_ATTR_MERGE, a log with an address
 *   or a size only; instructions that the check refuses, the log tells why;
 * - %E2BIG: @size is more than a page, or covers fields this kernel does not
 *   know and that are not 0; no instructions, or more than %SBPF_INSNS_MAX;
 * - %EFAULT: @attr, the globals or the instructions it points to cannot be
 *   read, or the log not be written;
 * - %EMSGSIZE: globals, heap or frames larger than their segment, or a record
 *   larger than any input;
 * - %EBADF: a program's descriptor is not open;
 * - %EACCES: a security module does not let the caller run a program, or have a
 *   handle;
 * - %EAGAIN: a program, had by its id, is still being loaded;
 * - %EPERM: instructions of a caller without %CAP_BPF or %CAP_PERFMON, and
 *   fs.lambda.unprivileged is 0;
 * - %EOPNOTSUPP: instructions of such a caller, and the processor has a bug that
 *   a λ could use, the log names it; the JIT is switched off or has no memory
 *   left;
 * - %EDQUOT: such a caller has too many handles, programs, code or globals;
 * - %ERANGE: with constants blinded, a jump of the program is too long;
 * - %ENOSPC: the log is too small for what the check has to say;
 * - %EINTR: the caller is being killed;
 * - %ENOMEM: no memory for the globals, the program or the handle;
 * - %EMFILE: the process has too many open files;
 * - %ENFILE: the system has too many open files;
 * - others of a security module.
 *
 * Return: a descriptor, or the version; a negative errno otherwise.
 */
SYSCALL_DEFINE3(lambda_load, const struct lambda_load_attr __user *, attr,
		size_t, size, unsigned int, flags)
{
	struct lambda_load_attr kattr;
	int err;

	syscall_build_check_abi();

	if (flags == LAMBDA_LOAD_ABI)
		return attr || size ? -EINVAL : LAMBDA_ABI;
	if (flags)
		return -EINVAL;
	err = syscall_copy_versioned(&kattr, sizeof(kattr),
				     LAMBDA_LOAD_ATTR_SIZE_VER0, attr, size);
	return err ?: lambda_handle_create(&kattr);
}

/*
 * Stores the result behind the caller's inputs, as much of it as the caller
 * knows. What only the caller knows is 0 since the request began.
 */
static int syscall_store_result(struct lambda_io __user *uio,
				const struct lambda_io *io)
{
	void __user *to = (void __user *)uio + (io->size - io->result_size);

	if (copy_to_user(to, &io->result,
			 min_t(size_t, io->result_size, sizeof(io->result))))
		return -EFAULT;
	return 0;
}

/* Sets the part of the caller's result to 0 that the kernel does not know. */
static int syscall_clear_unknown(struct lambda_io __user *uio,
				 const struct lambda_io *io)
{
	size_t unknown;

	if (io->result_size <= sizeof(io->result))
		return 0;
	unknown = io->result_size - sizeof(io->result);
	return clear_user((void __user *)uio + (io->size - unknown), unknown) ?
	       -EFAULT : 0;
}

/*
 * The two sizes of the caller's @io, each of which may be that of an older or
 * newer struct. They are read once.
 */
static int syscall_fetch_sizes(u32 sizes[2], const struct lambda_io __user *uio)
{
	if (copy_from_user(sizes, uio, 2 * sizeof(*sizes)))
		return -EFAULT;
	if (sizes[0] > PAGE_SIZE)
		return -E2BIG;
	if (sizes[1] < LAMBDA_RESULT_SIZE_VER0 ||
	    sizes[0] < LAMBDA_IO_INPUT_SIZE_VER0)
		return -EPROTONOSUPPORT;
	if (sizes[1] > sizes[0] - LAMBDA_IO_INPUT_SIZE_VER0 ||
	    (sizes[0] | sizes[1]) % sizeof(u64))
		return -EINVAL;
	return 0;
}

/*
 * Gets the caller's @io, and stores a first result in it: a result that has
 * nowhere to go is found out before anything is done.
 */
static int syscall_fetch_io(struct lambda_io *io, struct lambda_io __user *uio)
{
	u32 sizes[2];
	int err = syscall_fetch_sizes(sizes, uio);

	if (err)
		return err;
	err = copy_struct_from_user(io, offsetof(struct lambda_io, result), uio,
				    sizes[0] - sizes[1]);
	if (err)
		return err;
	/* The copy holds what a second fetch gave. */
	io->size = sizes[0];
	io->result_size = sizes[1];
	io->result.status = LAMBDA_STATUS_NOT_RUN;
	return syscall_clear_unknown(uio, io) ?: syscall_store_result(uio, io);
}

static int syscall_check_io(const struct lambda_io *io)
{
	const u32 sides = LAMBDA_IO_HOST | LAMBDA_IO_DEVICE;

	if (io->flags & ~LAMBDA_IO_FLAGS)
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
static int syscall_check_request(const struct lambda_request *req, u32 skew)
{
	int err = syscall_check_io(&req->io);

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

/* Takes the caller's @uio, or makes one up, and checks the request. */
static int syscall_begin_request(struct lambda_request *req,
				 struct lambda_io __user *uio, u32 skew)
{
	int err;

	if (uio) {
		err = syscall_fetch_io(&req->io, uio);
		if (err)
			return err;
		req->timed = true;
	} else {
		req->io.out_cap = req->count;
		req->io.result.status = LAMBDA_STATUS_NOT_RUN;
	}
	return syscall_check_request(req, skew);
}

static ssize_t syscall_run_request(struct lambda_request *req,
				   struct file *file, struct file *lambda,
				   request_fn fn)
{
	int err;

	req->file = file;
	req->handle = lambda_handle_of(lambda);
	if (!req->handle)
		return -EINVAL;
	err = lambda_handle_permit(req->handle);
	return err ?: fn(req);
}

static ssize_t syscall_dispatch_request(struct lambda_request *req, int fd,
					int lambda, request_fn fn)
{
	CLASS(fd, f)(fd);
	CLASS(fd, l)(lambda);

	if (fd_empty(f) || fd_empty(l))
		return -EBADF;
	return syscall_run_request(req, fd_file(f), fd_file(l), fn);
}

/*
 * What was done is done: that the result could not be stored after all must not
 * hide it.
 */
static void syscall_end_request(const struct lambda_request *req,
				struct lambda_io __user *uio)
{
	if (uio)
		syscall_store_result(uio, &req->io);
}

static ssize_t syscall_request(struct lambda_request *req, int fd, int lambda,
			       struct lambda_io __user *uio, u32 skew,
			       request_fn fn)
{
	ssize_t ret;
	int err;

	err = syscall_begin_request(req, uio, skew);
	if (err)
		return err;

	ret = bpf_lambda_signal_begin() ? bpf_lambda_await_left() : 0;
	if (!ret)
		ret = syscall_dispatch_request(req, fd, lambda, fn);
	bpf_lambda_signal_end(ret);
	syscall_end_request(req, uio);
	return ret;
}

/**
 * lambda_call - a lambda_pread() or lambda_pwrite() over open files
 * @call: what is asked for
 *
 * Context: the caller's address space, process context without locks; sleeps.
 * Return: as the system calls, but for %EBADF; -ERESTARTSYS when something wants
 * the thread, and the file and the buffer are what they were. Of a
 * &lambda_call.nowait -EAGAIN, and it is to be run where it may wait: by
 * lambda_call_resume() if there is a &lambda_call.pending, else by lambda_call()
 * anew; or -EIOCBQUEUED, and &lambda_call.ended will be called, perhaps before
 * this returns.
 */
ssize_t lambda_call(struct lambda_call *call)
{
	u32 skew = call->write ? 0 : offset_in_page(call->offset);
	struct lambda_request req = {
		.buf = call->buf,
		.count = call->count,
		.offset = call->offset,
		.call = call,
		.nowait = call->nowait,
	};
	ssize_t ret;
	int err;

	err = syscall_begin_request(&req, call->io, skew);
	if (err)
		return err;
	ret = syscall_run_request(&req, call->file, call->lambda,
				  call->write ? lambda_request_write :
						lambda_request_read);
	if (!lambda_request_put_off(&req, ret))
		syscall_end_request(&req, call->io);
	return ret;
}

/**
 * lambda_call_finish - tell what came of a call that was queued
 * @p: what was kept of it; &lambda_call.ended was called
 *
 * Context: the caller's address space, process context without locks of files;
 * sleeps.
 * Return: as lambda_call(), and @p is no more; -EAGAIN, and lambda_call_resume()
 * is owed.
 */
ssize_t lambda_call_finish(struct lambda_pending *p)
{
	ssize_t ret = lambda_request_finish(p);

	if (ret == -EAGAIN)
		return ret;
	syscall_end_request(&p->req, p->call.io);
	lambda_pending_free(p);
	return ret;
}

/**
 * lambda_call_resume - run a call that was put off
 * @p: what was kept of it, which is no more then
 *
 * Context and return: as lambda_call() without &lambda_call.nowait.
 */
ssize_t lambda_call_resume(struct lambda_pending *p)
{
	ssize_t ret = lambda_request_resume(p);

	syscall_end_request(&p->req, p->call.io);
	lambda_pending_free(p);
	return ret;
}

/**
 * lambda_call_drop - do not run a call that was put off, or not tell of it
 * @p: what was kept of it, which is no more then
 *
 * Context: any process's; no drive has it.
 */
void lambda_call_drop(struct lambda_pending *p)
{
	lambda_pending_free(p);
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
 * The file is read until @count bytes are there, its end, or an error. After an
 * error behind some bytes the λ is given those; a record-wise λ the whole
 * records among them. The result's in_len tells how many it was given, and
 * what comes next is found out by the next request, from there on.
 *
 * At the end of the file, and with a @count of 0, the λ does not run and 0 is
 * returned. A λ that does not end well leaves @buf as it was; the result tells
 * why. It runs in the host kernel or in the drive that holds the file; what the
 * drive does not finish the host runs.
 *
 * Possible returned errors are, in the order in which they are looked for:
 *
 * - %EFAULT: @io cannot be read or written;
 * - %E2BIG: the size in @io is more than a page;
 * - %EPROTONOSUPPORT: inputs or result in @io are smaller than those of the
 *   first struct of this version of the interface;
 * - %EINVAL: a size in @io is no multiple of 8, or the result does not fit
 *   behind the inputs;
 * - %E2BIG: @io has inputs that this kernel does not know and that are not 0;
 * - %EINVAL: unknown flags, both sides forced, %LAMBDA_IO_NO_FALLBACK without
 *   %LAMBDA_IO_DEVICE; a negative @offset;
 * - %EMSGSIZE: more arguments, output or input than the segment takes; the
 *   bytes of the first page before @offset count as input;
 * - %EBADF: @fd or @lambda is not open;
 * - %EINVAL: @lambda is not a λ handle;
 * - %EACCES: a security module does not let the caller run its program;
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
 * - %EDQUOT: it needs more pages than a user may have;
 * - %EBUSY: other requests of this user hold the pages that it needs;
 * - %EFAULT: the arguments cannot be read;
 * - %EINTR: a signal handler without %SA_RESTART has run, and @buf is what it
 *   was; with %SA_RESTART, and without a handler, the request begins anew;
 * - %EIO, %EINVAL and others: the file's own, as pread() gives them; a drive
 *   needs no alignment for %O_DIRECT;
 * - %EIO: less than one record could be read before an error;
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

	return syscall_request(&req, fd, lambda, io, offset_in_page(offset),
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
 * - %E2BIG: the size in @io is more than a page;
 * - %EPROTONOSUPPORT: inputs or result in @io are smaller than those of the
 *   first struct of this version of the interface;
 * - %EINVAL: a size in @io is no multiple of 8, or the result does not fit
 *   behind the inputs;
 * - %E2BIG: @io has inputs that this kernel does not know and that are not 0;
 * - %EINVAL: unknown flags, both sides forced, %LAMBDA_IO_NO_FALLBACK without
 *   %LAMBDA_IO_DEVICE; a negative @offset;
 * - %EMSGSIZE: more arguments, output or input than the segment takes;
 * - %EBADF: @fd or @lambda is not open;
 * - %EINVAL: @lambda is not a λ handle;
 * - %EACCES: a security module does not let the caller run its program;
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
 * - %EDQUOT: it needs more pages than a user may have;
 * - %EBUSY: other requests of this user hold the pages that it needs;
 * - %EFAULT: the arguments or @buf cannot be read;
 * - %EINTR: a signal handler without %SA_RESTART has run, and the file is what
 *   it was; with %SA_RESTART, and without a handler, the request begins anew;
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

	return syscall_request(&req, fd, lambda, io, 0, lambda_request_write);
}
