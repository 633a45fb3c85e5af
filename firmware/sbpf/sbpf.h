/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The sBPF runtime: runs λ programs without a kernel.
 *
 * The firmware of the drive runs λs with it, and so does whoever develops or
 * debugs one in userspace. It allocates nothing, keeps no state of its own
 * and calls nothing but the memory functions of string.h; all memory is the
 * caller's. To run a program:
 *
 *   1. sbpf_program_init() checks the linked instructions, once.
 *   2. sbpf_window_lay_out() says how many bytes each segment of the window
 *      takes for a request. Give each its memory, zeroed; put in .rodata and
 *      .data, arguments and input; sbpf_window_set_ctx() writes the context.
 *   3. sbpf_run_program() runs it: by sbpf_interpret(), or by sbpf_jit_run()
 *      once sbpf_jit_compile() has translated the program. Both end every run
 *      alike to the last counter.
 *
 * Nor does a run read what it may not where a branch is predicted wrongly: the
 * addresses of its accesses are made good by arithmetic, see sbpf_mask().
 *
 * Different runs may go on at the same time, of the same program as well.
 */
#ifndef FW_SBPF_H
#define FW_SBPF_H

#include <linux/lambda_check.h>
#include <linux/sbpf.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * enum sbpf_jit_mode - how translated code confines its accesses
 * @SBPF_JIT_GUARDED: by the memory management unit. Runs need a window with a
 *                    base, and a handler of memory faults that calls
 *                    sbpf_jit_run_fault()
 * @SBPF_JIT_COMPARE: by comparing each address. Runs in any window.
 */
enum sbpf_jit_mode {
	SBPF_JIT_GUARDED,
	SBPF_JIT_COMPARE,
#ifdef SBPF_BENCH
	/* Not at all, and nothing counted: to compare speeds with. */
	SBPF_JIT_UNCHECKED,
#endif
	SBPF_JIT_MODES,
};

/**
 * struct sbpf_program - a program that passed the check
 * @check: the instructions and functions, see linux/lambda_check.h; the
 *         instructions stay the caller's and must not change
 * @code:  what sbpf_jit_compile() made of it in each mode, or NULL
 *
 * Immutable once set up.
 */
struct sbpf_program {
	struct sbpf_check check;
	const struct sbpf_code *code[SBPF_JIT_MODES];
};

/**
 * sbpf_program_init - check a program
 * @program: to be set up
 * @insns:   linked instructions, kept by reference
 * @len:     how many
 * @scratch: SBPF_CHECK_SCRATCH(@len) bytes aligned for __u32, not kept
 *
 * Return: 0, or -1 with @program->check.where and .why telling the reason.
 */
int sbpf_program_init(struct sbpf_program *program,
		      const struct sbpf_insn *insns, __u32 len, void *scratch);

/**
 * enum sbpf_segment_id - the segments of a window
 * @SBPF_SEG_CTX:   struct lambda_ctx; read-only
 * @SBPF_SEG_ARGS:  arguments; read-only
 * @SBPF_SEG_STACK: one frame per function
 * @SBPF_SEG_DATA:  .rodata and from the next page .data with .bss
 * @SBPF_SEG_HEAP:  scratch
 * @SBPF_SEG_IN:    input; read-only
 * @SBPF_SEG_OUT:   output
 */
enum sbpf_segment_id {
	SBPF_SEG_CTX,
	SBPF_SEG_ARGS,
	SBPF_SEG_STACK,
	SBPF_SEG_DATA,
	SBPF_SEG_HEAP,
	SBPF_SEG_IN,
	SBPF_SEG_OUT,
	SBPF_SEGS,
};

/**
 * struct sbpf_segment - the memory of one segment
 * @mem: where it is; the caller's
 * @len: bytes, whole pages; 0 when nothing is mapped
 * @ro:  how many of them, from the first, are read-only; whole pages
 */
struct sbpf_segment {
	__u8 *mem;
	__u32 len;
	__u32 ro;
};

/**
 * struct sbpf_window - the memory that one run sees
 * @seg:          its segments
 * @frame_len:    bytes of each stack frame, whole pages
 * @frame_stride: bytes from one frame to the next in @seg[SBPF_SEG_STACK].mem:
 *                @frame_len, or SBPF_FRAME_STRIDE where window addresses are
 *                mapped one to one
 * @out_cap:      bytes of output that the program may return
 * @base:         memory at window address 0 where 4 GiB of address space and
 *                32 KiB more on both sides are reserved, every segment lies
 *                in its place and all else faults; NULL otherwise
 */
