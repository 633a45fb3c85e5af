// SPDX-License-Identifier: GPL-2.0-only
/*
 * How verbs that run until they are interrupted put things in order first.
 *
 * A signal ends whatever system call waits. One that comes just before such a
 * call would be missed; so from the first on, another comes each second.
 */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "cli.h"

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGALRM };
#define NR_SIGNALS	(sizeof(signals) / sizeof(*signals))

static volatile sig_atomic_t ended;

static void signals_end(int signal)
{
	(void)signal;
	ended = 1;
	alarm(1);
}

void signals_catch(void)
{
	struct sigaction action = { .sa_handler = signals_end };
	size_t i;

	sigemptyset(&action.sa_mask);
	for (i = 0; i < NR_SIGNALS; i++)
		sigaction(signals[i], &action, NULL);
	/* A reader that goes away is an error of writing to it. */
	signal(SIGPIPE, SIG_IGN);
}

bool signals_interrupted(void)
{
	return ended;
}

int signals_wait_for(struct pollfd *fds, nfds_t count,
		     const struct timespec *timeout)
{
	sigset_t blocked, before;
	int ret = -EINTR;
	size_t i;

	sigemptyset(&blocked);
	for (i = 0; i < NR_SIGNALS; i++)
		sigaddset(&blocked, signals[i]);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	if (!ended) {
		ret = ppoll(fds, count, timeout, &before);
		if (ret < 0)
			ret = -errno;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ret;
}
