/* SPDX-License-Identifier: GPL-2.0-only */
/* The verbs of the lambda command, and what they share. */
#ifndef LAMBDA_CLI_H
#define LAMBDA_CLI_H

#include <lambda.h>
#include <signal.h>
#include <stdbool.h>

/* Exit codes, as in lambda(1). */
enum {
	EXIT_SYSTEM = 1,	/* a file, memory, a permission */
	EXIT_USAGE = 2,
	EXIT_REFUSED = 3,	/* the object, by the library or the kernel */
	EXIT_ENDED_BADLY = 4,	/* the λ ran and gave no result */
	EXIT_UNSUPPORTED = 5,	/* this kernel has no λ-IO */
};

/* A verb gets its own argc and argv and returns an exit code. */
int cmd_load(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_ls(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_trace(int argc, char **argv);

/* lambda info of the disk that @path is or lies on. Returns an exit code. */
int info_disk(const char *path);

/* Prints a message after the command's name; returns @code. */
__attribute__((format(printf, 2, 3)))
int complain(int code, const char *fmt, ...);

/* Exit code for an errno that the library or the kernel gave. */
int exit_code(int err);

/*
 * A program and how it is to be loaded: what load and run have in common.
 * Overrides are negative where the object decides.
 */
struct loaded {
	const char *path;
	const char *name;
	long long heap, frame, budget;
	struct lambda_object *obj;
	struct lambda_program *prog;
	int fd;			/* the handle */
};

extern const struct argp load_argp;	/* options of a struct loaded */

int open_program(struct loaded *loaded);
int load_program(struct loaded *loaded);

/* How it is to be loaded: the object's options and what overrides them. */
void loaded_attr(const struct loaded *loaded, struct lambda_load_attr *attr);

void close_program(struct loaded *loaded);

/*
 * Lets what interrupts or ends the command only end its waiting, which is to
 * be done with the signal mask @waiting.
 */
void catch_signals(sigset_t *waiting);

/* Reads a number with K, M or G behind it. False: it is none. */
bool parse_size(const char *text, long long *ret);

/* The argument block of a request. */
struct block {
	unsigned char bytes[SBPF_ARGS_MAX];
	size_t len;
};

/*
 * Appends what one --args says: str:TEXT, hex:DIGITS, file:PATH, or a number
 * after u8: … u64:, i8: … i64:. NULL, or what is wrong with it.
 */
const char *block_add(struct block *block, const char *spec);

/* Where run puts output. */
enum format {
	FORMAT_RAW,
	FORMAT_HEX,
	FORMAT_I64,
	FORMAT_U64,
};

struct sink {
	int fd;
	enum format format;
	unsigned long long offset;	/* of the next byte, for hex */
};

/* Both return 0 or a negative errno. */
int write_whole(int fd, const void *bytes, size_t len);
int sink_write(struct sink *sink, const void *bytes, size_t len);

#endif /* LAMBDA_CLI_H */
