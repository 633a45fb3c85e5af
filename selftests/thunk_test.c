// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where processors predict that returns go, around the thunks of λs.
 *
 * The object that the kernel links, bpf_lambda_thunk.o, runs here, one
 * instruction at a time, with code that does as the JIT's. Beside it a return
 * stack buffer is kept as processors keep theirs: a call puts in the address
 * behind it, a return takes the last one out. What is taken out must be where
 * the return goes, or a trap: else code runs for a while in another one's place.
 */
#include <linux/types.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

#include "generated/asm-offsets.h"
#include "thunk.h"

#define STR_(x)		#x
#define STR(x)		STR_(x)
#define HDR(field)	STR(LAMBDA_HDR_##field) "-" STR(LAMBDA_GUARD) "(%r12)"

#define RSB		32u
#define OP_CALL		0xe8
#define OP_RET		0xc3
#define OP_TRAP		0xcc

/* The window's header, and where the window would be behind it. */
static char header[4096] __attribute__((aligned(4096)));

/* What the C side of the thunks is to answer. */
static long ticks_left;
static int cannot_touch, bad_status;

static const __u8 *rsb[RSB];
static unsigned int top, calls, wrong;
static const __u8 *predicted;	/* of the return before, or NULL */
static const __u8 before[1];		/* whatever called before the run */

asm(".text\n"
"step_run:\n"
"	pushfq\n"
"	orq $0x100, (%rsp)\n"
"	popfq\n"
"	nop\n"
"	call entry\n"
"	pushfq\n"
"	andq $~0x100, (%rsp)\n"
"	popfq\n"
"	ret\n"
"entry:\n"
"	push %rbp\n push %r12\n push %rbx\n push %r13\n push %r14\n push %r15\n"
"	lea " STR(LAMBDA_GUARD) "(%rdi), %r12\n"
"	mov %rsp, " HDR(SP) "\n"
"	call outer\n"
"	pop %r15\n pop %r14\n pop %r13\n pop %rbx\n pop %r12\n pop %rbp\n"
"	ret\n"
"outer:\n"
"	call inner\n"
"	ret\n"
"inner:\n"
"	jmp *%rsi\n"
/* As by the return from two exceptions. */
"touch_twice:\n"
"	lea 1f(%rip), %rax\n"
"	mov %rax, " HDR(FAULT_IP) "\n"
"	jmp bpf_lambda_touch_thunk\n"
"1:	lea 2f(%rip), %rax\n"
"	mov %rax, " HDR(FAULT_IP) "\n"
"	jmp bpf_lambda_touch_thunk\n"
"2:	ret\n"
"call_memset:\n"
"	call bpf_lambda_thunk_memset\n"
"	ret\n"
"call_memmove:\n"
"	call bpf_lambda_thunk_memmove\n"
"	ret\n"
"fall_back:\n"
"	call bpf_lambda_tick_thunk\n"
"	ret\n"
"fault:\n"
"	jmp bpf_lambda_abort\n"
/* What a kernel without mitigations has. */
".globl __x86_return_thunk\n"
"__x86_return_thunk:\n"
"	ret\n"
"	int3\n");

long bpf_lambda_tick(void *hdr)
{
	(void)hdr;
	return ticks_left;
}

int bpf_lambda_touch(void *hdr)
{
	(void)hdr;
	return cannot_touch;
}

#define HELPER(name)							\
long bpf_lambda_##name(void *hdr)					\
{									\
	memcpy((char *)hdr + LAMBDA_HDR_STATUS, &bad_status,		\
	       sizeof(bad_status));					\
	return 0;							\
}

/* With a short way: what is left of the quantum comes back, or less than 0. */
#define SHORT_HELPER(name)						\
struct short_end bpf_lambda_short_##name(void)				\
{									\
	return (struct short_end) { 0, bad_status ? -1 : 1 };		\
}

HELPER(memmove)
HELPER(memmem)
HELPER(array)
SHORT_HELPER(memcpy)
SHORT_HELPER(memset)
SHORT_HELPER(memcmp)
SHORT_HELPER(memchr)
SHORT_HELPER(crc32c)

/* Before each instruction. */
static void step(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;
	const __u8 *ip = (void *)uc->uc_mcontext.gregs[REG_RIP];
	__s32 length;

	(void)sig;
	(void)info;
	if (predicted && predicted != ip && *predicted != OP_TRAP) {
		printf("# to %p, predicted to %p\n", ip, predicted);
		wrong++;
	}
	predicted = NULL;
	if (*ip == OP_CALL) {
		memcpy(&length, ip + 1, sizeof(length));
		top = (top + 1) % RSB;
		rsb[top] = ip + 5;
		calls++;
	} else if (*ip == OP_RET) {
		predicted = rsb[top];
		rsb[top] = before;
		top = (top + RSB - 1) % RSB;
	}
}

static void test(const char *name, void (*code)(void), unsigned int at_least)
{
	static int number;
	unsigned int i;
	bool ok;

	for (i = 0; i < RSB; i++)
		rsb[i] = before;
	memset(header, 0, sizeof(header));
	calls = 0;
	wrong = 0;
	predicted = NULL;
	step_run(header, code);
	ok = !wrong && calls >= at_least;
	printf("%sok %d %s\n", ok ? "" : "not ", ++number, name);
	if (calls < at_least)
		printf("# %u calls, not %u\n", calls, at_least);
}

int main(void)
{
	struct sigaction action = {
		.sa_sigaction = step, .sa_flags = SA_SIGINFO | SA_ONSTACK,
	};
	static char stack[1 << 16];
	const stack_t alternate = {
		.ss_sp = stack, .ss_size = sizeof(stack),
	};

	setvbuf(stdout, NULL, _IONBF, 0);
	if (sigaltstack(&alternate, NULL) || sigaction(SIGTRAP, &action, NULL))
		return 1;
	printf("TAP version 13\n1..9\n");
	test("pages that are there now", touch_twice, 7);
	ticks_left = 1;
	test("another quantum", fall_back, 5);
	test("a helper", call_memmove, 5);
	test("a helper with a short way", call_memset, 5);
	cannot_touch = 1;
	test("a page that there is not", touch_twice, 4 + RSB);
	ticks_left = -1;
	test("the end of the budget", fall_back, 5 + RSB);
	bad_status = 1;
	test("a helper out of bounds", call_memmove, 5 + RSB);
	test("one with a short way", call_memset, 5 + RSB);
	test("an exception", fault, 3 + RSB);
	return 0;
}
