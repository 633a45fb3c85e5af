// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls of helpers over arrays: array.c knows their ranges, array_loops.c and
 * array_float.c do the work, here between two looks at signals.
 *
 * Preemption is off while vectors are in use, so they are in use for so many
 * bytes as take about a microsecond of any processor.
 */
#include <linux/cpufeature.h>
#include <linux/init.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <asm/fpu/api.h>

#include "array.h"
#include "helpers.h"
#include "internal.h"

/* Bytes between two looks at signals; at most 4 times as many are written. */
#define SECTION		SZ_16K

static bool array_has_avx2 __ro_after_init;

/*
 * What takes about half a microsecond of a processor with 3.5 GHz: 0.02 to 0.08 ns
 * a byte of elements by AVX2, up to 0.5 of bytes that are counted or moved one by
 * one, and by what every x86-64 has.
 */
static u32 array_call_section(const struct sbpf_array *a)
{
	return a->id >= SBPF_HELPER_TYPED && array_has_avx2 ? SZ_8K : SZ_1K;
}

static bool array_call_may_run(struct bpf_lambda_header *hdr,
			       const struct sbpf_array *a)
{
	s64 bad;
	u32 k;

	for (k = 0; k < a->nr; k++)
		if (!bpf_lambda_helper_check(hdr, a->range[k].addr,
					     a->range[k].len,
					     a->range[k].write))
			return false;
	if (sbpf_array_overlaps(a, &bad)) {
		hdr->fault_addr = bad;
		hdr->fault_write = true;
		hdr->status = LAMBDA_STATUS_FAULT;
		return false;
	}
	return bpf_lambda_helper_pay(hdr, a->len);
}

static bool array_call_populate(struct bpf_lambda_header *hdr,
				const struct sbpf_array *a, u64 pos, u32 n)
{
	u32 k;

	for (k = 0; k < a->nr; k++) {
		struct sbpf_array_part part = sbpf_array_needs(a, k, pos, n);

		if (part.len &&
		    !bpf_lambda_helper_populate(hdr,
						a->range[k].addr + part.from,
						part.len))
			return false;
	}
	return true;
}

/* The pages of the piece are there, but may be poisoned. */
static bool array_call_work(struct bpf_lambda_header *hdr, struct sbpf_array *a,
			    u8 *const *mem, u64 pos, u32 n)
{
	u64 end = pos + n;
	int err;

	for (; pos < end; pos += n) {
		n = min_t(u64, end - pos, array_call_section(a));
		kernel_fpu_begin();
		err = bpf_lambda_array_step(a, mem, pos, n, array_has_avx2);
		kernel_fpu_end();
		if (err)
			return bpf_lambda_helper_fail(hdr, err);
	}
	return true;
}

static u64 array_call_end(struct sbpf_array *a, u8 *out)
{
	u64 ret;

	kernel_fpu_begin();
	ret = sbpf_array_end(a, out);
	kernel_fpu_end();
	return ret;
}

u64 bpf_lambda_array(struct bpf_lambda_header *hdr, u64 r1, u64 r2, u64 r3,
		     u64 r4, u32 id)
{
	const u64 args[] = { r1, r2, r3, r4 };
	u8 *mem[SBPF_ARRAY_RANGES];
	struct sbpf_array array;
	u64 pos = 0;
	u32 n, k;

	sbpf_array_begin(&array, id, args);
	if (!array_call_may_run(hdr, &array))
		return 0;
	for (k = 0; k < array.nr; k++)
		mem[k] = hdr->window->base + array.range[k].addr;
	do {
		n = min(array.len - pos, SECTION);
		if ((pos && !bpf_lambda_may_go_on(hdr)) ||
		    !array_call_populate(hdr, &array, pos, n) ||
		    !array_call_work(hdr, &array, mem, pos, n))
			return 0;
		pos += n;
	} while (pos < array.len);
	return array_call_end(&array, mem[0]);
}

static int __init array_call_init(void)
{
	array_has_avx2 = boot_cpu_has(X86_FEATURE_AVX2) &&
			 cpu_has_xfeatures(XFEATURE_MASK_SSE |
					   XFEATURE_MASK_YMM, NULL);
	return 0;
}
core_initcall(array_call_init);
