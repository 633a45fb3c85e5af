// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * What ends a request: a signal after which the server wants to be asked what it
 * was about, as those that cancel a query, or end the backend, or a time that is up.
 *
 * While a request is made, handlers of this file stand before those of the
 * server. A λ in the process is told to stop. The kernel makes a request again
 * from its start for a handler with SA_RESTART, as all of the server's are, so
 * that one is left by a jump: nothing comes of a request before it has ended, and
 * a signal just before the call is not lost either.
 */
#include "pg_lambda.h"

#include <setjmp.h>
#include <signal.h>

#include "lambda.h"
#include "miscadmin.h"

#define INTERRUPT_SIGNALS 4

static const int interrupt_signals[INTERRUPT_SIGNALS] =
{SIGINT, SIGTERM, SIGALRM, SIGUSR1};
static struct sigaction interrupt_before[INTERRUPT_SIGNALS];
static sigjmp_buf interrupt_jump;
static volatile sig_atomic_t interrupt_armed;	/* there is a call to leave */
static volatile sig_atomic_t interrupt_depth;	/* handlers under way */
static struct lambda_local *volatile interrupt_local;

/* Whether the server would look now at what has come. */
static bool
interrupt_wanted(void)
{
	return InterruptPending && InterruptHoldoffCount == 0 &&
		QueryCancelHoldoffCount == 0 && CritSectionCount == 0;
}

/*
 * A handler of the server's may send another signal, so that only the outermost
 * one has nothing of theirs under way.
 */
static void
interrupt_handler(int sig)
{
	interrupt_depth++;
	for (int i = 0; i < INTERRUPT_SIGNALS; i++)
	{
		if (interrupt_signals[i] == sig)
			interrupt_before[i].sa_handler(sig);
	}
	interrupt_depth--;
	if (interrupt_depth > 0 || !interrupt_wanted())
		return;
	if (interrupt_local != NULL)
		lambda_local__stop(interrupt_local, 1);
	if (interrupt_armed)
	{
		interrupt_armed = false;
		siglongjmp(interrupt_jump, 1);
	}
}

static void
interrupt_put_handlers(void)
{
	for (int i = 0; i < INTERRUPT_SIGNALS; i++)
	{
		struct sigaction *before = &interrupt_before[i];
		struct sigaction own;

		sigaction(interrupt_signals[i], NULL, before);
		if ((before->sa_flags & SA_SIGINFO) != 0 ||
			before->sa_handler == SIG_DFL || before->sa_handler == SIG_IGN)
			continue;
		own = *before;
		own.sa_handler = interrupt_handler;
		sigaction(interrupt_signals[i], &own, NULL);
	}
}

static void
interrupt_put_back(void)
{
	for (int i = 0; i < INTERRUPT_SIGNALS; i++)
		sigaction(interrupt_signals[i], &interrupt_before[i], NULL);
}

/*
 * Makes a request that the kernel runs. Returns what it does; -EINTR: there is
 * something for CHECK_FOR_INTERRUPTS(), and nothing has come of it.
 */
ssize_t
pgl_interrupt_call(PglRequest request, void *data)
{
	volatile ssize_t ret = -EINTR;

	interrupt_put_handlers();
	if (sigsetjmp(interrupt_jump, 1) == 0)
	{
		interrupt_armed = true;
		if (!interrupt_wanted())
			ret = request(data);
		interrupt_armed = false;
	}
	interrupt_put_back();
	return ret;
}

/* The same of one that @local runs. */
ssize_t
pgl_interrupt_local(struct lambda_local *local, PglRequest request, void *data)
{
	ssize_t		ret = -EINTR;

	interrupt_put_handlers();
	interrupt_local = local;
	if (!interrupt_wanted())
		ret = request(data);
	interrupt_local = NULL;
	if (ret < 0 && interrupt_wanted())
		ret = -EINTR;
	lambda_local__stop(local, 0);
	interrupt_put_back();
	return ret;
}
