// SPDX-License-Identifier: GPL-2.0-only
/* The back end, and what its object has to say about the program. */
#include <elf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/sbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cc.h"

/* As in lambda_bpf.h. */
enum { OPTION_HEAP = 1, OPTION_FRAME = 2 };

struct option {
	__u32 kind;
	__u32 reserved;
	__u64 value;
};

static bool emit_has_option(struct cc *cc, __u64 kind)
{
	LLVMValueRef variable, value;
	__u64 found;

	for (variable = LLVMGetFirstGlobal(cc->module); variable;
	     variable = LLVMGetNextGlobal(variable)) {
		const char *section = LLVMGetSection(variable);

		if (!section || strcmp(section, ".lambda.options"))
			continue;
		value = LLVMGetInitializer(variable);
		if (value && LLVMIsAConstantStruct(value) &&
		    cc_ir_constant(LLVMGetOperand(value, 0), &found) &&
		    found == kind)
			return true;
	}
	return false;
}

static void emit_add_option(struct cc *cc, __u64 kind, __u64 amount)
{
	LLVMValueRef values[] = {
		LLVMConstInt(cc->i32, kind, false),
		LLVMConstInt(cc->i32, 0, false),
		cc_ir_number(cc, amount),
	};
	LLVMValueRef value, variable;

	if (emit_has_option(cc, kind))
		return;
	value = LLVMConstStructInContext(cc->context, values, 3, false);
	variable = LLVMAddGlobal(cc->module, LLVMTypeOf(value),
				 "lambda_option");
	LLVMSetInitializer(variable, value);
	LLVMSetGlobalConstant(variable, true);
	LLVMSetAlignment(variable, 8);
	LLVMSetSection(variable, ".lambda.options");
}

void cc_emit_options(struct cc *cc)
{
	/* What the frame needs is known when the object is. */
	emit_add_option(cc, OPTION_FRAME, 0);
	if (cc->needs_heap)
		emit_add_option(cc, OPTION_HEAP, cc->heap);
}

/* The lowest byte below R10 that an instruction of a function names. */
static __u64 emit_frame_of(const struct bpf_insn *insns, size_t count)
{
	__s64 lowest = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		const struct bpf_insn *insn = &insns[i];
		unsigned int class = BPF_CLASS(insn->code);
		bool loads = class == BPF_LDX && insn->src_reg == BPF_REG_10;
		bool stores = (class == BPF_ST || class == BPF_STX) &&
			      insn->dst_reg == BPF_REG_10;
		bool adds = i && insn->code == (BPF_ALU64 | BPF_ADD | BPF_K) &&
			    insns[i - 1].code == (BPF_ALU64 | BPF_MOV | BPF_X) &&
			    insns[i - 1].src_reg == BPF_REG_10 &&
			    insns[i - 1].dst_reg == insn->dst_reg;

		if ((loads || stores) && insn->off < lowest)
			lowest = insn->off;
		if (adds && insn->imm < lowest)
			lowest = insn->imm;
	}
	return -lowest;
}

static void emit_patch_frame(void *section, size_t size, __u64 frame)
{
	struct option *options = section;
	size_t i;

	for (i = 0; i < size / sizeof(*options); i++)
		if (options[i].kind == OPTION_FRAME &&
		    options[i].value < frame && frame > SBPF_FRAME_DEFAULT)
			options[i].value = frame;
}

/* Enters the frame that the object's functions need into its options. */
static void emit_enter_frame(char *image)
{
	Elf64_Ehdr *header = (Elf64_Ehdr *)image;
	Elf64_Shdr *sections = (Elf64_Shdr *)(image + header->e_shoff);
	const char *names = image + sections[header->e_shstrndx].sh_offset;
	__u64 frame = 0;
	size_t i;

	for (i = 0; i < header->e_shnum; i++) {
		char *bytes = image + sections[i].sh_offset;
		size_t size = sections[i].sh_size;
		__u64 needs = 0;

		if (sections[i].sh_flags & SHF_EXECINSTR)
			needs = emit_frame_of((struct bpf_insn *)bytes,
					      size / sizeof(struct bpf_insn));
		if (needs > frame)
			frame = needs;
	}
	for (i = 0; i < header->e_shnum; i++)
		if (!strcmp(names + sections[i].sh_name, ".lambda.options"))
			emit_patch_frame(image + sections[i].sh_offset,
					 sections[i].sh_size, frame);
}

static void emit_write_file(const char *path, const char *bytes, size_t size)
{
	FILE *file = fopen(path, "wb");

	if (!file)
		cc_die("%s: %s", path, strerror(errno));
	if (fwrite(bytes, 1, size, file) != size || fclose(file))
		cc_die("%s: %s", path, strerror(errno));
}

void cc_emit(struct cc *cc, const char *output)
{
	LLVMMemoryBufferRef buffer;
	char *why, *image;
	size_t size;

	if (LLVMTargetMachineEmitToMemoryBuffer(cc->machine, cc->module,
						LLVMObjectFile, &why, &buffer))
		cc_die("the back end fails: %s", why);
	cc_stop_on_errors(cc);
	size = LLVMGetBufferSize(buffer);
	image = malloc(size);
	if (!image)
		cc_die("out of memory");
	memcpy(image, LLVMGetBufferStart(buffer), size);
	LLVMDisposeMemoryBuffer(buffer);
	emit_enter_frame(image);
	emit_write_file(output, image, size);
	free(image);
}
