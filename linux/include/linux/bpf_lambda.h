/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sBPF in the kernel: what kernel/bpf, the x86 JIT and fs/lambda share.
 *
 * A request lives so: bpf_lambda_window_get() takes a window shaped for it,
 * its input is mapped or copied in, bpf_lambda_run() runs the program, output
 * pages are picked with bpf_lambda_window_page(), bpf_lambda_window_put()
 * gives the window back. One task does all of it, in process context, without
 * locks held.
 */
#ifndef _LINUX_BPF_LAMBDA_H
#define _LINUX_BPF_LAMBDA_H

#include <linux/bpf.h>
#include <linux/sbpf.h>
#include <linux/sched/signal.h>
#include <linux/types.h>

struct bpf_verifier_env;
struct page;
struct user_struct;

/*
 * Bytes between a window's first mapped page, its header, and window address
 * 0. A base register reaches at most 32 KiB below address 0 and as much above
 * 4 GiB, so nothing a λ computes gets to the header.
 */
#define BPF_LAMBDA_GUARD	0x10000

/* Limits of the window pool. */
#define BPF_LAMBDA_WINDOWS_MAX	256	/* windows, system-wide */
#define BPF_LAMBDA_WINDOWS_USER	64	/* windows in use by one user */
#define BPF_LAMBDA_KEEP_PAGES	16	/* private pages an idle window keeps */
#define BPF_LAMBDA_RETIRED_MAX	16	/* windows awaiting one TLB flush */
#define BPF_LAMBDA_RETIRED_PAGES 1024	/* pages pinned awaiting it, 4 MiB */

/**
 * struct bpf_lambda_prog - what is kept of a program of type LAMBDA
 * @insns:    the instructions as they were loaded; prog->insnsi is rewritten
 *            by the JIT, a drive must get these
 * @len:      number of @insns
 * @nr_funcs: functions, the entry included
 * @quantum:  backward jumps between two looks at signals and the scheduler
 * @sha256:   of @insns
 *
 * Hangs off prog->aux->lambda and lives as long as the program; immutable.
 */
struct bpf_lambda_prog {
	struct bpf_insn *insns;
	u32 len;
	u32 nr_funcs;
	u32 quantum;
	u8 sha256[32];
};

/**
 * struct bpf_lambda_image - a program with its globals, as a handle holds it
 * @prog:       the program; the image's owner holds a reference
 * @rodata:     kernel copy of .rodata, @rodata_len bytes
 * @data:       kernel copy of .data, @data_len bytes
 * @rodata_len: bytes
 * @data_len:   bytes
 * @bss_len:    zero bytes after @data
 * @heap_len:   bytes of heap
 * @frame_len:  bytes of stack per function, whole pages
 * @id:         never used twice; pages of one image are not shown to another
 *
 * Immutable while any request uses it.
 */
struct bpf_lambda_image {
	struct bpf_prog *prog;
	const void *rodata;
	const void *data;
	u32 rodata_len;
	u32 data_len;
	u32 bss_len;
	u32 heap_len;
	u32 frame_len;
	u64 id;
};

/**
 * struct bpf_lambda_shape - the lengths of one request
 * @offset:   file offset of the first input byte, for the ctx
 * @in_skew:  where in its page the input starts, 0 … 4095
 * @in_len:   bytes of input; @in_skew + @in_len <= SBPF_IN_MAX
 * @out_cap:  bytes of output, at most SBPF_OUT_MAX
 * @args_len: bytes of arguments, at most SBPF_ARGS_MAX
 * @budget:   backward jumps it may take
 * @user:     who pays for pages; the caller holds a reference
 */
struct bpf_lambda_shape {
	u64 offset;
	u32 in_skew;
	u32 in_len;
	u32 out_cap;
	u32 args_len;
	u64 budget;
	struct user_struct *user;
};

/**
 * struct bpf_lambda_result - how a run ended
 * @status:      enum lambda_status
 * @retval:      what the program returned (OK, ERROR and BAD_LENGTH)
 * @fault_addr:  lowest forbidden byte (FAULT)
 * @fault_write: it was a write (FAULT)
 */
struct bpf_lambda_result {
	u32 status;
	s32 retval;
	s64 fault_addr;
	bool fault_write;
};

/**
 * struct bpf_lambda_header - the page that JIT code and its thunks share
 * @sp:          stack pointer to return to when a run is cut short
 * @ticks:       what r9 held: backward jumps left before the next tick
 * @budget:      backward jumps left beyond @ticks
 * @fault_ip:    instruction that touched a page not (yet) there
 * @fault_addr:  window address it touched, written by the exception handler
 * @fault_write: nonzero for a write
 * @status:      enum lambda_status of a run cut short
 * @error:       0, or the errno of a run that the kernel could not finish
 *               (-ENOMEM, -EDQUOT, -EIO); @status is then NOT_RUN
 * @window:      the window this is the header of
 *
 * Mapped at the start of each window for its whole life, out of reach of the
 * program. Offsets are known to assembler through asm-offsets.
 */
