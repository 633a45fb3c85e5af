// SPDX-License-Identifier: GPL-2.0-only
/* Makes modules of bitcode, whichever front end it is from. */
#include <llvm-c/IRReader.h>
#include <string.h>

#include "cc.h"

/* Objects that are no bitcode are told from what is no object at all. */
static void cc_module_refuse(const char *path, const char *start, size_t size,
			     const char *why)
{
	if (size >= 4 && !memcmp(start, "\177ELF", 4))
		cc_die("%s: machine code: make it with `lambda cc -c`, as bitcode",
		       path);
	if (size >= 8 && !memcmp(start, "!<thin>\n", 8))
		cc_die("%s: a thin archive: make it without T, or name the objects",
		       path);
	cc_die("%s: no bitcode that LLVM %u reads (name a newer front end with --clang=): %s",
	       path, LLVM_VERSION_MAJOR, why);
}

LLVMModuleRef cc_read_module(struct cc *cc, const char *path,
			     LLVMMemoryBufferRef buffer)
{
	LLVMModuleRef module;
	char start[8] = "", *why = NULL;
	size_t size;

	size = LLVMGetBufferSize(buffer);
	if (size > sizeof(start))
		size = sizeof(start);
	memcpy(start, LLVMGetBufferStart(buffer), size);
	if (LLVMParseIRInContext(cc->context, buffer, &module, &why))
		cc_module_refuse(path, start, size, why);
	/* A front end of another version may describe the same BPF otherwise. */
	LLVMSetTarget(module, "bpf");
	LLVMSetModuleDataLayout(module, cc->layout);
	return module;
}
