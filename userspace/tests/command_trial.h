/* SPDX-License-Identifier: GPL-2.0-only */
/* One random run of the command: what it is given, and the files around it. */
#ifndef LAMBDA_COMMAND_TRIAL_H
#define LAMBDA_COMMAND_TRIAL_H

#include "command_model.h"

#define ARGS	24
#define OLD	"what was there before\n"

/* Where the answer goes. */
enum target {
	TO_PIPE,
	TO_STDOUT_FILE,
	TO_NEW,
	TO_OLD,
	TO_LINK,
	TO_HARD_LINKED,
	TO_INPUT,
	TO_FULL,
	TARGETS,
};

/* What happens to the file meanwhile. */
enum change {
	STAYS,
	GROWS,
	SHRINKS,
};

/* One run. */
struct trial {
	const struct model_program *program;
	const unsigned char *pool;
	size_t size, final;		/* of the file, before and after */
	size_t step;			/* by which it grows */
	off_t offset;
	size_t length, batch, jobs;
	bool has_length, lines_option;
	bool write;			/* in goes through it to out, in place */
	enum target target;
	enum change change;
	int closed;			/* a standard descriptor, or -1 */
	int signal, delay;		/* µs */
	const char *side;
	char batch_arg[40], offset_arg[40], length_arg[40], side_arg[40];
	char jobs_arg[40], out_arg[40], name_arg[60], object[4096];
	char *argv[ARGS];
};

/* Chooses a run by the model's numbers, and its command line. */
void trial_choose(struct trial *t);

/* Makes the files that it begins with. */
void trial_make_files(const struct trial *t);

/* Removes all files. Returns how many of them were none of the test's. */
unsigned int trial_clean(void);

/* The bytes of a file, with a NUL behind them; NULL if it is not there. */
size_t read_file_into(const char *name, unsigned char **bytes);
bool file_is(const char *name, const void *bytes, size_t len);

/* Ends the test if something that it rests on went wrong. */
void need(bool ok, const char *what);

#endif /* LAMBDA_COMMAND_TRIAL_H */
