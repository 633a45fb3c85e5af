/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Code that the kernel's JIT made, run in a process. It was dumped in a guest
 * by `lambda-bench jit` and is not changed: it lies at the kernel's addresses
 * less a constant, so that all its jumps and calls lead where they should, and
 * what it calls there jumps to the kernel's own thunks and helpers, compiled
 * into this process.
 */
#ifndef KERNEL_CODE_H
#define KERNEL_CODE_H

#include "sbpf/sbpf.h"

/* The code of one program. */
struct kernel_code;

/**
 * kernel_code_read - read a dump
 * @path: of the file
 *
 * Ends the process with a message when it cannot be read.
 */
void kernel_code_read(const char *path);

/**
 * kernel_code_find - look a program up
 * @name: of the program
 * @bare: with its checks taken out
 *
 * Return: its code, for the life of the process; NULL when there is none.
 */
const struct kernel_code *kernel_code_find(const char *name, bool bare);

/**
 * kernel_code_place - bring code to its place
 * @code: the code; no other must be there
 *
 * Return: its entry.
 */
void *kernel_code_place(const struct kernel_code *code);

/**
 * kernel_code_displace - clear the place of code
 * @code: placed
 */
void kernel_code_displace(const struct kernel_code *code);

/**
 * kernel_window_set - say what window the next run has
 * @guard:   memory of the window's header, a page
 * @window:  laid out and mapped; its base is where the code takes address 0
 * @shape:   what it was laid out for
 * @weight:  instructions between two backward jumps, at most
 */
void kernel_window_set(void *guard, const struct sbpf_window *window,
		       const struct sbpf_shape *shape, __u32 weight);

/**
 * kernel_code_run - run code in the window that was set
 * @entry:  of the code
 * @budget: backward jumps it may take
 * @retval: out: what it returned
 *
 * Return: enum lambda_status; an OK is not yet judged by @retval.
 */
__u32 kernel_code_run(void *entry, __u64 budget, __s32 *retval);

#endif /* KERNEL_CODE_H */
