// SPDX-License-Identifier: GPL-2.0-only
/*
 * lambda run: feeds a file through a λ program, batch by batch, or with
 * --write a stream through it into a file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "run.h"

#define OUT_CAP_LEAST	65536

static int open_or_complain(const char *path, int flags, int *fd)
{
	*fd = open(path, flags | O_CLOEXEC, 0666);
	if (*fd < 0)
		return complain(EXIT_SYSTEM, "%s: %s", path, strerror(errno));
	return 0;
}

static int open_files(struct run *run)
{
	int code;

	code = open_or_complain(run->path,
				run->write ? O_RDWR | O_CREAT : O_RDONLY,
				&run->file);
	if (!code && run->in_path)
		code = open_or_complain(run->in_path, O_RDONLY, &run->in);
	if (!code && run->out_path && strcmp(run->out_path, "-"))
		code = open_or_complain(run->out_path,
					O_WRONLY | O_CREAT | O_TRUNC,
					&run->sink.fd);
	if (run->format >= 0)
		run->sink.format = run->format;
	else if (isatty(run->sink.fd))
		run->sink.format = FORMAT_HEX;
	return code;
}

static int allocate(struct run *run)
{
	if (run->out_cap < 0)
		run->out_cap = run->batch < OUT_CAP_LEAST ? OUT_CAP_LEAST :
							    run->batch;
	run->output = run->write ? NULL : malloc(run->out_cap + 1);
	run->input = run->write || run->lines ? malloc(run->batch) : NULL;
	if ((!run->write && !run->output) ||
	    ((run->write || run->lines) && !run->input))
		return complain(EXIT_SYSTEM, "no memory for a batch");
	return 0;
}

/* A drive that was to run it alone, and did not. */
static int not_run(const struct run *run, const struct lambda_io *io,
		   long long offset, size_t count)
{
	return complain(EXIT_SYSTEM,
			"%s: bytes %lld to %lld: the drive did not run it: %s; leave --no-fallback out to let the host do it",
			run->path, offset, offset + (long long)count,
			summary_reason(io->reason));
}

/* Explains a request that gave no result. */
static int ended_badly(const struct run *run, const struct lambda_io *io,
		       long long offset, size_t count, int err)
{
	const char *place = summary_place(io->side);
	char why[512], where[512] = "";

	if (err == -EOPNOTSUPP && run->flags & LAMBDA_IO_NO_FALLBACK)
		return not_run(run, io, offset, count);
	if (err != -ECANCELED)
		return complain(err == -ENOSYS ? EXIT_UNSUPPORTED : EXIT_SYSTEM,
				"%s: bytes %lld to %lld: %s", run->path, offset,
				offset + (long long)count, strerror(-err));
	lambda_explain(run->loaded.prog, io, why, sizeof(why));
	/* The kernel does not tell at which instruction it was. */
	if (run->locally)
		local_where(&run->local, where, sizeof(where));
	else
		snprintf(where, sizeof(where), "%s", place);
	return complain(EXIT_ENDED_BADLY, "%s: bytes %lld to %lld: %s: %s%s%s",
			run->path, offset, offset + (long long)count,
			lambda_program__name(run->loaded.prog), why,
			*where ? ", " : "", where);
}

static void prepare_io(const struct run *run, struct lambda_io *io)
{
	memset(io, 0, sizeof(*io));
	io->size = sizeof(*io);
	io->flags = run->flags;
	io->out_cap = run->out_cap;
	io->args = (unsigned long)run->block.bytes;
	io->args_len = run->block.len;
}

/*
 * How much of @want bytes at @offset makes whole lines: all of it where it
 * reaches the end of the file, or where it holds no newline at all.
 */
static ssize_t whole_lines(struct run *run, long long offset, size_t want)
{
	ssize_t got = pread(run->file, run->input, want, offset);
	unsigned char *last;

	if (got < (ssize_t)want)
		return got < 0 ? -errno : got;
	last = memrchr(run->input, '\n', got);
	return last ? last + 1 - run->input : got;
}

static ssize_t request_read(struct run *run, long long offset, size_t want,
			    struct lambda_io *io)
{
	if (run->locally)
		return local_pread(&run->local, run->file, run->output, want,
				   offset, io);
	return lambda_pread(run->file, run->output, want, offset,
			    run->loaded.fd, io);
}

static ssize_t request_write(struct run *run, long long offset, size_t have,
			     struct lambda_io *io)
{
	if (run->locally)
		return local_pwrite(&run->local, run->file, run->input, have,
				    offset, io);
	return lambda_pwrite(run->file, run->input, have, offset,
			     run->loaded.fd, io);
}

