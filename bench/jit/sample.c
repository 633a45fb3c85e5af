// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Where in its code a program spends its time, by looking now and then. */
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/time.h>
#include <ucontext.h>

#include "jit.h"

#define PERIOD_US	1000

static __u64 code_start;
static __u32 counts[SAMPLE_MAX];

static void sample_look(int sig, siginfo_t *info, void *context)
{
	const greg_t *gregs = ((ucontext_t *)context)->uc_mcontext.gregs;
	__u64 at = (__u64)gregs[REG_RIP] - code_start;

	(void)sig;
	(void)info;
	if (at < SAMPLE_MAX)
		counts[at]++;
}

const __u32 *sample(struct bench *b, enum method method, double seconds)
{
	struct sigaction action = {
		.sa_sigaction = sample_look, .sa_flags = SA_SIGINFO | SA_RESTART,
	};
	struct itimerval on = {
		.it_interval.tv_usec = PERIOD_US, .it_value.tv_usec = PERIOD_US,
	};
	const struct itimerval off = { 0 };
	double spent = 0;

	memset(counts, 0, sizeof(counts));
	code_start = (__u64)(uintptr_t)b->entries[method];
	sigaction(SIGPROF, &action, NULL);
	setitimer(ITIMER_PROF, &on, NULL);
	while (spent < seconds)
		spent += jit_method_run(b, method);
	setitimer(ITIMER_PROF, &off, NULL);
	return counts;
}
