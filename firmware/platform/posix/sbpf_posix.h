/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a POSIX system adds to the sBPF runtime: windows guarded by the memory
 * management unit, and memory for translated code.
 */
#ifndef SBPF_POSIX_H
#define SBPF_POSIX_H

#include "sbpf/sbpf.h"

/**
 * sbpf_posix_reserve - address space for one window
 *
 * 4 GiB and a guard on both sides, of which nothing is accessible. Keep it for
 * any number of runs, one at a time.
 *
 * Return: the address of window address 0, or NULL with errno set.
 */
__u8 *sbpf_posix_reserve(void);

/**
 * sbpf_posix_release - give address space back
 * @base: from sbpf_posix_reserve()
 */
void sbpf_posix_release(__u8 *base);

/**
 * sbpf_posix_map - put memory where the segments of a window are
 * @base:   from sbpf_posix_reserve()
 * @window: as sbpf_window_lay_out() left it; gets its memory, zeroed, writable
 *
 * Return: 0, or -1 with errno set.
 */
int sbpf_posix_map(__u8 *base, struct sbpf_window *window);

/**
 * sbpf_posix_protect - take the right to write from read-only segments
 * @window: mapped and filled
 *
 * Return: 0, or -1 with errno set.
 */
int sbpf_posix_protect(const struct sbpf_window *window);

/**
 * sbpf_posix_unmap - take the memory of all segments away
 * @window: mapped, or shown, perhaps in part
 */
void sbpf_posix_unmap(const struct sbpf_window *window);

/**
 * struct sbpf_posix_file - a file whose mapping is memory of windows
 * @fd:    descriptor, for reading and writing
 * @start: where its first byte is mapped, shared
 */
struct sbpf_posix_file {
	int fd;
	const __u8 *start;
};

/**
 * sbpf_posix_view - show the memory of a window where guarded code runs
 * @view:   out: the window at @base
 * @base:   from sbpf_posix_reserve(); what is mapped there is unmapped
 * @window: with its memory, which lies in @file, in whole pages of the system
 * @file:   for the call alone
 *
 * The bytes are the same under both addresses. What is read-only can be written
 * by way of @window alone.
 *
 * Return: 0, or -1 with errno set and nothing mapped at @base. ENOMEM: the
 * system has no more mappings for this process; see sbpf_posix_mappings().
 */
int sbpf_posix_view(struct sbpf_window *view, __u8 *base,
		    const struct sbpf_window *window,
		    const struct sbpf_posix_file *file);

/**
 * sbpf_posix_mappings - mappings of the system's that a window takes
 * @window: laid out
 *
 * A process has vm.max_map_count of them.
 *
 * Return: the most that it may be.
 */
__u32 sbpf_posix_mappings(const struct sbpf_window *window);

/**
 * sbpf_posix_compile - translate a program
 * @program: checked
 * @mode:    how accesses are confined
 *
 * Return: 0, or -1 with errno set, ENOTSUP when this processor has no
 * translator.
 */
int sbpf_posix_compile(struct sbpf_program *program, enum sbpf_jit_mode mode);

/**
 * sbpf_posix_discard - free what sbpf_posix_compile() made
 * @program: a program, translated or not
 */
void sbpf_posix_discard(struct sbpf_program *program);

/**
 * sbpf_posix_run - run a program
 * @run: the run
 *
 * As sbpf_run_program(), with memory faults of guarded code taken care of: the
 * first call installs a handler of SIGSEGV, which passes on what is not a λ
 * program's. From then on nobody else may install one that does not pass on.
 */
void sbpf_posix_run(struct sbpf_run *run);

#endif /* SBPF_POSIX_H */
