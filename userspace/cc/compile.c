// SPDX-License-Identifier: GPL-2.0-only
/* The order of things. */
#include <llvm-c/ErrorHandling.h>
#include <llvm-c/Support.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cc.h"

#define REACH "32768"	/* bytes of a frame that an instruction reaches */

/* LLVM says it of each instruction, after the place of the first. */
static void compile_refuse_frame(struct cc *cc, const char *what)
{
	int length = strcspn(what, " ");
	static bool told;

	if (!told)
		cc_refuse(cc, NULL,
			  "%.*s a function needs more stack than the %s bytes that instructions reach: divide it, or make its variables static",
			  length, what, REACH);
	told = true;
}

/* What LLVM has to say while it works; notes and remarks are not for users. */
static void compile_diagnose(LLVMDiagnosticInfoRef info, void *context)
{
	struct cc *cc = context;
	LLVMDiagnosticSeverity severity = LLVMGetDiagInfoSeverity(info);
	char *what;

	if (severity != LLVMDSError && severity != LLVMDSWarning)
		return;
	what = LLVMGetDiagInfoDescription(info);
	if (strstr(what, "stack limit"))
		compile_refuse_frame(cc, what);
	else if (severity == LLVMDSError)
		cc_refuse(cc, NULL, "%s", what);
	else
		fprintf(stderr, "lambda cc: warning: %s\n", what);
	LLVMDisposeMessage(what);
}

static void compile_die_of(const char *what)
{
	cc_die("LLVM fails: %s", what);
}

static void compile_start_back_end(const struct cc_options *options,
				   struct cc *cc)
{
	/*
	 * A λ may have more stack than BPF, and no verifier reads its code. No
	 * more than an instruction reaches, or the back end wraps offsets.
	 */
	static const char *const arguments[] = {
		"lambda cc", "-bpf-stack-size=" REACH,
		"-bpf-disable-serialize-icmp", "-bpf-disable-avoid-speculation",
	};
	LLVMTargetRef target;
	char *why;

	LLVMInitializeBPFTargetInfo();
	LLVMInitializeBPFTarget();
	LLVMInitializeBPFTargetMC();
	LLVMInitializeBPFAsmPrinter();
	LLVMInitializeBPFAsmParser();
	LLVMParseCommandLineOptions(4, arguments, NULL);
	if (LLVMGetTargetFromTriple("bpf", &target, &why))
		cc_die("%s", why);
	/*
	 * Static, or tables of addresses become tables of differences, for
	 * which BPF has no relocation.
	 */
	cc->machine = LLVMCreateTargetMachine(target, "bpf", options->cpu, "",
					      LLVMCodeGenLevelDefault,
					      LLVMRelocStatic,
					      LLVMCodeModelDefault);
	cc->layout = LLVMCreateTargetDataLayout(cc->machine);
}

static void compile_start(const struct cc_options *options, struct cc *cc)
{
	*cc = (struct cc) {
		.context = LLVMContextCreate(),
		.stack = options->stack,
		.heap = options->heap,
		.divides_signed = strcmp(options->cpu, "v3"),
	};
	LLVMInstallFatalErrorHandler(compile_die_of);
	LLVMContextSetDiagnosticHandler(cc->context, compile_diagnose, cc);
	compile_start_back_end(options, cc);
	cc->module = LLVMModuleCreateWithNameInContext("lambda", cc->context);
	LLVMSetTarget(cc->module, "bpf");
	LLVMSetModuleDataLayout(cc->module, cc->layout);
	cc->builder = LLVMCreateBuilderInContext(cc->context);
	cc->i8 = LLVMInt8TypeInContext(cc->context);
	cc->i32 = LLVMInt32TypeInContext(cc->context);
	cc->i64 = LLVMInt64TypeInContext(cc->context);
	cc->ptr = LLVMPointerTypeInContext(cc->context, 0);
	cc->nothing = LLVMVoidTypeInContext(cc->context);
}

static void compile_optimize(struct cc *cc, const struct cc_options *options)
{
	char passes[32];

	snprintf(passes, sizeof(passes), "default<%s>", options->optimize);
	cc_run_passes(cc, passes);
}

void cc_compile(const struct cc_options *options, char **files)
{
	struct cc cc;

	compile_start(options, &cc);
	cc_link_files(&cc, files);
	cc_link_libc(&cc);
	cc_link_internalize(&cc);
	cc_lower_branches(&cc);
	cc_lower_abi(&cc);
	/* Before passes that BPF's back end adds, which drop ends of blocks. */
	cc_lower_dynamic(&cc);
	compile_optimize(&cc, options);
	cc_link_refuse_undefined(&cc);
	if (cc_dispatch(&cc))
		compile_optimize(&cc, options);
	/* Vectors that a program has, and those that loops ask for. */
	cc_run_passes(&cc,
		      "function(scalarizer,instcombine<no-verify-fixpoint>,early-cse)");
	if (cc_flatten_recursion(&cc))
		cc_run_passes(&cc,
			      "function(instcombine<no-verify-fixpoint>,simplifycfg)");
	cc_lower_arithmetic(&cc);
	cc_spill_arguments(&cc);
	cc_limit_depth(&cc);
	cc_emit_options(&cc);
	cc_finish(&cc);
	cc_passes_check(&cc, "code generation");
	cc_emit(&cc, options->output);
}