struct sbpf_window {
	struct sbpf_segment seg[SBPF_SEGS];
	__u32 frame_len;
	__u32 frame_stride;
	__u32 out_cap;
	__u8 *base;
};

/**
 * struct sbpf_shape - the lengths of one request, in bytes
 * @offset:     file offset of the first input byte
 * @in_len:     input
 * @out_cap:    output buffer
 * @args_len:   arguments
 * @heap_len:   heap
 * @rodata_len: .rodata
 * @data_len:   .data and .bss
 * @frame_len:  stack frame of a function; 0 stands for SBPF_FRAME_DEFAULT
 * @nr_funcs:   functions of the program
 */
struct sbpf_shape {
	__u64 offset;
	__u64 in_len;
	__u64 out_cap;
	__u64 args_len;
	__u64 heap_len;
	__u64 rodata_len;
	__u64 data_len;
	__u32 frame_len;
	__u32 nr_funcs;
};

/**
 * sbpf_window_lay_out - how much memory each segment takes
 * @window: out: lengths and frames; the memory is for the caller to give
 * @shape:  lengths of the request
 *
 * Input starts @shape->offset % SBPF_PAGE_SIZE bytes into its segment, every
 * other segment at its first byte; .data at @seg[SBPF_SEG_DATA].ro.
 *
 * Return: 0, or -1 when a length passes the limit of its segment.
 */
int sbpf_window_lay_out(struct sbpf_window *window,
			const struct sbpf_shape *shape);

/**
 * sbpf_window_set_ctx - write the context a λ finds
 * @window: with memory in its context segment
 * @shape:  the same as it was laid out for
 */
void sbpf_window_set_ctx(struct sbpf_window *window,
			 const struct sbpf_shape *shape);

/**
 * struct sbpf_slot - a stretch of window memory with one permission
 * @start: window address of its first byte
 * @len:   bytes
 * @mem:   memory of the first byte
 */
struct sbpf_slot {
	__u64 start;
	__u64 len;
	__u8 *mem;
};

/**
 * sbpf_window_slot - the stretch that a byte lies in
 * @window: the window
 * @addr:   window address, possibly outside the 4 GiB
 * @write:  for writing
 * @slot:   out
 *
 * Return: false when the byte may not be accessed so.
 */
bool sbpf_window_slot(const struct sbpf_window *window, __s64 addr, bool write,
		      struct sbpf_slot *slot);

/**
 * sbpf_window_find - translate and check a range
 * @window: the window
 * @addr:   window address of the first byte
 * @len:    bytes, at least 1
 * @write:  for writing
 * @bad:    out, on refusal: the lowest forbidden byte
 *
 * Return: memory of the first byte, all of the range following; or NULL.
 */
__u8 *sbpf_window_find(const struct sbpf_window *window, __s64 addr, __u64 len,
		       bool write, __s64 *bad);

/* A run that the runtime gave up: see @max_insns and the next one below. */
#define SBPF_STATUS_DECLINED	17

/* Neither a maximum nor anything a program can reach. */
#define SBPF_INSNS_UNLIMITED	0x4000000000000000ull
#define SBPF_BYTES_UNLIMITED	0xffffffffffffffffull

/* Backward jumps between two looks at @stop, and bytes handled by a helper. */
#define SBPF_QUANTUM		65536u
#define SBPF_PIECE		0x100000u

/**
 * struct sbpf_run - one run of a program
 * @program:      what to run
 * @window:       its memory
 * @budget:       backward jumps it may take, at most SBPF_BUDGET_MAX
 * @max_insns:    instructions it may execute, or SBPF_INSNS_UNLIMITED; looked
 *                at by backward jumps, which bounds the excess to
 *                SBPF_WEIGHT_MAX
 * @max_helper_bytes: bytes that helpers may be charged for, or
 *                SBPF_BYTES_UNLIMITED; looked at by each before it begins
 * @stop:         stored to nonzero, from anywhere, when the run is to be killed;
 *                or NULL
 * @print:        NULL, or told what the program prints: @len bytes, none of which
 *                outlives the call
 * @print_data:   handed to it
 * @status:       out: enum lambda_status or SBPF_STATUS_DECLINED
 * @retval:       out: low half of R0 (OK, ERROR, BAD_LENGTH), else 0
 * @fault_addr:   out: lowest forbidden byte (FAULT), else 0
 * @fault_write:  out: whether it was to be written
 * @where:        out: index of the last instruction executed
 * @insns:        out: instructions executed, the last one included; a 64-bit
 *                immediate load is one, whatever a helper does is none
 * @budget_used:  out: of @budget
 * @helper_bytes: out: bytes that helpers were charged for; more than
 *                @max_helper_bytes when that is why the run was given up
 */
