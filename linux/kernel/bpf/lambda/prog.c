// SPDX-License-Identifier: GPL-2.0-only
/*
 * BPF_PROG_TYPE_LAMBDA: programs over a window of their own (sBPF)
 *
 * What is safe, and why
 * =====================
 *
 * A λ is a function over bytes. It differs from every other BPF program in
 * that nothing is proved about the values it computes: all its memory lies in
 * a 32-bit window (uapi/linux/sbpf.h), all its registers are plain numbers,
 * and each access is confined, and each loop counted, while it runs. So there
 * is nothing to simulate, and a check linear in the size of the program
 * (check.c) takes the place of path exploration. The argument:
 *
 * 1. No kernel address enters a program. R1 is a constant, R10 is a constant
 *    per function, R0 after a helper is a window address or a number, R1-R5
 *    may not be read after a call, no register may be read before it is
 *    written on every path. What is in the window was put there for it.
 *
 * 2. No access leaves the window. The JIT zero-extends the base register into
 *    one that programs do not have, right before the access, and adds the
 *    window's address and a signed 16-bit displacement: 4 GiB of addresses
 *    with 64 KiB of guard on both sides, of which only the request's own pages
 *    are ever mapped (window.c).
 *
 * 3. Input is mapped read-only, so a λ cannot write into the page cache.
 *
 * 4. Every run ends. Each cycle in a function has a jump whose target is not
 *    behind it; the JIT takes one unit of budget for each such jump, as it
 *    finds it in the final instructions. Recursion is refused. Between two
 *    such jumps lie at most SBPF_WEIGHT_MAX instructions, calls included.
 *
 * 5. A run can be cut short anywhere: a λ holds no lock, reference or memory,
 *    and has no effect before its request commits the output.
 *
 * 6. A λ is preemptible and looks at fatal signals and at the scheduler every
 *    quantum. It sleeps in helpers and page touches like any kernel code.
 *
 * What holds under misspeculation, and what does not
 * ===================================================
 *
 * No branch decides about 2., so none can be mispredicted past it: while r12 is
 * the window, code of a λ reads nothing but the window. A λ has no indirect
 * jump or call. Where its code could run with other registers is returns:
 *
 * - The thunks keep calls and returns in pairs, and the path that cuts a run
 *   short overwrites the return stack buffer before r12 is the kernel's again
 *   (arch/x86/net/bpf_lambda_thunk.S). This needs no mitigation switched on.
 *
 * - That a return is predicted by nothing but that buffer, also when it has
 *   run empty, rests on the mitigations of Retbleed and SRSO; that it has no
 *   entries of another task, on its being filled at context switches. Both
 *   are what returns of all kernel code rest on.
 *
 * - That indirect branches of the kernel are not predicted by what a λ has
 *   trained is up to the mitigations of Spectre v2 and of branch history
 *   injection, as it is for other BPF programs.
 *
 * - Nothing here helps on processors where a load that faults forwards stale
 *   data to what follows it (MDS, TAA): a λ makes such loads at will, and
 *   those buffers are only cleared on the way to user mode.
 *
 * A λ can measure what its own speculation left behind at best by way of its
 * caller. That such things are not checked for is why loading takes CAP_PERFMON
 * as well as CAP_BPF; or else, where fs.lambda.unprivileged lets users load, a
 * processor without the bugs of the last point, and with the mitigations of the
 * ones before it switched on (arch/x86/net/bpf_lambda.c).
 *
 * What bpf_check() does to keep order is used as it is: attributes, function
 * boundaries, BTF and line info, the log. Passes that rewrite instructions are
 * not run: the same instructions go to a drive, and budgets and frame
 * addresses are counted in them. No interpreter can run a λ.
 */
#include <crypto/sha2.h>
#include <linux/bpf_lambda.h>
#include <linux/bpf_verifier.h>
#include <linux/filter.h>
#include <linux/lambda_check.h>
#include <linux/slab.h>

/*
 * Instructions between two ticks, about. Each may be a load that misses every
 * cache and the TLB, which takes 100 to 150 ns: together less than 10 ms.
 */
#define LAMBDA_QUANTUM_INSNS	BIT(16)

static_assert(sizeof(struct sbpf_insn) == sizeof(struct bpf_insn));
static_assert(offsetof(struct sbpf_insn, imm) ==
	      offsetof(struct bpf_insn, imm));
static_assert(SBPF_FUNCS_MAX == BPF_MAX_SUBPROGS);
static_assert(SBPF_PAGE_SIZE == PAGE_SIZE);

static int prog_check_attr(struct bpf_verifier_env *env,
			   const union bpf_attr *attr)
{
	struct bpf_prog *prog = env->prog;

	if (attr->prog_flags) {
		bpf_verifier_log_write(env, "lambda programs take no prog_flags\n");
		return -EINVAL;
	}
	if (bpf_prog_is_dev_bound(prog->aux)) {
		bpf_verifier_log_write(env, "lambda programs take no ifindex\n");
		return -EINVAL;
	}
	if (!prog->jit_requested) {
		bpf_verifier_log_write(env,
				       "lambda programs need the JIT: set net.core.bpf_jit_enable to 1\n");
		return -EOPNOTSUPP;
	}
	return 0;
}

