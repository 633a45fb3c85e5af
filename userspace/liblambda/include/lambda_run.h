/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Part of <lambda.h>: programs over files of any size, and in this process. */
#ifndef LAMBDA_H
#error "include <lambda.h>, which includes this"
#endif
#ifndef LAMBDA_RUN_H
#define LAMBDA_RUN_H

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Running in this process: no kernel with λ-IO is needed, and no permission.
 */

/* A program made ready for that, to be used by one thread at a time. */
struct lambda_local;

/**
 * lambda_local__open - check a program and translate it
 * @prog:     the program, which must outlive what is made of it
 * @attr:     as for lambda_program__load(), of which image, sizes and budget are
 *            used; NULL: as from lambda_program__attr()
 * @log:      where to say what is wrong, with function and source line
 * @log_size: bytes of @log
 * @ret:      what to run, to be given to lambda_local__close()
 *
 * A program may be opened several times, to be run by several threads. Where
 * memory cannot be made executable it is interpreted, with the same results.
 * The first run installs a handler of SIGSEGV, which passes on what is not of a
 * λ program; one that is installed later has to pass on as well.
 *
 * Return: 0; -EINVAL: refused by the check, or a budget above SBPF_BUDGET_MAX;
 * -EMSGSIZE: over a limit; -ENOMEM: no memory, or no 4 GiB of address space.
 */
int lambda_local__open(const struct lambda_program *prog,
		       const struct lambda_load_attr *attr, char *log,
		       size_t log_size, struct lambda_local **ret);

/**
 * lambda_local__pread - do what lambda_pread() does
 * @local:  what to run
 * @fd:     file to read
 * @buf:    gets the output
 * @count:  bytes of input
 * @offset: where in the file the input begins
 * @io:     arguments and limits, and the result; its flags are ignored
 *
 * Return: bytes of output; -ECANCELED: ended badly; -EINTR: was told to stop
 * before it began; -EINVAL: a negative offset; -EMSGSIZE: over a limit;
 * -ENOMEM; what pread() says about @fd.
 */
ssize_t lambda_local__pread(struct lambda_local *local, int fd, void *buf,
			    size_t count, off_t offset, struct lambda_io *io);

/* Parts of files that stay mapped, to be used by one thread at a time. */
struct lambda_maps;

/**
 * lambda_maps__open - keep parts of files mapped
 * @most: bytes that are mapped at most
 * @ret:  where to keep them, to be given to lambda_maps__close()
 *
 * Installs a handler of SIGBUS, which passes on what is not of the input of a λ
 * program; one that is installed later has to pass on as well.
 *
 * Return: 0; -ENOMEM.
 */
int lambda_maps__open(size_t most, struct lambda_maps **ret);

/**
 * lambda_maps__close - unmap them all
 * @maps: what no program is going to use, or NULL
 */
void lambda_maps__close(struct lambda_maps *maps);

/**
 * lambda_local__map - map input of files instead of copying it
 * @local: what is to run
 * @maps:  where it is mapped, maybe for several programs; NULL: it is copied, as at
 *         first
 *
 * lambda_local__pread() maps whole pages of regular files, 64 KiB and more, that do
 * not go across a multiple of 2 MiB, and copies all else. It pays where a file is
 * looked at again and again. A program sees a mapped file as it changes. If that is
 * cut off meanwhile, or cannot be read, the request is made again over a copy.
 */
void lambda_local__map(struct lambda_local *local, struct lambda_maps *maps);

/**
 * lambda_local__run - run a program over bytes in memory
 * @local:  what to run
 * @in:     the input
 * @count:  bytes of it; with 0 the program is run all the same, over nothing
 * @buf:    gets the output
 * @offset: where in its file the input is said to begin
 * @io:     arguments and limits, and the result; its flags are ignored
 *
 * Return: as lambda_local__pread(), but for errors of files.
 */
ssize_t lambda_local__run(struct lambda_local *local, const void *in,
			  size_t count, void *buf, off_t offset,
			  struct lambda_io *io);

/**
 * lambda_local__print - be told what a program prints
 * @local: what is to run
 * @print: called by lambda_print() of the program with @len bytes of text, none of
 *         which outlives the call; NULL: what it prints is dropped, as at first
 * @data:  handed to it
 *
 * A request that is made again, over a copy of a file that was cut off, prints again.
 */
void lambda_local__print(struct lambda_local *local,
			 void (*print)(void *data, const void *text,
				       size_t len),
			 void *data);

/**
 * lambda_local__stop - end what is running, and let nothing begin
 * @local: what runs, perhaps, in another thread
 * @stop:  1 for that, 0 to let programs run again
 *
 * A program that is ended has LAMBDA_STATUS_KILLED. May be called by any thread
 * and by handlers of signals.
 */
