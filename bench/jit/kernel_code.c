// SPDX-License-Identifier: GPL-2.0-only
/* Reads what `lambda-bench jit` printed and brings code to its place. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "jit.h"
#include "kernel_code.h"

/* The kernel's image and all code it makes lie in its last 2 GiB. */
#define KERNEL_START	0xffffffff80000000ull
#define KERNEL_SIZE	0x80000000ull
#define PAGE		4096ull

#define CODE_MAX	1048576u

/* All functions of a program lie here as they lie there. */
struct kernel_code {
	char name[64];
	bool bare;
	__u64 start;		/* kernel address of the first byte */
	__u64 end;
	__u64 entry;
	__u8 *bytes;
	struct kernel_code *next;
};

void bpf_lambda_tick_thunk(void);
void bpf_lambda_thunk_memcpy(void);
void bpf_lambda_thunk_memmove(void);
void bpf_lambda_thunk_memset(void);
void bpf_lambda_thunk_memcmp(void);
void bpf_lambda_thunk_memchr(void);
void bpf_lambda_thunk_memmem(void);
void bpf_lambda_thunk_crc32c(void);
void bpf_lambda_thunk_array(void);

#define STUB(name) { #name, name }

static const struct stub {
	const char *name;
	void (*func)(void);
} stubs[] = {
	STUB(bpf_lambda_tick_thunk),
	STUB(bpf_lambda_thunk_memcpy),
	STUB(bpf_lambda_thunk_memmove),
	STUB(bpf_lambda_thunk_memset),
	STUB(bpf_lambda_thunk_memcmp),
	STUB(bpf_lambda_thunk_memchr),
	STUB(bpf_lambda_thunk_memmem),
	STUB(bpf_lambda_thunk_crc32c),
	STUB(bpf_lambda_thunk_array),
};

static struct kernel_code *codes;

/* Where this process has what the kernel has at @addr. */
static __u8 *kernel_code_here(__u64 addr)
{
	static __u8 *mem;

	if (addr < KERNEL_START)
		die("kernel code", "lies outside the last 2 GiB");
	if (!mem)
		mem = mmap(NULL, KERNEL_SIZE, PROT_NONE, MAP_PRIVATE |
			   MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (mem == MAP_FAILED)
		die("kernel code", "no address space");
	return mem + (addr - KERNEL_START);
}

static void kernel_code_protect(__u64 start, __u64 end, int prot)
{
	start &= ~(PAGE - 1);
	if (mprotect(kernel_code_here(start), end - start, prot))
		die("kernel code", "memory cannot be protected");
}

/* A symbol's place holds a jump to what stands in for it. */
static void kernel_code_add_symbol(__u64 addr, const char *name)
{
	__u8 jump[14] = { 0xff, 0x25 };	/* jmp *0(%rip) */
	const __u8 ret = 0xc3;
	size_t k;

	kernel_code_protect(addr, addr + sizeof(jump), PROT_READ | PROT_WRITE);
	if (strstr(name, "_return_thunk"))
		memcpy(kernel_code_here(addr), &ret, 1);
	for (k = 0; k < ARRAY_SIZE(stubs); k++) {
		if (strcmp(name, stubs[k].name))
			continue;
		memcpy(jump + 6, &stubs[k].func, 8);
		memcpy(kernel_code_here(addr), jump, sizeof(jump));
	}
	kernel_code_protect(addr, addr + sizeof(jump), PROT_READ | PROT_EXEC);
}

static struct kernel_code *kernel_code_add_code(const char *name, bool bare)
{
	struct kernel_code *code = calloc(1, sizeof(*code));

	if (!code)
		die(name, "no memory");
	snprintf(code->name, sizeof(code->name), "%s", name);
	code->bare = bare;
	code->next = codes;
	codes = code;
	return code;
}

/* Makes room for the bytes of one more function. */
static __u8 *kernel_code_add_function(struct kernel_code *code, __u64 addr,
				      __u32 len)
{
	__u64 start = code->entry && code->start < addr ? code->start : addr;
	__u64 end = code->end > addr + len ? code->end : addr + len;
	__u8 *bytes;

	if (end - start > CODE_MAX)
		die(code->name, "its functions are far apart");
	bytes = calloc(1, end - start);
	if (!bytes)
		die(code->name, "no memory");
	if (code->entry)
		memcpy(bytes + (code->start - start), code->bytes,
		       code->end - code->start);
	else
		code->entry = addr;
	free(code->bytes);
	code->bytes = bytes;
	code->start = start;
	code->end = end;
	return bytes + (addr - start);
}

static void kernel_code_read_function(FILE *file, const char *path,
				      struct kernel_code *code, __u64 addr,
				      __u32 len)
{
	__u8 *to = kernel_code_add_function(code, addr, len);
	unsigned int byte;

	for (; len; len--) {
		if (fscanf(file, " %2x", &byte) != 1)
			die(path, "a function ends early");
		*to++ = byte;
	}
}

void kernel_code_read(const char *path)
{
	struct kernel_code *code = NULL;
	FILE *file = fopen(path, "re");
	char word[16], name[64];
	unsigned long long addr;
	unsigned int len;

	if (!file)
		die(path, "cannot be read");
	while (fscanf(file, " %15s", word) == 1) {
		if (!strcmp(word, "symbol") &&
		    fscanf(file, "%llx %63s", &addr, name) == 2)
			kernel_code_add_symbol(addr, name);
		else if ((!strcmp(word, "program") || !strcmp(word, "bare")) &&
			 fscanf(file, " %63s", name) == 1)
			code = kernel_code_add_code(name, *word == 'b');
		else if (!strcmp(word, "function") && code &&
			 fscanf(file, "%llx %u", &addr, &len) == 2)
			kernel_code_read_function(file, path, code, addr, len);
		else
			die(path, "is not what lambda-bench jit prints");
	}
	fclose(file);
}

const struct kernel_code *kernel_code_find(const char *name, bool bare)
{
	const struct kernel_code *code;

	for (code = codes; code; code = code->next)
		if (!strcmp(code->name, name) && code->bare == bare)
			break;
	return code;
}

void *kernel_code_place(const struct kernel_code *code)
{
	kernel_code_protect(code->start, code->end, PROT_READ | PROT_WRITE);
	memcpy(kernel_code_here(code->start), code->bytes,
	       code->end - code->start);
	kernel_code_protect(code->start, code->end, PROT_READ | PROT_EXEC);
	return kernel_code_here(code->entry);
}

void kernel_code_displace(const struct kernel_code *code)
{
	kernel_code_protect(code->start, code->end, PROT_NONE);
}
