/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * For platforms that are Linux, in libsbpf.a: memory for translated λs, and
 * windows guarded by the memory management unit, in which λs run without a
 * comparison for each access.
 */
#ifndef FW_POSIX_H
#define FW_POSIX_H

#include "fw_hal.h"

/*
 * Of the mappings that a process may have (vm.max_map_count), so many parts are
 * left to others. A window takes 15 or so, one with 256 functions 527.
 */
#define FW_WINDOWS_SHARE	4u

struct fw_windows;

/**
 * fw_windows_new - windows of one drive
 * @fd:    the file that the drive's pool is mapped from, shared; not needed
 *         after
 * @start: where the first byte of the file is mapped
 *
 * Address space, 4 GiB and a guard for each, is taken when a window is first
 * used. Pages of the system must be FW_PAGE.
 *
 * Return: NULL, with errno set, when there is no memory or no descriptor, or
 * pages are of another size (ENOTSUP).
 */
struct fw_windows *fw_windows_new(int fd, const u8 *start);

/* Gives them back, when no run is in one; from any thread. NULL is none. */
void fw_windows_free(struct fw_windows *windows);

/**
 * fw_windows_run - run a λ in a window; the hook of struct fw_guard
 * @windows: struct fw_windows
 * @place:   which of them
 * @run:     what to run; its window's memory lies in the pool
 *
 * What a window shows stays until the next run needs something else. Where it
 * cannot be had, for want of address space or of mappings, which all windows of
 * a process share, the run goes on without: by code that compares, with the
 * same result.
 *
 * The process's SIGSEGV is taken, see sbpf_posix_run().
 */
void fw_windows_run(void *windows, u32 place, struct sbpf_run *run);

/**
 * fw_text_map - memory for translated λs
 * @text:  out: never writable where it is executed, and elsewhere only while a
 *         program is translated
 * @bytes: its size; pages come as they are written. At least one for each
 *         program is needed, of which those that have less are interpreted
 *
 * Return: 0, or -1 with errno set.
 */
int fw_text_map(struct fw_text *text, u64 bytes);

/* Gives it back; from any thread. None is given back as well. */
void fw_text_unmap(struct fw_text *text);

#endif /* FW_POSIX_H */
