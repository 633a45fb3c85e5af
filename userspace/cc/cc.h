/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lambda-cc: makes one λ object of C files.
 *
 * A front end, clang, makes LLVM's bitcode of each file. What follows works on
 * all of it at once: it takes out what BPF's back end or the contract of λs
 * cannot have, and says of what it cannot take out what it is and where.
 *
 * LLVM is reached by its C interface, which is kept stable from version to
 * version. Each pass has a file of its own; compile.c has their order.
 */
#ifndef LAMBDA_CC_H
#define LAMBDA_CC_H

#include <linux/types.h>
#include <llvm-c/Core.h>
#include <llvm-c/DebugInfo.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>
#include <llvm/Config/llvm-config.h>
#include <stdbool.h>
#include <stddef.h>

#define CC_SLOTS_MAX 5		/* registers that carry arguments */
#define CC_INLINE_BYTES 64	/* of a copy that is loads and stores */
#define CC_LOCAL_BYTES 4096u	/* of a variable that the stack has room for */
#define CC_FRAME_BYTES 16384u	/* of all variables of a function there */
#define CC_ERRORS_MAX 20	/* errors that are told before it gives up */

/*
 * What stands for the address of a function: a number that lies in no segment
 * of the window, so that reading or writing there faults.
 */
#define CC_FUNCTION_BASE 0x0a000000u
#define CC_FUNCTION_STRIDE 16u

/**
 * struct cc - what is compiled, and by what
 * @context: LLVM's
 * @module:  all of it, once it has been linked
 * @machine: the back end
 * @layout:  sizes of types in the window
 * @builder: makes instructions
 * @errors:  how many have been told
 * @stack:   bytes for calls of functions that have not returned, and likewise
 *           for variables whose size only a run knows
 * @heap:    bytes of heap for a program that needs one and names none
 * @needs_heap: it may call malloc()
 * @divides_signed: the version of BPF's instructions can do that
 * @i8: a type, as the others that follow
 */
struct cc {
	LLVMContextRef context;
	LLVMModuleRef module;
	LLVMTargetMachineRef machine;
	LLVMTargetDataRef layout;
	LLVMBuilderRef builder;
	unsigned int errors;
	__u64 stack;
	__u64 heap;
	bool needs_heap;
	bool divides_signed;
	LLVMTypeRef i8;
	LLVMTypeRef i32;
	LLVMTypeRef i64;
	LLVMTypeRef ptr;
	LLVMTypeRef nothing;
};

/**
 * struct cc_options - what the command line asks for
 * @output:   file to write
 * @cpu:      version of BPF's instructions: v3 or v4
 * @clang:    the front end
 * @optimize: "O2", "Os" and so on
 * @flags:    of the front end, ended by NULL
 * @files:    sources and objects, ended by NULL
 * @stack:    as in struct cc
 * @heap:     likewise
 * @objects:  leave each source an object of its own, not yet a λ
 * @verbose:  show the front end's commands
 */
struct cc_options {
	const char *output;
	const char *cpu;
	const char *clang;
	const char *optimize;
	char **flags;
	char **files;
	__u64 stack;
	__u64 heap;
	bool objects;
	bool verbose;
};

/* complain.c: what is wrong, on stderr */

