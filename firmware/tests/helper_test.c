// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Helpers over more than one piece: the result is that of the whole, and when
 * the stop flag is set during one piece the next is not begun. The flag is set
 * by touching a page, by way of the fault that this causes.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "insn.h"
#include "sbpf/internal.h"
#include "test.h"

#define MIB	0x100000u
#define HEAP	(8 * MIB)
#define HALF	(4 * MIB)	/* where the second range begins */
#define PAGE	4096u

static __u8 *heap;
static struct sbpf_window window;
static struct sbpf_run run;
static int stop, touched;

static void begin(void)
{
	memset(heap, 0, HEAP);
	memset(&run, 0, sizeof(run));
	run.window = &window;
	run.budget = SBPF_BUDGET_MAX;
	run.max_helper_bytes = SBPF_BYTES_UNLIMITED;
	run.stop = &stop;
	stop = 0;
	touched = 0;
}

static bool call(__s32 id, __u64 a, __u64 b, __u64 c, __u64 d, __u64 *r0)
{
	const __u64 args[4] = { a, b, c, d };

	return sbpf_helper(&run, id, args, r0);
}

/* Whether the call is good and says @want. */
static bool says(__u64 want, __s32 id, __u64 a, __u64 b, __u64 c, __u64 d)
{
	__u64 r0 = ~want;

	return call(id, a, b, c, d, &r0) && r0 == want &&
	       run.status == LAMBDA_STATUS_OK;
}

static void scatter(void)
{
	__u32 state = 1, k;

	for (k = 0; k < HEAP; k++) {
		state = state * 1664525 + 1013904223;
		heap[k] = 1 + (state >> 24) % 200;
	}
}

static __u8 *copy_of_heap(void)
{
	__u8 *copy = malloc(HEAP);

	if (!copy)
		abort();
	return memcpy(copy, heap, HEAP);
}

/* Ranges of 3 MiB and some that overlap, either way. */
static void test_copy(__u32 dst, __u32 src)
{
	const __u32 len = 3 * MIB + 12345;
	__u8 *want;

	begin();
	scatter();
	want = copy_of_heap();
	memmove(want + dst, want + src, len);
	test_ok(says(SBPF_HEAP_BASE + dst, SBPF_HELPER_MEMMOVE,
		     SBPF_HEAP_BASE + dst, SBPF_HEAP_BASE + src, len, 0) &&
		!memcmp(heap, want, HEAP), "memmove from %u to %u", src, dst);
	free(want);
}

static void test_set(void)
{
	const __u32 len = 2 * MIB + 1;
	__u8 *want;

	begin();
	want = copy_of_heap();
	memset(want + 5, 7, len);
	test_ok(says(SBPF_HEAP_BASE + 5, SBPF_HELPER_MEMSET,
		     SBPF_HEAP_BASE + 5, 7, len, 0) &&
		!memcmp(heap, want, HEAP), "memset");
	free(want);
}

static bool compares(__u64 want)
{
	return says(want, SBPF_HELPER_MEMCMP, SBPF_HEAP_BASE,
		    SBPF_HEAP_BASE + HALF, 3 * MIB + 9, 0);
}

static void test_compare(void)
{
	begin();
	test_ok(compares(0), "memcmp of equal bytes");
	heap[3 * MIB + 8] = 1;
	test_ok(compares(1), "memcmp, the last byte is greater");
	heap[HALF + MIB] = 2;
	test_ok(compares(~0ull), "memcmp, one is less before that");
}

static __u64 printed;

static void note_print(void *data, const void *text, size_t len)
{
	printed += data == &printed && text == heap + 5 ? len : 1000000;
}

/* Ranges of @len bytes, of which @a is the one at byte 5 of the heap. */
static bool prints(__u64 a, __u64 b, __u64 len, __u64 how)
{
	printed = 0;
	run.status = LAMBDA_STATUS_OK;
	call(SBPF_HELPER_MEMCMP, SBPF_HEAP_BASE + a, SBPF_HEAP_BASE + b, len,
	     how, &(__u64){ 0 });
	return printed == len;
}

/* Only a range that is compared with itself, and that may be read and is paid for. */
static void test_print(void)
{
	begin();
	test_ok(says(0, SBPF_HELPER_MEMCMP, SBPF_HEAP_BASE, SBPF_HEAP_BASE, 200,
		     SBPF_PRINT) && run.budget_used == 4,
		"print, to nobody");
	run.print = note_print;
	run.print_data = &printed;
	test_ok(prints(5, 5, 200, SBPF_PRINT) && !run.status, "print");
	test_ok(!prints(5, 5, 200, 0), "memcmp with itself prints nothing");
	test_ok(!prints(5, 6, 200, SBPF_PRINT), "memcmp with others neither");
	test_ok(!prints(5, 5, HEAP, SBPF_PRINT) &&
		run.status == LAMBDA_STATUS_FAULT, "nor what may not be read");
	run.budget = run.budget_used + 3;
	test_ok(!prints(5, 5, 200, SBPF_PRINT) &&
		run.status == LAMBDA_STATUS_OVER_BUDGET,
		"nor what cannot be paid");
}

