/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the files of the sBPF runtime share among themselves. */
#ifndef FW_SBPF_INTERNAL_H
#define FW_SBPF_INTERNAL_H

#include <linux/sbpf_isa.h>

#include "sbpf.h"

/**
 * sbpf_mask - whether an index is in its range, decided by no branch
 * @index: the index
 * @size:  one more than the last one, below 2^63
 *
 * A branch that is predicted wrongly goes on with an index that it was to
 * refuse. So whatever comes from a program is put together with this before
 * it makes an address. The compiler does not get to know what it could leave
 * out.
 *
 * Return: all bits set where @index is less than @size, else 0.
 */
static inline __u64 sbpf_mask(__u64 index, __u64 size)
{
	__asm__ ("" : "+r"(index));
	return ~(__u64)((__s64)(index | (size - 1 - index)) >> 63);
}

/* Index of the function that instruction @insn belongs to. */
__u32 sbpf_program_func_at(const struct sbpf_program *program, __u32 insn);

/* Bytes of a load or store. */
__u32 sbpf_program_access_size(__u8 code);

/**
 * sbpf_window_range - as sbpf_window_find()
 * @len: in and out: becomes 0 where a refused range is taken for a good one,
 *       which only a processor does that will find out
 */
__u8 *sbpf_window_range(const struct sbpf_window *window, __s64 addr,
			__u64 *len, bool write, __s64 *bad);

/* Set what a run reports to its start values. */
void sbpf_run_begin(struct sbpf_run *run);

/* End a run by the entry's return with @r0. */
void sbpf_run_return(struct sbpf_run *run, __u64 r0);

/* End a run by a forbidden access; always false, to be returned. */
bool sbpf_run_fault(struct sbpf_run *run, __s64 addr, bool write);

/* Look at the stop flag; true when it ends the run. */
bool sbpf_run_stopped(struct sbpf_run *run);

/* Charge a backward jump. False when that ends the run. */
bool sbpf_run_back(struct sbpf_run *run);

/**
 * sbpf_helper - call a helper
 * @run:  the run, its budget counters up to date
 * @id:   which; enum sbpf_helper
 * @args: R1 to R4; those the helper does not take may be anything
 * @r0:   out: its result
 *
 * Return: false when the run ended: by a fault, over budget, by the maximum of
 * bytes, or killed, then perhaps with the work half done.
 */
bool sbpf_helper(struct sbpf_run *run, __s32 id, const __u64 args[4],
		 __u64 *r0);

/* First match of @needle in @hay, or NULL; in linear time. */
const __u8 *sbpf_memmem(const __u8 *hay, size_t hay_len, const __u8 *needle,
			size_t needle_len);

/* CRC-32C of @len bytes, continued from @crc, without inversions. */
__u32 sbpf_crc32c(__u32 crc, const __u8 *p, size_t len);
__u32 sbpf_crc32c_portable(__u32 crc, const __u8 *p, size_t len);

#endif /* FW_SBPF_INTERNAL_H */
