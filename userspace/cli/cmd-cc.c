// SPDX-License-Identifier: GPL-2.0-only
/*
 * lambda cc: hands over to lambda-cc(1), a program of its own, so that only
 * compiling needs a compiler's libraries.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "find.h"

int cmd_cc(int argc, char **argv)
{
	/* As installed, and as built. */
	static const char *const places[] = { "lambda-cc", "cc/bin/lambda-cc" };
	char path[PATH_MAX];
	size_t i;

	(void)argc;
	for (i = 0; i < sizeof(places) / sizeof(*places); i++) {
		if (!find_beside(places[i], path))
			continue;
		execv(path, argv);
		if (errno != ENOENT && errno != ENOTDIR)
			return complain(EXIT_SYSTEM, "%s: %s", path,
					strerror(errno));
	}
	execvp("lambda-cc", argv);
	return complain(EXIT_SYSTEM,
			"lambda-cc is not installed: it is built with λ-IO where the packages llvm-19-dev and clang-19 are");
}