void lambda_local__stop(struct lambda_local *local, int stop);

/**
 * lambda_local__where - where the last request ended
 * @local: what ran
 * @ret:   out: as from lambda_program__locate()
 *
 * Return: 0; -ENOENT: nothing has run yet.
 */
int lambda_local__where(const struct lambda_local *local,
			struct lambda_function *ret);

/**
 * lambda_local__insns - instructions of all requests
 * @local: what ran
 *
 * Return: how many were executed; what helpers do counts for one.
 */
__u64 lambda_local__insns(const struct lambda_local *local);

/**
 * lambda_local__translated - whether a program runs as machine code
 * @local: what to run
 *
 * Return: 1; 0 if it is interpreted.
 */
int lambda_local__translated(const struct lambda_local *local);

/**
 * struct lambda_count - what an instruction came to, in all requests
 * @insns:  how often it was executed
 * @budget: units of the budget that it took: one for a jump backward, of a call of
 *          a helper what that charges
 */
struct lambda_count {
	__u64 insns;
	__u64 budget;
};

/**
 * lambda_local__profile - count each instruction
 * @local:  what to run
 * @counts: one for each instruction of the program, in the order of
 *          lambda_program__insns(), to which runs from now on add; NULL: count
 *          none
 *
 * What is counted is interpreted, with the same results.
 */
void lambda_local__profile(struct lambda_local *local,
			   struct lambda_count *counts);

/**
 * lambda_local__close - free what lambda_local__open() took
 * @local: what is not running, or NULL
 */
void lambda_local__close(struct lambda_local *local);

/* Bytes of input of one request of lambda_program__run(), if not told. */
#define LAMBDA_BATCH_DEFAULT	(1u << 20)
/* Requests that it makes at a time at most. */
#define LAMBDA_JOBS_MAX		64u

/* Flags in lambda_run_attr. */
#define LAMBDA_RUN_EACH		(1u << 0)	/* one answer for each request */
#define LAMBDA_RUN_LINES	(1u << 1)	/* as if it had LAMBDA_LINES() */
#define LAMBDA_RUN_LOCAL	(1u << 2)	/* in this process */

/**
 * struct lambda_engine - what makes the requests of lambda_program__run()
 * @pread: runs the program over a part of a file, as lambda_pread(); by several
 *         threads at the same time, if there are several jobs
 * @merge: runs the merge program over @len bytes in memory, of a request that
 *         begins at @offset of its file, by one thread at a time; else as @pread
 * @data:  handed to both
 */
struct lambda_engine {
	ssize_t (*pread)(void *data, int fd, void *buf, size_t count,
			 off_t offset, struct lambda_io *io);
	ssize_t (*merge)(void *data, const void *in, size_t len, void *buf,
			 off_t offset, struct lambda_io *io);
	void *data;
};

/**
 * struct lambda_request - a request of a run, as it has ended
 * @offset: byte of the file that its input begins at
 * @count:  bytes of input that were asked for
 * @ret:    what the call returned: bytes of output, or a negative errno
 * @merge:  it ran the merge program, over the outputs of the requests before
 * @io:     what was asked, and the result; on no side of the kernel's it ran in
 *          this process
 * @end:    where the range is going to end, as far as the file tells its size;
 *          else 0
 */
struct lambda_request {
	off_t offset;
	size_t count;
	ssize_t ret;
	int merge;
	const struct lambda_io *io;
	off_t end;
};

/**
 * struct lambda_run_total - what a run did, and where
 * @size:       sizeof(struct lambda_run_total), set by the caller
 * @jobs:       threads that made requests
 * @requests:   requests that ended well, by enum lambda_side; those that this
 *              process ran are on none
 * @merges:     runs of the merge program
 * @in_bytes:   bytes of input of all requests
 * @out_bytes:  bytes of the answer
 * @insns:      instructions that this process executed
 * @translated: whether those were machine code
 * @depth:      requests that one thread had under way through a ring; 0: there
 *              was none
 */
struct lambda_run_total {
	size_t size;
	unsigned int jobs;
	__u64 requests[4];
	__u64 merges;
	__u64 in_bytes;
	__u64 out_bytes;
	__u64 insns;
	int translated;
	unsigned int depth;
};

