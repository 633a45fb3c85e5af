/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * What a λ program includes, and all it includes.
 *
 *	#include "lambda_bpf.h"
 *
 *	LAMBDA_PROGRAM(count)(struct lambda_ctx *ctx)
 *	{
 *		__u64 *out = lambda_out(ctx);
 *
 *		if (ctx->out_cap < sizeof(*out))
 *			return -ENOSPC;
 *		*out = ctx->in_len;
 *		return sizeof(*out);
 *	}
 *
 * Compile it with
 *
 *	clang $(pkg-config --variable=bpfcflags liblambda) -c count.bpf.c
 *
 * which stands for -target bpf -O2 -g -mcpu=v3 -fno-builtin, where clang has it
 * -mllvm -disable-block-placement, and the folders of headers. -O2 is needed,
 * because helpers are called through constants that only an optimiser sees
 * through; -fno-builtin, because clang otherwise turns loops into calls of memcpy
 * that its BPF backend then refuses; the third, because clang otherwise orders
 * code so that jumps go back, and are counted, that close no loop. Assigning a
 * struct of more than about 100 bytes is such a call as well: use memcpy().
 * With clang 18 or later, -mcpu=v4 makes signed 32-bit data cheaper.
 *
 * The same source compiled for the host is the program's native version: then
 * the fields of the context are ordinary addresses, and helpers are libc's.
 */
#ifndef LAMBDA_BPF_H
#define LAMBDA_BPF_H

#include <linux/sbpf.h>
#include <linux/types.h>
#include <asm-generic/errno-base.h>

#ifdef __bpf__

/* Helpers are numbers that are called, which standard C does not know. */
#pragma clang system_header

#define __section(name) __attribute__((section(name)))
#define __used __attribute__((used))
#define __maybe_unused __attribute__((unused))

/*
 * A turn of a loop costs a count and two jumps: LAMBDA_UNROLL(N) before a loop
 * makes one turn of N. There are no conditional moves: a condition that hardly
 * ever holds is cheaper as a branch, if (lambda_rarely(condition)). The address
 * of a global is put together each time it is used, unless it is in a variable
 * of which the compiler does not know that, after lambda_keep(variable). What
 * is compiled for a processor is better left alone.
 */
#define LAMBDA_PRAGMA(text) _Pragma(#text)
#define LAMBDA_UNROLL(n) LAMBDA_PRAGMA(clang loop unroll_count(n))
#define lambda_rarely(condition) __builtin_expect(!!(condition), 0)
#define lambda_keep(variable) __asm__("" : "+r"(variable))

/* A λ may access any address, aligned or not, which the compiler denies. */
typedef __u64 __attribute__((may_alias)) lambda_u64;
#define lambda_load64(p) (*(const lambda_u64 *)(p))
#define lambda_store64(p, value) (*(lambda_u64 *)(p) = (value))

/*
 * LAMBDA_PROGRAM(NAME)(struct lambda_ctx *ctx) begins an entry function. It
 * returns the number of bytes it put at lambda_out(), or a negative number,
 * which the caller of lambda_pread() or lambda_pwrite() finds in io->retval.
 */
