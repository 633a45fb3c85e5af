/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR BSD-2-Clause */
/*
 * sBPF: what a λ program may rely on, whatever runs it.
 *
 * The kernel, the firmware of a computational storage drive and the userspace
 * runtime all include this one file. It fixes the 32-bit window a λ sees, the
 * helpers it may call, the limits of a program and the ways a run ends.
 */
#ifndef _UAPI_LINUX_SBPF_H
#define _UAPI_LINUX_SBPF_H

#include <linux/types.h>

/**
 * DOC: The window
 *
 * All memory a λ touches lies in a 32-bit, little-endian address space with
 * fixed segments. A segment covers whole pages of SBPF_PAGE_SIZE bytes; its
 * slack reads as zero. Whatever is not listed here is never mapped, address 0
 * least of all, and an access to it ends the run with a fault.
 *
 * ========  ===========================  ==========================  ======
 * segment   from                         limit                       access
 * ========  ===========================  ==========================  ======
 * context   SBPF_CTX_BASE                SBPF_CTX_MAX                read
 * args      SBPF_ARGS_BASE               SBPF_ARGS_MAX               read
 * stack     SBPF_STACK_BASE              SBPF_FUNCS_MAX frames       write
 * .rodata   SBPF_DATA_BASE               SBPF_DATA_MAX with .data    read
 * .data     next page after .rodata      SBPF_DATA_MAX with .rodata  write
 * heap      SBPF_HEAP_BASE               SBPF_HEAP_MAX               write
 * input     SBPF_IN_BASE + offset%4096   SBPF_IN_MAX with that       read
 * output    SBPF_OUT_BASE                SBPF_OUT_MAX                write
 * ========  ===========================  ==========================  ======
 */
#define SBPF_PAGE_SIZE		4096u

#define SBPF_CTX_BASE		0x00010000u
#define SBPF_CTX_MAX		SBPF_PAGE_SIZE
#define SBPF_ARGS_BASE		0x00020000u
#define SBPF_ARGS_MAX		0x00010000u
#define SBPF_STACK_BASE		0x08000000u
#define SBPF_DATA_BASE		0x10000000u
#define SBPF_DATA_MAX		0x01000000u
#define SBPF_HEAP_BASE		0x20000000u
#define SBPF_HEAP_MAX		0x10000000u
#define SBPF_IN_BASE		0x40000000u
#define SBPF_IN_MAX		0x3fff0000u
#define SBPF_OUT_BASE		0x80000000u
#define SBPF_OUT_MAX		0x40000000u

/*
 * Each function has one fixed frame, because nothing recurses. R10 of the
 * k-th function of the linked program (from 0) is SBPF_FRAME_TOP(k); the
 * frame's bytes lie below it. The distance between frames leaves unmapped
 * pages under each, so that overrunning a frame faults.
 */
#define SBPF_FRAME_STRIDE	0x00010000u
#define SBPF_FRAME_TOP(k)	(SBPF_STACK_BASE + ((k) + 1) * SBPF_FRAME_STRIDE)
#define SBPF_FRAME_DEFAULT	SBPF_PAGE_SIZE
#define SBPF_FRAME_MAX		(15 * SBPF_PAGE_SIZE)

/* Limits of a program; one beyond any of them is refused at load. */
#define SBPF_INSNS_MAX		131072u		/* instructions, linked */
#define SBPF_FUNCS_MAX		256u		/* functions, the entry included */
#define SBPF_DEPTH_MAX		8u		/* nested calls, the entry included */
/*
 * The weight of a function is the number of its instructions plus, for each
 * local call in it, the weight of the callee. No path without a backward jump
 * is longer than the entry's weight, so this bounds the work that a program
 * may do for one unit of budget: calls are free, and without this bound eight
 * levels of calls could run for years without passing a backward jump.
 */
#define SBPF_WEIGHT_MAX		(1u << 20)	/* instructions */

/* Budget: backward jumps (target at or before the jump) a request may take. */
#define SBPF_BUDGET_MAX		(1ULL << 40)
#define SBPF_BUDGET_DEFAULT	(1ULL << 24)	/* at least; see next line */
#define SBPF_BUDGET_PER_BYTE	64u		/* default budget per input byte */
#define SBPF_HELPER_GRAIN	64u		/* helper bytes per unit of budget */

/* The budget of a request over so many bytes that names none. */
static __inline__ __u64 sbpf_default_budget(__u64 in_len)
{
	__u64 budget = in_len * SBPF_BUDGET_PER_BYTE;

	return budget > SBPF_BUDGET_DEFAULT ? budget : SBPF_BUDGET_DEFAULT;
}