/* A message of the command itself; ends it. */
void cc_die(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

/* Ends the command when errors have been told. */
void cc_stop_on_errors(const struct cc *cc);

/*
 * refuse.c: what is wrong with an instruction, function or variable: file, line and
 * function are put in front. Counts an error; too many end the command.
 */
void cc_refuse(struct cc *cc, LLVMValueRef value, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* front.c */

/*
 * Runs the front end over @file and returns the path of the bitcode, in a
 * folder that is removed at exit. Ends the command when the front end fails.
 */
char *cc_front_end(const struct cc_options *options, const char *file);

/* Like cc_front_end(), into a file of the caller's. */
void cc_front_end_to(const struct cc_options *options, const char *file,
		     const char *output);

/* The newest front end that the back end of this build understands. */
const char *cc_front_clang(void);

/*
 * Hands over to the build of this command whose back end understands what
 * @clang makes, if this one does not; ends the command if there is none.
 */
void cc_front_choose_back_end(const char *clang, char **argv);

/* The folder that this was installed into: bin, include and lib are in it. */
const char *cc_front_prefix(void);

/* compile.c */

/* Makes the object of all the bitcode in @files, ended by NULL. */
void cc_compile(const struct cc_options *options, char **files);

/* passes.c */

/* Runs LLVM's passes @passes. */
void cc_run_passes(struct cc *cc, const char *passes);

/* A pass that leaves a module malformed is told of where it was run. */
void cc_passes_check(struct cc *cc, const char *before);

/* link.c */

/*
 * Reads files of bitcode, ended by NULL, and links them to the module; of those
 * that are libraries, what is missing then.
 */
void cc_link_files(struct cc *cc, char **files);

/* module.c: makes one of a file in memory, freed then; @path is for messages. */
LLVMModuleRef cc_read_module(struct cc *cc, const char *path,
			     LLVMMemoryBufferRef buffer);

/* archive.c: links what of a library is missing. Was there anything? */
bool cc_archive_link(struct cc *cc, const char *path,
		     LLVMMemoryBufferRef buffer);

/* Links what the C library defines of what is missing. */
void cc_link_libc(struct cc *cc);

/* constructor.c: has each program call the module's constructors first. */
void cc_call_constructors(struct cc *cc);

/* Leaves the programs and their options visible, and all else internal. */
void cc_link_internalize(struct cc *cc);

/* Makes what arithmetic is done by internal as well, now that it is used. */
void cc_link_close_runtime(struct cc *cc);

/* Refuses what is called or used and nowhere defined. */
void cc_link_refuse_undefined(struct cc *cc);

/* Is this function a program, or the merge program of one? */
bool cc_ir_is_entry(LLVMValueRef function);

/* types.c */

/* Is it a variable whose type the object tells: LAMBDA_ARGS(), LAMBDA_OUTPUT()? */
bool cc_has_type(LLVMValueRef variable);

/* Takes out what describes the source, but for places and those types. */
void cc_keep_types(struct cc *cc);

/* ir.c: what several passes need */

typedef void (*cc_visitor)(struct cc *cc, LLVMValueRef insn, void *data);

/* Visits each instruction; a visitor may replace the one that it is given. */
void cc_ir_each(struct cc *cc, cc_visitor visit, void *data);

/* Visits each instruction of @function. */
void cc_ir_each_of(struct cc *cc, LLVMValueRef function, cc_visitor visit,
		   void *data);

/* The function that a call is of, or NULL: through a pointer, or no call. */
LLVMValueRef cc_ir_callee(LLVMValueRef insn);

/* Is it a call of a function whose name begins so? */
bool cc_ir_calls(LLVMValueRef insn, const char *prefix);

/* The function that an instruction is in. */
LLVMValueRef cc_ir_function_of(LLVMValueRef insn);

/* Name of a function, variable or instruction, empty for none. */
const char *cc_ir_name(LLVMValueRef value);

/* Is it a number that is known, and which? */
bool cc_ir_constant(LLVMValueRef value, __u64 *ret);

LLVMValueRef cc_ir_number(struct cc *cc, __u64 value);

/* An address that is a number. */
LLVMValueRef cc_ir_address(struct cc *cc, __u64 value);

/* Places the builder before an instruction, at its line of the source. */
void cc_ir_before(struct cc *cc, LLVMValueRef insn);

/* A local variable, where the frame of @function begins. */
LLVMValueRef cc_ir_local(struct cc *cc, LLVMValueRef function, LLVMTypeRef type,
			 const char *name);

/* Places the builder where code of @function begins. */
void cc_ir_at_start(struct cc *cc, LLVMValueRef function);

/* Takes an instruction out, @value in its place; @value may be NULL. */
void cc_ir_replace(LLVMValueRef insn, LLVMValueRef value);

/* Does a function or a call's argument have an attribute? */
LLVMAttributeRef cc_ir_attribute(LLVMValueRef value, unsigned int index,
				 const char *name);

/* Takes an attribute away. */
void cc_ir_drop_attribute(LLVMValueRef value, unsigned int index,
			  const char *name);

/*
 * A function of type @type takes the place of @function, with its name, its
 * attributes and its body; parameters are left to the caller, in both.
 */
LLVMValueRef cc_ir_retype(struct cc *cc, LLVMValueRef function,
			  LLVMTypeRef type);

/* The calls of @function by its name, ended by NULL; the caller frees it. */
LLVMValueRef *cc_ir_calls_of(LLVMValueRef function);

/* Copies how a function's parameters are extended to a call of it. */
void cc_ir_extend_arguments(LLVMValueRef call, LLVMValueRef function);

/* Drops what is known of the loop that a branch goes back in: it has places. */
void cc_ir_forget_loop(struct cc *cc, LLVMValueRef insn);

/* Puts an end of the run at the builder's place: enum lambda_end. */
void cc_ir_build_end(struct cc *cc, unsigned int end);

/* The passes, each in the file of its name */

/* abi.c: variable arguments, structs by value, for all calls. */
void cc_lower_abi(struct cc *cc);

/* branches.c: computed goto. */
void cc_lower_branches(struct cc *cc);

/* dynamic.c: local variables whose size only a run knows. */
void cc_lower_dynamic(struct cc *cc);

/* spill.c: arguments and results that take too many registers. */
void cc_spill_arguments(struct cc *cc);

/* dispatch.c: calls through pointers. Returns whether there were any. */
bool cc_dispatch(struct cc *cc);

/* recursion.c: functions that call themselves. Were there any? */
bool cc_flatten_recursion(struct cc *cc);

struct cc_group;

/* Makes one function of each group; members' functions are entered. */
void cc_recursion_merge_groups(struct cc *cc, struct cc_group *groups,
			       unsigned int count);

/* arith.c: floating point and 128 bits, by calls of the runtime. */
void cc_lower_arithmetic(struct cc *cc);

/* depth.c: no more calls within calls than a λ may have. */
void cc_limit_depth(struct cc *cc);

/* finish.c: what has to be the last. */
void cc_finish(struct cc *cc);

/* emit.c */

/* Runs the back end and writes the object. */
void cc_emit(struct cc *cc, const char *output);

/* Enters the options that the program needs and does not have. */
void cc_emit_options(struct cc *cc);

#endif /* LAMBDA_CC_H */