static void test_crc32c(void)
{
	const __u32 len = 3 * MIB + 3;

	begin();
	scatter();
	test_ok(says(sbpf_crc32c_portable(9, heap, len), SBPF_HELPER_CRC32C, 9,
		     SBPF_HEAP_BASE, len, 0), "crc32c");
}

static void test_find_byte(void)
{
	begin();
	heap[3 * MIB] = 9;
	heap[3 * MIB + 1] = 9;
	test_ok(says(SBPF_HEAP_BASE + 3 * MIB, SBPF_HELPER_MEMCHR,
		     SBPF_HEAP_BASE, 9, HALF, 0) &&
		run.helper_bytes == 3 * MIB + 1, "memchr");
	test_ok(says(0, SBPF_HELPER_MEMCHR, SBPF_HEAP_BASE, 9, 3 * MIB, 0) &&
		run.helper_bytes == 6 * MIB + 1, "memchr in vain");
}

/* The needle lies in the upper half, zeros and a last byte. */
static bool finds(__u64 want, __u32 len)
{
	heap[HALF + len - 1] = 5;
	return says(want, SBPF_HELPER_MEMMEM, SBPF_HEAP_BASE, HALF,
		    SBPF_HEAP_BASE + HALF, len);
}

static void test_find(__u32 len, __u32 at)
{
	begin();
	heap[at + len - 1] = 5;
	test_ok(finds(SBPF_HEAP_BASE + at, len) &&
		run.helper_bytes == at + len, "memmem of %u bytes at %u", len,
		at);
	heap[at + len - 1] = 6;
	test_ok(finds(0, len) && run.helper_bytes == at + len + HALF,
		"memmem of %u bytes in vain", len);
}

/* Two pages, in the second MiB and in the third, that nothing may touch. */
static __u8 *trap(int k)
{
	return heap + MIB + MIB / 2 + k * MIB;
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
	__u8 *page = (__u8 *)((__u64)info->si_addr & -(__u64)PAGE);

	(void)signal;
	(void)context;
	if (page != trap(0) && page != trap(1))
		abort();
	touched++;
	stop = 1;
	mprotect(page, PAGE, PROT_READ | PROT_WRITE);
}

/* Killed in the piece that it was told in, before the next one. */
static void test_stop(const char *name, __s32 id, __u64 a, __u64 b, __u64 c,
		      __u64 d)
{
	struct sigaction old, action = {
		.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO,
	};
	bool good;
	__u64 r0;

	begin();
	memset(heap + HALF, 3, HALF);
	sigaction(SIGSEGV, &action, &old);
	mprotect(trap(0), PAGE, PROT_NONE);
	mprotect(trap(1), PAGE, PROT_NONE);
	good = !call(id, a, b, c, d, &r0) &&
	       run.status == LAMBDA_STATUS_KILLED && touched == 1;
	mprotect(trap(0), PAGE, PROT_READ | PROT_WRITE);
	mprotect(trap(1), PAGE, PROT_READ | PROT_WRITE);
	sigaction(SIGSEGV, &old, NULL);
	if (!test_ok(good, "%s is stopped", name))
		printf("# status %u, %d pages touched\n", run.status, touched);
}

static void test_stops(void)
{
	const __u64 low = SBPF_HEAP_BASE, high = SBPF_HEAP_BASE + HALF;

	test_stop("memcpy", SBPF_HELPER_MEMCPY, high, low, HALF, 0);
	test_stop("memmove upwards", SBPF_HELPER_MEMMOVE, low + 64, low,
		  HALF, 0);
	test_stop("memmove downwards", SBPF_HELPER_MEMMOVE, low, low + 64,
		  HALF, 0);
	test_stop("memset", SBPF_HELPER_MEMSET, low, 0, HALF, 0);
	test_stop("memcmp", SBPF_HELPER_MEMCMP, low, low + 64, HALF - 64, 0);
	test_stop("memchr", SBPF_HELPER_MEMCHR, low, 1, HALF, 0);
	test_stop("memmem", SBPF_HELPER_MEMMEM, low, HALF, high, 8);
	test_stop("crc32c", SBPF_HELPER_CRC32C, 0, low, HALF, 0);
	test_stop("fold", SBPF_HELPER_OF(SBPF_OP_FOLD, SBPF_TYPE_U8), high, low,
		  HALF, 0);
	test_stop("and", SBPF_HELPER_AND, low, low, high, HALF);
}

int main(void)
{
	heap = mmap(NULL, HEAP, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (heap == MAP_FAILED)
		abort();
	window.seg[SBPF_SEG_HEAP].mem = heap;
	window.seg[SBPF_SEG_HEAP].len = HEAP;
	test_copy(0, 777);
	test_copy(777, 0);
	test_copy(MIB, 0);
	test_copy(0, 2 * MIB + 1);
	test_set();
	test_compare();
	test_print();
	test_crc32c();
	test_find_byte();
	test_find(7, MIB - 3);
	test_find(7, MIB);
	test_find(1, 2 * MIB - 1);
	test_find(MIB + 9, 2 * MIB);
	test_stops();
	return test_done();
}