static int prog_refuse(struct bpf_verifier_env *env,
		       const struct sbpf_check *ck)
{
	if (ck->where < env->prog->len)
		verbose_linfo(env, ck->where, "; ");
	bpf_verifier_log_write(env, "insn %u: %s\n", ck->where, ck->why);
	return -EINVAL;
}

/*
 * The same functions must come out of bpf_check(), whose boundaries the JIT
 * follows, and out of the shared check, which a drive follows.
 */
static int prog_check_funcs(struct bpf_verifier_env *env,
			    const struct sbpf_check *ck)
{
	u32 i;

	for (i = 0; i < ck->nr_funcs && i < env->subprog_cnt; i++)
		if (env->subprog_info[i].start != ck->funcs[i].start)
			break;
	if (i == ck->nr_funcs && i == env->subprog_cnt)
		return 0;
	bpf_verifier_log_write(env,
			       "function %u of a lambda is one that nothing calls\n",
			       i);
	return -EINVAL;
}

/* Keeps the instructions as they are now, before the JIT rewrites them. */
static int prog_keep(struct bpf_prog *prog, const struct sbpf_check *ck)
{
	size_t size = array_size(prog->len, sizeof(struct bpf_insn));
	struct bpf_lambda_prog *kept;

	kept = kzalloc(sizeof(*kept), GFP_KERNEL_ACCOUNT);
	if (!kept)
		return -ENOMEM;
	kept->insns = kvmemdup(prog->insnsi, size, GFP_KERNEL_ACCOUNT);
	if (!kept->insns) {
		kfree(kept);
		return -ENOMEM;
	}
	kept->len = prog->len;
	kept->nr_funcs = ck->nr_funcs;
	kept->contract = ck->contract;
	kept->quantum = max(LAMBDA_QUANTUM_INSNS / ck->funcs[0].weight, 1UL);
	sha256((const u8 *)kept->insns, size, kept->sha256);
	prog->aux->lambda = kept;
	return 0;
}

int bpf_lambda_check(struct bpf_verifier_env *env, const union bpf_attr *attr)
{
	struct bpf_prog *prog = env->prog;
	struct sbpf_check *ck;
	int ret;

	ret = prog_check_attr(env, attr);
	if (ret)
		return ret;
	ck = kvzalloc(sizeof(*ck), GFP_KERNEL);
	if (!ck)
		return -ENOMEM;
	ck->insns = (const struct sbpf_insn *)prog->insnsi;
	ck->len = prog->len;
	ret = -ENOMEM;
	ck->scratch = kvmalloc(SBPF_CHECK_SCRATCH(prog->len), GFP_KERNEL);
	if (ck->scratch)
		ret = sbpf_check(ck) ? prog_refuse(env, ck) :
				       prog_check_funcs(env, ck);
	if (!ret)
		ret = bpf_prog_calc_tag(prog);
	if (!ret)
		ret = prog_keep(prog, ck);
	env->insn_processed = prog->len;
	kvfree(ck->scratch);
	kvfree(ck);
	return ret;
}

int bpf_lambda_no_jit(struct bpf_verifier_env *env, int err)
{
	if (err == -ENOMEM)
		return err;
	if (fatal_signal_pending(current))
		return -EINTR;
	/* The JIT does not say why, and the program not that it was blinded. */
	if ((bpf_jit_harden > 1 || !bpf_lambda_capable()) &&
	    bpf_lambda_may_blind(env->prog) == -ERANGE) {
		bpf_verifier_log_write(env,
				       "the JIT cannot translate this lambda with blinded constants, which lengthen its jumps: make the loop shorter, or load it with capabilities and net.core.bpf_jit_harden lowered\n");
		return -ERANGE;
	}
	bpf_verifier_log_write(env,
			       "the JIT cannot translate this lambda, or has no memory left (net.core.bpf_jit_limit)\n");
	return -EOPNOTSUPP;
}

void bpf_lambda_prog_free(struct bpf_prog_aux *aux)
{
	if (!aux->lambda)
		return;
	bpf_lambda_charge_settle(&aux->lambda->account);
	kvfree(aux->lambda->insns);
	kfree(aux->lambda);
}

/* Asked by the path simulation, which never sees a λ. */
static bool prog_is_valid_access(int off, int size, enum bpf_access_type type,
				 const struct bpf_prog *prog,
				 struct bpf_insn_access_aux *info)
{
	return false;
}

static const struct bpf_func_proto *
prog_get_func_proto(enum bpf_func_id func_id, const struct bpf_prog *prog)
{
	return NULL;
}

const struct bpf_verifier_ops bpf_lambda_verifier_ops = {
	.get_func_proto = prog_get_func_proto,
	.is_valid_access = prog_is_valid_access,
};

const struct bpf_prog_ops bpf_lambda_prog_ops = {
	.test_run = bpf_lambda_test_run,
};