/**
 * struct lambda_run_attr - a range of a file, and how to go over it
 * @size:     sizeof(struct lambda_run_attr)
 * @flags:    LAMBDA_RUN_*
 * @io_flags: LAMBDA_IO_* of each request
 * @args_len: bytes of arguments, at most SBPF_ARGS_MAX
 * @args:     arguments of each request
 * @offset:   byte of the file to begin at, not negative
 * @length:   bytes of input at most; UINT64_MAX: up to the end of the file
 * @batch:    bytes of input of one request at most, where the program can be
 *            run in parts, and of the only one where it cannot; 0: of parts
 *            LAMBDA_BATCH_DEFAULT, of the only one what a request may have.
 *            A record or a line that is longer is not cut
 * @out_cap:  bytes of output of one request at most; 0: as many as it has
 *            input, but 64 KiB at least and 1 MiB at first. A program that
 *            returns -ENOSPC then is run again with more room, up to
 *            SBPF_OUT_MAX
 * @output:   takes the answer, or its parts in the order of the file. What it
 *            returns, if not 0, ends the run and is its result
 * @request:  told of each request, in the order of the file; may be NULL. What
 *            it returns likewise
 * @data:     handed to both, and to @print
 * @engine:   what makes the requests; NULL: the kernel, by the handle, or with
 *            LAMBDA_RUN_LOCAL this process
 * @load:     how the program was loaded, so that its merge program is loaded
 *            alike, and what is run in this process; NULL: as
 *            lambda_program__attr() has it
 * @jobs:     requests to make at the same time at most, LAMBDA_JOBS_MAX at most;
 *            0: 1. Each takes a thread, of which the caller is the first
 * @stop:     NULL, or what is looked at over and over: once it is not 0 the run
 *            ends with -EINTR. It ends at once what runs in this process, and
 *            waits for requests that the kernel runs
 * @total:    NULL, or where to put what the run did, whatever it returns
 * @counts:   NULL, or with LAMBDA_RUN_LOCAL what to add to what each instruction
 *            came to, as lambda_local__profile() has it, whatever it returns
 * @merge_counts: the same of the merge program
 * @depth:    requests that one thread has under way at most through a ring of
 *            io_uring, LAMBDA_JOBS_MAX at most, in place of @jobs; 0: without a
 *            ring. Where the kernel has none for λs, or something else makes the
 *            requests, as many threads make them
 * @print:    NULL, or with LAMBDA_RUN_LOCAL told what the programs print, as by
 *            lambda_local__print(), but by several threads at the same time. A
 *            request that is made again, with more room, prints again
 *
 * What a smaller caller does not know is 0. @output and @request are called by
 * one thread at a time, but not always by the same. The signals of a process are
 * handled by its other threads, the caller among them.
 */
struct lambda_run_attr {
	size_t size;
	unsigned int flags;
	unsigned int io_flags;
	size_t args_len;
	const void *args;
	off_t offset;
	__u64 length;
	size_t batch;
	size_t out_cap;
	int (*output)(void *data, const void *bytes, size_t len);
	int (*request)(void *data, const struct lambda_request *request);
	void *data;
	const struct lambda_engine *engine;
	const struct lambda_load_attr *load;
	unsigned int jobs;
	const int *stop;
	struct lambda_run_total *total;
	struct lambda_count *counts;
	struct lambda_count *merge_counts;
	unsigned int depth;
	void (*print)(void *data, const void *text, size_t len);
};

/**
 * lambda_program__run - run a program over a range of a file, for one answer
 * @prog:     the program
 * @lambda:   its handle; ignored where @attr has an engine or LAMBDA_RUN_LOCAL
 * @fd:       the file
 * @attr:     the range, and what is to be done with the answer
 * @log:      where to say why not
 * @log_size: bytes of @log
 *
 * A program over records is run in batches of whole records, one over lines in
 * batches of whole lines; outputs are merged by its merge program, or put one
 * after the other. Any other gets the whole range in one request. Where the
 * file ends is where it ended when that was looked for: of a file that grows
 * what comes later is left, and of its last record or line there may be a part.
 * A short read is not the end. Over a range that is empty the program is run in
 * this process, with no input.
 *
 * However long the file is, the memory that is used is what as many requests
 * have as there are jobs, and what is yet to be merged.
 *
 * With LAMBDA_RUN_EACH each batch has an answer of its own, in batches as
 * before, or of @batch bytes of a program that declares neither; an empty range
 * has none.
 *
 * Return: 0; -ECANCELED: a request ended badly; -EMSGSIZE: the range, a line, a
 * record or what is to be merged is longer than a request may be; -EINVAL: bad
 * flags or too many jobs, or lines wanted of a program over records; -EAGAIN:
 * the file changed in size over and over; -EINTR: was told to stop; -ENOMEM;
 * what lambda_pread() says, or one of the functions in @attr. @log names the
 * bytes of the file that it was about, and where in the source it ended.
 */
int lambda_program__run(const struct lambda_program *prog, int lambda, int fd,
			const struct lambda_run_attr *attr, char *log,
			size_t log_size);

#ifdef __cplusplus
}
#endif

#endif /* LAMBDA_RUN_H */
