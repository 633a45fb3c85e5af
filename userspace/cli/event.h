/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines of the kernel's trace, made readable. */
#ifndef LAMBDA_CLI_EVENT_H
#define LAMBDA_CLI_EVENT_H

#include <stdio.h>

#include "table.h"

/* The line above the events. */
void cli_event_print_titles(const struct page *page);

/**
 * cli_event_print - print an event as a line of the table
 * @line:  as the kernel wrote it; it is taken to pieces
 * @sysfs: where names of disks are looked up
 * @page:  where it goes
 *
 * What is not a request, the kernel's remarks above all, is printed as it is.
 *
 * Return: how many events it was, 0 or 1.
 */
int cli_event_print(char *line, const char *sysfs, const struct page *page);

/* The same as JSON, a line of it. */
int cli_event_json(char *line, const char *sysfs, FILE *to);

#endif /* LAMBDA_CLI_EVENT_H */
