/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the files of the sBPF runtime share among themselves. */
#ifndef FW_SBPF_INTERNAL_H
#define FW_SBPF_INTERNAL_H

#include <linux/sbpf_isa.h>

#include "sbpf.h"

/* Index of the function that instruction @insn belongs to. */
__u32 sbpf_func_at(const struct sbpf_program *program, __u32 insn);

/* Bytes of a load or store. */
__u32 sbpf_access_size(__u8 code);

/* Set what a run reports to its start values. */
void sbpf_run_begin(struct sbpf_run *run);

/* End a run by the entry's return with @r0. */
void sbpf_run_return(struct sbpf_run *run, __u64 r0);

/* End a run by a forbidden access; always false, to be returned. */
bool sbpf_run_fault(struct sbpf_run *run, __s64 addr, bool write);

/* Charge a backward jump. False when that ends the run. */
bool sbpf_run_back(struct sbpf_run *run);

/**
 * sbpf_helper - call a helper
 * @run:  the run, its budget counters up to date
 * @id:   which; enum sbpf_helper
 * @args: R1 to R4; those the helper does not take may be anything
 * @r0:   out: its result
 *
 * Return: false when the run ended, by a fault or over budget.
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
