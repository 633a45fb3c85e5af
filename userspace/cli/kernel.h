/* SPDX-License-Identifier: GPL-2.0-only */
/* The λs in the kernel: its programs, and who has handles to them. */
#ifndef LAMBDA_CLI_KERNEL_H
#define LAMBDA_CLI_KERNEL_H

#include <linux/bpf.h>

/* Version of λ-IO's interface that the kernel has; a negative errno. */
int kernel_abi(void);

/**
 * struct handle - an open handle
 * @program: id of its program
 * @image:   id of its program with its globals; 0 where the kernel keeps it
 * @pid:     of a process that has it
 * @fd:      its descriptor there
 * @heap:    bytes
 * @budget:  backward jumps, or `default`
 * @comm:    name of the process
 */
struct handle {
	__u32 program;
	unsigned long long image;
	char pid[16], fd[16], heap[24], budget[24], comm[64];
};

/**
 * kernel_next_program - the λ program after another
 * @id:   of the other, 0 before the first; out: of this one
 * @info: out: what the kernel tells of it
 *
 * Return: 0; -ENOENT after the last; -EPERM without CAP_SYS_ADMIN; another
 * negative errno of bpf(2).
 */
int kernel_next_program(__u32 *id, struct bpf_prog_info *info);

/* What the kernel tells of a program. Returns as kernel_next_program(). */
int kernel_program(__u32 id, struct bpf_prog_info *info);

/**
 * kernel_handles - go through the handles that /proc shows to this user
 * @each: called for each of them
 * @data: handed to it
 *
 * Return: 0; a negative errno of reading /proc.
 */
int kernel_handles(void (*each)(const struct handle *handle, void *data),
		   void *data);

#endif /* LAMBDA_CLI_KERNEL_H */