/**
 * struct lambda_ctx - what a λ finds at SBPF_CTX_BASE, its R1 at entry
 * @in:       window address of the first input byte
 * @in_len:   bytes of input
 * @out:      window address of the output buffer, zeroed
 * @out_cap:  bytes the output buffer holds
 * @args:     window address of a private copy of the caller's arguments
 * @args_len: bytes of arguments
 * @heap:     window address of scratch memory, zeroed for each request
 * @heap_len: bytes of scratch memory
 * @offset:   file offset of in[0]; 0 for the input of a write
 *
 * A segment of length 0 still has its base address, and no page.
 */
struct lambda_ctx {
	__u64 in;
	__u64 in_len;
	__u64 out;
	__u64 out_cap;
	__u64 args;
	__u64 args_len;
	__u64 heap;
	__u64 heap_len;
	__u64 offset;
};

/*
 * Helpers over arrays, of elements that are integers, or floats of IEEE 754:
 * Documentation/bpf/prog_lambda.rst has the table of them, and what they are.
 */
enum sbpf_type {
	SBPF_TYPE_U8, SBPF_TYPE_S8, SBPF_TYPE_U16, SBPF_TYPE_S16,
	SBPF_TYPE_U32, SBPF_TYPE_S32, SBPF_TYPE_U64, SBPF_TYPE_S64,
	SBPF_TYPE_F32, SBPF_TYPE_F64,
	SBPF_TYPES,			/* how many there are */
};

/* What is done to elements of each type. */
enum sbpf_op {
	SBPF_OP_FOLD, SBPF_OP_DOT, SBPF_OP_SQDIFF, SBPF_OP_ABSDIFF,
	SBPF_OP_EQUAL, SBPF_OP_LT, SBPF_OP_LE, SBPF_OP_EQ, SBPF_OP_NE,
	SBPF_OP_GE, SBPF_OP_GT, SBPF_OP_LT_EACH, SBPF_OP_LE_EACH,
	SBPF_OP_EQ_EACH, SBPF_OP_NE_EACH,
	SBPF_OPS,			/* how many there are */
};

/**
 * struct sbpf_fold - what SBPF_OP_FOLD makes of an array
 * @min:   the least element
 * @max:   the greatest element
 * @sum:   of all elements
 * @count: how many there are to be the least or greatest
 */
struct sbpf_fold {
	__u64 min;
	__u64 max;
	__u64 sum;
	__u64 count;
};

/**
 * enum sbpf_helper - ids of the helpers, the immediate of the call instruction
 * @SBPF_HELPER_MEMCPY:  (dst, src, len) -> dst; the ranges may overlap, as if
 *                       by memmove, so that the result never depends on what
 *                       runs it
 * @SBPF_HELPER_MEMMOVE: (dst, src, len) -> dst
 * @SBPF_HELPER_MEMSET:  (dst, byte, len) -> dst
 * @SBPF_HELPER_MEMCMP:  (a, b, len) -> -1, 0 or 1 as 64-bit number
 * @SBPF_HELPER_MEMCHR:  (p, byte, len) -> address of the first match, or 0
 * @SBPF_HELPER_MEMMEM:  (hay, hay_len, needle, needle_len) -> address of the
 *                       first match, or 0; an empty needle matches at @hay
 * @SBPF_HELPER_CRC32C:  (crc, p, len) -> crc; Castagnoli, start with ~0 and
 *                       invert the result for the usual check value
 *
 * Documentation/bpf/prog_lambda.rst has those from SBPF_HELPER_HISTOGRAM on, and
 * what they may not write besides.
 *
 * Addresses are window addresses of which the low 32 bits count, as in loads;
 * lengths are 64-bit. Bytes and crc are the low 8 and 32 bits. Results are
 * 64-bit; addresses come back as the low 32 bits, zero-extended. A helper
 * first checks each range in the order of its arguments (an empty one never
 * faults), then charges 1 + n / SBPF_HELPER_GRAIN units of budget, rounded
 * down, then runs. Of the ranges of memcpy and memmove the destination comes
 * first. The fault address is the range's first forbidden byte.
 *
 * n is the helper's length in bytes. For memchr and memmem it is the number of
 * bytes from the start to the end of what they found: hit - p + 1 and hit - hay
 * + needle_len, which is 0 for an empty needle; or the length of all that was
 * searched when they found nothing. So a walk from hit to hit costs each byte
 * once. When a helper's price exceeds what is left of the budget, the run ends
 * over budget, with all of it used; a search then has looked at no more than
 * the first SBPF_HELPER_GRAIN * left - 1 bytes.
 *
 * The ids lie far above those of ordinary BPF helpers so that no tool takes
 * one for the other.
 */
