// SPDX-License-Identifier: GPL-2.0-only
/* Makes one module of all that there is, and closes it. */
#include <llvm-c/Comdat.h>
#include <llvm-c/Linker.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cc.h"

/* What the C library is made of, below the folder of libraries. */
static const char *const libc_parts[] = {
	"string", "ctype", "stdlib", "heap", "strtod", "printf", "scanf", "stdio",
	"math", "elementary", "single", "ext", "float", "wide", "special", "long",
	"complex", "time", "wchar", "system",
};

#define NR_LIBC_PARTS (sizeof(libc_parts) / sizeof(*libc_parts))

static LLVMMemoryBufferRef cc_link_read_file(const char *path)
{
	LLVMMemoryBufferRef buffer;
	char *why = NULL;

	if (LLVMCreateMemoryBufferWithContentsOfFile(path, &buffer, &why))
		cc_die("%s: %s", path, why);
	return buffer;
}

static bool cc_link_is_archive(LLVMMemoryBufferRef buffer)
{
	return LLVMGetBufferSize(buffer) >= 8 &&
	       !memcmp(LLVMGetBufferStart(buffer), "!<arch>\n", 8);
}

void cc_link_files(struct cc *cc, char **files)
{
	LLVMMemoryBufferRef *archives;
	bool any = true;
	size_t count, i;

	for (count = 0; files[count]; )
		count++;
	archives = calloc(count + 1, sizeof(*archives));
	if (!archives)
		cc_die("out of memory");
	for (i = 0; i < count; i++) {
		LLVMMemoryBufferRef buffer = cc_link_read_file(files[i]);

		if (cc_link_is_archive(buffer))
			archives[i] = buffer;
		else if (LLVMLinkModules2(cc->module,
					  cc_read_module(cc, files[i], buffer)))
			cc_die("%s: cannot be linked with the files before it",
			       files[i]);
	}
	/* What one library misses another one may have, in any order. */
	while (any)
		for (any = false, i = 0; i < count; i++)
			if (archives[i])
				any |= cc_archive_link(cc, files[i],
						       archives[i]);
	for (i = 0; i < count; i++)
		if (archives[i])
			LLVMDisposeMemoryBuffer(archives[i]);
	free(archives);
}

/* What the program defines itself is not the library's. */
static void cc_link_make_weak(LLVMModuleRef module)
{
	LLVMValueRef value;

	for (value = LLVMGetFirstFunction(module); value;
	     value = LLVMGetNextFunction(value))
		if (!LLVMIsDeclaration(value) &&
		    LLVMGetLinkage(value) == LLVMExternalLinkage)
			LLVMSetLinkage(value, LLVMWeakAnyLinkage);
	for (value = LLVMGetFirstGlobal(module); value;
	     value = LLVMGetNextGlobal(value))
		if (!LLVMIsDeclaration(value) &&
		    LLVMGetLinkage(value) == LLVMExternalLinkage)
			LLVMSetLinkage(value, LLVMWeakAnyLinkage);
}

void cc_link_libc(struct cc *cc)
{
	size_t i;

	for (i = 0; i < NR_LIBC_PARTS; i++) {
		LLVMModuleRef module;
		char *path;

		if (asprintf(&path, "%s/lib/lambda/libc/%s.bc",
			     cc_front_prefix(), libc_parts[i]) < 0)
			cc_die("out of memory");
		module = cc_read_module(cc, path, cc_link_read_file(path));
		cc_link_make_weak(module);
		if (LLVMLinkModules2(cc->module, module))
			cc_die("%s: cannot be linked with the program", path);
		free(path);
	}
}

