/* SPDX-License-Identifier: GPL-2.0-only */
/* What lambda run is to do, and what it has done of it. */
#ifndef LAMBDA_CLI_RUN_H
#define LAMBDA_CLI_RUN_H

#include <argp.h>
#include <pthread.h>

#include "cli.h"
#include "output.h"
#include "sink.h"
#include "summary.h"

/**
 * struct progress - how far a run is
 * @lock:  of the rest: who asks is answered by another thread
 * @on:    somebody may look at a line that tells it
 * @shown: it stands there
 * @begin: when the run began, in seconds
 * @last:  when the line was shown last
 * @bytes: of input so far, of all files
 * @name:  of the file
 * @from:  where the range of it begins
 * @at:    how far it is there
 * @end:   where the range ends, or 0
 */
struct progress {
	pthread_mutex_t lock;
	bool on, shown;
	double begin, last;
	unsigned long long bytes;
	char name[60];
	off_t from, at, end;
};

/**
 * struct run - one command line
 * @loaded:   the program
 * @local:    with @write, its copy in this process, once it is opened
 * @engine:   what makes requests of a pinned program
 * @merger:   what merges outputs of one
 * @block:    arguments of each request
 * @words:    arguments by name, @nr_words of them
 * @has_block: they are not by name
 * @paths:    files to run over, @nr_paths of them; with @write one to write to
 * @path:     that of them which is run over
 * @in_path:  where the input of @write comes from, or NULL
 * @out_path: where the output goes, or NULL
 * @offset:   byte of the file to begin at
 * @length:   bytes of input at most
 * @batch:    bytes of input of one request; 0: as lambda_program__run() chooses
 * @out_cap:  bytes of output of one request; 0 likewise
 * @jobs:     requests at the same time at most
 * @depth:    requests of one thread through a ring, in place of @jobs; 0: without
 * @repeat:   how often to do it all
 * @flags:    LAMBDA_IO_* of each request
 * @how:      LAMBDA_RUN_*
 * @format:   enum format, or -1
 * @write:    run over the input and write to the file
 * @verbose:  say at the end what it took
 * @locally:  run here, not in the kernel
 * @profile:  say at the end what each line came to
 * @discard:  the output was put out already
 * @recursive: @paths may be folders, over whose files to run
 * @named:    names of files go before their results; -1: if there are several
 * @told:     it was said that there is no ring
 * @failed:   exit code of a file that @recursive could not run over, or 0
 * @created:  the file of @write was not there before
 * @output_open: @output is to be ended
 * @written:  bytes that the requests of @write wrote
 * @put_err:  errno with which the output ended, or 0
 * @attr:     how the program is loaded
 * @files:    @paths, opened
 * @file:     @path, opened
 * @in:       @in_path, opened
 * @output:   @out_path, opened
 * @sink:     what the output goes through
 * @progress: how far it is
 * @sum:      what the requests did
 * @total:    what they were in all, over the last file
 * @insns:    instructions of this process, over all files
 * @counts:   with @profile, what each instruction came to
 * @merge_counts: the same of the merge program
 * @last:     the last request
 */
struct run {
	struct loaded loaded;
	struct lambda_local *local;
	struct lambda_engine engine;
	struct lambda_local *merger;
	struct block block;
	const char **words;
	size_t nr_words;
	bool has_block;
	const char **paths;
	size_t nr_paths;
	const char *path;
	const char *in_path, *out_path;
	long long offset, length, batch, out_cap, jobs, depth, repeat;
	unsigned int flags, how;
	int format;
	bool write, verbose, locally, profile, discard, created, output_open;
	bool recursive, told;
	int named, failed;
	unsigned long long written;
	int put_err;
	struct lambda_load_attr attr;
	int *files;
	int file, in;
	struct output output;
	struct sink sink;
	struct progress progress;
	struct summary sum;
	struct lambda_run_total total;
	unsigned long long insns;
	struct lambda_count *counts, *merge_counts;
	struct lambda_io last;
};

extern const struct argp run_argp;	/* options of a struct run */

/* run-asked.c: those of them that bench has as well. */
extern const struct argp run_asked_argp;

/* The object first, then the file, and arguments by name in between. */
void run_asked_add_word(struct run *run, char *arg, struct argp_state *state);

/* What they ask of the library; who runs adds what is done with the answer. */
struct lambda_run_attr run_asked_attr(struct run *run);

/* What follows returns an exit code after it has said what is wrong. */

/* run-read.c: runs over the file, and puts the answer out. */
int run_read(struct run *run);

/* What comes after the answers over all files. */
int run_read_end(struct run *run);

/* run-tree.c: runs over files and those of folders; notes what failed. */
int run_tree(struct run *run);

/* run-write.c: runs over the input, and writes to the file. */
int run_write(struct run *run);

/* run-args.c: arguments by name, and whether those that there are will do. */
int run_args_take(struct run *run);

/* How the output is put out, once it is known where to. */
int run_args_format(struct run *run);

/* run-files.c: opens what is read; nothing is changed by it. */
int run_files_open_inputs(struct run *run);

/* Opens @path alone; leaves it closed if it is the command's own file. */
int run_files_open_one(struct run *run);

/* Opens what is written, once it is known that there is something to do. */
int run_files_open_outputs(struct run *run);

/*
 * Keeps what was written if @code, of the run, is 0, else as little of it as
 * can be; and closes everything.
 */
int run_files_close(struct run *run, int code);

/* progress.c: from now on SIGUSR1 is answered; before anything else. */
void progress_answer_signals(struct progress *progress);

/* From when on it runs; nothing is shown yet. */
void progress_begin(struct progress *progress);

/* Which file it is that comes now, and where its range begins. */
void progress_file(struct progress *progress, const char *path, off_t from);

/* So many bytes of input more, without a line. */
void progress_add(struct progress *progress, size_t count);

/* A request has ended: shows the line, if it is time to. */
void progress_note(struct progress *progress,
		   const struct lambda_request *request);

/* Takes the line away, before anything else is put out. */
void progress_clear(struct progress *progress);

/* What a program prints, in one piece: of any thread. */
void progress_print(struct progress *progress, const void *text, size_t len);

/* run-local.c: opens the program in this process, unless it is. */
int run_local_open(struct run *run);

/* run-local.c: lambda_run_attr.print, of a struct run. */
void run_local_print(void *data, const void *text, size_t len);

/* run-profile.c: has instructions counted, if that is wanted. */
int run_profile_begin(struct run *run);

/* Says what they came to, however the run ended; @code is what that returned. */
int run_profile_end(struct run *run, int code);

/* run-local.c: what makes the requests of a pinned program. */
void run_local_choose_engine(struct run *run);

/* run-local.c: the drive alone was to run it, and did not. */
int run_local_no_drive(const struct run *run);

#endif /* LAMBDA_CLI_RUN_H */
