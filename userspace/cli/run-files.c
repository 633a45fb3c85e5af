// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files of lambda run. What is read is opened first; what is written last,
 * when the program is known to load, and never if it is read, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run.h"

static int run_files_failed(const char *path, int err)
{
	return complain(EXIT_SYSTEM, "%s: %s", path, strerror(err));
}

static int run_files_open_input(const char *path, int *fd)
{
	*fd = open(path, O_RDONLY | O_CLOEXEC);
	return *fd < 0 ? run_files_failed(path, errno) : 0;
}

/* What has no offsets is read to its end, into memory. Takes @from over. */
static int run_files_spool(const char *path, int from, int *fd)
{
	int to = memfd_create("lambda input", MFD_CLOEXEC), code = 0;
	static char buf[65536];
	ssize_t got;

	if (to < 0)
		code = run_files_failed(path, errno);
	while (!code) {
		got = read(from, buf, sizeof(buf));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			code = run_files_failed(path, errno);
		if (got <= 0)
			break;
		got = write_whole(to, buf, got);
		if (got)
			code = run_files_failed(path, -got);
	}
	close(from);
	*fd = to;
	return code;
}

static int run_files_open_to_run(const char *path, int *fd)
{
	struct stat st;
	int code = 0;

	if (strcmp(path, "-"))
		code = run_files_open_input(path, fd);
	else
		*fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (*fd < 0)
		return code ?: run_files_failed("standard input", errno);
	if (!fstat(*fd, &st) && S_ISDIR(st.st_mode))
		return complain(EXIT_SYSTEM,
				"%s: is a folder: --recursive runs over its files",
				path);
	if (lseek(*fd, 0, SEEK_CUR) >= 0 || errno != ESPIPE)
		return 0;
	return run_files_spool(path, *fd, fd);
}

/* As many files as there may be. */
static void run_files_allow_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* One file by two names, or one disk by two nodes. */
static bool run_files_same_file(const struct stat *a, const struct stat *b)
{
	if (S_ISBLK(a->st_mode) && S_ISBLK(b->st_mode))
		return a->st_rdev == b->st_rdev;
	return S_ISREG(a->st_mode) && S_ISREG(b->st_mode) &&
	       a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static const char *run_files_in_name(const struct run *run)
{
	return run->in_path ? run->in_path : "standard input";
}

/* That what is written is read as well is said before it is opened. */
static int run_files_refuse_if_same(const struct run *run)
{
	const char *to = run->write ? run->path : run->out_path;
	const char *from = run->write ? run_files_in_name(run) : run->path;
	struct stat in, out;

	if (fstat(run->write ? run->in : run->file, &in))
		return run_files_failed(from, errno);
	if (!output_stat(to, &out) || !run_files_same_file(&in, &out))
		return 0;
	return complain(EXIT_USAGE, "%s: the output is the input %s, too",
			to ? to : "standard output", from);
}

/* What the output goes to until it is whole, which nobody knows of. */
static bool run_files_is_temporary(const struct run *run)
{
	struct stat in, out;

	return run->out_path && !fstat(run->file, &in) &&
	       !fstat(run->output.fd, &out) && run_files_same_file(&in, &out);
}

int run_files_open_one(struct run *run)
{
	int code = run_files_open_to_run(run->path, &run->file);

	if (code)
		return code;
	if (!run_files_is_temporary(run))
		return run_files_refuse_if_same(run) ? EXIT_SYSTEM : 0;
	close(run->file);
	run->file = -1;
	return 0;
}

int run_files_open_inputs(struct run *run)
{
	int code = 0;
	size_t i;

	/* Files of folders are opened one after the other. */
	if (run->recursive)
		return 0;

	if (run->write) {
		if (run->in_path)
			code = run_files_open_input(run->in_path, &run->in);
		return code ? code : run_files_refuse_if_same(run);
	}
	run_files_allow_files();
	run->files = malloc(run->nr_paths * sizeof(*run->files));
	if (!run->files)
		return run_files_failed("files", ENOMEM);
	for (i = 0; i < run->nr_paths; i++)
		run->files[i] = -1;
	for (i = 0; !code && i < run->nr_paths; i++) {
		run->path = run->paths[i];
		code = run_files_open_to_run(run->path, &run->files[i]);
		run->file = run->files[i];
		if (!code)
			code = run_files_refuse_if_same(run);
	}
	return code;
}

/* A file that may only be added to takes what belongs at its end. */
static int run_files_open_to_append(struct run *run)
{
	struct stat st;

	run->file = open(run->path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (run->file < 0 || fstat(run->file, &st))
		return run_files_failed(run->path,
					errno == EPERM ? EPERM : errno);
	if (run->offset == st.st_size)
		return 0;
	return complain(EXIT_SYSTEM,
			"%s: can only be appended to: --offset=%lld",
			run->path, (long long)st.st_size);
}

static int run_files_open_in_place(struct run *run)
{
	const int flags = O_WRONLY | O_CLOEXEC;

	run->file = open(run->path, flags | O_CREAT | O_EXCL, 0666);
	run->created = run->file >= 0;
	if (run->file < 0 && errno == EEXIST)
		run->file = open(run->path, flags | O_CREAT, 0666);
	if (run->file < 0 && errno == EPERM)
		return run_files_open_to_append(run);
	return run->file < 0 ? run_files_failed(run->path, errno) : 0;
}

int run_files_open_outputs(struct run *run)
{
	int code;

	if (run->write)
		return run_files_open_in_place(run);
	code = output_open(&run->output, run->out_path);
	if (code)
		return code;
	run->output_open = true;
	run->sink.fd = run->output.fd;
	if (run->format < 0 && !sink_has_fields(&run->sink) &&
	    isatty(run->sink.fd))
		run->sink.format = FORMAT_HEX;
	return 0;
}

static int run_files_close_in_place(struct run *run, int code)
{
	int err = 0;

	/* A file of ours that nothing was written to was not wanted. */
	if (code && run->created && !run->written)
		unlink(run->path);
	if (fsync(run->file) && errno != EINVAL && errno != EROFS)
		err = errno;
	if (close(run->file) && !err)
		err = errno;
	return err && !code ? run_files_failed(run->path, err) : code;
}

int run_files_close(struct run *run, int code)
{
	size_t i;

	if (run->output_open && !code)
		code = output_commit(&run->output);
	else if (run->output_open)
		output_abort(&run->output);
	if (run->write && run->file >= 0)
		code = run_files_close_in_place(run, code);
	for (i = 0; run->files && i < run->nr_paths; i++)
		if (run->files[i] >= 0)
			close(run->files[i]);
	free(run->files);
	if (run->in > STDIN_FILENO)
		close(run->in);
	return code;
}