#define LAMBDA_PROGRAM(name) \
	__section("lambda/" #name) __used int name

/*
 * LAMBDA_MERGE(NAME)(struct lambda_ctx *ctx) begins the merge program of NAME,
 * in an object with a LAMBDA_RECORD() or LAMBDA_LINES(): its input is the outputs of NAME over
 * neighbouring parts of a range, in their order, and its output has to be that
 * of NAME over the whole. Arguments and globals are the same.
 */
#define LAMBDA_MERGE(name) \
	__section("lambda.merge/" #name) __used int name##_merge

/*
 * LAMBDA_WHOLE(NAME) begins what NAME is over whole lines, for those who make
 * sure of that. lambda_lines.h uses it.
 */
#define LAMBDA_WHOLE(name) \
	__section("lambda.whole/" #name) __used int name##_whole

/* One record of section .lambda.options, which the library reads. */
struct lambda_option {
	__u32 kind;
	__u32 reserved;
	__u64 value;
};

#define LAMBDA_OPTION(name, number, amount)				\
	static const struct lambda_option lambda_option_##name		\
		__section(".lambda.options") __used = {			\
		.kind = (number),					\
		.value = (amount),					\
	}

/*
 * Options of an object, at file scope, each at most once; all programs of the
 * object share them, and the options given at load override them.
 *
 * LAMBDA_HEAP(bytes):   scratch memory at ctx->heap, zeroed for each request
 * LAMBDA_FRAME(bytes):  stack of each function, rounded up to a page; clang has
 *                       -mllvm -bpf-stack-size=… for more than 512 from version
 *                       18 on, of which 32768 is the most that it gets right;
 *                       lambda cc does both by itself
 * LAMBDA_BUDGET(jumps): backward jumps that a request may take
 * LAMBDA_RECORD(bytes): the program is record-wise: requests may be divided
 *                       behind any multiple of so many bytes, and the parts'
 *                       outputs, one after the other or by LAMBDA_MERGE(), are
 *                       what the whole would put out. Not with a budget
 * LAMBDA_LINES():       the program is over lines: liblambda and the command
 *                       give each request whole lines, and put outputs
 *                       together likewise. The kernel divides no such request
 *                       but those of programs by lambda_lines.h, which need
 *                       neither. Not with LAMBDA_RECORD()
 *
 * Without the last two a program gets a range in one request, or not at all.
 */
#define LAMBDA_HEAP(bytes) LAMBDA_OPTION(heap, 1, bytes)
#define LAMBDA_FRAME(bytes) LAMBDA_OPTION(frame, 2, bytes)
#define LAMBDA_BUDGET(jumps) LAMBDA_OPTION(budget, 3, jumps)
#define LAMBDA_RECORD(bytes) LAMBDA_OPTION(record, 4, bytes)
#define LAMBDA_LINES() LAMBDA_OPTION(lines, 5, 1)
/* Of lambda_lines.h: outputs are as it has them. */
#define LAMBDA_DIVIDED() LAMBDA_OPTION(divided, 6, 1)

/*
 * What the arguments and the output are, for those who call the program by name
 * of fields, at file scope, each at most once. It takes -g.
 *
 * LAMBDA_ARGS(type, ...): one @type, a struct; what follows gives values to those
 *                         of its members that a caller need not name, such as
 *                         .limit = 10. The last member may be an array [0]: of
 *                         any length
 * LAMBDA_OUTPUT(type):    one @type; of type[] any number
 */
#define LAMBDA_ARGS(type, ...)						\
	static const struct lambda_args_of {				\
		char set[sizeof(#__VA_ARGS__)];				\
		type value;						\
	} lambda_args_of __section(".lambda.args") __used = {		\
		#__VA_ARGS__, { __VA_ARGS__ }				\
	}
#define LAMBDA_OUTPUT(type)						\
	static __typeof__(type) *const lambda_output_of			\
		__section(".lambda.output") __used = (void *)0

/* What the object does, in a line: for those who choose among objects. */
#define LAMBDA_ABOUT(text)						\
	static const char lambda_about[]				\
		__section(".lambda.about") __used = text

/* The helpers; what they do and cost stands in linux/sbpf.h. */
static void *(*const __maybe_unused lambda_memcpy)(void *dst, const void *src,
					   __u64 len) =
	(void *)SBPF_HELPER_MEMCPY;
static void *(*const __maybe_unused lambda_memmove)(void *dst, const void *src,
					    __u64 len) =
	(void *)SBPF_HELPER_MEMMOVE;
static void *(*const __maybe_unused lambda_memset)(void *dst, int byte, __u64 len) =
	(void *)SBPF_HELPER_MEMSET;
static int (*const __maybe_unused lambda_memcmp)(const void *a, const void *b,
					 __u64 len) =
	(void *)SBPF_HELPER_MEMCMP;
static void *(*const __maybe_unused lambda_memchr)(const void *p, int byte,
					   __u64 len) =
	(void *)SBPF_HELPER_MEMCHR;
static void *(*const __maybe_unused lambda_memmem)(const void *hay, __u64 hay_len,
					   const void *needle,
					   __u64 needle_len) =
	(void *)SBPF_HELPER_MEMMEM;
static __u32 (*const __maybe_unused lambda_crc32c)(__u32 crc, const void *p,
					   __u64 len) =
	(void *)SBPF_HELPER_CRC32C;

/* Shows nothing by itself; see lambda_print(). */
static int (*const __maybe_unused lambda_print_helper)(const void *p,
					       const void *same, __u64 len,
					       __u64 print) =
	(void *)SBPF_HELPER_MEMCMP;
#define lambda_print_bytes(p, len) \
	((void)lambda_print_helper(p, p, len, SBPF_PRINT))

#ifndef NULL
#define NULL ((void *)0)
#endif

/* By lambda cc there is a libc, whose functions are used by their names. */
#if __has_include(<lambda_libc.h>)
#include <string.h>
#else
#define memcpy lambda_memcpy
#define memmove lambda_memmove
#define memset lambda_memset
#define memcmp lambda_memcmp
#define memchr lambda_memchr
#define memmem lambda_memmem
#endif

#else /* the native version */

#ifndef _GNU_SOURCE
#error "compile the native version with -D_GNU_SOURCE: it needs memmem()"
#endif
#include <assert.h>
#include <stdio.h>
#include <string.h>

#define LAMBDA_UNROLL(n)
#define lambda_rarely(condition) (condition)
#define lambda_keep(variable)
#define LAMBDA_PROGRAM(name) int name(struct lambda_ctx *ctx); int name
#define LAMBDA_MERGE(name)						\
	int name##_merge(struct lambda_ctx *ctx); int name##_merge
#define LAMBDA_WHOLE(name)						\
	int name##_whole(struct lambda_ctx *ctx); int name##_whole
#define LAMBDA_HEAP(bytes) static_assert((bytes) > 0, "heap")
#define LAMBDA_FRAME(bytes) static_assert((bytes) > 0, "frame")
#define LAMBDA_BUDGET(jumps) static_assert((jumps) >= 0, "budget")
#define LAMBDA_RECORD(bytes) static_assert((bytes) > 0, "record")
#define LAMBDA_LINES() static_assert(1, "lines")
#define LAMBDA_DIVIDED() static_assert(1, "divided")
#define LAMBDA_ABOUT(text) static_assert(sizeof(text) <= 201, "about")
#define LAMBDA_ARGS(type, ...) \
	static_assert(sizeof(type) <= SBPF_ARGS_MAX, "arguments")
#define LAMBDA_OUTPUT(type) typedef __typeof__(type) lambda_output_of

static inline __u64 lambda_load64(const void *p)
{
	__u64 value;

	memcpy(&value, p, sizeof(value));
	return value;
}

static inline void lambda_store64(void *p, __u64 value)
{
	memcpy(p, &value, sizeof(value));
}

#define lambda_print_bytes(p, len) ((void)fwrite(p, 1, len, stderr))
#define lambda_memcpy memmove
#define lambda_memmove memmove
#define lambda_memset memset
#define lambda_memcmp memcmp
#define lambda_memchr memchr
#define lambda_memmem memmem

static inline __u32 lambda_crc32c(__u32 crc, const void *p, __u64 len)
{
	const unsigned char *c = p;

	while (len--) {
		crc ^= *c++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return crc;
}

#endif /* __bpf__ */

/*
 * Shows @len bytes at @p to whoever runs the program by lambda run --local, on
 * standard error, and to nobody else. By any engine the bytes have to be readable,
 * and it costs 1 + @len / SBPF_HELPER_GRAIN units of budget. With LAMBDA_NDEBUG
 * defined it is nothing at all, and evaluates nothing. Returns 0.
 */
#ifdef LAMBDA_NDEBUG
#define lambda_print(p, len) ((void)sizeof(p), (void)sizeof(len), 0)
#else
static inline int lambda_print(const void *p, __u64 len)
{
	lambda_print_bytes(p, len);
	return 0;
}
#endif

static inline const void *lambda_in(const struct lambda_ctx *ctx)
{
	return (const void *)ctx->in;
}

static inline void *lambda_out(const struct lambda_ctx *ctx)
{
	return (void *)ctx->out;
}

static inline const void *lambda_args(const struct lambda_ctx *ctx)
{
	return (const void *)ctx->args;
}

static inline void *lambda_heap(const struct lambda_ctx *ctx)
{
	return (void *)ctx->heap;
}

#endif /* LAMBDA_BPF_H */
