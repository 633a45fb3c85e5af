// SPDX-License-Identifier: GPL-2.0-only
/*
 * When a λ gives way: to the scheduler, to freezers, and to all that waits for
 * its thread on the way back to user mode.
 *
 * Signals, stops, tracers, the cgroup freezer, live patches, task work and
 * timers of CPU time all want the thread to leave the kernel. Until a λ has
 * ended nothing has come of it, so its request just ends and, if no handler
 * says otherwise, is made again from its start, as any system call is that
 * returns -ERESTARTSYS. Only the system freezer is served where the λ is.
 *
 * A request that begins anew for each signal would never end where signals
 * come faster than it does, as a profiler's or those of a tool that throttles a
 * process by stopping it. So after four of them in a row it puts signals off for
 * a while, which doubles with each further one, and has ended when that is as
 * long as it takes. A thread that is to die is never kept.
 */
#include <linux/bpf_lambda.h>
#include <linux/export.h>
#include <linux/freezer.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/rcupdate.h>
#include <linux/sched/cputime.h>
#include <linux/sched/signal.h>

#include "internal.h"

#define FREE_RESTARTS	3	/* in a row, before signals are put off */
#define HOLD_NS		(20 * NSEC_PER_MSEC)	/* by the next; then doubled */
#define HOLD_SHIFT_MAX	30	/* half a year, and no overflow */

/* A signal that dumps core does not become SIGKILL by itself as others do. */
static bool signal_core_dump_pending(struct task_struct *task)
{
	struct sighand_struct *sighand = task->sighand;
	bool found = false;
	sigset_t pending;
	int sig;

	spin_lock_irq(&sighand->siglock);
	sigorsets(&pending, &task->pending.signal,
		  &task->signal->shared_pending.signal);
	sigandnsets(&pending, &pending, &task->blocked);
	for (sig = 1; sig < SIGRTMIN; sig++)
		if (sigismember(&pending, sig) && sig_kernel_coredump(sig) &&
		    sighand->action[sig - 1].sa.sa_handler == SIG_DFL)
			found = true;
	spin_unlock_irq(&sighand->siglock);
	return found;
}

/* RLIMIT_CPU is enforced on the way back to user mode. */
static bool signal_cpu_time_is_up(struct task_struct *task)
{
	unsigned long limit = task_rlimit_max(task, RLIMIT_CPU);
	struct task_cputime used;

	if (limit == RLIM_INFINITY)
		return false;
	thread_group_cputime(task, &used);
	return div_u64(used.utime + used.stime, NSEC_PER_SEC) >= limit;
}

/* A timer or limit of CPU time has been reached, which becomes a signal later. */
static bool signal_cpu_timer_pending(const struct task_struct *task)
{
#ifdef CONFIG_POSIX_CPU_TIMERS_TASK_WORK
	return READ_ONCE(task->posix_cputimers_work.scheduled);
#else
	return false;
#endif
}

static bool signal_is_held(const struct task_struct *task)
{
	u64 until = READ_ONCE(task->lambda_hold);

	return until && ktime_get_ns() < until;
}

bool bpf_lambda_held(void)
{
	return signal_is_held(current);
}
EXPORT_SYMBOL_GPL(bpf_lambda_held);

bool bpf_lambda_interrupted(struct task_struct *task)
{
	if (likely(!signal_pending(task) && !signal_cpu_timer_pending(task)))
		return false;
	return !signal_is_held(task) || fatal_signal_pending(task) ||
	       signal_core_dump_pending(task) || signal_cpu_time_is_up(task);
}
EXPORT_SYMBOL_GPL(bpf_lambda_interrupted);

/* By what the freezer has woken the thread is not a signal. */
static void signal_await_thaw(void)
{
	if (!try_to_freeze())
		return;
	spin_lock_irq(&current->sighand->siglock);
	recalc_sigpending();
	spin_unlock_irq(&current->sighand->siglock);
}

int bpf_lambda_signal_pause(void)
{
	cond_resched_tasks_rcu_qs();
	signal_await_thaw();
	return bpf_lambda_interrupted(current) ? -ERESTARTSYS : 0;
}

bool bpf_lambda_signal_begin(void)
{
	u32 restarts = current->lambda_restarts;
	u64 hold = 0;

	if (likely(!restarts))
		return false;
	if (restarts > FREE_RESTARTS)
		hold = HOLD_NS << min(restarts - FREE_RESTARTS - 1,
				      HOLD_SHIFT_MAX);
	current->lambda_hold = hold ? ktime_get_ns() + hold : 0;
	return true;
}

void bpf_lambda_signal_end(ssize_t ret)
{
	current->lambda_hold = 0;
	if (ret != -ERESTARTSYS) {
		current->lambda_restarts = 0;
		return;
	}
	current->lambda_restarts++;
	/* What it ended for may be a timer, or may have gone meanwhile. */
	set_thread_flag(TIF_SIGPENDING);
}
