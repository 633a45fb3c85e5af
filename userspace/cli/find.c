// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects by the name of their program: those in the folders of LAMBDA_PATH, then
 * those that are installed with the command, or were built with it.
 */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "find.h"

/* Beside the command's own folder. */
static const char *const beside[] = { "../lib/lambda", "programs" };
#define NR_BESIDE	(sizeof(beside) / sizeof(*beside))

/* Folder @i of LAMBDA_PATH. False: there are fewer. */
static bool find_told_folder(unsigned int i, char path[PATH_MAX])
{
	const char *at = getenv("LAMBDA_PATH") ?: "";
	size_t len;

	for (; *at; at += len + !!at[len]) {
		len = strcspn(at, ":");
		if (!len || i--)
			continue;
		snprintf(path, PATH_MAX, "%.*s", (int)len, at);
		return true;
	}
	return false;
}

static unsigned int find_count_told(void)
{
	char path[PATH_MAX];
	unsigned int count = 0;

	while (find_told_folder(count, path))
		count++;
	return count;
}

bool find_beside(const char *name, char path[PATH_MAX])
{
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len < 0)
		return false;
	self[len] = '\0';
	return snprintf(path, PATH_MAX, "%s/%s", dirname(self), name) <
	       PATH_MAX;
}

bool find_folder(unsigned int i, char path[PATH_MAX])
{
	unsigned int told = find_count_told();
	char *real;

	if (i < told)
		return find_told_folder(i, path);
	i -= told;
	if (i >= NR_BESIDE || !find_beside(beside[i], path))
		return false;
	real = realpath(path, NULL);
	if (real)
		snprintf(path, PATH_MAX, "%s", real);
	free(real);
	return true;
}

bool find_object(const char *word, char path[PATH_MAX])
{
	char folder[PATH_MAX];
	unsigned int i;

	for (i = 0; !strchr(word, '/') && find_folder(i, folder); i++) {
		if (snprintf(path, PATH_MAX, "%s/%s%s", folder, word,
			     OBJECT_SUFFIX) < PATH_MAX && !access(path, F_OK))
			return true;
	}
	snprintf(path, PATH_MAX, "%s", word);
	return !access(path, F_OK) || strchr(word, '/');
}

int find_nothing(const char *word)
{
	return complain(EXIT_SYSTEM,
			"%s: no such file, and no program of that name; `lambda list` shows those that there are",
			word);
}
