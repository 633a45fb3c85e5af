/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What a program is that runs in this process. */
#ifndef LAMBDA_LOCAL_H
#define LAMBDA_LOCAL_H

#include <lambda.h>
#include <platform/posix/sbpf_posix.h>

/**
 * struct lambda_local - a program made ready to run here
 * @prog:    the program
 * @attr:    its data image and options
 * @checked: what runs; without code it is interpreted
 * @base:    address space of the window
 * @window:  memory of the last request
 * @count:   bytes of its input
 * @at:      where in their first page they begin
 * @maps:    where input is mapped, or NULL
 * @mapped:  that of the last request was, and its memory is not for a copy
 * @run:     the last request
 * @insns:   instructions of all requests
 * @print:   told what it prints, or NULL
 * @print_data: handed to it
 * @counts:  what each came to, if that is counted
 * @own_counts: they are to be freed
 * @own_stop: as lambda_local__stop() has set it
 * @stop:    while this is not 0, what runs ends, and nothing begins
 */
struct lambda_local {
	const struct lambda_program *prog;
	struct lambda_load_attr attr;
	struct sbpf_program checked;
	__u8 *base;
	struct sbpf_window window;
	size_t count;
	size_t at;
	struct lambda_maps *maps;
	bool mapped;
	struct sbpf_run run;
	__u64 insns;
	void (*print)(void *data, const void *text, size_t len);
	void *print_data;
	struct lambda_count *counts;
	bool own_counts;
	int own_stop;
	const int *stop;
};

/**
 * lambda_local_over - lambda_local__run() that leaves the output where it is
 * @local:  what to run
 * @in:     the input
 * @count:  bytes of it, which may be 0
 * @offset: where in its file it began
 * @io:     arguments and limits, and the result
 *
 * Return: bytes of output, which lambda_local_output() has; else as that.
 */
ssize_t lambda_local_over(struct lambda_local *local, const void *in,
			  size_t count, off_t offset, struct lambda_io *io);

/* profile.c: sbpf_interpret(), which adds each instruction to @counts. */
void lambda_profile_run(struct sbpf_run *run, struct lambda_count *counts);

/* Has it count into memory of its own. Returns 0 or -ENOMEM. */
int lambda_local_count(struct lambda_local *local);

/* The output of the last request, until the next one. */
static inline const void *
lambda_local_output(const struct lambda_local *local)
{
	return local->window.seg[SBPF_SEG_OUT].mem;
}

#endif /* LAMBDA_LOCAL_H */
