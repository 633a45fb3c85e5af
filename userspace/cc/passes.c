// SPDX-License-Identifier: GPL-2.0-only
/* Runs LLVM's own passes over a module. */
#include <stdlib.h>

#include <llvm-c/Analysis.h>
#include <llvm-c/Transforms/PassBuilder.h>

#include "cc.h"

void cc_passes_check(struct cc *cc, const char *before)
{
	char *why = NULL;

	if (getenv("LAMBDA_CC_DUMP"))
		LLVMDumpModule(cc->module);
	if (LLVMVerifyModule(cc->module, LLVMReturnStatusAction, &why))
		cc_die("internal error before %s: %s", before, why);
	LLVMDisposeMessage(why);
}

void cc_run_passes(struct cc *cc, const char *passes)
{
	LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
	LLVMErrorRef error;

	cc_passes_check(cc, passes);
	/* BPF has no vectors. */
	LLVMPassBuilderOptionsSetLoopVectorization(options, false);
	LLVMPassBuilderOptionsSetSLPVectorization(options, false);
	error = LLVMRunPasses(cc->module, passes, cc->machine, options);
	if (error)
		cc_die("%s: %s", passes, LLVMGetErrorMessage(error));
	LLVMDisposePassBuilderOptions(options);
}