static void cc_link_drop_attributes(LLVMValueRef function)
{
	/* The back end is told once, and functions are inlined whatever it was. */
	static const char *const strings[] = {
		"target-cpu", "target-features", "tune-cpu",
		"stack-protector-buffer-size", "frame-pointer",
		"no-trapping-math",
	};
	static const char *const enums[] = {
		"optnone", "uwtable", "ssp", "sspreq", "sspstrong",
	};
	size_t i;

	for (i = 0; i < sizeof(strings) / sizeof(*strings); i++)
		LLVMRemoveStringAttributeAtIndex(function,
						 LLVMAttributeFunctionIndex,
						 strings[i],
						 strlen(strings[i]));
	for (i = 0; i < sizeof(enums) / sizeof(*enums); i++)
		cc_ir_drop_attribute(function, LLVMAttributeFunctionIndex,
				     enums[i]);
}

/* What arithmetic becomes calls of, and that is therefore not yet unused. */
static bool cc_link_is_runtime(LLVMValueRef function)
{
	const char *name = cc_ir_name(function);

	return !strncmp(name, "lambda_double_", 14) ||
	       !strncmp(name, "lambda_float_", 13) ||
	       !strncmp(name, "lambda_wide_", 12);
}

void cc_link_close_runtime(struct cc *cc)
{
	LLVMValueRef function;

	for (function = LLVMGetFirstFunction(cc->module); function;
	     function = LLVMGetNextFunction(function))
		if (!LLVMIsDeclaration(function) &&
		    cc_link_is_runtime(function))
			LLVMSetLinkage(function, LLVMInternalLinkage);
}

static void cc_link_close_functions(struct cc *cc)
{
	LLVMValueRef function;

	for (function = LLVMGetFirstFunction(cc->module); function;
	     function = LLVMGetNextFunction(function)) {
		if (LLVMGetIntrinsicID(function))
			continue;
		cc_link_drop_attributes(function);
		if (LLVMIsDeclaration(function))
			continue;
		LLVMSetComdat(function, NULL);
		LLVMSetVisibility(function, LLVMDefaultVisibility);
		if (cc_ir_is_entry(function))
			continue;
		if (cc_link_is_runtime(function)) {
			LLVMSetLinkage(function, LLVMExternalLinkage);
			continue;
		}
		LLVMSetSection(function, "");
		LLVMSetLinkage(function, LLVMInternalLinkage);
	}
}

/* What the object tells of its programs. */
static bool cc_link_tells(LLVMValueRef variable)
{
	const char *section = LLVMGetSection(variable);

	return cc_has_type(variable) ||
	       (section && (!strcmp(section, ".lambda.options") ||
			    !strcmp(section, ".lambda.about")));
}

static void cc_link_close_variable(LLVMValueRef variable)
{
	LLVMSetThreadLocal(variable, false);
	if (LLVMIsDeclaration(variable))
		return;
	LLVMSetComdat(variable, NULL);
	LLVMSetVisibility(variable, LLVMDefaultVisibility);
	if (cc_link_tells(variable)) {
		LLVMSetLinkage(variable, LLVMExternalLinkage);
		return;
	}
	LLVMSetSection(variable, "");
	LLVMSetLinkage(variable, LLVMInternalLinkage);
}

static void cc_link_close_variables(struct cc *cc)
{
	LLVMValueRef variable, next;

	for (variable = LLVMGetFirstGlobal(cc->module); variable;
	     variable = next) {
		next = LLVMGetNextGlobal(variable);
		if (!strncmp(cc_ir_name(variable), "llvm.", 5))
			LLVMDeleteGlobal(variable);
		else
			cc_link_close_variable(variable);
	}
}

/* What no one uses any more is deleted as other names are. */
static void cc_link_resolve_aliases(struct cc *cc)
{
	LLVMValueRef alias;

	for (alias = LLVMGetFirstGlobalAlias(cc->module); alias;
	     alias = LLVMGetNextGlobalAlias(alias)) {
		LLVMReplaceAllUsesWith(alias, LLVMAliasGetAliasee(alias));
		LLVMSetLinkage(alias, LLVMInternalLinkage);
	}
}