/* One request. Returns the input it took, 0 at the end, or -1 with @code. */
static ssize_t read_batch(struct run *run, long long offset, size_t want,
			  bool discard, int *code)
{
	struct lambda_io io;
	ssize_t got;
	int err;

	if (run->lines) {
		ssize_t whole = whole_lines(run, offset, want);

		if (whole < 0) {
			*code = complain(EXIT_SYSTEM, "%s: %s", run->path,
					 strerror(-whole));
			return -1;
		}
		want = whole;
	}
	prepare_io(run, &io);
	got = request_read(run, offset, want, &io);
	if (got < 0) {
		*code = ended_badly(run, &io, offset, want, got);
		return -1;
	}
	summary_add(&run->sum, &io, got);
	err = discard ? 0 : sink_write(&run->sink, run->output, got);
	if (err) {
		*code = complain(EXIT_SYSTEM, "cannot write the output: %s",
				 strerror(-err));
		return -1;
	}
	return io.in_len;
}

static int read_all(struct run *run, bool discard)
{
	long long offset = run->offset, left = run->length;
	ssize_t took;
	int code = 0;

	do {
		took = read_batch(run, offset,
				  left < run->batch ? left : run->batch,
				  discard, &code);
		if (took > 0) {
			offset += took;
			left -= took;
		}
	} while (took > 0 && left);
	return code;
}

/* Fills the input buffer; less than @want only at the end of the input. */
static ssize_t fill(struct run *run, size_t want)
{
	size_t have = 0;

	while (have < want) {
		ssize_t got = read(run->in, run->input + have, want - have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		have += got;
	}
	return have;
}

static int write_all(struct run *run)
{
	long long offset = run->offset, left = run->length;
	struct lambda_io io;
	ssize_t got, put;

	while (left) {
		got = fill(run, left < run->batch ? left : run->batch);
		if (got < 0)
			return complain(EXIT_SYSTEM, "cannot read the input: %s",
					strerror(-got));
		if (got == 0)
			break;
		prepare_io(run, &io);
		put = request_write(run, offset, got, &io);
		if (put < 0)
			return ended_badly(run, &io, offset, got, put);
		if ((unsigned long long)put < io.out_len)
			return complain(EXIT_SYSTEM,
					"%s: at %lld only %zd of %llu bytes could be written",
					run->path, offset, put, io.out_len);
		summary_add(&run->sum, &io, put);
		offset += put;
		left -= got;
	}
	return 0;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void say_what_it_took(const struct run *run, double seconds)
{
	summary_say(&run->sum, seconds);
	if (run->locally)
		complain(0,
			 "%llu instructions, %s, and %llu of the budget",
			 run->local.insns,
			 run->local.checked.code ? "translated" : "interpreted",
			 run->local.jumps);
}

static int run_once(struct run *run, bool first)
{
	double begin = now();
	int code;

	run->local.insns = 0;
	run->local.jumps = 0;
	memset(&run->sum, 0, sizeof(run->sum));
	code = run->write ? write_all(run) : read_all(run, !first);
	if (!code && run->verbose)
		say_what_it_took(run, now() - begin);
	return code;
}

static void close_files(struct run *run)
{
	free(run->input);
	free(run->output);
	if (run->file >= 0)
		close(run->file);
	if (run->in > STDIN_FILENO)
		close(run->in);
}

static int load_locally(struct run *run)
{
	struct lambda_load_attr attr;
	char why[4096];
	int err;

	loaded_attr(&run->loaded, &attr);
	err = local_open(&run->local, run->loaded.prog, &attr, why,
			 sizeof(why));
	if (err && *why)
		return complain(exit_code(err), "%s", why);
	if (err)
		return complain(exit_code(err),
				"%s: program '%s' cannot be run: %s",
				run->loaded.path,
				lambda_program__name(run->loaded.prog),
				strerror(-err));
	return 0;
}

int cmd_run(int argc, char **argv)
{
	static struct run run;
	long long i;
	int code;

	argp_parse(&run_argp, argc, argv, 0, NULL, &run);
	if (run.write && (run.lines || run.repeat != 1))
		return complain(EXIT_USAGE,
				"--write goes with neither --lines nor --repeat");
	code = open_program(&run.loaded);
	if (!code)
		code = open_files(&run);
	if (!code)
		code = allocate(&run);
	if (!code)
		code = run.locally ? load_locally(&run) :
				     load_program(&run.loaded);
	for (i = 0; !code && i < run.repeat; i++)
		code = run_once(&run, i == 0);
	/* What a full disk did to the output may show only now. */
	if (run.sink.fd > STDOUT_FILENO && close(run.sink.fd) && !code)
		code = complain(EXIT_SYSTEM, "%s: %s", run.out_path,
				strerror(errno));
	close_files(&run);
	local_close(&run.local);
	close_program(&run.loaded);
	return code;
}
