/* SPDX-License-Identifier: GPL-2.0-only */
/* What is compiled with the kernel's headers, and what calls it: see jit_test.c. */
#ifndef LAMBDA_SELFTEST_GLUE_H
#define LAMBDA_SELFTEST_GLUE_H

#define GLUE_FUNCS	256

/* How a run ended, as struct bpf_lambda_result has it. */
struct glue_result {
	unsigned int status;
	int retval;
	long long fault_addr;
	int fault_write;
	unsigned long long budget_used;
	unsigned long long helper_bytes;
};

/**
 * glue_init - say where code may be put
 * @mem: executable, in the first 2 GiB
 * @len: bytes
 * @bmi2: whether the JIT may use these instructions
 */
void glue_init(void *mem, unsigned long len, int bmi2);

/**
 * glue_compile - translate a λ
 * @insns: its instructions, 8 bytes each
 * @len:   how many
 * @starts: of its functions, and @len behind
 * @nr:    functions
 * @blind: hide its constants
 *
 * Return: 0, or -1.
 */
int glue_compile(const void *insns, unsigned int len,
		 const unsigned int *starts, unsigned int nr, int blind);

/* Code of a function of the λ, and its length. */
const unsigned char *glue_code(unsigned int func, unsigned int *len);

/**
 * glue_run - run what was translated last
 * @hdr:    page before the window, which kernel_window_set() has filled in
 * @budget: backward jumps it may take
 * @quantum: backward jumps between two ticks
 */
struct glue_result glue_run(void *hdr, unsigned long long budget,
			    unsigned int quantum);

/**
 * glue_fault - what the kernel does at a page fault
 * @gregs: registers as ucontext has them
 *
 * Return: 0; or -1 of one that was not the λ's.
 */
int glue_fault(long long *gregs, unsigned long error, unsigned long addr);

#endif /* LAMBDA_SELFTEST_GLUE_H */
