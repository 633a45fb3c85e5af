// SPDX-License-Identifier: GPL-2.0-only
/*
 * lambda cc: hands over to lambda-cc(1), a program of its own, so that only
 * compiling needs a compiler's libraries.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

/* Puts the path of what lies at @name beside this program into @path. */
static bool cmd_cc_beside(const char *name, char *path, size_t size)
{
	char self[PATH_MAX], *slash;
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (length < 0)
		return false;
	self[length] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return false;
	*slash = '\0';
	return snprintf(path, size, "%s/%s", self, name) < (int)size;
}

int cmd_cc(int argc, char **argv)
{
	/* As installed, and as built. */
	static const char *const places[] = { "lambda-cc", "cc/bin/lambda-cc" };
	char path[PATH_MAX];
	size_t i;

	(void)argc;
	for (i = 0; i < sizeof(places) / sizeof(*places); i++) {
		if (!cmd_cc_beside(places[i], path, sizeof(path)))
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