static void cc_link_drop_if_weak(LLVMValueRef value)
{
	if (LLVMGetLinkage(value) == LLVMExternalWeakLinkage)
		LLVMReplaceAllUsesWith(value, LLVMConstNull(LLVMTypeOf(value)));
}

/* What is declared weak may be defined nowhere, and is at no address then. */
static void cc_link_drop_weak(struct cc *cc)
{
	LLVMValueRef value;

	for (value = LLVMGetFirstFunction(cc->module); value;
	     value = LLVMGetNextFunction(value))
		cc_link_drop_if_weak(value);
	for (value = LLVMGetFirstGlobal(cc->module); value;
	     value = LLVMGetNextGlobal(value))
		cc_link_drop_if_weak(value);
}

static void cc_link_refuse_without_entry(struct cc *cc)
{
	LLVMValueRef function;

	for (function = LLVMGetFirstFunction(cc->module); function;
	     function = LLVMGetNextFunction(function))
		if (!LLVMIsDeclaration(function) && cc_ir_is_entry(function))
			return;
	cc_die("no program in these files: begin one with LAMBDA_PROGRAM(name)");
}

void cc_link_internalize(struct cc *cc)
{
	cc_link_drop_weak(cc);
	cc_link_resolve_aliases(cc);
	cc_link_refuse_without_entry(cc);
	cc_call_constructors(cc);
	cc_link_close_functions(cc);
	cc_link_close_variables(cc);
	cc_stop_on_errors(cc);
	cc_keep_types(cc);
	cc_run_passes(cc, "function(lower-atomic),globaldce");
	/* Optimised, it may be in pieces. */
	cc->needs_heap = LLVMGetNamedGlobal(cc->module, "lambda_libc_heap");
}

struct undefined {
	LLVMValueRef value;
	bool told;
};

static void cc_link_refuse_use(struct cc *cc, LLVMValueRef insn, void *data)
{
	struct undefined *undefined = data;
	int i;

	for (i = 0; !undefined->told && i < LLVMGetNumOperands(insn); i++) {
		if (LLVMGetOperand(insn, i) != undefined->value)
			continue;
		undefined->told = true;
		if (cc_ir_callee(insn) == undefined->value)
			cc_refuse(cc, insn,
				  "calls '%s', which no file defines and lambda_libc does not have: add the file that does, or define it",
				  cc_ir_name(undefined->value));
		else
			cc_refuse(cc, insn,
				  "uses '%s', which no file defines: add the file that does",
				  cc_ir_name(undefined->value));
	}
}

static void cc_link_refuse_if_undefined(struct cc *cc, LLVMValueRef value)
{
	struct undefined undefined = { .value = value };

	if (!LLVMIsDeclaration(value) || !LLVMGetFirstUse(value))
		return;
	cc_ir_each(cc, cc_link_refuse_use, &undefined);
	if (!undefined.told)
		cc_refuse(cc, NULL,
			  "a table holds the address of '%s', which no file defines: add the file that does",
			  cc_ir_name(value));
}

static void cc_link_refuse_address(struct cc *cc, LLVMValueRef insn,
				   void *unused)
{
	(void)unused;
	if (cc_ir_calls(insn, "llvm.returnaddress") ||
	    cc_ir_calls(insn, "llvm.frameaddress"))
		cc_refuse(cc, insn,
			  "asks for the address of its frame or of its caller, which λs are not told");
}

void cc_link_refuse_undefined(struct cc *cc)
{
	LLVMValueRef value;

	cc_ir_each(cc, cc_link_refuse_address, NULL);
	for (value = LLVMGetFirstFunction(cc->module); value;
	     value = LLVMGetNextFunction(value))
		if (!LLVMGetIntrinsicID(value))
			cc_link_refuse_if_undefined(cc, value);
	for (value = LLVMGetFirstGlobal(cc->module); value;
	     value = LLVMGetNextGlobal(value))
		cc_link_refuse_if_undefined(cc, value);
	cc_stop_on_errors(cc);
}