struct bpf_lambda_header {
	u64 sp;
	u64 ticks;
	u64 budget;
	u64 fault_ip;
	s64 fault_addr;
	u32 fault_write;
	u32 status;
	int error;
	struct bpf_lambda_window *window;
};

/**
 * struct bpf_lambda_window - one 4 GiB address space, see lambda_window.c
 *
 * Opaque outside kernel/bpf/lambda*.c.
 */
struct bpf_lambda_window;

/* lambda_window.c */

/**
 * bpf_lambda_window_get - take a window and lay out its segments
 * @image: program and globals
 * @shape: lengths of the request; the caller has checked the limits
 *
 * Sleeps while all windows are busy, or all that the user may have. Apart from
 * the context no page is mapped yet: args and input are put in by the caller,
 * everything else appears when it is first touched.
 *
 * Return: the window, or ERR_PTR: -EINTR on a fatal signal, -ENOMEM.
 */
struct bpf_lambda_window *
bpf_lambda_window_get(const struct bpf_lambda_image *image,
		      const struct bpf_lambda_shape *shape);

/**
 * bpf_lambda_window_put - give a window back
 * @w: the window
 *
 * Its pages are unmapped, or kept for a request of the same shape; pinned
 * input pages are released only after the TLB flush that retires their
 * mapping.
 */
void bpf_lambda_window_put(struct bpf_lambda_window *w);

/**
 * bpf_lambda_window_map_input - map page cache pages as input, read-only
 * @w:     the window
 * @first: index of the first page to map, counted from the input's first page
 * @pages: the pages; their references pass to the window, also on error
 * @nr:    number of @pages
 *
 * Charges them to the request's user. The bytes outside the input in the edge
 * pages must be zero: copy such a page with bpf_lambda_window_fill() instead.
 *
 * Return: 0, -ENOMEM, or -EDQUOT over the user's limit.
 */
int bpf_lambda_window_map_input(struct bpf_lambda_window *w, u32 first,
				struct page **pages, u32 nr);

/**
 * bpf_lambda_window_fill - a private page of a read-only segment, to be filled
 * @w:    the window
 * @addr: any window address of the page; it must lie in args or input
 *
 * The page is mapped read-only and charged to the request's user; a second
 * call for it returns it again as it is. The bytes that the request's shape
 * does not count among input or arguments are zero, all others are to be put
 * in, or after bpf_lambda_window_shorten() to be zeroed, by the caller: they
 * may be those of an earlier request.
 *
 * Return: its kernel address, or ERR_PTR: -ENOMEM, -EDQUOT.
 */
void *bpf_lambda_window_fill(struct bpf_lambda_window *w, u32 addr);

/**
 * bpf_lambda_window_shorten - settle for less input than was planned
 * @w:      the window
 * @in_len: bytes of input there are, more than 0 and at most the shape's
 * @budget: the request's budget now
 *
 * Called before the run, at most once, when the file gave less than its shape
 * said. Pages of input past the new end cannot be accessed any more; those
 * never put in cost nothing. The bytes after the new end in its page are zero.
 */
void bpf_lambda_window_shorten(struct bpf_lambda_window *w, u32 in_len,
			       u64 budget);

/**
 * bpf_lambda_window_page - look up a page by window address
 * @w:    the window
 * @addr: any window address of the page
 *
 * Return: the page, without a reference of its own, or NULL where nothing was
 * touched and all bytes are zero.
 */
struct page *bpf_lambda_window_page(struct bpf_lambda_window *w, u32 addr);

/**
 * bpf_lambda_window_forget - let go of pages that idle windows keep
 * @image_id: id of an image whose last request has ended
 */
void bpf_lambda_window_forget(u64 image_id);

/* lambda_pool.c */

/**
 * bpf_lambda_charge - count pages among those that a user's requests hold
 * @user:  the user
 * @pages: how many
 *
 * Return: 0, or -EDQUOT over the limit.
 */
int bpf_lambda_charge(struct user_struct *user, u32 pages);

/**
 * bpf_lambda_uncharge - give pages back that were charged
 * @user:  the user
 * @pages: how many
 */
void bpf_lambda_uncharge(struct user_struct *user, u32 pages);

/* lambda_run.c */

/**
 * bpf_lambda_new_image_id - a number for a new image
 *
 * Return: one that no other image has had.
 */
u64 bpf_lambda_new_image_id(void);

/**
 * bpf_lambda_fill_from_user - copy user memory into a read-only segment
 * @w:    the window
 * @addr: window address of the first byte, in args or input
 * @from: the user's bytes
 * @len:  how many
 *
 * Return: 0; -EFAULT, -EINTR on a fatal signal, or what
 * bpf_lambda_window_fill() returns.
 */
