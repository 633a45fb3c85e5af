/* SPDX-License-Identifier: GPL-2.0-only */
/* The λs in the kernel: its programs, and who has handles to them. */
#ifndef LAMBDA_CLI_KERNEL_H
#define LAMBDA_CLI_KERNEL_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>

/* Version of λ-IO's interface that the kernel has; a negative errno. */
int kernel_abi(void);

/**
 * struct handle - an open handle
 * @program: id of its program
 * @merge:   id of the program that merges its outputs, or 0
 * @image:   id of its program with its globals; 0 where the kernel keeps it
 * @pid:     of a process that has it
 * @fd:      its descriptor there
 * @heap:    bytes
 * @budget:  backward jumps, or `default`
 * @comm:    name of the process
 */
struct handle {
	__u32 program, merge;
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

/* What the kernel tells of a handle of this process. False: nothing. */
bool kernel_handle(int fd, struct handle *handle);

/* Objects of bpf(2). What returns an int returns its negative errnos. */

/* A descriptor of the program with that id. */
int kernel_program_fd(__u32 id);

/* A map of one element with @size bytes. */
int kernel_map_create(size_t size);

/* Puts them there, and lets nobody change them any more. */
int kernel_map_set(int fd, const void *value);

/* Its bytes, to be freed; NULL with errno. */
void *kernel_map_get(int fd, size_t *size);

/* Gives it a name in a BPF filesystem. */
int kernel_map_pin(int fd, const char *path);

/* A descriptor of what has a name there, to be read. */
int kernel_map_open(const char *path);

#endif /* LAMBDA_CLI_KERNEL_H */