enum sbpf_helper {
	SBPF_HELPER_MEMCPY = 0x10000,
	SBPF_HELPER_MEMMOVE,
	SBPF_HELPER_MEMSET,
	SBPF_HELPER_MEMCMP,
	SBPF_HELPER_MEMCHR,
	SBPF_HELPER_MEMMEM,
	SBPF_HELPER_CRC32C,
	SBPF_HELPER_HISTOGRAM, SBPF_HELPER_INDEX, SBPF_HELPER_HAMMING,
	SBPF_HELPER_AND, SBPF_HELPER_OR, SBPF_HELPER_ANDNOT,
	SBPF_HELPER_PACK8, SBPF_HELPER_PACK16,
	SBPF_HELPER_PACK32, SBPF_HELPER_PACK64,
	SBPF_HELPER_TYPED,		/* SBPF_HELPER_OF(0, 0) */
	SBPF_HELPER_END =		/* one past the last */
		SBPF_HELPER_TYPED + SBPF_OPS * SBPF_TYPES,
};

/*
 * What a program prints: a range that is compared with itself, by memcmp with this
 * as a fourth argument. A runtime that has somebody to show it to does so; for any
 * other it is a comparison, so that all run a program that prints, alike.
 */
#define SBPF_PRINT		0x746e697270ull		/* "print" */

/* The helper that does @op, of enum sbpf_op, to elements of enum sbpf_type. */
#define SBPF_HELPER_OF(op, type) (SBPF_HELPER_TYPED + (op) * SBPF_TYPES + (type))

/**
 * enum sbpf_contract - parts of what this header promises, a bit each
 * @SBPF_CONTRACT_CHARGING:  memchr and memmem are charged for the bytes up to
 *                           the end of what they found
 * @SBPF_CONTRACT_ZERO_REGS: reserved: a register reads as zero before it is
 *                           written
 * @SBPF_CONTRACT_DEPTH:     reserved: calls may nest deeper, functions weigh
 *                           more
 * @SBPF_CONTRACT_BULK:      the helpers from SBPF_HELPER_HISTOGRAM on
 * @SBPF_CONTRACT_GATHER:    reserved: the helper lambda_gather
 *
 * For runtimes that were not made together, a kernel's and a drive's: one that
 * lacks one of the parts that a program needs would end it otherwise, and is
 * not to run it. What has no bit here they all keep. The check at load tells
 * what a program needs; no program needs a reserved part.
 */
enum sbpf_contract {
	SBPF_CONTRACT_CHARGING = 1 << 0,
	SBPF_CONTRACT_ZERO_REGS = 1 << 1,
	SBPF_CONTRACT_DEPTH = 1 << 2,
	SBPF_CONTRACT_BULK = 1 << 3,
	SBPF_CONTRACT_GATHER = 1 << 4,
};

/* The parts not reserved: a runtime made from this header keeps them. */
#define SBPF_CONTRACT_KEPT	(SBPF_CONTRACT_CHARGING | SBPF_CONTRACT_BULK)

/**
 * enum lambda_status - how a run ended
 * @LAMBDA_STATUS_OK:          returned 0 … out_cap, the output's length
 * @LAMBDA_STATUS_ERROR:       program error: returned a negative value
 * @LAMBDA_STATUS_BAD_LENGTH:  returned more than out_cap
 * @LAMBDA_STATUS_FAULT:       touched memory it may not touch
 * @LAMBDA_STATUS_OVER_BUDGET: ran out of budget
 * @LAMBDA_STATUS_KILLED:      its caller got a signal
 * @LAMBDA_STATUS_NOT_RUN:     the λ was not run (empty range, or an error
 *                             came first); only ever reported by the kernel
 *
 * Values from 16 up are left for ends that are not the program's own.
 */
enum lambda_status {
	LAMBDA_STATUS_OK = 0,
	LAMBDA_STATUS_ERROR = 1,
	LAMBDA_STATUS_BAD_LENGTH = 2,
	LAMBDA_STATUS_FAULT = 3,
	LAMBDA_STATUS_OVER_BUDGET = 4,
	LAMBDA_STATUS_KILLED = 5,
	LAMBDA_STATUS_NOT_RUN = 16,
};

#endif /* _UAPI_LINUX_SBPF_H */