int bpf_lambda_fill_from_user(struct bpf_lambda_window *w, u32 addr,
			      const void __user *from, u32 len);

/**
 * bpf_lambda_output_to_user - copy the first bytes of the output segment
 * @w:   the window, its program run
 * @to:  the user's buffer
 * @len: bytes
 *
 * Return: 0; -EFAULT, -EINTR on a fatal signal, then a part may be copied.
 */
int bpf_lambda_output_to_user(struct bpf_lambda_window *w, void __user *to,
			      u32 len);

/* Called by thunks only. */
s64 bpf_lambda_tick(struct bpf_lambda_header *hdr);
int bpf_lambda_touch(struct bpf_lambda_header *hdr);

int bpf_lambda_test_run(struct bpf_prog *prog, const union bpf_attr *attr,
			union bpf_attr __user *uattr);

/**
 * bpf_lambda_run - run the window's program once
 * @w:   a window with its input in place
 * @res: how it ended
 *
 * Return: 0 with @res set; -EINTR on a fatal signal; -ENOMEM, -EDQUOT or -EIO
 * (poisoned memory) when the kernel could not finish it.
 */
int bpf_lambda_run(struct bpf_lambda_window *w, struct bpf_lambda_result *res);

/*
 * The limit on pages that one user's requests hold at a time, pinned input and
 * private pages together: fs.lambda.user_pages, by default a quarter of RAM.
 */
extern unsigned long bpf_lambda_user_pages;

/* lambda.c: what bpf_check() and the JIT ask */

#ifdef CONFIG_BPF_LAMBDA
static inline bool bpf_prog_is_lambda(const struct bpf_prog *prog)
{
	return prog->type == BPF_PROG_TYPE_LAMBDA;
}

/**
 * bpf_lambda_check - the verifier of λ programs
 * @env:  what bpf_check() has prepared: functions and line info are known
 * @attr: of the load
 *
 * Return: 0 with prog->aux->lambda set, or an errno with the reason logged.
 */
int bpf_lambda_check(struct bpf_verifier_env *env, const union bpf_attr *attr);

/**
 * bpf_lambda_no_jit - say why a λ cannot be loaded after all
 * @env: of the load
 * @err: what the JIT answered
 *
 * Return: the errno for the caller; there is no interpreter for a λ.
 */
int bpf_lambda_no_jit(struct bpf_verifier_env *env, int err);

/* Loads and stores in one function: each gets an exception table entry. */
u32 bpf_lambda_accesses(const struct bpf_prog *func);

/*
 * Asked before constant blinding rewrites @insn. It lengthens a backward jump
 * by two instructions without looking whether its offset still fits; if not,
 * it would become a forward one and pass no budget check. And as each rewrite
 * moves all that follows, a long λ takes minutes.
 */
static inline int bpf_lambda_may_blind(const struct bpf_insn *insn)
{
	cond_resched();
	if (fatal_signal_pending(current))
		return -EINTR;
	if (insn->off < S16_MIN + 2 && (BPF_CLASS(insn->code) == BPF_JMP ||
					BPF_CLASS(insn->code) == BPF_JMP32))
		return -ERANGE;
	return 0;
}

void bpf_lambda_prog_free(struct bpf_prog_aux *aux);
#else
static inline bool bpf_prog_is_lambda(const struct bpf_prog *prog)
{
	return false;
}

static inline int bpf_lambda_check(struct bpf_verifier_env *env,
				   const union bpf_attr *attr)
{
	return -EINVAL;
}

static inline int bpf_lambda_no_jit(struct bpf_verifier_env *env, int err)
{
	return err;
}

static inline u32 bpf_lambda_accesses(const struct bpf_prog *func)
{
	return 0;
}

static inline int bpf_lambda_may_blind(const struct bpf_insn *insn)
{
	return 0;
}

static inline void bpf_lambda_prog_free(struct bpf_prog_aux *aux)
{
}
#endif /* CONFIG_BPF_LAMBDA */

/*
 * Assembler that JIT code calls; see bpf_lambda_thunk.S. None may be called
 * from C.
 */
void bpf_lambda_abort(void);
void bpf_lambda_tick_thunk(void);
void bpf_lambda_touch_thunk(void);
void bpf_lambda_thunk_memcpy(void);
void bpf_lambda_thunk_memmove(void);
void bpf_lambda_thunk_memset(void);
void bpf_lambda_thunk_memcmp(void);
void bpf_lambda_thunk_memchr(void);
void bpf_lambda_thunk_memmem(void);
void bpf_lambda_thunk_crc32c(void);

/* By id - SBPF_HELPER_MEMCPY. */
extern void *const bpf_lambda_helper_thunks[];

#endif /* _LINUX_BPF_LAMBDA_H */
