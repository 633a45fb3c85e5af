/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sBPF in the kernel: what kernel/bpf, the x86 JIT and fs/lambda share.
 *
 * A request lives so: bpf_lambda_charge_claim_turn() waits for the user's turn,
 * what it is made from is gathered in a stage, bpf_lambda_stage_window() takes
 * a window shaped for it, bpf_lambda_run() runs the program,
 * bpf_lambda_stage_deliver() gives the window back and copies the output. One
 * task does all of it, in process context, without locks held; and nothing of a
 * user's is waited for with a window.
 */
#ifndef _LINUX_BPF_LAMBDA_H
#define _LINUX_BPF_LAMBDA_H

#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/sbpf.h>
#include <linux/sched/signal.h>
#include <linux/types.h>
#include <linux/user_namespace.h>

struct bpf_verifier_env;
struct exception_table_entry;
struct mm_struct;
struct page;
struct sbpf_array;

/*
 * Bytes between a window's first mapped page, its header, and window address
 * 0. A base register reaches at most 32 KiB below address 0 and as much above
 * 4 GiB, so nothing a λ computes gets to the header.
 */
#define BPF_LAMBDA_GUARD	0x10000

/* Limits of the window pool. */
#define BPF_LAMBDA_WINDOWS_MAX	2048	/* windows: 8 TiB of addresses of 32 */
#define BPF_LAMBDA_WINDOWS_MIN	256	/* however little memory there is */
#define BPF_LAMBDA_WINDOWS_KEPT	16	/* of all, for CAP_SYS_RESOURCE */
#define BPF_LAMBDA_TURNS_USER	64	/* requests of one user at a time */
#define BPF_LAMBDA_IDLE_MAX	256	/* windows that keep pages */
#define BPF_LAMBDA_KEEP_PAGES	16	/* private pages an idle window keeps */
#define BPF_LAMBDA_KEEP_TABLES	8	/* page tables a window keeps */
#define BPF_LAMBDA_TABLES_HELD	1024	/* page tables awaiting a flush, 4 MiB */

/*
 * Limits of what a user without the capabilities for loading λs has loaded at a
 * time, and all users of a user namespace it owns (EDQUOT). A program counts
 * until its memory is freed.
 */
#define BPF_LAMBDA_HANDLES_USER	256	/* handles */
#define BPF_LAMBDA_PROGS_USER	512	/* programs of instructions */
/* Bytes of them and their code: the longest is counted 32 MiB while it loads. */
#define BPF_LAMBDA_CODE_USER	(48ul << 20)

/**
 * struct bpf_lambda_account - what a program is charged for, and to which user
 * @ucounts: the user, referenced; NULL: none
 * @bytes:   of code, beside one program
 */
struct bpf_lambda_account {
	struct ucounts *ucounts;
	unsigned long bytes;
};

/**
 * struct bpf_lambda_source - instructions of a user, and where to complain
 * @insns:    struct bpf_insn, @len of them
 * @len:      not checked yet
 * @log:      a user's buffer for text that ends with a 0 byte
 * @log_size: bytes; 0: no log
 */
struct bpf_lambda_source {
	const void __user *insns;
	u32 len;
	char __user *log;
	u32 log_size;
};

/**
 * struct bpf_lambda_prog - what is kept of a program of type LAMBDA
 * @insns:    the instructions as they were loaded; prog->insnsi is rewritten
 *            by the JIT, a drive must get these
 * @len:      number of @insns
 * @nr_funcs: functions, the entry included
 * @contract: enum sbpf_contract, the parts that it needs
 * @quantum:  backward jumps between two looks at signals and the scheduler
 * @sha256:   of @insns
 * @account:  of a program that lambda_load() made
 *
 * Hangs off prog->aux->lambda and lives as long as the program; immutable.
 */
