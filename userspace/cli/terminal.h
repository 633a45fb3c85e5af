/* SPDX-License-Identifier: GPL-2.0-only */
/* The terminal of verbs that run until they are told to end. */
#ifndef LAMBDA_CLI_TERMINAL_H
#define LAMBDA_CLI_TERMINAL_H

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "table.h"

/* What is written to a terminal is to have no sequences that it does not know. */
bool terminal_is_dumb(void);

/**
 * terminal_open - take the terminal, if there is one
 * @screen: fill its screen, each time with something else
 *
 * Keys come as they are typed and are not shown, where the standard input and
 * output are a terminal and this command is in front. When the command is
 * stopped, the terminal is given back until it goes on.
 *
 * Return: whether there is a screen to fill.
 */
bool terminal_open(bool screen);

/* Gives it back as it was. */
void terminal_close(void);

/* How tables on the standard output look now. */
void terminal_page(struct page *page);

/* Shows @text, of any number of lines, in place of what was on the screen. */
void terminal_show(const char *text);

/**
 * terminal_wait - wait, and look at keys meanwhile
 * @fd:      a descriptor to read from, or -1
 * @timeout: for how long; NULL: for ever
 *
 * Return: 1: there is something to read; 0: it has taken that long; -EAGAIN: the
 * terminal has another size, or may show something else by now; -EINTR: the
 * command is to end, by a signal or by `q`; another negative errno.
 */
int terminal_wait(int fd, const struct timespec *timeout);

#endif /* LAMBDA_CLI_TERMINAL_H */
