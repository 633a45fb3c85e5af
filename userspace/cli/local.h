/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs λ programs in this process: it takes no kernel that has λ-IO. */
#ifndef LAMBDA_CLI_LOCAL_H
#define LAMBDA_CLI_LOCAL_H

#include <lambda.h>
#include <platform/posix/sbpf_posix.h>

/**
 * struct local - a program made ready to run here
 * @prog:    the program
 * @attr:    its data image and options
 * @checked: what runs; without code it is interpreted
 * @base:    address space of the window
 * @window:  memory of the last request
 * @run:     the last request
 * @input:   buffer for what is read
 * @insns:   instructions of all requests
 */
struct local {
	const struct lambda_program *prog;
	struct lambda_load_attr attr;
	struct sbpf_program checked;
	__u8 *base;
	struct sbpf_window window;
	struct sbpf_run run;
	unsigned char *input;
	unsigned long long insns;
};

/**
 * local_open - check a program and translate it
 * @local: to be set up; to be closed whatever this returns
 * @prog:  the program, which must outlive @local
 * @attr:  as for lambda_load(); its prog_fd is ignored
 * @why:   where to say why the check refuses it, else left empty
 * @size:  bytes there
 *
 * Where memory cannot be made executable the program is interpreted.
 *
 * Return: 0; -EINVAL: refused by the check, or a budget above SBPF_BUDGET_MAX;
 * -EMSGSIZE: over a limit; -ENOMEM.
 */
int local_open(struct local *local, const struct lambda_program *prog,
	       const struct lambda_load_attr *attr, char *why, size_t size);

/* Whether it is translated, not interpreted. */
static inline bool local_translated(const struct local *local)
{
	return local->checked.code[SBPF_JIT_GUARDED];
}

/**
 * local_pread - do what lambda_pread() does
 * @local:  what to run
 * @fd:     file to read
 * @buf:    gets the output
 * @count:  bytes of input
 * @offset: where in the file the input begins, not negative
 * @io:     arguments and limits, and the result; its flags are ignored
 *
 * Return: bytes of output; -ECANCELED: ended badly; -EMSGSIZE: over a limit;
 * -ENOMEM; what pread() says about @fd.
 */
ssize_t local_pread(struct local *local, int fd, void *buf, size_t count,
		    off_t offset, struct lambda_io *io);

/**
 * local_over - run a program over bytes in memory
 * @local:  what to run
 * @in:     the input
 * @count:  bytes of it
 * @offset: where in its file it began
 * @io:     arguments and limits, and the result; its flags are ignored
 *
 * Return: bytes of output, which local_output() has; errors as of
 * local_pread().
 */
ssize_t local_over(struct local *local, const void *in, size_t count,
		   off_t offset, struct lambda_io *io);

/* The output of the last request, until the next one. */
const void *local_output(const struct local *local);

/**
 * local_pwrite - do what lambda_pwrite() does
 * @local:  what to run
 * @fd:     file to write
 * @buf:    the input
 * @count:  bytes of input
 * @offset: where in the file the output goes, not negative
 * @io:     arguments and limits, and the result; its flags are ignored
 *
 * Return: bytes written; errors as of local_pread(), with what pwrite() says
 * about @fd.
 */
ssize_t local_pwrite(struct local *local, int fd, const void *buf,
		     size_t count, off_t offset, struct lambda_io *io);

/**
 * local_where - say at which place in the source the last request ended
 * @local: what ran
 * @buf:   where to put it
 * @size:  bytes there
 */
void local_where(const struct local *local, char *buf, size_t size);

/**
 * local_close - free what local_open() took
 * @local: set up, or zeroed
 */
void local_close(struct local *local);

#endif /* LAMBDA_CLI_LOCAL_H */