struct bpf_lambda_prog {
	struct bpf_insn *insns;
	u32 len;
	u32 nr_funcs;
	u32 contract;
	u32 quantum;
	u8 sha256[32];
	struct bpf_lambda_account account;
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
 * struct bpf_lambda_payer - user and address space that pay for a request
 * @ucounts: the user, with the user namespaces that it is in
 * @mm:      the address space that the pages count as a part of, for the OOM
 *           killer and others that look for memory to be had
 *
 * Both are those of the task that makes the request, and live as long.
 */
struct bpf_lambda_payer {
	struct ucounts *ucounts;
	struct mm_struct *mm;
};

/**
 * struct bpf_lambda_shape - the lengths of one request
 * @offset:   file offset of the first input byte, for the ctx
 * @in_skew:  where in its page the input starts, 0 … 4095
 * @in_len:   bytes of input; @in_skew + @in_len <= SBPF_IN_MAX
 * @out_cap:  bytes of output, at most SBPF_OUT_MAX
 * @args_len: bytes of arguments, at most SBPF_ARGS_MAX
 * @budget:   backward jumps it may take
 * @payer:    user and address space that pay for pages
 * @quanta:   LAMBDA_QUANTUM_INSNS that it may take before it is given up with
 *            -ERESTARTSYS, and a window is not waited for; 0: it takes its time
 */
struct bpf_lambda_shape {
	u64 offset;
	u32 in_skew;
	u32 in_len;
	u32 out_cap;
	u32 args_len;
	u64 budget;
	struct bpf_lambda_payer payer;
	u32 quanta;
};

/**
 * struct bpf_lambda_result - how a run ended
 * @status:       enum lambda_status
 * @retval:       what the program returned (OK, ERROR and BAD_LENGTH)
 * @fault_addr:   lowest forbidden byte (FAULT)
 * @fault_write:  it was a write (FAULT)
 * @budget_used:  of the request's budget; all of it (OVER_BUDGET)
 * @helper_bytes: bytes that helpers were charged for
 */
struct bpf_lambda_result {
	u32 status;
	s32 retval;
	s64 fault_addr;
	bool fault_write;
	u64 budget_used;
	u64 helper_bytes;
};

/**
 * struct bpf_lambda_header - the page that JIT code and its thunks share
 * @sp:          stack pointer to return to when a run is cut short
 * @ticks:       what r9 held: backward jumps left before the next tick; -1 of
 *               a run that was cut short by one
 * @budget:      backward jumps left beyond @ticks
 * @fault_ip:    instruction that touched a page not (yet) there
 * @fault_addr:  window address it touched, written by the exception handler
 * @fault_write: nonzero for a write
 * @status:      enum lambda_status of a run cut short
 * @error:       0, or the errno of a run that the kernel could not finish
 *               (-ENOMEM, -EDQUOT, -EBUSY, -EIO); @status is then NOT_RUN
 * @fault_loads: bytes that it would have loaded from there on before it wrote
 * @helper_bytes: bytes that helpers were charged for
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
	u32 fault_loads;
	u64 helper_bytes;
	struct bpf_lambda_window *window;
};

/**
 * struct bpf_lambda_window - one 4 GiB address space
 *
 * Opaque outside kernel/bpf/lambda/, where window.c tells more.
 */
struct bpf_lambda_window;

/* kernel/bpf/lambda/window.c */

/**
 * bpf_lambda_pool_get - take a window and lay out its segments
 * @image: program and globals
 * @shape: lengths of the request; the caller has checked the limits
 *
 * Sleeps while all windows are busy. Apart from the context no page is mapped
 * yet: args and input are put in by the caller, everything else appears when it
 * is first touched.
 *
 * Return: the window, or ERR_PTR: -ERESTARTSYS on a signal, -ENOMEM.
 */
struct bpf_lambda_window *
bpf_lambda_pool_get(const struct bpf_lambda_image *image,
		    const struct bpf_lambda_shape *shape);

/**
 * bpf_lambda_pool_put - give a window back
 * @w: the window
 *
 * Its pages are unmapped and released, or, if they are few, kept for a request
 * of the same shape.
 */
void bpf_lambda_pool_put(struct bpf_lambda_window *w);

/**
 * bpf_lambda_window_fill - a private page of a read-only segment, to be filled
 * @w:    the window
 * @addr: any window address of the page; it must lie in args or input
 *
 * The page is mapped read-only and charged to the request's user; a second
 * call for it returns it again as it is. The bytes that the request's shape
 * does not count among input or arguments are zero, all others are to be put
 * in by the caller: they may be those of an earlier request.
 *
 * Return: its kernel address, or ERR_PTR: -ENOMEM, -EDQUOT, -EBUSY.
 */
void *bpf_lambda_window_fill(struct bpf_lambda_window *w, u32 addr);

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
 * bpf_lambda_pool_forget - let go of pages that idle windows keep
 * @image_id: id of an image whose last request has ended
 */
void bpf_lambda_pool_forget(u64 image_id);

/* kernel/bpf/lambda/charge.c */

/**
 * bpf_lambda_charge - count something among what a user's λs hold
 * @ucounts: the user; the caller holds a reference
 * @type:    what, one of UCOUNT_RLIMIT_LAMBDA_*
 * @n:       how much more of it, not negative
 * @max:     how much a user may hold, and all users of a user namespace it owns
 *
 * Return: true, and bpf_lambda_uncharge() is owed; false beyond @max.
 */
bool bpf_lambda_charge(struct ucounts *ucounts, enum rlimit_type type, long n,
		       unsigned long max);

/**
 * bpf_lambda_uncharge - take back what was charged
 * @ucounts: the user
 * @type:    what
 * @n:       how much
 */
void bpf_lambda_uncharge(struct ucounts *ucounts, enum rlimit_type type,
			 long n);

struct ucounts *bpf_lambda_charge_count(enum rlimit_type type,
					unsigned long max);
void bpf_lambda_charge_uncount(struct ucounts *ucounts, enum rlimit_type type);

struct ucounts *bpf_lambda_charge_owner(struct ucounts *ucounts);

/**
 * enum bpf_lambda_memory - what pages a request holds
 * @BPF_LAMBDA_PRIVATE: that it alone has: copied input, output, heap, page
 *                      tables, buffers on the way to and from a drive
 * @BPF_LAMBDA_MAPPED:  pages of files, as they are in the page cache
 */
enum bpf_lambda_memory {
	BPF_LAMBDA_PRIVATE,
	BPF_LAMBDA_MAPPED,
};

/**
 * bpf_lambda_current_payer - the payer of a request of this task
 *
 * Return: the task's user and address space.
 */
static inline struct bpf_lambda_payer bpf_lambda_current_payer(void)
{
	return (struct bpf_lambda_payer) {
		.ucounts = current_ucounts(),
		.mm = current->mm,
	};
}

/**
 * bpf_lambda_charge_pay - count pages among those that a user's requests hold
 * @payer: the request's payer
 * @what:  of which kind they are
 * @held:  how many of the kind the request holds already
 * @pages: how many more
 *
 * Return: 0, and bpf_lambda_charge_unpay() is owed; -EDQUOT when the request
 * alone would hold more than a user may; -EBUSY when it would with what else
 * the user holds, so that it may work later.
 */
int bpf_lambda_charge_pay(const struct bpf_lambda_payer *payer,
			  enum bpf_lambda_memory what, u32 held, u32 pages);

/**
 * bpf_lambda_charge_unpay - give pages back that were paid for
 * @payer: the payer that bpf_lambda_charge_pay() was given
 * @what:  of which kind
 * @pages: how many
 */
void bpf_lambda_charge_unpay(const struct bpf_lambda_payer *payer,
			     enum bpf_lambda_memory what, u32 pages);

int bpf_lambda_charge_claim_turn(struct ucounts *ucounts);
bool bpf_lambda_charge_try_turn(struct ucounts *ucounts);
void bpf_lambda_charge_give_turn(struct ucounts *ucounts);
int bpf_lambda_charge_claim_window(bool wait);
void bpf_lambda_charge_unclaim_window(void);

void bpf_lambda_charge_settle(struct bpf_lambda_account *account);

/* kernel/bpf/lambda/run.c */

/**
 * bpf_lambda_new_image_id - a number for a new image
 *
 * Return: one that no other image has had.
 */
u64 bpf_lambda_new_image_id(void);

/**
 * bpf_lambda_is_listed - whether the faults of a λ can be told from others
 * @prog: a program of type LAMBDA
 *
 * The exception table of JIT code is found by way of its entry in kallsyms,
 * which is made after the program can be had by its id. Without it the first
 * touch of a page would be an oops.
 *
 * Return: true if all of its functions have one; else it may not run (yet).
 */
bool bpf_lambda_is_listed(const struct bpf_prog *prog);

/* Called by thunks only. */
s64 bpf_lambda_tick(struct bpf_lambda_header *hdr);
int bpf_lambda_touch(struct bpf_lambda_header *hdr);

int bpf_lambda_test_run(struct bpf_prog *prog, const union bpf_attr *attr,
			union bpf_attr __user *uattr);

/**
 * bpf_lambda_run - run the window's program once
 * @w:   a window with its input in place
 * @res: how it ended; what it had used in any case
 *
 * Return: 0 with @res set; -ERESTARTSYS when it gave way to a signal or the
 * like; -ENOMEM, -EDQUOT, -EBUSY or -EIO (poisoned memory) when the kernel could
 * not finish it.
 */
int bpf_lambda_run(struct bpf_lambda_window *w, struct bpf_lambda_result *res);

/* kernel/bpf/lambda/signal.c */

/**
 * bpf_lambda_signal_begin - the current thread begins a request
 *
 * From here to bpf_lambda_signal_end(), which is owed in any case, signals may
 * be put off, if they have made the request begin anew too often.
 *
 * Return: whether they have made it begin anew at all: bpf_lambda_await_left() is
 * due before it takes anything.
 */
bool bpf_lambda_signal_begin(void);

/**
 * bpf_lambda_signal_end - the current thread's request has ended
 * @ret: what its system call returns
 *
 * With -ERESTARTSYS the call will be restarted, or fail with -EINTR, whatever
 * has become of the signal meanwhile.
 */
void bpf_lambda_signal_end(ssize_t ret);

/**
 * bpf_lambda_interrupted - is a thread's request to end for what waits for it?
 * @task: the current thread, or one that waits for it
 *
 * That are signals, stops, tracers, freezers, task work, and what its CPU time
 * has to do with; all but deadly ones may be put off.
 *
 * Return: whether it is to return -ERESTARTSYS.
 */
bool bpf_lambda_interrupted(struct task_struct *task);

/**
 * bpf_lambda_held - are signals put off for the current thread's request?
 *
 * If so, it must not sleep interruptibly, which would wake it at once.
 *
 * Return: whether they are.
 */
bool bpf_lambda_held(void);

/**
 * bpf_lambda_signal_pause - give way to what wants this thread or its CPU
 *
 * Context: process context without locks; may sleep.
 * Return: 0, or -ERESTARTSYS when bpf_lambda_interrupted().
 */
int bpf_lambda_signal_pause(void);

/* kernel/bpf/lambda/left.c */

/**
 * bpf_lambda_await_left - wait for pages of requests that were restarted
 *
 * The thread is not to have pages twice, for then it may have too many: so it
 * waits, but not for long, until all are given back that were left to a worker.
 *
 * Context: process context without locks; sleeps.
 * Return: 0, or -ERESTARTSYS on a signal.
 */
int bpf_lambda_await_left(void);

/* kernel/bpf/lambda/prog.c: what bpf_check() and the JIT ask */

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

/* kernel/bpf/lambda/load.c */

/* Whether the caller may load λs whatever fs.lambda.unprivileged says. */
static inline bool bpf_lambda_capable(void)
{
	return bpf_capable() && perfmon_capable();
}

struct bpf_prog *bpf_lambda_load(const struct bpf_lambda_source *src);

/* arch/x86/net/bpf_lambda.c */
const char *bpf_lambda_cpu_bug(void);
const struct exception_table_entry *
bpf_lambda_search_extable(unsigned long addr);

/* kernel/bpf/lambda/blind.c, instead of bpf_jit_blind_constants() */
struct bpf_prog *bpf_lambda_blind(struct bpf_prog *prog);
int bpf_lambda_may_blind(const struct bpf_prog *prog);

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

static inline struct bpf_prog *bpf_lambda_blind(struct bpf_prog *prog)
{
	return prog;
}

static inline void bpf_lambda_prog_free(struct bpf_prog_aux *aux)
{
}

static inline const struct exception_table_entry *
bpf_lambda_search_extable(unsigned long addr)
{
	return NULL;
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
void bpf_lambda_thunk_array(void);

/* By id - SBPF_HELPER_MEMCPY, below SBPF_HELPER_HISTOGRAM. */
extern void *const bpf_lambda_helper_thunks[];

/* arch/x86/net/bpf_lambda_array.S */

/**
 * bpf_lambda_array_step - sbpf_array_step(), over memory that may be poisoned
 * @a, @mem, @pos, @n: as there
 * @avx2:              sbpf_array_step_avx2()
 *
 * Context: kernel_fpu_begin().
 * Return: 0; -EIO, with the step done in part.
 */
int bpf_lambda_array_step(struct sbpf_array *a, u8 *const *mem, u64 pos, u64 n,
			  bool avx2);
void bpf_lambda_array_left(void);

#endif /* _LINUX_BPF_LAMBDA_H */
