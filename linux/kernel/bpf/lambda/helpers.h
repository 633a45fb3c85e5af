/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all helpers of λs do before the work, and to the pages of their ranges.
 * Where one answers false the run is at its end, as its header says.
 */
#ifndef _KERNEL_BPF_LAMBDA_HELPERS_H
#define _KERNEL_BPF_LAMBDA_HELPERS_H

#include <linux/bpf_lambda.h>

/**
 * bpf_lambda_helper_check - may a helper use a range?
 * @hdr:   of the run
 * @addr:  window address of the range
 * @len:   bytes, any number; none may always be used
 * @write: it is written
 *
 * Return: whether it may; else the run ends in a fault.
 */
bool bpf_lambda_helper_check(struct bpf_lambda_header *hdr, u32 addr, u64 len,
			     bool write);

/**
 * bpf_lambda_helper_pay - take a helper's price
 * @hdr: of the run
 * @len: bytes that are paid for, of ranges that have been checked
 *
 * Gives way as a tick does, so that calls in a row are no way around these.
 *
 * Context: may sleep.
 * Return: whether the run goes on; it does not over budget, or by a signal.
 */
bool bpf_lambda_helper_pay(struct bpf_lambda_header *hdr, u64 len);

/**
 * bpf_lambda_helper_fail - end a run that the kernel cannot finish
 * @hdr: of the run
 * @err: what its request ends with
 *
 * Return: false.
 */
bool bpf_lambda_helper_fail(struct bpf_lambda_header *hdr, int err);

/**
 * bpf_lambda_helper_populate - map the pages of a part of a range
 * @hdr:  of the run
 * @addr: window address of the part
 * @len:  bytes
 *
 * Context: may sleep.
 * Return: whether they are there now.
 */
bool bpf_lambda_helper_populate(struct bpf_lambda_header *hdr, u32 addr,
				u32 len);

#endif /* _KERNEL_BPF_LAMBDA_HELPERS_H */
