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

/* What happens to a terminal, besides. */
static const int terminal_signals[] = { SIGWINCH, SIGCONT, SIGTSTP };
#define NR_TERMINAL	(sizeof(terminal_signals) / sizeof(*terminal_signals))

static volatile sig_atomic_t ended, happened;

static void cli_signals_end(int signal)
{
	(void)signal;
	ended = 1;
	alarm(1);
}

void cli_signals_catch(void)
{
	struct sigaction action = { .sa_handler = cli_signals_end };
	size_t i;

	sigemptyset(&action.sa_mask);
	for (i = 0; i < NR_SIGNALS; i++)
		sigaction(signals[i], &action, NULL);
	/* A reader that goes away is an error of writing to it. */
	signal(SIGPIPE, SIG_IGN);
}

static void cli_signals_note(int signal)
{
	happened |= signal == SIGWINCH ? TERMINAL_RESIZED :
		    signal == SIGCONT ? TERMINAL_RESUMED : TERMINAL_STOP;
}

void cli_signals_catch_terminal(void)
{
	struct sigaction action = { .sa_handler = cli_signals_note,
				    .sa_flags = SA_RESTART };
	struct sigaction quit = { .sa_handler = cli_signals_end };
	size_t i;

	sigemptyset(&action.sa_mask);
	sigemptyset(&quit.sa_mask);
	for (i = 0; i < NR_TERMINAL; i++)
		sigaction(terminal_signals[i], &action, NULL);
	sigaction(SIGQUIT, &quit, NULL);
}

unsigned int cli_signals_terminal_seen(void)
{
	sigset_t all, before;
	unsigned int seen;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	seen = happened;
	happened = 0;
	sigprocmask(SIG_SETMASK, &before, NULL);
	return seen;
}

/* By the signal that asked for it, so that a shell says what it always says. */
void cli_signals_stop_here(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL }, before;

	sigemptyset(&action.sa_mask);
	sigaction(SIGTSTP, &action, &before);
	raise(SIGTSTP);
	sigaction(SIGTSTP, &before, NULL);
}

bool cli_signals_interrupted(void)
{
	return ended;
}

int cli_signals_wait_for(struct pollfd *fds, nfds_t count,
			 const struct timespec *timeout)
{
	sigset_t blocked, before;
	int ret = -EINTR;
	size_t i;

	sigemptyset(&blocked);
	for (i = 0; i < NR_SIGNALS; i++)
		sigaddset(&blocked, signals[i]);
	for (i = 0; i < NR_TERMINAL; i++)
		sigaddset(&blocked, terminal_signals[i]);
	sigaddset(&blocked, SIGQUIT);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	if (!ended && !happened) {
		ret = ppoll(fds, count, timeout, &before);
		if (ret < 0)
			ret = -errno;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ret;
}
