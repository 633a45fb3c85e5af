// SPDX-License-Identifier: GPL-2.0-only
/* lambda help VERB at a terminal: the manual page, where it was installed. */
#include <stdlib.h>
#include <unistd.h>

#include "find.h"
#include "terminal.h"

void help_page(const char *verb)
{
	static const char *const suffixes[] = { "1", "1.gz" };
	char name[128], path[PATH_MAX];
	size_t i;

	if (!isatty(STDOUT_FILENO) || terminal_is_dumb())
		return;
	for (i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		snprintf(name, sizeof(name),
			 "../share/man/man1/lambda-%s.%s", verb, suffixes[i]);
		if (find_beside(name, path) && !access(path, R_OK))
			execlp("man", "man", "-l", path, NULL);
	}
}