struct sbpf_run {
	const struct sbpf_program *program;
	const struct sbpf_window *window;
	__u64 budget;
	__u64 max_insns;
	__u64 max_helper_bytes;
	const int *stop;
	void (*print)(void *data, const void *text, size_t len);
	void *print_data;

	__u32 status;
	__s32 retval;
	__s64 fault_addr;
	bool fault_write;
	__u32 where;
	__u64 insns;
	__u64 budget_used;
	__u64 helper_bytes;
};

/**
 * sbpf_interpret - run a program, instruction by instruction
 * @run: what to run, and how it ended
 *
 * The reference that every other way to run a program is compared with.
 */
void sbpf_interpret(struct sbpf_run *run);

/* Whether there is a translator for this processor. */
#ifdef __x86_64__
#define SBPF_TRANSLATES	1
#else
#define SBPF_TRANSLATES	0
#endif

/**
 * sbpf_jit_run_table_size - memory for the table of translated code
 * @len: instructions of the program
 *
 * Return: bytes.
 */
size_t sbpf_jit_run_table_size(__u32 len);

/**
 * sbpf_jit_compile - translate a program
 * @program: checked
 * @table:   sbpf_jit_run_table_size() bytes, aligned for a pointer
 * @mode:    how accesses are to be confined
 * @text:    where the code may be written
 * @size:    bytes there
 * @runs_at: the address of @text for executing it; may be the same
 *
 * Call it with a @size of 0 first, to learn how much memory the code takes.
 * When @size is enough, @program->code[@mode] is set; the table and the code
 * must then stay as long as the program is run. Where the processor wants to be
 * told of new instructions in memory, the caller does that before the first
 * run.
 *
 * Return: bytes of code, or 0 when this processor is not supported.
 */
size_t sbpf_jit_compile(struct sbpf_program *program, struct sbpf_code *table,
			enum sbpf_jit_mode mode, __u8 *text, size_t size,
			const __u8 *runs_at);

/**
 * sbpf_jit_run_code - the translated code that a program is run by
 * @program: the program
 * @window:  the window that it is run in
 *
 * Return: guarded code where the window has a base, else code that compares;
 * NULL where there is neither.
 */
const struct sbpf_code *sbpf_jit_run_code(const struct sbpf_program *program,
					  const struct sbpf_window *window);

/**
 * sbpf_jit_run - run translated code, of which there is some
 * @run: what to run, and how it ended; as sbpf_interpret() would say
 */
void sbpf_jit_run(struct sbpf_run *run);

/**
 * sbpf_run_program - run a program the fastest way it can be
 * @run: what to run, and how it ended
 *
 * Translated code where there is some that fits the window, else the
 * interpreter. What is said of guarded code at sbpf_jit_compile() holds.
 */
void sbpf_run_program(struct sbpf_run *run);

/**
 * struct sbpf_jit_regs - what a handler of memory faults must say
 * @pc:      address of the instruction that faulted; out: where to go on
 * @scratch: what r11 held; on AArch64, x16
 * @state:   what rbp held; on AArch64, x24
 */
struct sbpf_jit_regs {
	__u64 pc;
	__u64 scratch;
	__u64 state;
};

/**
 * sbpf_jit_run_fault - end a guarded run by the fault it just took
 * @run:  the run that the faulting thread is in
 * @regs: its registers
 *
 * May be called from a signal handler. A fault that is not the program's own,
 * because it happened elsewhere or at an address that the window allows, is
 * refused: it is for others to handle.
 *
 * Return: whether it was the program's, and execution is to go on at
 * @regs->pc.
 */
bool sbpf_jit_run_fault(struct sbpf_run *run, struct sbpf_jit_regs *regs);

#endif /* FW_SBPF_H */
