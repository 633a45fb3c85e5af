// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making a λ of instructions that lambda_load() is handed, without bpf(2).
 *
 * This is for users that may not load any other BPF program, where the
 * administrator lets them (fs.lambda.unprivileged). Nothing is taken from such a
 * program on trust, compared to one of root's: it goes through the same check
 * and the same JIT, with its constants blinded. What is different is what it may
 * take of the machine, and on which processors it may run at all:
 * Documentation/bpf/prog_lambda.rst has the argument.
 *
 * A program is charged to the user that loads it from before any work is done
 * for it until its memory is freed, a grace period after its handle is gone.
 */
#include <linux/bpf_lambda.h>
#include <linux/bpf_verifier.h>
#include <linux/filter.h>
#include <linux/init.h>
#include <linux/perf_event.h>
#include <linux/printk.h>
#include <linux/sched/user.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/sysctl.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

/*
 * Bytes that one instruction takes at most, as the check and the JIT have it at
 * a time: 104 of the verifier's, 8 in each of four copies and up to 32 in a
 * blinded one, 64 of a loop head's code and what is around it.
 */
#define INSN_BYTES	256

/* fs.lambda.unprivileged */
static u8 allow_unprivileged;

/* Tells the caller, in its log, why there is no program. */
static __printf(2, 3) void load_say_why(const struct bpf_lambda_source *src,
					const char *fmt, ...)
{
	va_list args;
	char *text;
	size_t len;

	if (!src->log_size)
		return;
	va_start(args, fmt);
	text = kvasprintf(GFP_KERNEL, fmt, args);
	va_end(args);
	if (!text)
		return;
	len = min_t(size_t, strlen(text), src->log_size - 1);
	text[len] = '\0';
	/* The errno is the answer, and this only makes it better. */
	if (copy_to_user(src->log, text, len + 1))
		len = 0;
	kfree(text);
}

static int load_check_caller(const struct bpf_lambda_source *src)
{
	const char *bug;

	if (bpf_lambda_capable())
		return 0;
	if (!READ_ONCE(allow_unprivileged)) {
		load_say_why(src,
			     "fs.lambda.unprivileged is 0: it takes CAP_BPF and CAP_PERFMON\n");
		return -EPERM;
	}
	bug = bpf_lambda_cpu_bug();
	if (!bug)
		return 0;
	pr_warn_once("lambdas of users without capabilities are refused: this processor has %s\n",
		     bug);
	load_say_why(src,
		     "this processor has %s, and a lambda could use it: it takes CAP_BPF and CAP_PERFMON\n",
		     bug);
	return -EOPNOTSUPP;
}

/* What is charged goes with the program, whichever task has it last. */
static int load_charge_prog(struct bpf_lambda_account *account, u32 len)
{
	struct ucounts *ucounts =
		bpf_lambda_charge_count(UCOUNT_RLIMIT_LAMBDA_PROGS,
					BPF_LAMBDA_PROGS_USER);

	*account = (struct bpf_lambda_account) {};
	if (IS_ERR_OR_NULL(ucounts))
		return PTR_ERR_OR_ZERO(ucounts);
	account->bytes = array_size(len, INSN_BYTES);
	if (!bpf_lambda_charge(ucounts, UCOUNT_RLIMIT_LAMBDA_CODE,
			       account->bytes, BPF_LAMBDA_CODE_USER)) {
		bpf_lambda_charge_uncount(ucounts, UCOUNT_RLIMIT_LAMBDA_PROGS);
		return -EDQUOT;
	}
	account->ucounts = ucounts;
	return 0;
}

/* What is left of a program when it is loaded, in bytes. */
static size_t load_size_of(const struct bpf_prog *prog)
{
	size_t size = (size_t)prog->pages << PAGE_SHIFT;
	u32 i;

	size += array_size(prog->aux->lambda->len, sizeof(struct bpf_insn));
	for (i = 0; i < prog->aux->real_func_cnt; i++) {
		const struct bpf_prog *func = prog->aux->func[i];
		const struct bpf_binary_header *hdr =
			bpf_jit_binary_pack_hdr(func);

		size += ((size_t)func->pages << PAGE_SHIFT) + hdr->lead +
			hdr->size;
	}
	return size;
}

/* Hands the charge to the program, and takes back what it came to be too much. */
static int load_keep_charge(struct bpf_prog *prog,
			    struct bpf_lambda_account *account)
{
	size_t size = load_size_of(prog);

