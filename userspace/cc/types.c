// SPDX-License-Identifier: GPL-2.0-only
/*
 * What describes the source, of which places are all that is kept but for the types
 * of arguments and output: of variables a pass may make pieces, and of functions
 * others, which what describes them would contradict.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cc.h"

/* Of a variable's operands: LLVM has no call for it. */
#define TYPE_OPERAND 3u

static const struct kind {
	const char *section;
	const char *macro;
} kinds[] = {
	{ ".lambda.args", "LAMBDA_ARGS()" },
	{ ".lambda.output", "LAMBDA_OUTPUT()" },
};

#define NR_KINDS (sizeof(kinds) / sizeof(*kinds))

/* A variable, and what is known of its source. */
struct typed {
	LLVMValueRef variable;
	LLVMMetadataRef type;
	LLVMMetadataRef file;
	unsigned int line;
};

bool cc_has_type(LLVMValueRef variable)
{
	const char *section = LLVMGetSection(variable);
	size_t i;

	for (i = 0; section && i < NR_KINDS; i++)
		if (!strcmp(section, kinds[i].section))
			return true;
	return false;
}

/* A variable is described by what is attached to it, or not. */
static LLVMMetadataRef types_description_of(LLVMValueRef variable)
{
	unsigned int kind = LLVMGetMDKindID("dbg", 3);
	LLVMValueMetadataEntry *entries;
	LLVMMetadataRef ret = NULL;
	size_t count, i;

	entries = LLVMGlobalCopyAllMetadata(variable, &count);
	for (i = 0; i < count; i++)
		if (LLVMValueMetadataEntriesGetKind(entries, i) == kind)
			ret = LLVMValueMetadataEntriesGetMetadata(entries, i);
	LLVMDisposeValueMetadataEntries(entries);
	return ret ? LLVMDIGlobalVariableExpressionGetVariable(ret) : NULL;
}

static LLVMMetadataRef types_type_of(struct cc *cc, LLVMMetadataRef described)
{
	LLVMValueRef node = LLVMMetadataAsValue(cc->context, described);
	unsigned int count = LLVMGetMDNodeNumOperands(node);
	LLVMMetadataRef ret = NULL;
	LLVMValueRef *operands;

	operands = calloc(count + 1, sizeof(*operands));
	if (!operands)
		cc_die("out of memory");
	LLVMGetMDNodeOperands(node, operands);
	if (count > TYPE_OPERAND && operands[TYPE_OPERAND])
		ret = LLVMValueAsMetadata(operands[TYPE_OPERAND]);
	free(operands);
	return ret;
}

static bool types_read(struct cc *cc, LLVMValueRef variable,
		       struct typed *typed)
{
	LLVMMetadataRef described = types_description_of(variable);

	if (!described)
		return false;
	*typed = (struct typed) {
		.variable = variable,
		.type = types_type_of(cc, described),
		.file = LLVMDIVariableGetFile(described),
		.line = LLVMDIVariableGetLine(described),
	};
	return typed->type && typed->file;
}

/* The front end has not described it: see cc_front_end(). */
static void types_give_up(LLVMValueRef variable, const struct kind *kind)
{
	fprintf(stderr,
		"lambda cc: note: the types of %s are not known without debug info: arguments go by --args, and output by --print\n",
		kind->macro);
	LLVMSetSection(variable, "");
	LLVMSetLinkage(variable, LLVMInternalLinkage);
}

/* The only variable of a kind. */
static void types_find(struct cc *cc, const struct kind *kind,
		       struct typed *typed)
{
	LLVMValueRef variable, found = NULL;

	for (variable = LLVMGetFirstGlobal(cc->module); variable;
	     variable = LLVMGetNextGlobal(variable)) {
		const char *section = LLVMGetSection(variable);

		if (!section || strcmp(section, kind->section))
			continue;
		if (found)
			cc_die("%s is in several of these files: leave it in one",
			       kind->macro);
		found = variable;
	}
	if (found && !types_read(cc, found, typed)) {
		typed->variable = NULL;
		types_give_up(found, kind);
	}
}

/* Of no unit, since those that there were have been taken out. */
static void types_describe(LLVMDIBuilderRef builder, const struct typed *typed)
{
	const char *name = cc_ir_name(typed->variable);
	LLVMMetadataRef file = typed->file, all, ret;

	all = LLVMDIBuilderCreateExpression(builder, NULL, 0);
	ret = LLVMDIBuilderCreateGlobalVariableExpression(builder, file, name,
							  strlen(name), "", 0,
							  file, typed->line,
							  typed->type, true,
							  all, NULL, 0);
	LLVMGlobalSetMetadata(typed->variable, LLVMGetMDKindID("dbg", 3), ret);
}

void cc_keep_types(struct cc *cc)
{
	struct typed typed[NR_KINDS] = { 0 };
	LLVMDIBuilderRef builder;
	size_t i;

	for (i = 0; i < NR_KINDS; i++)
		types_find(cc, &kinds[i], &typed[i]);
	cc_run_passes(cc, "strip-nonlinetable-debuginfo");
	builder = LLVMCreateDIBuilder(cc->module);
	for (i = 0; i < NR_KINDS; i++)
		if (typed[i].variable)
			types_describe(builder, &typed[i]);
	LLVMDisposeDIBuilder(builder);
}
