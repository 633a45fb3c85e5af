/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of the kernel as the thunks and helpers of λs need to be compiled
 * into a process: included before their own headers, all of which are empty.
 * What costs time costs as much here.
 */
#ifndef KERNEL_SHIM_H
#define KERNEL_SHIM_H

/* Of struct bpf_lambda_header, which kernel_stub.c asserts. */
#define LAMBDA_HDR_SP		0
#define LAMBDA_HDR_TICKS	8
#define LAMBDA_HDR_FAULT_IP	24
#define LAMBDA_HDR_STATUS	44
#define LAMBDA_GUARD		0x10000

#ifdef __ASSEMBLER__

#define SYM_FUNC_START(name)	.globl name; .balign 16; name:
#define SYM_FUNC_END(name)	.type name, @function
#define SYM_CODE_START(name)	SYM_FUNC_START(name)
#define SYM_CODE_END(name)	SYM_FUNC_END(name)
#define UNWIND_HINT_UNDEFINED
#define UNWIND_HINT_FUNC
#define ANNOTATE_NOENDBR
#define FRAME_BEGIN
#define FRAME_END
#define RET			ret
#define ANNOTATE_INTRA_FUNCTION_CALL
#define ANNOTATE_UNRET_SAFE
#define __stringify_1(x...)	#x
#define __stringify(x...)	__stringify_1(x)
#define RSB_CLEAR_LOOPS		32
#define __FILL_RETURN_BUFFER(reg, nr)					\
	.rept nr; call 771f; int3; 771:; .endr; addq $((nr) * 8), %rsp

/* A processor on which returns need no more than a return. */
	.macro ALTERNATIVE old, new, feature
	\old
	.endm

	.section .note.GNU-stack, "", @progbits

#else

#include "../../selftests/shim/kernel.h"

#define __ffs(x)	__builtin_ctz(x)
#define noinline	__attribute__((noinline))
#define __ffs64(x)	__builtin_ctzll(x)
#define be64_to_cpu(x)	__builtin_bswap64(x)

#define static_cpu_has(feature)	(feature)
#define X86_FEATURE_XMM4_2	1
#define boot_cpu_has(feature)	(feature)
#define X86_FEATURE_AVX2	__builtin_cpu_supports("avx2")
#define cpu_has_xfeatures(features, name)	1
#define core_initcall(func) \
	static void __attribute__((constructor)) init_##func(void) \
	{ \
		func(); \
	}

u32 __crc32c_le(u32 crc, const u8 *p, size_t len);
u32 __crc32c_le_shift(u32 crc, size_t len);

/* What a section of vectors costs when the user's registers are saved. */
void kernel_fpu_begin(void);
void kernel_fpu_end(void);

/* Looks that find nothing. */
extern volatile unsigned long stub_flags;

/* With fast strings, as the processor of any figure has them. */
static inline int copy_mc_to_kernel(void *dst, const void *src, size_t len)
{
	asm volatile("rep movsb" : "+D" (dst), "+S" (src), "+c" (len)
		     : : "memory");
	return 0;
}

void *kernel_memset(void *dst, int byte, size_t len);
#define memset kernel_memset

/* No memory here is poisoned. */
#define _ASM_EXTABLE_TYPE(from, to, type)	""

typedef struct { u64 pte; } pte_t;
#define ptep_get(ptep)		(*(ptep))
#define pte_present(entry)	((entry).pte & 1)

/* What the kernel's headers name, and nothing here comes to. */
#define PMD_MASK		(~0x1fffffull)
#define pte_index(addr)		((addr) >> 12 & 511)

#endif /* __ASSEMBLER__ */

#endif /* KERNEL_SHIM_H */