	if (!account->ucounts)
		return 0;
	if (size > account->bytes &&
	    !bpf_lambda_charge(account->ucounts, UCOUNT_RLIMIT_LAMBDA_CODE,
			       size - account->bytes, BPF_LAMBDA_CODE_USER))
		return -EDQUOT;
	if (size < account->bytes)
		bpf_lambda_uncharge(account->ucounts,
				    UCOUNT_RLIMIT_LAMBDA_CODE,
				    account->bytes - size);
	account->bytes = size;
	prog->aux->lambda->account = *account;
	account->ucounts = NULL;
	return 0;
}

/* A program with its instructions, and nothing of it checked. */
static struct bpf_prog *load_copy_in(const struct bpf_lambda_source *src)
{
	struct bpf_prog *prog;

	prog = bpf_prog_alloc(bpf_prog_size(src->len), GFP_USER);
	if (!prog)
		return ERR_PTR(-ENOMEM);
	prog->len = src->len;
	if (copy_from_user(prog->insns, src->insns, bpf_prog_insn_size(prog))) {
		bpf_prog_free(prog);
		return ERR_PTR(-EFAULT);
	}
	prog->type = BPF_PROG_TYPE_LAMBDA;
	prog->aux->ops = &bpf_lambda_prog_ops;
	prog->aux->load_time = ktime_get_boottime_ns();
	prog->aux->user = get_current_user();
	atomic64_set(&prog->aux->refcnt, 1);
	if (!bpf_lambda_capable())
		prog->blinding_requested = prog->jit_requested;
	return prog;
}

/* Asks the security modules whether the program may be loaded. */
static int load_ask_security(struct bpf_prog *prog, union bpf_attr *attr)
{
	int err = security_bpf_prog_load(prog, attr, NULL);

	if (!err)
		return 0;
	security_bpf_prog_free(prog);
	free_uid(prog->aux->user);
	bpf_prog_free(prog);
	return err;
}

static struct bpf_prog *load_make_prog(const struct bpf_lambda_source *src,
				       struct bpf_lambda_account *account)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_LAMBDA,
		.insns = (uintptr_t)src->insns,
		.insn_cnt = src->len,
	};
	struct bpf_prog *prog = load_copy_in(src);
	int err;

	if (IS_ERR(prog))
		return prog;
	attr.log_level = src->log_size ? 1 : 0;
	attr.log_buf = (uintptr_t)src->log;
	attr.log_size = src->log_size;
	err = load_ask_security(prog, &attr);
	if (err)
		return ERR_PTR(err);
	err = bpf_check(&prog, &attr, USER_BPFPTR(NULL), 0);
	/* Calls of kernel functions are looked at before a λ's check is. */
	if (err == -ENOTSUPP)
		err = -EINVAL;
	if (!err)
		prog = bpf_prog_select_runtime(prog, &err);
	if (!err)
		err = load_keep_charge(prog, account);
	if (!err)
		err = bpf_prog_publish(prog);
	if (!err)
		return prog;
	bpf_prog_discard(prog);
	return ERR_PTR(err);
}

/**
 * bpf_lambda_load - make a program of a user's instructions
 * @src: where they are, and where to say what is wrong with them
 *
 * Context: process context, sleeps; for as long as the check and the JIT take,
 * which give way to others.
 * Return: the program, of which the caller has the reference; ERR_PTR: -EPERM
 * or -EOPNOTSUPP of a user that may not, here; -E2BIG, -EDQUOT, -ENOMEM,
 * -EFAULT, -EINVAL, -ERANGE, -ENOSPC, -EINTR, as lambda_load() documents them.
 */
struct bpf_prog *bpf_lambda_load(const struct bpf_lambda_source *src)
{
	struct bpf_lambda_account account;
	struct bpf_prog *prog;
	int err;

	err = load_check_caller(src);
	if (err)
		return ERR_PTR(err);
	if (!src->len || src->len > SBPF_INSNS_MAX)
		return ERR_PTR(-E2BIG);
	err = load_charge_prog(&account, src->len);
	if (err)
		return ERR_PTR(err);
	prog = load_make_prog(src, &account);
	bpf_lambda_charge_settle(&account);
	return prog;
}

static struct ctl_table load_table[] = {
	{
		.procname	= "unprivileged",
		.data		= &allow_unprivileged,
		.maxlen		= sizeof(allow_unprivileged),
		.mode		= 0644,
		.proc_handler	= proc_dou8vec_minmax,
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_ONE,
	},
};

static int __init bpf_lambda_load_init(void)
{
	register_sysctl_init("fs/lambda", load_table);
	return 0;
}
fs_initcall(bpf_lambda_load_init);
