/* SPDX-License-Identifier: GPL-2.0-only */
/* The verbs of the lambda command, and what they share. */
#ifndef LAMBDA_CLI_H
#define LAMBDA_CLI_H

#include <argp.h>
#include <lambda.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>

/* Exit codes, as in lambda(1). */
enum {
	EXIT_SYSTEM = 1,	/* a file, memory, a permission */
	EXIT_USAGE = 2,
	EXIT_REFUSED = 3,	/* the object, by the library or the kernel */
	EXIT_ENDED_BADLY = 4,	/* the λ ran and gave no result */
	EXIT_UNSUPPORTED = 5,	/* no λ-IO in this kernel, or none for us */
};

/* A verb gets its own argc and argv and returns an exit code. */
int cmd_load(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_bench(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_ls(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_trace(int argc, char **argv);
int cmd_cc(int argc, char **argv);
int cmd_version(int argc, char **argv);

/* What --version of any verb says: which command this is. */
void cmd_version_say(FILE *to, struct argp_state *state);

/* lambda info of the disk that @path is or lies on. Returns an exit code. */
int info_disk(const char *path, bool json);

/* lambda info --json of an object. Returns an exit code. */
int info_object_json(const char *path);

/* Writes all of it. Returns 0 or the negative errno with which it ended. */
int write_whole(int fd, const void *bytes, size_t len);

/* The same of what people read: in ASCII to a terminal that shows no UTF-8. */
int speak_whole(int fd, const char *text, size_t size);

/* Columns that a letter of @bytes bytes takes as ASCII. */
unsigned int speak_ascii_width(const char *letter, size_t bytes);

/* Keeps the numbers 0 to 2 from files. False: that was not possible. */
bool standard_hold_descriptors(void);

/*
 * Prints, with everything made harmless that a terminal would act upon; of line
 * breaks only the one that ends @fmt stays.
 */
__attribute__((format(printf, 2, 3)))
void print(FILE *to, const char *fmt, ...);

/* Prints a message of one line after the command's name; returns @code. */
__attribute__((format(printf, 2, 3)))
int complain(int code, const char *fmt, ...);

/* The same for what the library said, which may have several lines. */
int complain_lines(int code, const char *lines);

/* Becomes man(1) of a verb, if somebody is to read it and there is a page. */
void help_page(const char *verb);

/* Lets what the C library says of arguments do nothing to a terminal either. */
void complain_guard_stderr(void);

/* Lets the standard output be ASCII, if it is a terminal that shows no UTF-8. */
void speak_guard_stdout(void);

/*
 * Asks whether this kernel has λ-IO, for verbs that do nothing without.
 * Returns 0, or an exit code after it has said what to do.
 */
int kernel_needed(void);

/* Says what goes without λ-IO in the kernel or a permission; returns @code. */
int kernel_offer_local(int code);

/* Exit code for an errno of loading, by the library or the kernel. */
int complain_exit_code(int err);

/* Exit code for an errno of a request: the object has been taken. */
int complain_exit_code_of_run(int err);

/*
 * A program and how it is to be loaded: what load and run have in common.
 * Overrides are negative where the object decides.
 */
struct loaded {
	const char *path;	/* or the name of a program that has one, or a pin */
	const char *name;
	long long heap, frame, budget;
	struct lambda_object *obj;
	const struct lambda_program *prog;
	/* Programs of a pin, or -1: what is run, what merges, what writes. */
	int pinned, pinned_merge, pinned_whole;
	int fd;			/* the handle */
};

extern const struct argp load_argp;	/* options of a struct loaded */

int loaded_open(struct loaded *loaded);

/* The same, with the bytes of the object in @image, which outlive it. */
struct image;
int loaded_open_image(struct loaded *loaded, struct image *image);

int loaded_load(struct loaded *loaded);

/* How it is to be loaded: the object's options and what overrides them. */
void loaded_options_attr(const struct loaded *loaded,
			 struct lambda_load_attr *attr);

void loaded_close(struct loaded *loaded);

/*
 * Lets what interrupts or ends the command from now on only end its waiting,
 * be it for input, in cli_signals_wait_for(), or for a reader of its output.
 */
void cli_signals_catch(void);

/* Whether it is to end. */
bool cli_signals_interrupted(void);

/* What may have happened to a terminal since it was asked for last. */
enum {
	TERMINAL_RESIZED = 1,
	TERMINAL_RESUMED = 2,	/* the command goes on in front, or behind */
	TERMINAL_STOP = 4,	/* the command is to stop */
};

/* Lets that only be noted, from now on, and a terminal's quit end as all else. */
void cli_signals_catch_terminal(void);

/* Which of it has happened. */
unsigned int cli_signals_terminal_seen(void);

/* Stops until somebody lets the command go on. */
void cli_signals_stop_here(void);

/*
 * Waits for one of @count descriptors, or for @timeout, NULL being for ever.
 * Returns as ppoll(), or a negative errno: -EINTR when it is to end, and when
 * something has happened to the terminal.
 */
int cli_signals_wait_for(struct pollfd *fds, nfds_t count,
			 const struct timespec *timeout);

/* Value of a hexadecimal digit, or -1. */
int cli_number_hex_digit(char c);

/*
 * Reads a number of at most @max, as lambda(1) has it under NUMBERS. False: it
 * is none, or larger.
 */
bool cli_number_parse(const char *text, unsigned long long max,
		      unsigned long long *ret);

/* The value of option @name; ends the command if it is none from @min to @max. */
unsigned long long cli_number_option(struct argp_state *state, const char *name,
				     const char *text, unsigned long long min,
				     unsigned long long max);

/* The argument block of a request. */
struct block {
	unsigned char bytes[SBPF_ARGS_MAX];
	size_t len;
};

/*
 * Appends what one --args says: str:TEXT, hex:DIGITS, file:PATH, or a number
 * after u8: … u64:, i8: … i64:. NULL, or what is wrong with it.
 */
const char *args_add(struct block *block, const char *spec);

#endif /* LAMBDA_CLI_H */
